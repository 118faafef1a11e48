package main

import (
	"fmt"
	"regexp"
	"strconv"
)

// maxLong is how many characters of a body stand in a line.
const maxLong = 400

// shorten is a body as it stands in a line. It says how much is left out.
func shorten(body string) string {
	characters := 0
	for i := range body {
		if characters == maxLong {
			return fmt.Sprintf("%s… (%s more bytes)", body[:i], thousands(len(body)-i))
		}
		characters++
	}
	return body
}

// longQuoted is a quoted word of a script that may be too long. Nothing in single quotes is escaped.
var longQuoted = regexp.MustCompile(`'[^']{` + strconv.Itoa(maxLong) + `,}'`)

// shortenScript shortens the quoted words of a script, which stay quoted.
func shortenScript(script string) string {
	return longQuoted.ReplaceAllStringFunc(script, func(word string) string { return "'" + shorten(word[1:len(word)-1]) + "'" })
}

// thousands is a number with a comma after each three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
