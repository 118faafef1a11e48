package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// Changes of responses, before the entity tag is made.

// rewrite changes the responses of some operations; of all eight, if none is named.
func rewrite(change func(r *http.Request, d *fakegitlab.ResponseDraft), operations ...string) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Operation != "" && (len(operations) == 0 || slices.Contains(operations, d.Operation)) {
				change(r, d)
			}
		}}
	})
}

// Statuses

// answer gives one status in place of another, with a new body. An empty text means no body.
func answer(operation string, from, to int, body string) Change {
	return answerWhen(func(d *fakegitlab.ResponseDraft) bool { return d.Operation == operation && d.Status == from }, to, body)
}

// status gives one status in place of another, with the same body.
func status(operation string, from, to int) Change {
	return rewrite(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status == from {
			d.Status = to
		}
	}, operation)
}

// answerWhen gives another status and body where GitLab's response is of some kind, whatever the operation.
func answerWhen(when func(d *fakegitlab.ResponseDraft) bool, status int, body string) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Rewrite: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if when(d) {
				replace(d, status, body)
			}
		}}
	})
}

// answerPage gives another status and body for a page of a list.
func answerPage(operation string, page int64, status int, body string) Change {
	return rewrite(func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if number(r.URL.Query().Get("page")) == page {
			replace(d, status, body)
		}
	}, operation)
}

// was is a response with a status.
func was(status int) func(*fakegitlab.ResponseDraft) bool {
	return func(d *fakegitlab.ResponseDraft) bool { return d.Status == status }
}

// says is an error with a text in it.
func says(text string) func(*fakegitlab.ResponseDraft) bool {
	return func(d *fakegitlab.ResponseDraft) bool { return d.Status >= 400 && bytes.Contains(d.Body, []byte(text)) }
}

// is is a response with a body.
func is(body string) func(*fakegitlab.ResponseDraft) bool {
	return func(d *fakegitlab.ResponseDraft) bool { return string(d.Body) == body }
}

// and is a response of both kinds.
func and(one, other func(*fakegitlab.ResponseDraft) bool) func(*fakegitlab.ResponseDraft) bool {
	return func(d *fakegitlab.ResponseDraft) bool { return one(d) && other(d) }
}

// replace makes a response another one. An empty text means no body.
func replace(d *fakegitlab.ResponseDraft, status int, body string) {
	d.Status, d.Body = status, []byte(body)
	if status < 300 {
		d.Header.Set("X-Content-Type-Options", "nosniff")
	}
	if body == "" {
		d.Header.Del("Content-Type")
	} else {
		d.Header.Set("Content-Type", "application/json")
	}
}

// replaceBy is the change that replace makes.
func replaceBy(status int, body string) func(*fakegitlab.ResponseDraft) {
	return func(d *fakegitlab.ResponseDraft) { replace(d, status, body) }
}

// replaceSuccess is the same for successful responses only.
func replaceSuccess(status int, body string) func(*fakegitlab.ResponseDraft) {
	return func(d *fakegitlab.ResponseDraft) {
		if d.Status < 300 {
			replace(d, status, body)
		}
	}
}

// Errors

// failing changes errors whose body is JSON.
func failing(change func(d *fakegitlab.ResponseDraft)) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Rewrite: func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Status >= 400 && bytes.HasPrefix(d.Body, []byte("{")) {
				change(d)
			}
		}}
	})
}

// failingAs gives errors another media type and body, in which STATUS is the text of the status.
func failingAs(mediaType, body string) Change {
	return failing(func(d *fakegitlab.ResponseDraft) {
		d.Header.Set("Content-Type", mediaType)
		d.Body = []byte(strings.ReplaceAll(body, "STATUS", http.StatusText(d.Status)))
	})
}

// say changes the text of errors.
func say(from, to string) Change {
	return failing(func(d *fakegitlab.ResponseDraft) { d.Body = bytes.ReplaceAll(d.Body, []byte(from), []byte(to)) })
}

// sayMatching is the same with a regular expression.
func sayMatching(pattern, to string) Change {
	expression := regexp.MustCompile(pattern)
	return failing(func(d *fakegitlab.ResponseDraft) { d.Body = expression.ReplaceAll(d.Body, []byte(to)) })
}

// message changes the message of errors, to a value of any kind.
func message(change func(text string) any) Change {
	return failing(func(d *fakegitlab.ResponseDraft) {
		var o object
		if json.Unmarshal(d.Body, &o) == nil {
			if s, ok := o["message"].(string); ok {
				d.Body = marshal(object{"message": change(s)})
			}
		}
	})
}

// Bodies

