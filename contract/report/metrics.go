package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"example.com/gitlab-agents/contract"
)

// WriteMetrics writes what monitoring needs, in Prometheus' text format: for the textfile collector of node_exporter, or to be
// pushed to a Pushgateway. Every target has every series, so that a rule about one needs no "or absent".
func (f *Fleet) WriteMetrics(w io.Writer) error {
	b := bufio.NewWriter(w)
	metric(b, "glagents_target_info", "What is known of a target.", f.targets, func(t *fleetTarget) []sample {
		version, edition := "", ""
		if t.report != nil {
			version, edition = t.report.Result.Release.String(), t.report.Result.Edition.String()
		}
		return []sample{{labels: []string{"url", t.url, "gitlab_version", version, "edition", edition}, value: 1}}
	})
	metric(b, "glagents_target_verdict", "1 for the verdict that a target came to, 0 for the others.", f.targets, func(t *fleetTarget) []sample {
		var samples []sample
		for _, exit := range []contract.Exit{contract.Conformant, contract.Violated, contract.TooLittle, contract.Usage, contract.Failed} {
			is := 0.0
			if t.verdict.Exit == exit {
				is = 1
			}
			samples = append(samples, sample{[]string{"verdict", strings.ReplaceAll(fleetVerdicts[exit], " ", "_")}, is})
		}
		return samples
	})
	metric(b, "glagents_target_rules", "Rules by outcome.", f.targets, func(t *fleetTarget) []sample {
		counts := make(map[contract.Outcome]int)
		if t.report != nil {
			counts = t.report.Result.Counts()
		}
		var samples []sample
		for o := contract.Untested; o <= contract.Violation; o++ {
			samples = append(samples, sample{[]string{"outcome", o.String()}, float64(counts[o])})
		}
		return samples
	})
	checked := func(value func(r *contract.Result) float64) func(t *fleetTarget) []sample {
		return func(t *fleetTarget) []sample {
			if t.report == nil {
				return nil
			}
			return []sample{{value: value(t.report.Result)}}
		}
	}
	metric(b, "glagents_target_exchanges", "Requests that a check sent.", f.targets, checked(func(r *contract.Result) float64 { return float64(r.Exchanges) }))
	metric(b, "glagents_target_left_behind", "Things that a check made and could not remove.", f.targets, func(t *fleetTarget) []sample {
		n := len(t.left)
		if t.report != nil {
			n = len(t.report.Result.Left)
		}
		return []sample{{value: float64(n)}}
	})
	metric(b, "glagents_target_duration_seconds", "How long a check took.", f.targets, checked(func(r *contract.Result) float64 { return r.Duration.Seconds() }))
	metric(b, "glagents_target_started_timestamp_seconds", "When a check began.", f.targets, checked(func(r *contract.Result) float64 { return float64(r.Started.UnixMilli()) / 1000 }))
	return b.Flush()
}

// sample is a value with its labels, which are names and values in turn.
type sample struct {
	labels []string
	value  float64
}

// metric writes one gauge.
func metric(w io.Writer, name, help string, targets []*fleetTarget, samples func(*fleetTarget) []sample) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, t := range targets {
		for _, s := range samples(t) {
			fmt.Fprintf(w, "%s{target=%s", name, labelValue(t.name))
			for i := 0; i < len(s.labels); i += 2 {
				fmt.Fprintf(w, ",%s=%s", s.labels[i], labelValue(s.labels[i+1]))
			}
			fmt.Fprintf(w, "} %v\n", s.value)
		}
	}
}

// labelValue is a text as the value of a label.
func labelValue(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
