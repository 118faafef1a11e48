package selftest

import (
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/faults"
)

// Markdown returns the matrix as a document. It contains only what is the same each time.
func (m *Matrix) Markdown() string {
	var b strings.Builder
	b.WriteString("# Fault-detection matrix\n\nMade by `go test ./contract/selftest -run Matrix -update`; do not edit. `glagents selftest` shows the same on a terminal.\n\n")
	b.WriteString(m.Summary() + "\n\n")
	fmt.Fprintf(&b, "On the healthy fake the suite finds no violation and no drift, ends in no error, and leaves nothing behind, in each of these releases and editions: %s.\n\n", m.profiles())
	b.WriteString("Each fault is switched on alone, in the newest release in which it makes a difference. Each rule that claims the fault has to notice it. No other rule may be set off, unless the table lists it with a reason. " +
		"Afterwards agents that existed before are unchanged, byte for byte, and what the run made is gone, unless the fault prevents that.\n")
	m.writeFaults(&b)
	m.writeRules(&b)
	return b.String()
}

func (m *Matrix) profiles() string {
	var names []string
	for _, r := range m.Healthy {
		names = append(names, r.Profile.String())
	}
	return strings.Join(names, ", ")
}

// writeFaults writes a table for each subject.
func (m *Matrix) writeFaults(b *strings.Builder) {
	b.WriteString("\n## Which rules notice each fault\n")
	subject := ""
	for _, r := range m.Broken {
		f := r.Fault
		if f.Subject != subject {
			subject = f.Subject
			fmt.Fprintf(b, "\n### %s\n\n| fault | what the server does | noticed by | may set off too |\n|---|---|---|---|\n", subject)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.Name, cell(f.Explains), noticedBy(f), cell(exceptions(f)))
	}
}

// writeRules writes a table of all rules.
func (m *Matrix) writeRules(b *strings.Builder) {
	b.WriteString("\n## Which faults each rule notices\n\n| rule | level | faults |\n|---|---|---|\n")
	killers := m.Killers()
	for _, rule := range contract.Rules() {
		text := code(killers[rule.ID])
		switch why := unkillable[rule.ID]; {
		case text == "" && why != "":
			text = "none: " + why
		case text == "":
			text = "none"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", rule.ID, rule.Level, text)
	}
}

func noticedBy(f *faults.Fault) string {
	switch f.Verdict {
	case faults.Drifts:
		return code(f.Rules) + " (drift)"
	case faults.Obscures:
		return code(f.Rules) + " (inconclusive)"
	case faults.Conforms:
		return "nothing; it is allowed"
	}
	return code(f.Rules)
}

// exceptions are what a fault may set off or do besides, with the reasons.
func exceptions(f *faults.Fault) string {
	var parts []string
	if len(f.Also) > 0 {
		parts = append(parts, code(f.Also)+": "+f.Because)
	}
	if f.Harms != "" {
		parts = append(parts, "it harms agents that existed before: "+f.Harms)
	}
	if f.Keeps != "" {
		parts = append(parts, "something may be left behind, or reported as such: "+f.Keeps)
	}
	return strings.Join(parts, ". ")
}

// code is a list of names in alphabetical order.
func code(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), "`, `") + "`"
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
