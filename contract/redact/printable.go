package redact

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable is a text from a server or a file as it can be printed in the middle of a line of ours. What could move a
// terminal's cursor, end a line, reverse the writing direction or be no character at all is written as its number, and
// what a CI runner would take for a command is broken up with a space.
//
// It goes around every text from outside, in every output.
func Printable(s string) string { return breakCommands(escaped(s, false), " ") }

// PrintableLines does the same, but leaves line ends and tabs as they are.
func PrintableLines(s string) string { return breakCommands(escaped(s, true), " ") }

// runnerCommand is what the runners of CI systems take for a command in what a job prints, in two parts: ##[error] and
// ##vso[task] (Azure, GitHub), ##teamcity[…], ::error:: and ::add-mask:: (GitHub), section_start:…, section_end:… (GitLab)
// and travis_fold:….
var runnerCommand = regexp.MustCompile(`(?i)(#)(#[a-z]*\[)|(:)(:[a-z][a-z-]*(?: [^:]*)?::)|(section_(?:start|end)|travis_(?:fold|time))(:)`)

// breakCommands separates the two parts of each command, so that no runner recognizes it.
func breakCommands(s, between string) string {
	if !strings.Contains(s, "##") && !strings.Contains(s, "::") && !mayHaveSection(s) {
		return s
	}
	return runnerCommand.ReplaceAllString(s, "${1}${3}${5}"+between+"${2}${4}${6}")
}

// mayHaveSection says whether section_start, section_end, travis_fold or travis_time may be in a text. Most texts have an
// underscore, such as that of cluster_agents, and the expression is slow.
func mayHaveSection(s string) bool {
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '_' && strings.IndexByte("nNsS", s[i-1]) >= 0 && strings.IndexByte("sSeEfFtT", s[i+1]) >= 0 {
			return true
		}
	}
	return false
}

func escaped(s string, lines bool) string {
	if isPrintable(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case lines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case isHarmless(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}

func isPrintable(s string) bool {
	for len(s) > 0 && s[0] >= ' ' && s[0] <= '~' { // nearly all of them are
		s = s[1:]
	}
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !isHarmless(r) })
}

// isHarmless says whether a character stands for itself alone. Format characters (Cf) are the ones that reverse the
// writing direction, or join or hide others.
func isHarmless(r rune) bool {
	return unicode.IsPrint(r) && (r <= unicode.MaxASCII || !unicode.Is(unicode.Variation_Selector, r))
}
