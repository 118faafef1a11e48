package contract_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// gitlab191 is a recording of answers of GitLab's own code.
const gitlab191 = "har/testdata/gitlab-19.1.har.json"

// read reads the exchanges of a recording.
func read(t testing.TB, from io.Reader) (exchanges []*wire.Exchange) {
	t.Helper()
	for entry, err := range har.Entries(from) {
		require.NoError(t, err)
		exchanges = append(exchanges, entry.Exchange)
	}
	return exchanges
}

// readFile reads the exchanges of a recording in a file.
func readFile(t testing.TB, name string) []*wire.Exchange {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	return read(t, f)
}

// verify judges recorded exchanges.
func verify(t testing.TB, exchanges []*wire.Exchange, options contract.JudgeOptions) *contract.Result {
	t.Helper()
	result, err := contract.Verify(slices.Values(exchanges), options)
	require.NoError(t, err)
	return result
}

// violated are the rules that a recording violates, with the first finding of each.
func violated(result *contract.Result) map[string]string {
	found := make(map[string]string)
	for _, f := range result.Findings {
		if f.Outcome == contract.Violation && found[f.Rule] == "" {
			found[f.Rule] = f.String()
		}
	}
	return found
}

// inBody replaces a text in the first answer.
func inBody(old, replacement string) func([]*wire.Exchange) []*wire.Exchange {
	return func(exchanges []*wire.Exchange) []*wire.Exchange {
		body := &exchanges[0].Response.Body
		if !bytes.Contains(*body, []byte(old)) {
			panic("the answer has no " + old)
		}
		*body = bytes.Replace(*body, []byte(old), []byte(replacement), 1)
		return exchanges
	}
}

// inHeader sets a header of the first answer.
func inHeader(name, value string) func([]*wire.Exchange) []*wire.Exchange {
	return func(exchanges []*wire.Exchange) []*wire.Exchange {
		exchanges[0].Response.Header.Set(name, value)
		return exchanges
	}
}

// askedTheServer makes an answer from a cache one of the server.
func askedTheServer(exchanges []*wire.Exchange) []*wire.Exchange {
	for _, x := range exchanges {
		x.FromCache = ""
	}
	return exchanges
}

// andAnother adds a broken exchange of another recording.
func andAnother(t *testing.T) func([]*wire.Exchange) []*wire.Exchange {
	return func(exchanges []*wire.Exchange) []*wire.Exchange {
		broken := inBody(`"id":1`, `"id":2`)(readFile(t, "har/testdata/field/16-base64-unflagged.har"))
		return append(exchanges, broken...)
	}
}

// TestFieldRecordings has recordings of the kinds that people sent in. None blames GitLab. Each with a fault of GitLab in it
// still does.
func TestFieldRecordings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		judged      int
		exit        contract.Exit
		notRecorded []string // rules that abstain
		fault       func([]*wire.Exchange) []*wire.Exchange
		breaks      string // the rule that the fault breaks
	}{
		"13-no-post-data.har": {1, contract.TooLittle, []string{"tokens/create-keeps-input", "tokens/limits-enforced", "document/request", "authentication/token-not-shown"},
			inBody(`"status":"active"`, `"status":"revoked"`), "tokens/create-is-active-and-unused"},
		"13b-empty-post-data.har": {1, contract.TooLittle, []string{"tokens/create-keeps-input", "tokens/limits-enforced", "document/request"},
			inBody(`"status":"active"`, `"status":"revoked"`), "tokens/create-is-active-and-unused"},
		"14-from-disk-cache.har":        {2, contract.Conformant, nil, askedTheServer, "agents/deleted-stays-gone"},
		"14b-safari-fetch-type.har":     {2, contract.Conformant, nil, inBody(`"id":1`, `"id":2`), "agents/id-matches-path"},
		"14c-firefox-empty-timings.har": {2, contract.Conformant, nil, askedTheServer, "agents/deleted-stays-gone"},
		"16-base64-unflagged.har":       {1, contract.Conformant, nil, inBody(`"id":1`, `"id":2`), "agents/id-matches-path"},
		"17-base64-flag-on-text.har":    {1, contract.Conformant, nil, inBody(`"id":1`, `"id":2`), "agents/id-matches-path"},
		"19-playwright.zip":             {1, contract.Conformant, nil, inBody(`"id":1`, `"id":2`), "agents/id-matches-path"},
		"19b-attached-body.har": {1, contract.TooLittle, []string{"document/body", "agents/listed"},
			inHeader("Cache-Control", "public"), "headers/never-public"},
		"20-only-a-502.har": {1, contract.TooLittle, nil, andAnother(t), "agents/id-matches-path"},
		"22-utf16.har":      {1, contract.Conformant, nil, inBody(`"id":1`, `"id":2`), "agents/id-matches-path"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "har/testdata/field/" + name
			result := verify(t, readFile(t, file), contract.JudgeOptions{})
			assert.Empty(t, violated(result))
			assert.Equal(t, c.judged, result.Judged)
			assert.Equal(t, c.exit, result.Exit(true), result.Missing())
			for _, id := range c.notRecorded {
				for _, r := range result.Rules {
					if r.Rule.ID == id {
						assert.Equal(t, contract.Untested, r.Outcome, id)
						assert.Equal(t, rule.ReasonNotRecorded, r.Reason.Code, id)
					}
				}
			}

			result = verify(t, c.fault(readFile(t, file)), contract.JudgeOptions{})
			assert.Contains(t, violated(result), c.breaks)
			assert.Equal(t, contract.Violated, result.Exit(false))
		})
	}
}

// TestFieldRecordingsAreAllJudged says if a recording has no test.
func TestFieldRecordingsAreAllJudged(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("har/testdata/field")
	require.NoError(t, err)
	assert.Len(t, files, 11, "TestFieldRecordings names each file")
}

