//go:build unix

package live

import (
	"os"
	"syscall"
)

// lock takes the lock of a file until it is closed or the process ends, however it ends. It is false if another
// process has it.
func lock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// unlock gives a lock back. Closing the file is not enough: a program that is being started has its files open for a moment.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