// raw changes the bytes of successful responses.
func raw(change func(body []byte) []byte, operations ...string) Change {
	return rewrite(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status == 200 || d.Status == 201 {
			d.Body = change(d.Body)
		}
	}, operations...)
}

// contentType gives successful responses another content type. An empty text means none.
func contentType(mediaType string) Change {
	return rewrite(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status == 200 || d.Status == 201 {
			d.Header.Set("Content-Type", mediaType)
			if mediaType == "" {
				d.Header.Del("Content-Type")
			}
		}
	})
}

// objects changes each agent or token in successful responses.
func objects(change func(o object), operations ...string) Change {
	return rewrite(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status == 200 || d.Status == 201 {
			editObjects(d, change)
		}
	}, operations...)
}

// property changes one property of each agent or token, where it is there. A dot in the name leads into an object. The
// change says what the property becomes, and whether it stays.
func property(name string, change func(value any) (becomes any, stays bool), operations ...string) Change {
	outer, inner, nested := strings.Cut(name, ".")
	return objects(func(o object) {
		last := outer
		if nested {
			o, _ = o[outer].(object)
			last = inner
		}
		value, there := o[last]
		if !there {
			return
		}
		if becomes, stays := change(value); stays {
			o[last] = becomes
		} else {
			delete(o, last)
		}
	}, operations...)
}

// set gives a property another value.
func set(name string, value any, operations ...string) Change {
	return property(name, func(any) (any, bool) { return value, true }, operations...)
}

// drop leaves a property out.
func drop(name string, operations ...string) Change {
	return property(name, func(any) (any, bool) { return nil, false }, operations...)
}

// add adds a property to each agent or token.
func add(name string, value any, operations ...string) Change {
	return objects(func(o object) { o[name] = value }, operations...)
}

// edit changes a property that is a text.
func edit(name string, change func(string) string, operations ...string) Change {
	return property(name, func(value any) (any, bool) {
		if s, ok := value.(string); ok {
			return change(s), true
		}
		return value, true
	}, operations...)
}

// editNumber changes how a number is written. The change may return any JSON value.
func editNumber(name string, change func(digits string) any, operations ...string) Change {
	return property(name, func(value any) (any, bool) {
		if n, ok := value.(json.Number); ok {
			return change(n.String()), true
		}
		return value, true
	}, operations...)
}

func asText(digits string) any     { return digits }
func asFraction(digits string) any { return json.Number(digits + ".5") }
func asFloat(digits string) any    { return json.Number(digits + ".0") }

// Headers

// addHeader sets a header of successful responses.
func addHeader(status int, name string, value func(r *http.Request) string, operations ...string) Change {
	return rewrite(func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if text := value(r); d.Status == status && text != "" {
			d.Header.Set(name, text)
		}
	}, operations...)
}

// editHeader changes a header where it is there. An empty text removes it.
func editHeader(name string, change func(string) string, operations ...string) Change {
	return rewrite(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		value := d.Header.Get(name)
		if value == "" {
			return
		}
		d.Header.Del(name)
		if value = change(value); value != "" {
			d.Header.Set(name, value)
		}
	}, operations...)
}

// dropHeader removes a header.
func dropHeader(name string, operations ...string) Change {
	return rewrite(func(_ *http.Request, d *fakegitlab.ResponseDraft) { d.Header.Del(name) }, operations...)
}

// matching is a change of a text with a regular expression.
func matching(pattern, to string) func(string) string {
	expression := regexp.MustCompile(pattern)
	return func(s string) string { return expression.ReplaceAllString(s, to) }
}

// replacing is a change of a text: each pair is what to replace, and by what.
func replacing(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

// to is a change of any text to one text.
func to(text string) func(string) string { return func(string) string { return text } }

// Lists

// entries changes the entries of the whole lists that some places have, and the headers about them.
func entries(of func(place) bool, change func(h http.Header, entries []object) []object) Change {
	return afterwards(func(_ http.Handler, r *http.Request, a *reply) {
		if p, ok := placeOf(r.URL); ok && of(p) && r.Method == http.MethodGet && a.status == 200 {
			entries := []object{}
			a.edit(func(o object) { entries = append(entries, o) })
			a.body = marshal(change(a.header, entries))
		}
	})
}

// pages changes which part of lists is shown, and what the headers say about it.
func pages(change func(p *fakegitlab.Page), operations ...string) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Page: func(operation string, p *fakegitlab.Page) {
			if slices.Contains(operations, operation) {
				change(p)
			}
		}}
	})
}

// rows changes which row stands at a position of a list.
func rows(operation string, change func(position, total int) int) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Row: func(of string, position, total int) int {
			if of == operation {
				return change(position, total)
			}
			return position
		}}
	})
}
