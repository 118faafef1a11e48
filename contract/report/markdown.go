package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"example.com/gitlab-agents/contract/internal/words"
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
	v := r.verdict()
	fmt.Fprintf(&b, "## %s GitLab Agents API: %s\n\n", v.status.mark, v.short)
	for i, l := range v.lines() {
		if i == 0 {
			l = v.holds
		}
		fmt.Fprintf(&b, "%s\n\n", escapeMarkdown(l))
	}
	causes := r.causes()
	markdownTable(&b, causes)
	markdownDetails(&b, r, causes)
	fmt.Fprintf(&b, "<details><summary>Rules: %s</summary>\n\n", r.ruleText())
	if untested := r.untested(); len(untested) > 0 {
		b.WriteString("| untested | because |\n|--:|:--|\n")
		for _, u := range untested {
			fmt.Fprintf(&b, "| %d | %s |\n", len(u.ids), escapeMarkdown(u.reason))
		}
		b.WriteString("\n")
	}
	b.WriteString("</details>\n\n")
	markdownCoverage(&b, r)
	_, err := w.Write(b.Bytes())
	return err
}

// markdownTable is an overview of the causes.
func markdownTable(b *bytes.Buffer, causes []cause) {
	if len(causes) == 0 {
		return
	}
	b.WriteString("| | rules | | operations | findings |\n|:-:|:--|:--|:--|--:|\n")
	for i := range causes {
		if i == maxDetails {
			fmt.Fprintf(b, "| | and %s | | | |\n", words.Count(len(causes)-i, "other failure"))
			break
		}
		found, what := 0, causes[i].first().kind()
		for _, f := range causes[i].failures {
			found += len(f.found)
		}
		if causes[i].first().known {
			what += ", known"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %d |\n", causes[i].first().status().mark, codeSpans(causes[i].rules()), what,
			escapeMarkdown(causes[i].first().operations()), found)
	}
	b.WriteString("\n")
}

// codeSpans are ids, of which the first few are named.
func codeSpans(ids []string) string {
	var spans []string
	for _, id := range ids {
		spans = append(spans, codeSpan(id))
	}
	return words.Some(spans, maxNamed)
}

// markdownDetails are the causes in full, as many as there is room for. Each can be opened.
func markdownDetails(b *bytes.Buffer, r *Report, causes []cause) {
	for i := range causes {
		var text strings.Builder
		text.WriteString(r.plain(causes[i].first()))
		others, more := causes[i].others()
		for _, f := range others {
			text.WriteString(f.plainShort())
		}
		if more > 0 {
			fmt.Fprintf(&text, "and %s of the same cause\n", words.Count(more, "other failure"))
		}
		whole := strings.ReplaceAll(text.String(), "\n/", "\n /") // at the start of a line it could be a quick action
		if i == maxDetails || b.Len()+len(whole) > maxMarkdown {
			fmt.Fprintf(b, "Not shown in full: %s.\n\n", words.Count(len(causes)-i, "failure"))
			return
		}
		f := causes[i].first()
		fence := strings.Repeat("`", max(3, longestRun(whole, '`')+1))
		fmt.Fprintf(b, "<details><summary>%s <code>%s</code> %s</summary>\n\n%stext\n%s%s\n\n</details>\n\n",
			f.status().mark, f.rule.ID, escapeMarkdown(f.rule.Sentence), fence, whole, fence)
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
