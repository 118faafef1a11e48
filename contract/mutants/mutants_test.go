package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Its tests notice all mutants but one, and do not come to two.
const code = `package sample

const limit = 10 + 1

var calls int

// Allowed says whether n may pass.
func Allowed(n int, open bool) bool {
	calls++
	if open && n >= 0 {
		return n < limit
	}
	return false
}

// Left is how many may pass yet.
func Left(n int) (left int) {
	left = limit - n
	switch {
	case !Allowed(n, true):
		return 0
	}
	return left
}

// Never is not tested.
func Never(a, b bool) bool { return a || b }
`

const tests = `package sample

import "testing"

func TestAllowed(t *testing.T) {
	for n, want := range map[int]bool{-1: false, 0: true, 10: true, 11: false} {
		if Allowed(n, true) != want || Allowed(n, false) {
			t.Error(n)
		}
	}
	if Left(4) != 7 || Left(11) != 0 || Left(12) != 0 {
		t.Error("left")
	}
}
`

func sample(t *testing.T) *runner {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module sample\n\ngo 1.26\n", "sample.go": code, "sample_test.go": tests} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return &runner{dir: dir, timeout: time.Minute, workers: runtime.NumCPU(), out: &bytes.Buffer{}}
}

func TestMutants(t *testing.T) {
	t.Parallel()
	r := sample(t)
	survived, err := r.run(t.Context(), ".", []string{"."}, regexp.MustCompile(""), false)
	require.NoError(t, err)
	out := r.out.(*bytes.Buffer).String()
	assert.Equal(t, 3, survived, out)
	assert.Contains(t, out, "survived    sample.go:9:2: without `calls++`\n")
	assert.Contains(t, out, "not reached sample.go:27:37: `a || b` without `a`\n")
	assert.Contains(t, out, "not reached sample.go:27:42: `a || b` without `b`\n")
	assert.Contains(t, out, "11 mutants: 8 killed (8 by .), 3 survived, 2 of them not reached; score 72.7 %\n")
}

func TestMutantsAreListed(t *testing.T) {
	t.Parallel()
	r := sample(t)
	_, err := r.run(t.Context(), ".", []string{"."}, regexp.MustCompile(""), true)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(r.out.(*bytes.Buffer).String()), "\n")
	assert.ElementsMatch(t, []string{
		"sample.go:9:2: without `calls++`",
		"sample.go:10:5: `open && n >= 0` without `open`",
		"sample.go:10:13: `open && n >= 0` without `n >= 0`",
		"sample.go:10:15: `n >= 0` with the bound on the other side",
		"sample.go:11:12: `n < limit` with the bound on the other side",
		"sample.go:11:12: not `n < limit`",
		"sample.go:18:2: without `left = limit - n`",
		"sample.go:18:15: `limit - n` with +",
		"sample.go:20:7: not `!Allowed(n, true)`",
		"sample.go:27:37: `a || b` without `a`",
		"sample.go:27:42: `a || b` without `b`",
	}, lines)
}

func TestMutantsNeedTestsThatPass(t *testing.T) {
	t.Parallel()
	r := sample(t)
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "wrong_test.go"), []byte("package sample\n\nimport \"testing\"\n\nfunc TestWrong(t *testing.T) { t.Error(1) }\n"), 0o600))
	_, err := r.run(t.Context(), ".", []string{"."}, regexp.MustCompile(""), false)
	assert.ErrorContains(t, err, "the tests of . fail without any mutant")
	_, err = r.run(t.Context(), "./nowhere", []string{"."}, regexp.MustCompile(""), false)
	assert.Error(t, err)
}
