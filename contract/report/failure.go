package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/words"
)

// failure is what is shown as one: the findings of one rule, and one place in the document, in one place of the body.
type failure struct {
	rule    *contract.Rule
	outcome contract.Outcome
	known   bool
	found   []finding
}

// finding is a finding and the file it comes from, ready to be shown: without secrets, and in one line each.
type finding struct {
	contract.Finding
	file string
}

// findings are the findings of a report in their order, ready to be shown.
func (r *Report) findings() []finding {
	if r.redacted == nil {
		r.redacted = r.redactFindings()
	}
	return r.redacted
}

func (r *Report) redactFindings() []finding {
	all := make([]finding, len(r.Result.Findings))
	for i, f := range r.Result.Findings {
		f.Operation, f.Document = r.shown(f.Operation), r.shown(f.Document)
		f.Pointer, f.Expected, f.Actual = r.shown(f.Pointer), r.shown(f.Expected), r.shown(f.Actual)
		f.Evidence.Method, f.Evidence.URL = r.shown(f.Evidence.Method), r.shown(f.Evidence.URL)
		f.Evidence.Repeat = r.shown(f.Evidence.Repeat)
		f.Evidence.RequestID = r.shown(f.Evidence.RequestID)
		f.Scenario, f.Note = r.shown(f.Scenario), r.shown(f.Note)
		f.Story = r.steps(f.Story)
		all[i] = finding{Finding: f}
		if r.Files != nil {
			all[i].file = r.shown(r.Files[i])
		}
	}
	return all
}

func (r *Report) shown(s string) string { return Printable(r.redact(s)) }

func (r *Report) redact(s string) string {
	if r.Redactor == nil || s == "" {
		return s
	}
	return r.Redactor.RedactCut(s)
}

// storiesFirst orders findings that have a story before those that have none.
func storiesFirst(a, b finding) int {
	switch {
	case len(a.Story) > 0 && len(b.Story) == 0:
		return -1
	case len(a.Story) == 0 && len(b.Story) > 0:
		return 1
	}
	return 0
}

// failures are the findings grouped, the worst first, and else in the order in which they were found.
func (r *Report) failures() []failure {
	type key struct {
		rule, place, document string
		outcome               contract.Outcome
	}
	at := make(map[key]int)
	var groups []failure
	for _, f := range r.findings() {
		k := key{f.Rule, place(f.Pointer), f.Document, f.Outcome}
		i, ok := at[k]
		if !ok {
			i = len(groups)
			at[k] = i
			rule := r.rule(f.Rule)
			groups = append(groups, failure{rule: rule.Rule, known: rule.Known, outcome: f.Outcome})
		}
		groups[i].found = append(groups[i].found, f)
	}
	for i := range groups { // the first finding of a group is shown in full, and those of the set-up have no story
		slices.SortStableFunc(groups[i].found, storiesFirst)
	}
	slices.SortStableFunc(groups, func(a, b failure) int { return cmp.Compare(a.rank(), b.rank()) })
	return groups
}

// rule is what became of a rule. Each finding has one in the result.
func (r *Report) rule(id string) contract.RuleResult {
	for _, rule := range r.Result.Rules {
		if rule.Rule.ID == id {
			return rule
		}
	}
	return contract.RuleResult{Rule: &contract.Rule{ID: id}}
}

// rank is the order in which failures are shown.
func (f *failure) rank() int {
	switch {
	case f.known:
		return 2
	case f.outcome == contract.Violation && f.rule.ID == answeredByGitLab:
		return -1
	case f.outcome == contract.Violation:
		return int(f.rule.Level)
	case f.outcome == contract.Error:
		return 3
	case f.outcome == contract.Inconclusive:
		return 4
	}
	return 5
}

