package report

import (
	"bufio"
	_ "embed"
	"html/template"
	"io"

	"example.com/gitlab-agents/contract"
)

var (
	//go:embed fleet.tmpl
	fleetTemplate string

	fleetPage = template.Must(template.Must(page.Clone()).New("fleet").Parse(fleetTemplate))
)

// htmlFleet is the page of many targets.
type htmlFleet struct {
	shell
	Mark, Status, Verdict string
	Subjects              []string
	Rows                  []htmlFleetRow
	Common                []fleetCommon
	Red                   []htmlFleetTarget
	More                  int // targets that are not shown in full
}

type htmlFleetRow struct {
	Name, URL, Mark, Status, Verdict string
	ID                               string // of the target in full; empty if it is not shown
	Cells                            []htmlFleetCell
}

type htmlFleetCell struct{ Mark, Status, Counts string }

type htmlFleetTarget struct {
	ID, Name, URL, Mark, Status, Verdict string
	Lines                                []string
	Failures                             []string
}

// maxFleetFailures is how many failures of one target a page shows.
const maxFleetFailures = 20

// WriteFleet writes one page: the table of targets and subjects, what is common to many, each target that is not conformant.
// It needs no script.
func (HTML) WriteFleet(w io.Writer, f *Fleet) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if err := fleetPage.ExecuteTemplate(b, "fleet", f.html()); err != nil {
		return err
	}
	return b.Flush()
}

func (f *Fleet) html() *htmlFleet {
	status := statusOfExit(f.Exit())
	h := &htmlFleet{
		shell: newShell(f.text(), status, ""), Mark: status.mark, Status: status.name, Verdict: f.text(), Subjects: f.subjects(), Common: f.common(),
	}
	for _, row := range f.rows() {
		r := htmlFleetRow{Name: row.name, URL: row.url, Mark: row.status.mark, Status: row.status.name, Verdict: row.verdict.Verdict}
		for _, c := range row.cells {
			r.Cells = append(r.Cells, htmlFleetCell{c.status.mark, c.status.name, c.counts})
		}
		switch {
		case row.verdict.Exit == contract.Conformant:
		case len(h.Red) == maxFleetRed:
			h.More++
		default:
			r.ID = "target-" + row.name
			h.Red = append(h.Red, row.html(r.ID))
		}
		h.Rows = append(h.Rows, r)
	}
	return h
}

// maxFleetRed is how many targets a page shows in full.
const maxFleetRed = 1000

// html is a target in full.
func (row *fleetRow) html(id string) htmlFleetTarget {
	h := htmlFleetTarget{
		ID: id, Name: row.name, URL: row.url, Mark: row.status.mark, Status: row.status.name, Verdict: row.verdict.Verdict, Lines: row.lines(),
	}
	if row.report == nil {
		return h
	}
	causes := row.report.causes()
	for i := range causes[:min(len(causes), maxFleetFailures)] {
		h.Failures = append(h.Failures, row.report.plain(causes[i].first()))
	}
	return h
}
