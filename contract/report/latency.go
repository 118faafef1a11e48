package report

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/document"
)

// latency is how long the answers to one operation took.
type latency struct {
	Operation string        `json:"operation"`
	Requests  int           `json:"requests"`
	Median    time.Duration `json:"median"`
	Slowest   time.Duration `json:"slowest"`
}

// latencies are those of the operations, as far as the result has the exchanges.
func (r *Report) latencies() []latency {
	took := make(map[string][]time.Duration)
	var order []string
	for i := range r.Result.Timeline {
		step := &r.Result.Timeline[i]
		operation := operationOfStep(step)
		if operation == "" || step.Status == 0 {
			continue
		}
		if took[operation] == nil {
			order = append(order, operation)
		}
		took[operation] = append(took[operation], step.Duration)
	}
	latencies := []latency{}
	for _, operation := range slices.Sorted(slices.Values(order)) {
		all := took[operation]
		slices.SortFunc(all, cmp.Compare[time.Duration])
		latencies = append(latencies, latency{operation, len(all), all[len(all)/2], all[len(all)-1]})
	}
	return latencies
}

// operationOfStep is the operation of a step; empty if it is none of the eight.
func operationOfStep(step *contract.Step) string {
	doc, err := document.Load()
	if err != nil {
		return ""
	}
	u, err := url.Parse(step.URL)
	if err != nil {
		return ""
	}
	match, _ := doc.Route(step.Method, u)
	return match.Operation
}
