package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"example.com/gitlab-agents/contract"
)

// table is how often each status of each operation was seen.
type table struct {
	statuses []int
	rows     []row
}

type row struct {
	operation string
	cells     []string // one for each status
}

// The cells of a status that was not seen.
const (
	unseen   = "·" // the document lists it
	unlisted = ""  // it does not
)

// table is the coverage of operations and statuses. A number with ! is one that the document does not list.
func (r *Report) table() table {
	var t table
	for _, o := range r.Result.Coverage.Operations {
		for _, s := range o.Statuses {
			if !slices.Contains(t.statuses, s.Status) {
				t.statuses = append(t.statuses, s.Status)
			}
		}
	}
	slices.Sort(t.statuses)
	for _, o := range r.Result.Coverage.Operations {
		cells := make([]string, len(t.statuses))
		for _, s := range o.Statuses {
			cells[slices.Index(t.statuses, s.Status)] = cell(s)
		}
		t.rows = append(t.rows, row{o.Operation, cells})
	}
	return t
}

func cell(s contract.StatusCoverage) string {
	switch {
	case s.Seen == 0 && s.Listed:
		return unseen
	case s.Seen == 0:
		return unlisted
	case !s.Listed:
		return fmt.Sprintf("%d!", s.Seen)
	}
	return fmt.Sprint(s.Seen)
}

// share is how many of a kind of cell were seen.
type share struct{ seen, all int }

func (s *share) add(seen int) {
	s.all++
	if seen > 0 {
		s.seen++
	}
}

func (s share) String() string { return fmt.Sprintf("%d of %d", s.seen, s.all) }

// shares is the coverage in four numbers: the statuses that the document lists, the properties of success responses,
// the nulls that it allows and the enum values that it names.
func (r *Report) shares() (statuses, properties, nulls, values share) {
	for _, o := range r.Result.Coverage.Operations {
		for _, s := range o.Statuses {
			if s.Listed {
				statuses.add(s.Seen)
			}
		}
		for _, p := range o.Values {
			properties.add(p.Seen)
			if p.Null != nil {
				nulls.add(*p.Null)
			}
			for _, seen := range p.Enum {
				values.add(seen)
			}
		}
	}
	return statuses, properties, nulls, values
}

// gaps are the cells that were not seen, each with its reason, as far as that is known.
func (r *Report) gaps() []string {
	var gaps []string
	gap := func(what, why string) {
		if why != "" {
			what += ": " + r.shown(why)
		}
		gaps = append(gaps, what)
	}
	for _, o := range r.Result.Coverage.Operations {
		for _, s := range o.Statuses {
			if s.Seen == 0 && s.Listed {
				gap(fmt.Sprintf("%s %d", o.Operation, s.Status), s.Reason)
			}
		}
		for _, p := range o.Values {
			if p.Seen == 0 {
				gap(o.Operation+" "+p.Pointer, p.Reason)
				continue
			}
			if p.Null != nil && *p.Null == 0 {
				gap(o.Operation+" "+p.Pointer+" null", p.Reason)
			}
			for _, value := range slices.Sorted(maps.Keys(p.Enum)) {
				if p.Enum[value] == 0 {
					gap(fmt.Sprintf("%s %s %q", o.Operation, p.Pointer, value), p.Reason)
				}
			}
		}
	}
	return gaps
}

// lines are the table, or a line for each operation if the table is wider than that.
func (t table) lines(width int) []string {
	aligned := t.aligned()
	for _, l := range aligned {
		if width > 0 && runewidth.StringWidth(l) > width {
			return t.list(width)
		}
	}
	return aligned
}

// list is each operation with the statuses that were seen, how often, and those that were not.
func (t table) list(width int) []string {
	var lines []string
	for _, r := range t.rows {
		var seen, not []string
		for i, c := range r.cells {
			switch c {
			case unlisted:
			case unseen:
				not = append(not, fmt.Sprint(t.statuses[i]))
			default:
				seen = append(seen, fmt.Sprintf("%d×%s", t.statuses[i], c))
			}
		}
		text := strings.Join(seen, " ")
		if len(not) > 0 {
			text = strings.TrimSpace(text + " " + unseen + " " + strings.Join(not, " "))
		}
		for i, l := range wrap(r.operation+": "+text, width-2) {
			if i > 0 {
				l = "  " + l
			}
			lines = append(lines, l)
		}
	}
	return lines
}

// aligned is the table with its columns aligned.
func (t table) aligned() []string {
	if len(t.rows) == 0 {
		return nil
	}
	width := 0
	for _, r := range t.rows {
		width = max(width, len(r.operation))
	}
	columns := make([]int, len(t.statuses))
	for i := range columns {
		columns[i] = 3
		for _, r := range t.rows {
			columns[i] = max(columns[i], len([]rune(r.cells[i])))
		}
	}
	format := func(first string, cells []string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "%-*s", width, first)
		for i, c := range cells {
			fmt.Fprintf(&b, "  %*s", columns[i], c)
		}
		return strings.TrimRight(b.String(), " ")
	}
	var head []string
	for _, s := range t.statuses {
		head = append(head, fmt.Sprint(s))
	}
	lines := []string{format("", head)}
	for _, r := range t.rows {
		lines = append(lines, format(r.operation, r.cells))
	}
	return lines
}
