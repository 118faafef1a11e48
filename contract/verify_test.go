package contract_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/wire"
)

// recorded are the exchanges of a recording.
func recorded(t testing.TB, r io.Reader) (exchanges []*wire.Exchange) {
	t.Helper()
	for entry, err := range har.Entries(r) {
		require.NoError(t, err)
		exchanges = append(exchanges, entry.Exchange)
	}
	return exchanges
}

func TestScratch(t *testing.T) {
	files, _ := os.ReadDir("har/testdata/field")
	for _, f := range files {
		data, _ := os.ReadFile("har/testdata/field/" + f.Name())
		j, err := contract.NewJudge(contract.JudgeOptions{})
		require.NoError(t, err)
		for _, x := range recorded(t, bytes.NewReader(data)) {
			j.Observe(x)
		}
		result := j.Result()
		fmt.Println(f.Name(), result.Exchanges, result.Judged, result.Exit(false), result.Exit(true), result.Missing())
		a, b := result.Tested()
		fmt.Println("   ", a, b)
		for _, f := range result.Findings {
			fmt.Println("   ", f.Rule, f.Outcome, f.Level, f.Expected, f.Actual)
		}
		for _, r := range result.Rules {
			if r.Outcome == contract.Inconclusive || r.Reason.Code == "not-recorded" {
				fmt.Println("   -", r.Rule.ID, r.Outcome, r.Reason.Code)
			}
		}
	}
}
