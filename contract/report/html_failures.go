package report

import (
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
)

// maxCards is how many failures a page shows.
const maxCards = 200

// htmlCause is what seems to be one thing that is wrong.
type htmlCause struct {
	First  htmlFailure
	Others []htmlFailure // what seems to follow from it
}

// htmlFailure is a failure as a card.
type htmlFailure struct {
	ID                 string // of the element
	Rule               string
	Sentence           string
	Status, Mark, Kind string
	Outcome, Level     string
	Span               string // the releases and the edition that the rule holds for; empty if it is every one
	Known              bool

	Request, Expected, Actual string
	Pointer                   string
	InRequest                 bool // the pointer is one into the body of the request
	Note                      string
	Scenario                  string
	Steps                     string // their places, with spaces between them
	Requests                  int
	Script                    string

	Document    string // where the document says so
	Source, URL string // where GitLab does
	RequestID   string
	Where       string // the exchange in its file
	Also        []htmlFact
	Operations  string // with spaces between them
	Roles       string
}

// htmlCauses are the causes as cards, and how many failures are not shown.
func (r *Report) htmlCauses(causes []cause, steps *htmlSteps) (shown []htmlCause, more int) {
	cards := 0
	for i := range causes {
		c := &causes[i]
		if cards == maxCards {
			more += len(c.failures)
			continue
		}
		h := htmlCause{First: r.card(c.first(), cards, steps)}
		cards++
		for _, f := range c.failures[1:] {
			if cards == maxCards {
				more++
				continue
			}
			h.Others = append(h.Others, r.card(f, cards, steps))
			cards++
		}
		shown = append(shown, h)
	}
	return shown, more
}

func (r *Report) card(f *failure, n int, steps *htmlSteps) htmlFailure {
	first, s := &f.found[0], f.status()
	h := htmlFailure{
		ID: fmt.Sprintf("failure-%d", n+1), Rule: f.rule.ID, Sentence: f.rule.Sentence,
		Status: s.name, Mark: s.mark, Kind: f.kind(), Outcome: f.outcome.String(), Level: f.rule.Level.String(), Known: f.known,
		Request: first.requestLine(), Expected: cut(first.Expected, maxLine), Actual: cut(first.actual(), maxLine),
		Pointer: first.Pointer, InRequest: strings.HasPrefix(first.Actual, inRequest),
		Note: first.Note, Scenario: first.Scenario, Requests: len(first.Story),
		Steps:    strings.Trim(fmt.Sprint(steps.story(&first.Finding)), "[]"),
		Script:   r.scriptOf(first),
		Document: first.Document, Source: f.rule.Source.Name, URL: f.rule.Source.URL,
		RequestID: first.Evidence.RequestID, Operations: strings.Join(distinct(f, operationOf), " "), Roles: strings.Join(distinct(f, roleOf), " "),
	}
	if span := f.rule.Span(); span != "all" {
		h.Span = span
	}
	if h.Source == openAPI {
		h.Source = heading(first.Operation)
	}
	if r.Recorded {
		h.Where = fmt.Sprintf("exchange #%d", first.Exchange)
		if first.file != "" {
			h.Where += " of " + first.file
		}
	}
	for _, other := range f.others() {
		h.Also = append(h.Also, htmlFact{other.label, other.text})
	}
	return h
}

// scriptOf is what to paste into a shell: the story, or the one request.
func (r *Report) scriptOf(f *finding) string {
	lines := script(f.Story)
	if len(lines) == 0 {
		return f.Evidence.Repeat
	}
	var tokens []string
	for _, s := range f.Story {
		if name := s.Role.Variable(); name != "" && !slices.Contains(tokens, name) {
			tokens = append(tokens, name)
		}
	}
	return Preamble(r.shown(r.Result.Target), tokens) + "\n" + strings.Join(lines, "\n")
}

func operationOf(f *finding) string { return f.Operation }

// roleOf is who sent the request that failed; empty if that is not known.
func roleOf(f *finding) string {
	if len(f.Story) == 0 {
		return ""
	}
	return f.Story[len(f.Story)-1].Role.String()
}

