package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"example.com/gitlab-agents/contract"
)

// Markdown writes a comment for a merge request, in GitLab's flavour. Whatever a server or a file said stands in a code
// block, where nothing is a mention, a reference, a quick action or HTML.
type Markdown struct{}

// maxMarkdown is how long a comment gets, in bytes. GitLab takes notes of up to 1,000,000 characters.
const maxMarkdown = 900_000

// maxDetails is how many failures a comment shows in full.
const maxDetails = 50

// Write writes a report.
func (Markdown) Write(w io.Writer, r *Report) error {
	var b bytes.Buffer
	v, c := r.verdict(), r.counts()
	fmt.Fprintf(&b, "## %s GitLab Agents API: %s\n\n%s\n\n", mark(v.outcome), v.short, escapeMarkdown(v.long))
	if r.Result.Target != "" {
		fmt.Fprintf(&b, "%s%s\n\n", codeSpan(r.shown(r.Result.Target)), r.gitlab())
	}
	fmt.Fprintf(&b, "| exchanges | judged | violations | drift | the caller's | inconclusive |\n|--:|--:|--:|--:|--:|--:|\n")
	fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %d |\n\n", c.exchanges, c.judged, c.findings[contract.Violation],
		c.findings[contract.Drift], c.findings[contract.Error], c.findings[contract.Inconclusive])

	failures := r.failures()
	markdownTable(&b, r, failures)
	markdownDetails(&b, r, failures)

	fmt.Fprintf(&b, "<details><summary>Rules: %s</summary>\n\n", c.ruleText())
	if untested := r.untested(); len(untested) > 0 {
		b.WriteString("| untested | because |\n|--:|:--|\n")
		for _, u := range untested {
			fmt.Fprintf(&b, "| %d | %s |\n", u.rules, escapeMarkdown(u.reason))
		}
		b.WriteString("\n")
	}
	b.WriteString("</details>\n\n")
	markdownCoverage(&b, r)
	_, err := w.Write(b.Bytes())
	return err
}

// markdownTable is an overview of the failures.
func markdownTable(b *bytes.Buffer, r *Report, failures []failure) {
	if len(failures) == 0 && len(r.Result.Left) == 0 {
		return
	}
	if len(failures) > 0 {
		b.WriteString("| | rule | | operations | findings |\n|:-:|:--|:--|:--|--:|\n")
	}
	for i := range failures {
		if i == maxDetails {
			fmt.Fprintf(b, "| | and %s more | | | |\n", count(len(failures)-i, "failure", "failures"))
			break
		}
		f := &failures[i]
		what := f.outcome.String()
		if f.outcome == contract.Violation {
			what = f.rule.Level.String()
		}
		if f.known {
			what += ", known"
		}
		fmt.Fprintf(b, "| %s | `%s` | %s | %s | %d |\n", mark(f.outcome), f.rule.ID, what, escapeMarkdown(f.operations()), len(f.found))
	}
	if len(failures) > 0 {
		b.WriteString("\n")
	}
	for _, left := range r.Result.Left {
		b.WriteString("- left behind: " + codeSpan(r.shown(left)) + "\n")
	}
	if len(r.Result.Left) > 0 {
		b.WriteString("\n")
	}
}

// markdownDetails are the failures in full, as many as there is room for.
func markdownDetails(b *bytes.Buffer, r *Report, failures []failure) {
	for i := range failures {
		f := &failures[i]
		text := strings.ReplaceAll(r.plain(f), "\n/", "\n /") // at the start of a line it could be a quick action
		if i == maxDetails || b.Len()+len(text) > maxMarkdown {
			fmt.Fprintf(b, "%s not shown in full.\n\n", count(len(failures)-i, "failure is", "failures are"))
			return
		}
		fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
		fmt.Fprintf(b, "<details><summary>%s <code>%s</code> %s</summary>\n\n%stext\n%s%s\n\n</details>\n\n",
			mark(f.outcome), f.rule.ID, escapeMarkdown(f.rule.Sentence), fence, text, fence)
	}
}

func markdownCoverage(b *bytes.Buffer, r *Report) {
	statuses, _, _, _ := r.shares()
	t := r.table()
	if len(t.rows) == 0 {
		return
	}
	fmt.Fprintf(b, "<details><summary>Coverage: %v statuses of the document</summary>\n\n| |", statuses)
	for _, s := range t.statuses {
		fmt.Fprintf(b, " %d |", s)
	}
	b.WriteString("\n|:--|" + strings.Repeat("--:|", len(t.statuses)) + "\n")
	for _, row := range t.rows {
		fmt.Fprintf(b, "| %s | %s |\n", row.operation, strings.Join(row.cells, " | "))
	}
	fmt.Fprintf(b, "\n%s not seen, ! not in the document\n\n</details>\n", unseen)
}

// escapeMarkdown is text in which nothing means anything, in a table too. A backslash or a character's number alone
// would not keep GitLab from taking @all for a mention; an element within does.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case strings.ContainsRune("@#!~$%^&", c):
			fmt.Fprintf(&b, "&#%d;<span></span>", c)
		case strings.ContainsRune("\\`*_[]<>|{}", c):
			fmt.Fprintf(&b, "&#%d;", c)
		case c == '\n':
			b.WriteByte(' ')
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// codeSpan is text as code within a line.
func codeSpan(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// longestRun is how often c stands in s in a row, at most.
func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
