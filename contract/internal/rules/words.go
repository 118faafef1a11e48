package rules

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/internal/words"
)

// Texts of other people are described, not shown.

func number(n int64) string { return strconv.FormatInt(n, 10) }

// size is the length of a text.
func size(s string) string {
	return words.Count(utf8.RuneCountInString(s), "character")
}

func entries(n int64) string { return words.Count(n, "entry") }

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func describe(s *string) string {
	if s == nil {
		return "null"
	}
	return "a string of " + size(*s)
}

// difference says how a text differs from what it should be.
func difference(want, got string) string {
	w, g := []rune(want), []rune(got)
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	return fmt.Sprintf("%s, which differ from character %d on", size(got), i+1)
}