// place is a pointer without the numbers that tell one element of a list from another.
func place(pointer string) string {
	if !strings.ContainsAny(pointer, "0123456789") {
		return pointer
	}
	parts := strings.Split(pointer, "/")
	for i, part := range parts {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// title is a failure in one line, without its mark.
func (f *failure) title() string {
	parts := []string{f.rule.ID, f.kind()}
	if !f.rule.Since.IsZero() {
		parts = append(parts, "since "+f.rule.Since.String())
	}
	if f.known {
		parts = append(parts, "known failure")
	}
	return strings.Join(parts, "  ")
}

// kind says in a word or a few what a failure is.
func (f *failure) kind() string {
	switch f.outcome {
	case contract.Violation:
		return f.rule.Level.String()
	case contract.Error:
		return "the request is invalid"
	case contract.Drift:
		return "drift: harmless, but not in the document"
	}
	return f.outcome.String()
}

// status is how a failure is shown.
func (f *failure) status() status { return statusOf(f.outcome) }

// operations are the operations in whose answers it was found.
func (f *failure) operations() string {
	var names []string
	for _, found := range f.found {
		if !slices.Contains(names, found.Operation) {
			names = append(names, found.Operation)
		}
	}
	return strings.Join(names, ", ")
}

// line is a labelled line below a title; without a label it is the request line.
type line struct{ label, text string }

func (l line) String() string { return l.prefix() + l.text }

// prefix is the label in its column.
func (l line) prefix() string {
	if l.label == "" {
		return ""
	}
	return fmt.Sprintf("%-10s", l.label)
}

// isCommand says that the text is to be pasted, so it stays in one line.
func (l line) isCommand() bool { return l.label == "repeat" }

// short are the lines of a failure that seems to be a consequence of another.
func (f *failure) short() []line {
	first := &f.found[0]
	return []line{{"", first.requestLine()}, {"expected", cut(first.Expected, maxShort)}, {"actual", cut(first.actual(), maxShort)}}
}

// answeredByGitLab is the rule under which everything stands that something between us and GitLab answered.
const answeredByGitLab = "delivery/answered-by-gitlab"

// maxLine is how much of a text is shown, in bytes. A JSON report has it whole.
const maxLine = 4000

// maxShort is the same of a consequence.
const maxShort = 400

// lines are the first finding of a failure in full, and where the others are.
func (r *Report) lines(f *failure) []line {
	first := &f.found[0]
	lines := []line{
		{"", first.requestLine()},
		{"rule", f.rule.Sentence},
		{"expected", first.Expected},
		{"actual", first.actual()},
		{"document", source(f.rule, first)},
	}
	if first.Note != "" {
		lines = append(lines, line{"note", first.Note})
	}
	if len(first.Story) == 0 {
		lines = append(lines, line{"repeat", first.Evidence.Repeat})
	}
	if first.Evidence.RequestID != "" {
		lines = append(lines, line{"request", first.Evidence.RequestID + "  (GitLab's X-Request-Id)"})
	}
	if r.Recorded {
		exchange := fmt.Sprintf("#%d", first.Exchange)
		if first.file != "" {
			exchange += " of " + first.file
		}
		lines = append(lines, line{"exchange", exchange})
	}
	lines = append(lines, f.others()...)
	for i := range lines {
		lines[i].text = strings.TrimRight(cut(lines[i].text, maxLine), " ")
	}
	return slices.DeleteFunc(lines, func(l line) bool { return l.text == "" })
}

// requestLine is who asked for what and what came, such as "guest: GET /projects/20/cluster_agents → 200".
func (f *finding) requestLine() string {
	path := f.Evidence.URL
	if _, after, ok := strings.Cut(path, "/api/v4/"); ok {
		path = "/" + after
	}
	line := fmt.Sprintf("%s %s → ", f.Evidence.Method, path)
	if n := len(f.Story); n > 0 {
		line = f.Story[n-1].Role.String() + ": " + line
	}
	if f.Evidence.Status == 0 {
		return line + "no answer"
	}
	return line + fmt.Sprint(f.Evidence.Status)
}

// actual is what came, and where.
func (f *finding) actual() string {
	where, what := "", f.Actual
	if rest, ok := strings.CutPrefix(what, inRequest); ok {
		where, what = inRequest, rest
	}
	switch {
	case f.Pointer == "":
		return where + what
	case what == "no such property":
		return where + "no " + f.Pointer
	}
	return where + f.Pointer + " is " + what
}

// inRequest begins what document.Check says of a request body.
const inRequest = "request body: "

// openAPI is the source of the rules of the document.
const openAPI = "openapi/openapi.yaml"

// source is where a rule is known from: its place in the document, and the heading in GitLab's documentation or the file
// of GitLab that says so.
func source(rule *contract.Rule, f *finding) string {
	known := []string{f.Document, rule.Source.Name}
	if rule.Source.Name == openAPI { // the document is written by the operation's heading
		known = []string{cmp.Or(f.Document, openAPI), heading(f.Operation)}
	}
	if rule.Source.URL != "" {
		known = append(known, rule.Source.URL)
	}
	return strings.Join(slices.DeleteFunc(known, func(s string) bool { return s == "" }), " · ")
}

// heading is where GitLab's documentation has an operation.
func heading(operation string) string {
	doc, err := document.Load()
	if err != nil {
		return ""
	}
	for _, o := range doc.Operations() {
		if o.ID == operation && o.Heading != "" {
			return fmt.Sprintf("Agents API, %q", o.Heading)
		}
	}
	return ""
}

// maxOthers is how many others are named, of exchanges and of places.
const maxOthers = 8

// others say where else the rule was broken likewise: places in the same exchange, and other exchanges.
func (f *failure) others() []line {
	type exchange struct {
		file string
		n    int
	}
	first := exchange{f.found[0].file, f.found[0].Exchange}
	var places, exchanges []string
	seen := map[exchange]bool{first: true}
	for _, other := range f.found[1:] {
		x := exchange{other.file, other.Exchange}
		switch {
		case x == first && other.Pointer != "":
			places = append(places, other.Pointer)
		case !seen[x]:
			seen[x] = true
			name := fmt.Sprintf("#%d", x.n)
			if x.file != first.file {
				name += " of " + x.file
			}
			exchanges = append(exchanges, name)
		}
	}
	var lines []line
	for _, l := range []struct {
		names []string
		what  string
	}{
		{places, "other place in this answer"},
		{exchanges, "other exchange"},
	} {
		if n := len(l.names); n > 0 {
			text := words.Count(n, l.what) + ": "
			text += strings.Join(l.names[:min(n, maxOthers)], ", ")
			if n > maxOthers {
				text += " …"
			}
			lines = append(lines, line{"and", text})
		}
	}
	return lines
}
