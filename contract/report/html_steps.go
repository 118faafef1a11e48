package report

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/redact"
)

// htmlData is what the page's script shows when somebody asks for it: every exchange, once. The first ones are the
// timeline, in the order in which they began; stories refer to exchanges by their places.
type htmlData struct {
	Steps    []htmlStep `json:"steps"`
	Timeline int        `json:"timeline"`
}

// htmlStep is an exchange as the page's script reads it.
type htmlStep struct {
	Exchange       int         `json:"n"`
	Role           string      `json:"role"`
	Scenario       string      `json:"scenario,omitempty"`
	Operation      string      `json:"op,omitempty"`
	Method         string      `json:"method"`
	Path           string      `json:"path"` // below /api/v4
	Status         int         `json:"status"`
	Problem        string      `json:"problem,omitempty"`
	At             float64     `json:"at"` // milliseconds since the first exchange began
	Took           float64     `json:"ms"`
	RequestHeader  []htmlField `json:"qh,omitempty"`
	RequestBody    string      `json:"q,omitempty"`
	ResponseHeader []htmlField `json:"ah,omitempty"`
	ResponseBody   string      `json:"a,omitempty"`
}

type htmlField [2]string

// htmlSteps are the exchanges of a report, each of them once.
type htmlSteps struct {
	all      []htmlStep
	timeline int // how many of them are the timeline

	report *Report
	began  time.Time
	at     map[stepKey]int
}

// stepKey tells exchanges apart. Plays that confirm a finding have numbers of their own.
type stepKey struct {
	exchange int
	started  int64
	role     contract.Role
}

func keyOf(s *contract.Step) stepKey { return stepKey{s.Exchange, s.Started.UnixNano(), s.Role} }

// newSteps are the exchanges of the timeline.
func (r *Report) newSteps() *htmlSteps {
	steps := &htmlSteps{report: r, at: make(map[stepKey]int), began: r.began(), timeline: len(r.Result.Timeline)}
	scenarios := r.scenariosOfTimeline()
	order := make([]int, len(r.Result.Timeline))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return r.Result.Timeline[a].Started.Compare(r.Result.Timeline[b].Started)
	})
	for _, i := range order {
		steps.add(&r.Result.Timeline[i], scenarios[i])
	}
	return steps
}

// began is when the first exchange of the timeline began, or of the stories, if there is no timeline.
func (r *Report) began() time.Time {
	var first time.Time
	earlier := func(story []contract.Step) {
		for i := range story {
			if at := story[i].Started; first.IsZero() || !at.IsZero() && at.Before(first) {
				first = at
			}
		}
	}
	earlier(r.Result.Timeline)
	if len(r.Result.Timeline) == 0 {
		for i := range r.Result.Findings {
			earlier(r.Result.Findings[i].Story)
		}
	}
	return first
}

// scenariosOfTimeline are the names of the scenarios to which the exchanges belong. A timeline has the requests of one
// scenario after those of another; where the numbers do not add up, there are no names.
func (r *Report) scenariosOfTimeline() []string {
	names := make([]string, 0, len(r.Result.Timeline))
	for _, s := range r.Result.Scenarios {
		names = append(names, slices.Repeat([]string{r.shown(s.Name)}, s.Requests)...)
	}
	if len(names) != len(r.Result.Timeline) {
		return make([]string, len(r.Result.Timeline))
	}
	return names
}

// story are the places of the exchanges of a story, which are added if they are not there.
func (s *htmlSteps) story(f *contract.Finding) []int {
	var places []int
	for _, step := range f.Story {
		if step.Exchange < 0 { // it had no number yet when it failed
			step.Exchange = f.Exchange
		}
		places = append(places, s.add(&step, f.Scenario))
	}
	return places
}

func (s *htmlSteps) add(step *contract.Step, scenario string) int {
	key := keyOf(step)
	if at, there := s.at[key]; there {
		return at
	}
	at := len(s.all)
	s.at[key] = at
	s.all = append(s.all, s.shown(step, scenario))
	return at
}

func (s *htmlSteps) shown(step *contract.Step, scenario string) htmlStep {
	r := s.report
	shown := htmlStep{
		Exchange: step.Exchange, Role: step.Role.String(), Scenario: scenario, Operation: operationOfStep(step),
		Method: r.shown(step.Method), Path: below(r.shown(step.URL)), Status: step.Status, Problem: r.shown(step.Problem),
		Took:          milliseconds(step.Duration),
		RequestHeader: r.fields(step.RequestHeader), RequestBody: r.body(step.RequestBody, false),
		ResponseHeader: r.fields(step.ResponseHeader), ResponseBody: r.body(step.ResponseBody, step.Problem != ""),
	}
	if !step.Started.IsZero() {
		shown.At = milliseconds(step.Started.Sub(s.began))
	}
	return shown
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

func milliseconds(d time.Duration) float64 { return float64(d.Round(time.Microsecond)) / 1e6 }

// below is the path of a URL below /api/v4.
func below(url string) string {
	if _, after, ok := strings.Cut(url, "/api/v4/"); ok {
		return "/" + after
	}
	return url
}

// fields are headers by name. What has the name of a credential is not shown, whatever it is.
func (r *Report) fields(h http.Header) []htmlField {
	var fields []htmlField
	for name, values := range h {
		for _, value := range values {
			if redact.IsCredentialName(name) {
				value = redact.Redacted
			}
			fields = append(fields, htmlField{r.shown(name), r.shown(value)})
		}
	}
	slices.SortFunc(fields, func(a, b htmlField) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return fields
}

// htmlTimeline is how fast the answers came.
type htmlTimeline struct {
	N                       int
	Took                    string // from the first request to the last answer
	Together                int    // how many exchanges were under way at once, at most
	Median, Most95, Slowest string
}

func (r *Report) htmlTimeline() htmlTimeline {
	t := htmlTimeline{N: len(r.Result.Timeline)}
	if t.N == 0 {
		return t
	}
	type edge struct {
		at    time.Time
		enter int
	}
	var edges []edge
	var took []time.Duration
	began, end := r.began(), time.Time{}
	for i := range r.Result.Timeline {
		s := &r.Result.Timeline[i]
		answered := s.Started.Add(s.Duration)
		took = append(took, s.Duration)
		edges = append(edges, edge{s.Started, 1}, edge{answered, -1})
		if answered.After(end) {
			end = answered
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.enter, b.enter)) })
	under := 0
	for _, e := range edges {
		under += e.enter
		t.Together = max(t.Together, under)
	}
	slices.Sort(took)
	t.Took = span(end.Sub(began))
	t.Median, t.Most95, t.Slowest = span(took[len(took)/2]), span(took[len(took)*95/100]), span(took[len(took)-1])
	return t
}
