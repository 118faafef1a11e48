package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"example.com/gitlab-agents/contract"
)

// fleetKind is what tells the report of many targets from that of one.
const fleetKind = "targets"

// jsonFleet is the report of many targets, version 1. What the rules say is in it once, and not with each target.
type jsonFleet struct {
	Version int          `json:"version"`
	Kind    string       `json:"kind"`
	Verdict jsonVerdict  `json:"verdict"`
	Started time.Time    `json:"started"`
	Seconds float64      `json:"seconds"`
	Summary jsonVerdicts `json:"summary"`
	Common  []jsonCommon `json:"common"`
	Rules   []jsonText   `json:"rules"`
	Targets []jsonTarget `json:"targets"`
}

// jsonVerdicts are how many targets came to what.
type jsonVerdicts struct {
	Targets       int `json:"targets"`
	Conformant    int `json:"conformant"`
	NotConformant int `json:"not_conformant"`
	Failed        int `json:"failed"`
	NotChecked    int `json:"could_not_be_checked"`
	TooLittle     int `json:"not_enough_was_tested"`
}

// jsonCommon is what is wrong with several targets.
type jsonCommon struct {
	Text    string   `json:"text"`
	Targets []string `json:"targets"`
}

type jsonTarget struct {
	Name    string            `json:"name"`
	URL     string            `json:"url"`
	Verdict jsonVerdict       `json:"verdict"`
	Problem *contract.Problem `json:"problem,omitempty"` // why it could not be checked
	Left    []string          `json:"left,omitempty"`    // what a check that could not begin left behind
	Report  *jsonOne          `json:"report,omitempty"`
}

// jsonOne is the report of one target, in which rules do not say what they are.
type jsonOne struct {
	jsonReport
	Rules []jsonOutcome `json:"rules"`
}

// jsonText is what a rule says.
type jsonText struct {
	ID         string          `json:"id"`
	Level      contract.Level  `json:"level"`
	Sentence   string          `json:"sentence"`
	Source     contract.Source `json:"source"`
	Since      string          `json:"since,omitempty"`
	Until      string          `json:"until,omitempty"`
	Edition    string          `json:"edition,omitempty"`
	Operations []string        `json:"operations,omitempty"`
}

// jsonOutcome is what became of a rule.
type jsonOutcome struct {
	ID         string              `json:"id"`
	Outcome    contract.Outcome    `json:"outcome"`
	ReasonCode contract.ReasonCode `json:"reason_code,omitempty"`
	Reason     string              `json:"reason,omitempty"`
	Exchanges  int                 `json:"exchanges"`
	Findings   int                 `json:"findings"`
	Evidence   []int               `json:"evidence,omitempty"`
	Known      bool                `json:"known,omitempty"`
	Stale      bool                `json:"stale,omitempty"`
}

// WriteFleet writes the report of many targets, one line for each. It never holds more than one of them as JSON.
func (JSON) WriteFleet(w io.Writer, f *Fleet) error {
	head, err := json.MarshalIndent(f.head(), "", "  ")
	if err != nil {
		return err
	}
	const end = "\n  \"targets\": null\n}"
	if _, err := fmt.Fprintf(w, "%s\n  \"targets\": [", head[:len(head)-len(end)]); err != nil {
		return err
	}
	for i, t := range f.targets {
		line, err := json.Marshal(t.jsonTarget())
		if err != nil {
			return err
		}
		separator := ",\n    "
		if i == 0 {
			separator = "\n    "
		}
		if _, err := fmt.Fprintf(w, "%s%s", separator, line); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, "\n  ]\n}\n")
	return err
}

