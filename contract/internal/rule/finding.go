package rule

import (
	"fmt"
	"net/http"
	"time"
)

// Finding is one way in which one exchange and a rule differ, with what is needed to look into it. It holds no secret.
type Finding struct {
	Rule      string  `json:"rule"` // the rule's id
	Level     Level   `json:"level"`
	Outcome   Outcome `json:"outcome"`   // Violation, Drift, Inconclusive or Error
	Operation string  `json:"operation"` // operationId, such as "getAgentToken"
	Pointer   string  `json:"pointer"`   // where in the body: a JSON pointer (RFC 6901); empty for the whole, or for what is not in the body
	Expected  string  `json:"expected"`
	Actual    string  `json:"actual"`
	Document  string  `json:"document"` // where the document says so: file:line:column; empty if it does not

	Exchange int      `json:"exchange"` // the exchange's place in its source, from 0
	Evidence Evidence `json:"evidence"`

	Scenario string `json:"scenario,omitempty"` // the scenario that was played; empty if none was
	Story    []Step `json:"story,omitempty"`    // its requests up to the one that failed
	Note     string `json:"note,omitempty"`     // what else there is to say, such as how often the finding was seen again
}

// Evidence is one exchange as it may be shown.
type Evidence struct {
	Method    string `json:"method"`
	URL       string `json:"url"`
	Status    int    `json:"status"`               // 0 if no answer came
	Repeat    string `json:"repeat"`               // a curl command that sends the same request
	RequestID string `json:"request_id,omitempty"` // GitLab's X-Request-Id
}

// Step is one exchange of a story, as it may be shown.
type Step struct {
	Exchange       int           `json:"exchange"`
	Role           Role          `json:"role"` // whose credentials were sent
	Method         string        `json:"method"`
	URL            string        `json:"url"`
	RequestHeader  http.Header   `json:"request_header,omitempty"` // without credentials
	RequestBody    string        `json:"request_body,omitempty"`
	Status         int           `json:"status"` // 0 if no answer came
	ResponseHeader http.Header   `json:"response_header,omitempty"`
	ResponseBody   string        `json:"response_body,omitempty"`
	Problem        string        `json:"problem,omitempty"` // why no answer came, or only a part
	Started        time.Time     `json:"started"`
	Duration       time.Duration `json:"duration"` // in nanoseconds
	Script         string        `json:"script"`   // a line for a shell; ids of what the story made are variables
}

// String says in a few lines what was asked, what was expected and what came.
func (f Finding) String() string {
	s := fmt.Sprintf("%s %s → %d: expected %s; actual ", f.Evidence.Method, f.Evidence.URL, f.Evidence.Status, f.Expected)
	if f.Pointer != "" {
		s += f.Pointer + " is "
	}
	s += f.Actual
	if f.Document != "" {
		s += "; document " + f.Document
	}
	return s + "; repeat with " + f.Evidence.Repeat
}
