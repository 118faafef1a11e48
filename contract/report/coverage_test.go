package report_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

type statuses = []contract.StatusCoverage

// covered is a report that has nothing but a coverage.
func covered(operations ...contract.OperationCoverage) *report.Report {
	return &report.Report{Result: &contract.Result{Coverage: contract.Coverage{Operations: operations}}}
}

func TestTheTableOfStatusesIsAListIfItDoesNotFit(t *testing.T) {
	t.Parallel()
	const table, list = "    listAgents      12    ·        1!\n", "    listAgents: 200×12 502×1! ·\n      401\n"
	for _, c := range []struct {
		name      string
		width     int
		want, not string
	}{
		{"no width", 0, table, list},
		{"it is as wide as the terminal", 37, table, list},
		{"it is a column wider", 36, list, table},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := string(write(t, report.Terminal{Width: c.width}, clean()))
			assert.Contains(t, text, c.want)
			assert.NotContains(t, text, c.not)
		})
	}
}

func TestTheListOfAnOperationWithoutGapsHasNone(t *testing.T) {
	t.Parallel()
	r := covered(
		contract.OperationCoverage{Operation: "getAgent", Statuses: statuses{
			{Status: 200, Seen: 3, Listed: true}, {Status: 404, Seen: 1, Listed: true},
		}},
		contract.OperationCoverage{Operation: "deleteAgent", Statuses: statuses{
			{Status: 204, Listed: true}, {Status: 404, Listed: true},
		}},
	)
	text := string(write(t, report.Terminal{Width: 29}, r))
	assert.Contains(t, text, "    getAgent: 200×3 404×1\n    deleteAgent: · 204 404\n")
}

func TestAPageCountsPropertiesOfOperationsThatHaveSome(t *testing.T) {
	t.Parallel()
	r := covered(
		contract.OperationCoverage{
			Operation: "getAgent", Statuses: statuses{{Status: 200, Seen: 1, Listed: true}},
			Values: []contract.PropertyCoverage{{Pointer: "/id", Seen: 1}},
		},
		contract.OperationCoverage{Operation: "deleteAgent", Statuses: statuses{{Status: 204, Listed: true}}},
	)
	page := string(write(t, report.HTML{}, r))
	assert.Contains(t, page, "1 of 1 statuses, 1 of 1 properties<")
	assert.Contains(t, page, "0 of 1 statuses<")
	assert.NotContains(t, page, "0 of 0 properties")
}
