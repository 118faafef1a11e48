//go:build !unix

package live

import "os"

// lock is true: whether a run still goes on cannot be told here, so a sweep has to be asked for when none does.
func lock(*os.File) bool { return true }