func TestVerifyARecordingOfGitLab(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	exchanges := func() []*wire.Exchange { return readFile(t, gitlab191) }
	for _, c := range []struct {
		what   string
		change func([]*wire.Exchange) []*wire.Exchange
		exit   contract.Exit
	}{
		{"as it is", func(x []*wire.Exchange) []*wire.Exchange { return x }, contract.Conformant},
		{"twice in one file", func(x []*wire.Exchange) []*wire.Exchange { return append(x, exchanges()...) }, contract.Conformant},
		{"all bodies lost", func(all []*wire.Exchange) []*wire.Exchange {
			for _, x := range all {
				x.Request.Body, x.Request.BodyNotRecorded, x.Request.Truncated = nil, true, true
				x.Response.Body, x.Response.BodyNotRecorded, x.Response.Truncated = nil, true, true
			}
			return all
		}, contract.TooLittle},
		{"all headers lost", func(all []*wire.Exchange) []*wire.Exchange {
			for _, x := range all {
				x.Request.Header, x.Request.HeaderNotRecorded = http.Header{}, true
				x.Response.Header, x.Response.HeaderNotRecorded = http.Header{}, true
			}
			return all
		}, contract.TooLittle},
		{"only refusals by a rate limit", func(all []*wire.Exchange) []*wire.Exchange {
			x := all[0]
			x.Response = &wire.Response{StatusCode: 429, Body: []byte("Retry later\n"), Header: http.Header{"Content-Type": {"text/plain"}, "Retry-After": {"1"}}}
			return all[:1]
		}, contract.TooLittle},
		{"nothing", func([]*wire.Exchange) []*wire.Exchange { return nil }, contract.TooLittle},
	} {
		for _, release := range []contract.Release{{}, {Major: 19, Minor: 1}} {
			t.Run(c.what+"/"+release.String(), func(t *testing.T) {
				t.Parallel()
				result := verify(t, c.change(exchanges()), contract.JudgeOptions{Release: release})
				assert.Empty(t, violated(result))
				assert.Equal(t, c.exit, result.Exit(true), result.Missing())
			})
		}
	}
}

// recordCheck is the traffic of a check of a release, as a recorder writes it into a file.
func recordCheck(t *testing.T, release string) []byte {
	t.Helper()
	var file bytes.Buffer
	redactor := redact.New()
	w := har.NewWriter(&file, redactor, "test")
	result := check(t, targetOf(t, fake(t, fakegitlab.Version(release))), contract.Options{
		Redactor: redactor, Observe: func(x *wire.Exchange) {
			if !strings.HasSuffix(x.Request.URL.Path, "/version") && !strings.HasSuffix(x.Request.URL.Path, "/metadata") {
				w.Write(x)
			}
		},
	})
	require.Empty(t, broken(result))
	require.NoError(t, w.Close())
	return file.Bytes()
}

// TestARecordingWithoutItsReleaseHasNoViolation verifies what a check of a healthy GitLab recorded, without the answers that
// tell the release.
func TestARecordingWithoutItsReleaseHasNoViolation(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, release := range []string{"14.10", "15.0", "16.0", "19.1"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			file := recordCheck(t, release)
			result := verify(t, read(t, bytes.NewReader(file)), contract.JudgeOptions{})
			assert.Empty(t, violated(result))
			assert.True(t, result.Release.IsZero())
			for _, r := range result.Rules {
				if r.Outcome == contract.Inconclusive {
					assert.Contains(t, r.Reason.Text, "--gitlab-version", r.Rule.ID)
					assert.Equal(t, rule.ReasonReleaseUnknown, r.Reason.Code, r.Rule.ID)
				}
			}

			given, err := contract.ParseRelease(release)
			require.NoError(t, err)
			result = verify(t, read(t, bytes.NewReader(file)), contract.JudgeOptions{Release: given})
			assert.Empty(t, violated(result))

			twice := append(read(t, bytes.NewReader(file)), read(t, bytes.NewReader(file))...)
			result = verify(t, twice, contract.JudgeOptions{})
			assert.Empty(t, violated(result), "the recording twice")

			if release == "15.0" {
				result = verify(t, read(t, bytes.NewReader(file)), contract.JudgeOptions{Release: contract.Release{Major: 19, Minor: 1}})
				assert.Contains(t, violated(result), "tokens/only-active-shown", "somebody says it is 19.1")
			}
		})
	}
}

func TestVerifyOptions(t *testing.T) {
	t.Parallel()
	exchanges := readFile(t, gitlab191)
	result := verify(t, exchanges, contract.JudgeOptions{Rules: []string{"tokens/*"}, Skip: []string{"tokens/secret-*"}})
	require.NotEmpty(t, result.Rules)
	for _, r := range result.Rules {
		assert.Equal(t, "tokens", r.Rule.Subject())
		assert.NotContains(t, r.Rule.ID, "secret-")
	}
	for _, pattern := range []string{"none/*", "tokens/["} {
		_, err := contract.Verify(slices.Values(exchanges), contract.JudgeOptions{Rules: []string{pattern}})
		assert.ErrorContains(t, err, pattern)
	}
	_, err := contract.Verify(slices.Values(exchanges), contract.JudgeOptions{Rules: []string{"tokens/*"}, Skip: []string{"tokens/*"}})
	assert.ErrorContains(t, err, "no rule is left to test")
}

// BenchmarkVerify judges the recording of GitLab.
func BenchmarkVerify(b *testing.B) {
	exchanges := readFile(b, gitlab191)
	b.ReportAllocs()
	for b.Loop() {
		verify(b, exchanges, contract.JudgeOptions{Release: contract.Release{Major: 19, Minor: 1}})
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(exchanges)), "µs/exchange")
}
