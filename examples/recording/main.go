// Recording judges the HAR files that are its arguments, and prints what the servers in them did wrong. `glagents verify`
// does the same and more; this shows the parts it is made of.
//
//	go run ./examples/recording contract/har/testdata/gitlab-19.1.har.json
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
)

func main() {
	for _, name := range os.Args[1:] {
		f, err := os.Open(name)
		if err == nil {
			err = judge(os.Stdout, f)
			f.Close()
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func judge(out io.Writer, recording io.Reader) error {
	judge, err := contract.NewJudge(contract.JudgeOptions{})
	if err != nil {
		return err
	}
	for entry, err := range har.Entries(recording) {
		var unreadable *har.EntryError
		if errors.As(err, &unreadable) {
			fmt.Fprintf(out, "entry %d is left out: %v\n", entry.Index, err)
			continue
		}
		if err != nil {
			return err
		}
		for _, finding := range judge.Observe(entry.Exchange) {
			if finding.Outcome == contract.Violation {
				fmt.Fprintf(out, "#%d %s: %s\n", entry.Index, finding.Rule, finding)
			}
		}
	}
	result := judge.Result()
	fmt.Fprintf(out, "%d exchanges, %d judged, %d rules violated\n", result.Exchanges, result.Judged, result.Counts()[contract.Violation])
	return nil
}
