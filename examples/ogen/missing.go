//go:build !ogen

package main

import (
	"fmt"
	"os"
)

// main says how to make the client that the program needs.
func main() {
	fmt.Fprintln(os.Stderr, "make the client first: go generate && go run -tags ogen .")
	os.Exit(2)
}
