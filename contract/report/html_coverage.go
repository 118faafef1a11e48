package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
)

// htmlCoverage is what of the document was seen, as a picture: operations and statuses, and the properties of each
// operation.
type htmlCoverage struct {
	Text     string // in four numbers
	Statuses []int
	Rows     []htmlCoverageRow
}

type htmlCoverageRow struct {
	Operation  string
	Cells      []htmlCell
	Properties []htmlProperty
	Seen       string // such as "7 of 9 statuses, 8 of 8 properties"
	Gaps       int    // statuses and properties that were not seen
	Missing    []htmlGap
}

// htmlCell is how often an operation was answered with a status.
type htmlCell struct {
	Status int
	Kind   string // seen, unseen, extra or none
	Shade  int    // 1 to 4, by how often
	Text   string
	Title  string
}

// htmlProperty is how much of a property was seen.
type htmlProperty struct {
	Pointer string
	Kind    string // seen, part or unseen
	Title   string
}

// htmlGap is something that was not seen, and why.
type htmlGap struct{ What, Why string }

func (r *Report) htmlCoverage() htmlCoverage {
	t := r.table()
	c := htmlCoverage{Text: r.coverageText(), Statuses: t.statuses}
	for _, o := range r.Result.Coverage.Operations {
		row := htmlCoverageRow{Operation: r.shown(o.Operation)}
		var statuses, properties share
		for _, status := range t.statuses {
			i := slices.IndexFunc(o.Statuses, func(s contract.StatusCoverage) bool { return s.Status == status })
			if i < 0 {
				row.Cells = append(row.Cells, htmlCell{Status: status, Kind: "none"})
				continue
			}
			s := o.Statuses[i]
			cell := r.htmlCell(s)
			row.Cells = append(row.Cells, cell)
			if s.Listed {
				statuses.add(s.Seen)
			}
			if cell.Kind == "unseen" {
				row.Missing = append(row.Missing, htmlGap{fmt.Sprint(status), r.shown(s.Reason)})
			}
		}
		for _, p := range o.Values {
			property, gaps := r.htmlProperty(p)
			row.Properties = append(row.Properties, property)
			row.Missing = append(row.Missing, gaps...)
			properties.add(p.Seen)
		}
		row.Seen = fmt.Sprintf("%v statuses", statuses)
		if properties.all > 0 {
			row.Seen += fmt.Sprintf(", %v properties", properties)
		}
		row.Gaps = len(row.Missing)
		c.Rows = append(c.Rows, row)
	}
	return c
}

func (r *Report) htmlCell(s contract.StatusCoverage) htmlCell {
	cell := htmlCell{Status: s.Status, Text: fmt.Sprint(s.Seen)}
	switch {
	case s.Seen == 0 && s.Listed:
		cell.Kind, cell.Text, cell.Title = "unseen", "·", "not seen"
		if s.Reason != "" {
			cell.Title += ": " + r.shown(s.Reason)
		}
	case s.Seen == 0:
		cell.Kind, cell.Text = "none", ""
	case !s.Listed:
		cell.Kind, cell.Title = "extra", fmt.Sprintf("seen %s, not in the document", times(s.Seen))
	default:
		cell.Kind, cell.Title = "seen", "seen "+times(s.Seen)
		cell.Shade = min(4, 1+int(math.Log10(float64(s.Seen))*2))
	}
	return cell
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func (r *Report) htmlProperty(p contract.PropertyCoverage) (htmlProperty, []htmlGap) {
	pointer, why := r.shown(p.Pointer), r.shown(p.Reason)
	if p.Seen == 0 {
		return htmlProperty{pointer, "unseen", pointer + ": not seen"}, []htmlGap{{pointer, why}}
	}
	var gaps []htmlGap
	if p.Null != nil && *p.Null == 0 {
		gaps = append(gaps, htmlGap{pointer + " as null", strings.TrimPrefix(why, "never null: ")})
	}
	for _, value := range slices.Sorted(maps.Keys(p.Enum)) {
		if p.Enum[value] == 0 {
			gaps = append(gaps, htmlGap{fmt.Sprintf("%s as %q", pointer, r.shown(value)), why})
		}
	}
	if len(gaps) == 0 {
		return htmlProperty{pointer, "seen", pointer + ": seen " + times(p.Seen)}, nil
	}
	return htmlProperty{pointer, "part", pointer + ": not every value was seen"}, gaps
}
