package report

import (
	_ "embed"
	"encoding/json"
	"io"
	"time"

	"example.com/gitlab-agents/contract"
)

// Schema is the JSON Schema (2020-12) of what [JSON] writes.
//
//go:embed report.schema.json
var Schema []byte

// JSON writes what programs read: version 1 of the format that [Schema] describes. Later versions of this program may
// add keys, but not take one away or change what it means without another version.
type JSON struct{}

type jsonReport struct {
	Version   int                       `json:"version"`
	Verdict   jsonVerdict               `json:"verdict"`
	Target    string                    `json:"target"`
	Project   string                    `json:"project"`
	Roles     []contract.Role           `json:"roles"`
	ReadOnly  bool                      `json:"read_only"`
	Ended     *contract.Problem         `json:"ended,omitempty"`
	GitLab    jsonGitLab                `json:"gitlab"`
	Started   time.Time                 `json:"started"`
	Seconds   float64                   `json:"seconds"`
	Strict    bool                      `json:"strict"`
	Findings  []jsonFinding             `json:"findings"`
	Dropped   int                       `json:"dropped"`
	Rules     []jsonRule                `json:"rules"`
	Summary   jsonSummary               `json:"summary"`
	Coverage  contract.Coverage         `json:"coverage"`
	Scenarios []contract.ScenarioResult `json:"scenarios"`
	Latency   []contract.Latency        `json:"latency"`
	Causes    []jsonCause               `json:"causes"`
	Preamble  string                    `json:"preamble,omitempty"`
	Left      []string                  `json:"left"`
	Kept      []string                  `json:"kept"`
}

// jsonCause are rules that seem to fail for one reason.
type jsonCause struct {
	Rules []string `json:"rules"`
	Text  string   `json:"text"`
}

type jsonVerdict struct {
	Exit    contract.Exit `json:"exit"`
	Verdict string        `json:"verdict"`
	Text    string        `json:"text"`
	Lines   []string      `json:"lines"`
}

type jsonGitLab struct {
	Version string `json:"version"`
	Edition string `json:"edition"`
}

type jsonFinding struct {
	contract.Finding
	File string `json:"file,omitempty"`
}

type jsonRule struct {
	ID         string              `json:"id"`
	Level      contract.Level      `json:"level"`
	Outcome    contract.Outcome    `json:"outcome"`
	ReasonCode contract.ReasonCode `json:"reason_code,omitempty"`
	Reason     string              `json:"reason,omitempty"`
	Sentence   string              `json:"sentence"`
	Source     contract.Source     `json:"source"`
	Since      string              `json:"since,omitempty"`
	Until      string              `json:"until,omitempty"`
	Edition    string              `json:"edition,omitempty"`
	Operations []string            `json:"operations,omitempty"`
	Exchanges  int                 `json:"exchanges"`
	Findings   int                 `json:"findings"`
	Evidence   []int               `json:"evidence"`
	Known      bool                `json:"known,omitempty"`
	Stale      bool                `json:"stale,omitempty"`
}

type jsonSummary struct {
	Exchanges    int                      `json:"exchanges"`
	Judged       int                      `json:"judged"`
	NotOurs      int                      `json:"not_ours"`
	Unread       int                      `json:"unread"`
	Repeated     int                      `json:"repeated,omitempty"`
	Violations   int                      `json:"violations"`
	Drift        int                      `json:"drift"`
	Errors       int                      `json:"errors"`
	Inconclusive int                      `json:"inconclusive"`
	Rules        map[contract.Outcome]int `json:"rules"`
}

// verdictNames are the verdicts as programs read them.
var verdictNames = map[contract.Exit]string{
	contract.Conformant: "conformant", contract.Violated: "not conformant", contract.Failed: "failed", contract.TooLittle: "not enough was tested",
}

// Write writes a report.
func (JSON) Write(w io.Writer, r *Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r.json())
}

