package judge

import (
	"fmt"

	"example.com/gitlab-agents/contract/internal/answerer"
)

// Failure is the body of an error, in one of GitLab's three shapes.
type Failure struct {
	Message     *string
	Error       *string
	Description *string
}

// failureOf reads the body of an error; ok is false if it is not an object, or has something other than texts.
func failureOf(value any) (f Failure, ok bool) {
	_, ok = value.(map[string]any)
	o := asObject(value)
	for _, name := range []string{"message", "error", "error_description"} {
		_, isText := o[name].(string)
		ok = ok && (isText || o[name] == nil)
	}
	return Failure{Message: o.optionalText("message"), Error: o.optionalText("error"), Description: o.optionalText("error_description")}, ok
}

// Failure reads the body of an error; ok is false if it is not a JSON object, which the document reports.
func (x *Exchange) Failure() (f Failure, ok bool) {
	x.decode()
	return x.body.failure, x.body.failed
}

// Refusal is the body of an error of one of the eight operations; empty if there is none, or if GitLab was not reached,
// in which case the words may be anybody's.
func (x *Exchange) Refusal() Failure {
	if f, ok := x.Failure(); ok && x.Operation != "" && !answerer.Transient(x.Status()) {
		return f
	}
	return Failure{}
}

// OneText says that there is a message or an error. The document reports both, and neither.
func (f Failure) OneText() bool { return (f.Message == nil) != (f.Error == nil) }

// Said is the text of the error for people, with the key it stands under.
func (f Failure) Said() string {
	switch {
	case f.Message != nil:
		return fmt.Sprintf("message %q", Clip(*f.Message))
	case f.Error != nil:
		return fmt.Sprintf("error %q", Clip(*f.Error))
	}
	return "neither message nor error"
}

// Clip shortens what a server said to what a line of a report can hold.
func Clip(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + ellipsis
	}
	return s
}
