package judge

import (
	"time"

	"example.com/gitlab-agents/contract/internal/rule"
)

// Result is what has been judged so far.
func (j *Judge) Result() *rule.Result {
	j.mu.Lock()
	defer j.mu.Unlock()
	v := j.version()
	r := &rule.Result{
		Release: v.Release, Edition: v.Edition,
		Started: j.started, Duration: time.Since(j.started),
		Exchanges: j.exchanges, Judged: j.judged, Repeated: j.repeated,
		Misses:   j.redactAll(j.misses),
		Findings: append([]rule.Finding(nil), j.findings...), Dropped: j.dropped,
		Coverage: j.coverage().result(v),
	}
	j.nameRequests(r.Findings)
	for i := range r.Findings {
		j.redact(&r.Findings[i])
	}
	for i := range j.Catalogue {
		r.Rules = append(r.Rules, j.outcome(i, v))
	}
	return r
}

// outcome is what became of one rule.
func (j *Judge) outcome(i int, v rule.Version) rule.RuleResult {
	entry, t := &j.Catalogue[i], &j.tally[i]
	result := rule.RuleResult{Rule: entry.Rule, Applied: t.applied, Findings: t.findings, Outcome: t.worst, Reason: t.reason}
	holds, why := entry.Rule.HoldsFor(v)
	switch {
	case t.worst > rule.Pass:
	case t.applied > 0:
		result.Outcome = rule.Pass
	case holds == rule.DoesNot:
		result.Reason = why
	case entry.Judge == nil:
		result.Reason = rule.Reason{Code: rule.ReasonLiveOnly, Text: "only a live check makes the requests that it takes"}
	case t.notRecorded:
		result.Reason = rule.Reason{Code: rule.ReasonNotRecorded, Text: "the recording lacks what it reads"}
	default:
		result.Reason = rule.Reason{Code: rule.ReasonNoExchange, Text: "no exchange that it applies to"}
	}
	return result
}

func (j *Judge) redactAll(texts []string) (redacted []string) {
	for _, text := range texts {
		redacted = append(redacted, j.Redactor.Redact(text))
	}
	return redacted
}

// redact removes the secrets that were not known yet when the finding was kept: a server may show one elsewhere before
// the create that it belongs to is answered.
func (j *Judge) redact(f *rule.Finding) {
	texts := []*string{&f.Expected, &f.Actual, &f.Note, &f.Evidence.URL, &f.Evidence.Repeat, &f.Evidence.RequestID}
	for _, text := range texts {
		*text = j.Redactor.RedactCut(*text)
	}
}