// distinct are the different values of the findings of a failure, without the empty one.
func distinct(f *failure, of func(*finding) string) []string {
	var values []string
	for i := range f.found {
		if v := of(&f.found[i]); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// htmlSubject is the rules of one subject.
type htmlSubject struct {
	Name         string
	Mark, Status string
	Counts       string
	Rules        []htmlRule
}

// htmlRule is what became of one rule.
type htmlRule struct {
	ID, Sentence         string
	Mark, Status, Word   string
	Level, Span          string
	Reason               string
	Applied              int
	Source, URL          string
	Operations, Roles    string
	OperationNames, Role string
}

// htmlSubjects are all rules by subject, each with the roles that take part in its scenarios.
func (r *Report) htmlSubjects(roles map[string][]string) []htmlSubject {
	var subjects []htmlSubject
	for _, s := range r.subjects() {
		subjects = append(subjects, htmlSubject{Name: s.name, Mark: s.worst.mark, Status: s.worst.name, Counts: strings.Join(s.counts, ", ")})
	}
	for i := range r.Result.Rules {
		result := &r.Result.Rules[i]
		at := slices.IndexFunc(subjects, func(s htmlSubject) bool { return s.Name == result.Rule.Subject() })
		subjects[at].Rules = append(subjects[at].Rules, r.htmlRule(result, roles[result.Rule.ID]))
	}
	held := statusOf(contract.Pass).name
	for _, s := range subjects { // what did not pass is looked for first
		slices.SortStableFunc(s.Rules, func(a, b htmlRule) int {
			switch {
			case a.Status != held && b.Status == held:
				return -1
			case a.Status == held && b.Status != held:
				return 1
			}
			return 0
		})
	}
	return subjects
}

func (r *Report) htmlRule(result *contract.RuleResult, roles []string) htmlRule {
	s, why := r.ruleStatus(result)
	if result.Outcome == contract.Violation && !result.Stale && !result.Known && s.effect == fails {
		why = "" // it is the rule's sentence
	}
	rule := result.Rule
	return htmlRule{
		ID: rule.ID, Sentence: rule.Sentence, Mark: s.mark, Status: s.name, Word: s.word, Level: rule.Level.String(), Span: rule.Span(),
		Reason: why, Applied: result.Applied, Source: rule.Source.Name, URL: rule.Source.URL,
		Operations: strings.Join(rule.Operations, " "), OperationNames: strings.Join(rule.Operations, ", "),
		Roles: strings.Join(roles, " "), Role: strings.Join(roles, ", "),
	}
}

// rolesOfRules are the roles that send requests in the scenarios of each rule, and those whose requests broke it.
func rolesOfRules(steps *htmlSteps, causes []cause) map[string][]string {
	roles := make(map[string][]string)
	add := func(id, role string) {
		if role != "" && !slices.Contains(roles[id], role) {
			roles[id] = append(roles[id], role)
		}
	}
	of := make(map[string]map[string]bool) // the roles of each scenario
	for _, s := range steps.all {
		if of[s.Scenario] == nil {
			of[s.Scenario] = make(map[string]bool)
		}
		of[s.Scenario][s.Role] = true
	}
	for _, scenario := range contract.Scenarios() {
		for _, rule := range scenario.Tests() {
			for _, role := range allRoles {
				if of[scenario.Name][role.String()] {
					add(rule.ID, role.String())
				}
			}
		}
	}
	for i := range causes {
		for _, f := range causes[i].failures {
			for _, role := range distinct(f, roleOf) {
				add(f.rule.ID, role)
			}
		}
	}
	return roles
}

// allRoles are the roles in the order of a check.
var allRoles = [...]contract.Role{
	contract.Maintainer, contract.Developer, contract.Guest, contract.Stranger, contract.Anonymous, contract.Reader, contract.Expired,
}

// htmlChoices are what the page can be filtered by.
type htmlChoices struct {
	Outcomes   []htmlShare
	Roles      []string
	Operations []string
}

func (r *Report) htmlChoices(steps *htmlSteps) htmlChoices {
	c := htmlChoices{Outcomes: r.htmlBar()}
	for _, role := range allRoles {
		if slices.ContainsFunc(steps.all, func(s htmlStep) bool { return s.Role == role.String() }) {
			c.Roles = append(c.Roles, role.String())
		}
	}
	for _, o := range r.Result.Coverage.Operations {
		c.Operations = append(c.Operations, r.shown(o.Operation))
	}
	return c
}
