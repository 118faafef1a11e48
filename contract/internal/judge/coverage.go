package judge

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/rule"
)

// coverage notes what of the document was seen.
type coverage struct {
	operations []document.Operation
	statuses   []map[int]int
	successes  []int
	values     [][]*cells
}

// cells is what there is to see of one property.
type cells struct {
	property document.Property
	name     string // the last part of the pointer
	seen     int
	null     int
	enum     map[string]int
}

func newCoverage(doc *document.Document) *coverage {
	c := &coverage{operations: doc.Operations()}
	for _, o := range c.operations {
		var values []*cells
		for _, r := range o.Responses {
			if r.Status != 200 && r.Status != 201 {
				continue
			}
			for _, p := range r.Properties {
				v := &cells{property: p, name: p.Pointer[strings.LastIndex(p.Pointer, "/")+1:]}
				for _, e := range p.Enum {
					if v.enum == nil {
						v.enum = make(map[string]int)
					}
					v.enum[e] = 0
				}
				values = append(values, v)
			}
		}
		c.values = append(c.values, values)
		c.statuses = append(c.statuses, make(map[int]int))
		c.successes = append(c.successes, 0)
	}
	return c
}

// add notes one exchange.
func (c *coverage) add(x *Exchange) {
	i := slices.IndexFunc(c.operations, func(o document.Operation) bool { return o.ID == x.Operation })
	if i < 0 || x.Response == nil {
		return
	}
	c.statuses[i][x.Status()]++
	// An answer is a success also without its secret, which a recorder removed.
	if status := x.Status(); (x.Complete() || x.secretRemoved) && (status >= 200 && status < 300 || status == http.StatusNotModified) {
		c.successes[i]++
	}
	if x.Request.Method == http.MethodHead || !(x.OK(200) || x.OK(201)) {
		return
	}
	// Reading a body for what was seen already would cost more than judging it.
	if !slices.ContainsFunc(c.values[i], func(v *cells) bool { return v.mayBeNew(x.Response.Body) }) {
		return
	}
	var body any
	if json.Unmarshal(x.Response.Body, &body) != nil {
		return
	}
	for _, v := range c.values[i] {
		v.walk(body, strings.Split(v.property.Pointer, "/")[1:])
	}
}

// mayBeNew says whether a body may show something of the property for the first time.
func (v *cells) mayBeNew(body []byte) bool {
	if v.seen == 0 && bytes.Contains(body, []byte(`"`+v.name+`"`)) {
		return true
	}
	if v.property.Nullable && v.null == 0 && bytes.Contains(body, []byte(`"`+v.name+`":null`)) {
		return true
	}
	for value, seen := range v.enum {
		if seen == 0 && bytes.Contains(body, []byte(`"`+value+`"`)) {
			return true
		}
	}
	return false
}

func (v *cells) walk(body any, path []string) {
	if len(path) == 0 {
		v.seen++
		switch body := body.(type) {
		case nil:
			v.null++
		case string:
			if _, listed := v.enum[body]; listed {
				v.enum[body]++
			}
		}
		return
	}
	switch body := body.(type) {
	case []any:
		if path[0] == "*" {
			for _, element := range body {
				v.walk(element, path[1:])
			}
		}
	case map[string]any:
		if member, there := body[path[0]]; there {
			v.walk(member, path[1:])
		}
	}
}

func (c *coverage) result(v rule.Version) rule.Coverage {
	var result rule.Coverage
	for i, o := range c.operations {
		oc := rule.OperationCoverage{Operation: o.ID, Successes: c.successes[i]}
		listed := make(map[int]bool)
		for _, r := range o.Responses {
			listed[r.Status] = true
			s := rule.StatusCoverage{Status: r.Status, Seen: c.statuses[i][r.Status], Listed: true}
			if s.Seen == 0 {
				s.Reason = whyNoStatus(o, r.Status, v.Release)
			}
			oc.Statuses = append(oc.Statuses, s)
		}
		for status, seen := range c.statuses[i] {
			if !listed[status] {
				oc.Statuses = append(oc.Statuses, rule.StatusCoverage{Status: status, Seen: seen})
			}
		}
		slices.SortFunc(oc.Statuses, func(a, b rule.StatusCoverage) int { return a.Status - b.Status })
		for _, cell := range c.values[i] {
			p := rule.PropertyCoverage{Pointer: cell.property.Pointer, Seen: cell.seen, Enum: cell.enum}
			if cell.property.Nullable {
				null := cell.null
				p.Null = &null
			}
			p.Reason = cell.why(v)
			oc.Values = append(oc.Values, p)
		}
		result.Operations = append(result.Operations, oc)
	}
	return result
}

// whyNoStatus is why a status was not seen, as far as that is known.
func whyNoStatus(o document.Operation, status int, release rule.Release) string {
	if since, err := rule.ParseRelease(o.Since); err == nil && !release.IsZero() && release.Compare(since) < 0 {
		return "GitLab " + release.String() + " does not have the operation"
	}
	switch status {
	case 301, 405:
		return "it takes a project that was moved"
	case 304:
		return "no request had an ETag that still held"
	case 406:
		return "no request had a Content-Type that is not a media type"
	case 409:
		return "no two requests met at one record"
	case 429:
		return "no rate limit was reached"
	case 500:
		return "GitLab did not fail"
	}
	return "no request was answered with " + strconv.Itoa(status)
}

// why says why something of the property was not seen.
func (v *cells) why(version rule.Version) string {
	p, release := v.property, version.Release
	switch {
	case v.seen == 0 && p.Edition == "ee" && version.Edition == rule.Community:
		return "Enterprise Edition only"
	case v.seen == 0 && p.Since != "" && !release.IsZero():
		if since, err := rule.ParseRelease(p.Since); err == nil && release.Before(since) {
			return "since GitLab " + p.Since
		}
		return "no answer had it"
	case v.seen == 0:
		return "no answer had it"
	case p.Nullable && v.null == 0:
		return "never null: " + map[string]string{
			"created_by_user_id": "that takes a user who was deleted",
			"description":        "all had one",
			"last_used_at":       "all were used",
		}[v.name]
	case v.enum != nil && v.enum["revoked"] == 0 && !release.IsZero() && !release.Before(rule.GitLab(16, 0)):
		return "revoked tokens are not shown since 16.0"
	}
	return ""
}