// head is the report without its targets.
func (f *Fleet) head() *jsonFleet {
	head := &jsonFleet{
		Version: 1, Kind: fleetKind, Started: f.Started, Seconds: f.Duration.Seconds(),
		Verdict: jsonVerdict{Exit: f.Exit(), Verdict: fleetVerdicts[f.Exit()], Text: f.text(), Lines: append([]string{f.text()}, f.commonLines()...)},
		Summary: jsonVerdicts{
			len(f.targets), f.count(contract.Conformant), f.count(contract.Violated), f.count(contract.Failed), f.count(contract.Usage), f.count(contract.TooLittle),
		},
		Common: []jsonCommon{}, Rules: []jsonText{},
	}
	for _, c := range f.common() {
		head.Common = append(head.Common, jsonCommon(c))
	}
	seen := make(map[string]bool)
	for _, t := range f.targets {
		if t.report == nil {
			continue
		}
		for i := range t.report.Result.Rules {
			if rule := t.report.Result.Rules[i].Rule; !seen[rule.ID] {
				seen[rule.ID] = true
				head.Rules = append(head.Rules, jsonText{
					ID: rule.ID, Level: rule.Level, Sentence: rule.Sentence, Source: rule.Source, Since: rule.Since.String(),
					Until: rule.Until.String(), Edition: rule.Edition.String(), Operations: rule.Operations,
				})
			}
		}
	}
	return head
}

func (t *fleetTarget) jsonTarget() jsonTarget {
	j := jsonTarget{Name: t.name, URL: t.url, Verdict: t.verdict, Problem: t.problem, Left: t.left}
	if t.report == nil {
		return j
	}
	j.Report = &jsonOne{jsonReport: *t.json(), Rules: []jsonOutcome{}}
	for _, r := range j.Report.jsonReport.Rules {
		j.Report.Rules = append(j.Report.Rules, jsonOutcome{r.ID, r.Outcome, r.ReasonCode, r.Reason, r.Exchanges, r.Findings, r.Evidence, r.Known, r.Stale})
	}
	return j
}

// fleet is the fleet that was written.
func (j *jsonFleet) fleet() (*Fleet, error) {
	f := &Fleet{Started: j.Started, Duration: time.Duration(j.Seconds * float64(time.Second))}
	rules := make(map[string]*contract.Rule)
	for i := range j.Rules {
		rules[j.Rules[i].ID] = j.Rules[i].rule()
	}
	for i := range j.Targets {
		t, err := j.Targets[i].target(rules)
		if err != nil {
			return nil, err
		}
		f.insert(t)
	}
	return f, nil
}

func (j *jsonTarget) target(rules map[string]*contract.Rule) (*fleetTarget, error) {
	t := &fleetTarget{name: Printable(j.Name), url: Printable(j.URL), verdict: j.Verdict.printable(), problem: j.Problem}
	for _, line := range j.Left {
		t.left = append(t.left, Printable(line))
	}
	if p := t.problem; p != nil {
		p.Said, p.Means, p.Do = Printable(p.Said), Printable(p.Means), Printable(p.Do)
	}
	if j.Report == nil {
		return t, nil
	}
	t.report = j.Report.jsonReport.report()
	for _, r := range j.Report.Rules {
		rule, ok := rules[r.ID]
		if !ok {
			return nil, fmt.Errorf("the report of %s has the rule %q, which the list of rules does not have", Printable(j.Name), Printable(r.ID))
		}
		t.report.Result.Rules = append(t.report.Result.Rules, contract.RuleResult{
			Rule: rule, Outcome: r.Outcome, Reason: contract.Reason{Code: r.ReasonCode, Text: r.Reason},
			Applied: r.Exchanges, Findings: r.Findings, Known: r.Known, Stale: r.Stale,
		})
	}
	return t, nil
}

// printable is the verdict as it can be shown. The file may be anybody's.
func (v jsonVerdict) printable() jsonVerdict {
	shown := jsonVerdict{Exit: v.Exit, Verdict: Printable(v.Verdict), Text: Printable(v.Text), Lines: []string{}}
	for _, line := range v.Lines {
		shown.Lines = append(shown.Lines, Printable(line))
	}
	return shown
}
