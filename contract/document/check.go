package document

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/wire"
)

// Check validates the request and response of an exchange against the document. It returns nil if both conform, and if
// the request is not one of the operations; see [Document.Route].
//
// All findings are returned, but no more than 100. A problem that is the same in many entries of a list is one finding,
// with the pointer of the first and their number. No finding holds the value of a secret: values are shown where they
// are short and the document knows the property, otherwise only their shape.
//
// Nothing is said of what is not recorded, nor of an answer that came from a cache of the client.
//
// What is wrong in an answer with status 429 is Inconclusive: it is that of a limit somewhere on the way.
func (d *Document) Check(x *wire.Exchange) []Finding {
	findings, _ := d.CheckAndRead(x)
	return findings
}

// CheckAndRead is Check, and returns the body of the response too: what [Value] makes of it. The body is nil if Check had
// no need to read it.
func (d *Document) CheckAndRead(x *wire.Exchange) (list []Finding, body any) {
	op, parameters := d.route(x.Request.Method, x.Request.URL)
	if op == nil || x.FromCache != "" {
		return nil, nil
	}
	f := &findings{operation: op.id, positions: d.positions}
	op.checkRequest(f, &x.Request, parameters)
	op.checkResponse(f, x)
	return f.all(), f.body
}

// maxFindings is how many different problems of one exchange are reported.
const maxFindings = 100

// findings collects what is wrong with one exchange.
type findings struct {
	operation string
	positions *positions
	softened  bool // a violation is inconclusive
	body      any  // of the response, once it was read
	list      []Finding
	counts    []int
	index     map[string]int // the problem to its place in list
	dropped   int
}

// add reports a finding about what stands at a path in the body, because of what the document says at a place. Findings
// with the same rule, kind and path, whatever the index in an array, are one.
func (f *findings) add(kind string, path []string, because place, finding Finding) {
	problem := finding.Rule + " " + kind + " " + collapsed(path)
	if at, ok := f.index[problem]; ok {
		f.counts[at]++
		return
	}
	if len(f.list) == maxFindings {
		f.dropped++
		return
	}
	if f.index == nil {
		f.index = map[string]int{}
	}
	f.index[problem] = len(f.list)
	finding.Operation = f.operation
	finding.Pointer = pointer(path)
	finding.Document = f.positions.of(because)
	if f.softened && finding.Outcome == Violation {
		finding.Outcome = Inconclusive
	}
	f.list = append(f.list, finding)
	f.counts = append(f.counts, 1)
}

func (f *findings) all() []Finding {
	for i, n := range f.counts {
		if n > 1 {
			f.list[i].Actual += fmt.Sprintf(" (the first of %d)", n)
		}
	}
	if f.dropped > 0 {
		f.list[maxFindings-1].Actual += fmt.Sprintf("; %s more of this exchange left out", words.Count(f.dropped, "finding"))
	}
	return f.list
}

// pointer is the JSON pointer of a path.
func pointer(path []string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteByte('/')
		b.WriteString(escapeName(shownName(name)))
	}
	return b.String()
}

// collapsed is the pointer without the indexes.
func collapsed(path []string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteByte('/')
		if _, err := strconv.ParseUint(name, 10, 64); err != nil {
			b.WriteString(name)
		}
	}
	return b.String()
}

var jsonPointer = strings.NewReplacer("~", "~0", "/", "~1")

func escapeName(name string) string {
	if strings.ContainsAny(name, "~/") {
		return jsonPointer.Replace(name)
	}
	return name
}
