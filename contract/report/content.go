package report

import (
	"fmt"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
)

// What formats show beside the failures and the verdict. Everything here is free of secrets, and printable.

// subject is what the rules of one subject came to.
type subject struct {
	name   string
	worst  status
	counts []string // such as "3 passed"
}

// subjects are in the order of the catalogue.
func (r *Report) subjects() []subject {
	var subjects []subject
	outcomes := make(map[string]map[contract.Outcome]int)
	for _, rule := range r.Result.Rules {
		name := rule.Rule.Subject()
		if outcomes[name] == nil {
			outcomes[name] = make(map[contract.Outcome]int)
			subjects = append(subjects, subject{name: name})
		}
		outcomes[name][rule.Outcome]++
	}
	for i := range subjects {
		s := &subjects[i]
		for o := contract.Violation; o >= contract.Untested; o-- {
			n := outcomes[s.name][o]
			if n == 0 {
				continue
			}
			if len(s.counts) == 0 {
				s.worst = statusOf(o)
			}
			s.counts = append(s.counts, fmt.Sprintf("%d %s", n, statusOf(o).word))
		}
	}
	return subjects
}

// internalError is a rule that a fault of ours spoiled.
type internalError struct {
	status status
	rule   string
	text   string
}

func (r *Report) internalErrors() []internalError {
	var errors []internalError
	for i := range r.Result.Rules {
		rule := &r.Result.Rules[i]
		if s, why := r.ruleStatus(rule); s.effect == broken {
			errors = append(errors, internalError{s, rule.Rule.ID, why})
		}
	}
	return errors
}

// fact is something about the report, with a label of one word.
type fact struct{ label, text string }

// facts are the summary of a report.
func (r *Report) facts() []fact {
	c := r.counts()
	var facts []fact
	if r.Result.Target != "" {
		facts = append(facts, fact{"target", r.where()})
	}
	if roles := r.roles(); roles != "" {
		facts = append(facts, fact{"roles", roles})
	}
	exchanges := fmt.Sprintf("%d: %d judged, %d of other APIs", c.exchanges, c.judged, c.notOurs)
	if c.unread > 0 {
		exchanges += fmt.Sprintf(", %d not readable", c.unread)
	}
	if c.repeated > 0 {
		exchanges += fmt.Sprintf(", %d recorded twice", c.repeated)
	}
	if d := r.Result.Duration; d > 0 && !r.Recorded {
		exchanges += fmt.Sprintf(", in %v", d.Round(time.Millisecond))
	}
	facts = append(facts, fact{"exchanges", exchanges}, fact{"rules", r.ruleText()}, fact{"findings", r.findingText()})
	for i, u := range r.untested() {
		label := ""
		if i == 0 {
			label = "untested"
		}
		facts = append(facts, fact{label, words.Count(len(u.ids), "rule") + ": " + u.reason})
	}
	return append(facts, fact{"coverage", r.coverageText()})
}

// ruleText counts rules by outcome.
func (r *Report) ruleText() string {
	c := r.counts()
	var parts []string
	for _, o := range []contract.Outcome{contract.Pass, contract.Violation, contract.Drift, contract.Error, contract.Inconclusive, contract.Untested} {
		part := fmt.Sprintf("%d %s", c.rules[o], statusOf(o).word)
		if o == contract.Violation && c.known > 0 {
			part += fmt.Sprintf(" (%d known to fail)", c.known)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// findingText counts findings by outcome.
func (r *Report) findingText() string {
	c := r.counts()
	text := fmt.Sprintf("%s, %d drift, %s, %d inconclusive", words.Count(c.findings[contract.Violation], "violation"),
		c.findings[contract.Drift], words.Count(c.findings[contract.Error], "invalid request"), c.findings[contract.Inconclusive])
	switch n := r.Result.Dropped; {
	case n == 1:
		text += "; 1 more is only counted"
	case n > 1:
		text += fmt.Sprintf("; %d more are only counted", n)
	}
	return text
}

// coverageText is the coverage of the document in four numbers.
func (r *Report) coverageText() string {
	statuses, properties, nulls, values := r.shares()
	text := fmt.Sprintf("statuses %v", statuses)
	if properties.all > 0 {
		text += fmt.Sprintf(", properties %v, nulls %v, enum values %v", properties, nulls, values)
	}
	return text
}
