// Package words writes numbers and lists as sentences have them.
package words

import (
	"fmt"
	"strings"
)

// Count is a number and what it counts, such as "1 rule" or "2 rules".
func Count[N int | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, plural(one))
}

// plural is the plural of a noun, which may have words before it. What follows "in" or "of" stays.
func plural(one string) string {
	for _, preposition := range []string{" in ", " of "} {
		if before, after, ok := strings.Cut(one, preposition); ok {
			return plural(before) + preposition + after
		}
	}
	if stem, ok := strings.CutSuffix(one, "y"); ok && !strings.ContainsAny(stem[len(stem)-1:], "aeou") {
		return stem + "ies"
	}
	return one + "s"
}

// List is "a", "a and b", "a, b and c", with any conjunction.
func List(items []string, conjunction string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + conjunction + " " + items[last]
}

// Some is a list of at most so many items: "a, b and 3 more".
func Some(items []string, most int) string {
	if len(items) <= most {
		return List(items, "and")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:most], ", "), len(items)-most)
}