func (r *Report) json() *jsonReport {
	v, c := r.verdict(), r.counts()
	j := &jsonReport{
		Version:  1,
		Verdict:  jsonVerdict{Exit: r.Exit(), Verdict: verdictNames[r.Exit()], Text: v.short + ": " + v.holds, Lines: v.lines()},
		Target:   r.target(),
		GitLab:   jsonGitLab{Version: r.Result.Release.String(), Edition: r.Result.Edition.String()},
		Started:  r.Result.Started,
		Seconds:  r.Result.Duration.Seconds(),
		Strict:   r.Strict,
		Findings: []jsonFinding{},
		Dropped:  r.Result.Dropped,
		Rules:    []jsonRule{},
		Coverage: r.coverage(),
		Left:     append([]string{}, r.shownAll(r.Result.Left)...),
		Kept:     append([]string{}, r.shownAll(r.Result.Kept)...),
		Project:  r.shown(r.Result.Project), Roles: append([]contract.Role{}, r.Result.Roles...), ReadOnly: r.Result.ReadOnly,
		Ended: r.ended(), Scenarios: r.scenarios(), Latency: append([]contract.Latency{}, r.Result.Latency...), Causes: []jsonCause{}, Preamble: r.preamble(),
		Summary: jsonSummary{
			Exchanges: c.exchanges, Judged: c.judged, NotOurs: c.notOurs, Unread: c.unread, Repeated: c.repeated,
			Violations: c.findings[contract.Violation], Drift: c.findings[contract.Drift],
			Errors: c.findings[contract.Error], Inconclusive: c.findings[contract.Inconclusive],
			Rules: make(map[contract.Outcome]int),
		},
	}
	evidence := make(map[string][]int)
	told := make(map[string]int) // stories of each rule
	for i, f := range r.findings() {
		if len(f.Story) > 0 {
			if told[f.Rule]++; told[f.Rule] > maxStories {
				f.Story = nil
			}
		}
		j.Findings = append(j.Findings, jsonFinding{Finding: f.Finding, File: f.file})
		if at := evidence[f.Rule]; len(at) < maxEvidence {
			evidence[f.Rule] = append(at, i)
		}
	}
	for o := contract.Untested; o <= contract.Violation; o++ {
		j.Summary.Rules[o] = c.rules[o]
	}
	for _, rule := range r.Result.Rules {
		j.Rules = append(j.Rules, jsonRule{
			ID: rule.Rule.ID, Level: rule.Rule.Level, Outcome: rule.Outcome, ReasonCode: rule.Reason.Code, Reason: r.shown(rule.Reason.Text),
			Sentence: rule.Rule.Sentence, Source: rule.Rule.Source,
			Since: rule.Rule.Since.String(), Until: rule.Rule.Until.String(), Edition: rule.Rule.Edition.String(),
			Operations: rule.Rule.Operations,
			Exchanges:  rule.Applied, Findings: rule.Findings, Evidence: append([]int{}, evidence[rule.Rule.ID]...),
			Known: rule.Known, Stale: rule.Stale,
		})
	}
	causes := r.causes()
	for i := range causes {
		if r.counted(causes[i].first()) {
			j.Causes = append(j.Causes, jsonCause{causes[i].rules(), causes[i].sentence()})
		}
	}
	return j
}

// ended is why the check ended early, ready to be shown.
func (r *Report) ended() *contract.Problem {
	p := r.Result.Ended
	if p == nil {
		return nil
	}
	return &contract.Problem{Code: p.Code, Said: r.shown(p.Said), Means: r.shown(p.Means), Do: r.shown(p.Do)}
}

// scenarios are the scenarios, ready to be shown.
func (r *Report) scenarios() []contract.ScenarioResult {
	shown := append([]contract.ScenarioResult{}, r.Result.Scenarios...)
	for i := range shown {
		shown[i].Reason = printableLines(r.redact(shown[i].Reason))
	}
	return shown
}

// maxStories is how many stories of one rule a report tells. They are long.
const maxStories = 10

// maxEvidence is how many findings a rule refers to.
const maxEvidence = 100

// coverage is the coverage with its lists present and its reasons fit to be shown.
func (r *Report) coverage() contract.Coverage {
	c := contract.Coverage{Operations: []contract.OperationCoverage{}}
	for _, o := range r.Result.Coverage.Operations {
		copied := contract.OperationCoverage{Operation: o.Operation, Statuses: []contract.StatusCoverage{}}
		for _, s := range o.Statuses {
			s.Reason = r.shown(s.Reason)
			copied.Statuses = append(copied.Statuses, s)
		}
		for _, p := range o.Values {
			p.Reason = r.shown(p.Reason)
			copied.Values = append(copied.Values, p)
		}
		c.Operations = append(c.Operations, copied)
	}
	return c
}
