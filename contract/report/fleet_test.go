package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// fleet is a report of targets with everything in it.
func fleet() *report.Fleet {
	f := &report.Fleet{Started: time.Date(2026, 11, 22, 11, 55, 0, 0, time.UTC), Duration: 90 * time.Second}
	addTo(f, 0, 1, 2, 3, 4, 5)
	return f
}

// addTo adds some of six targets: two that fail alike, one that conforms, two that are dead, one whose token is refused.
func addTo(f *report.Fleet, which ...int) {
	for _, i := range which {
		switch i {
		case 0, 1:
			f.Add(fmt.Sprintf("broken %d", i), full())
		case 2:
			f.Add("a healthy one", clean())
		case 3, 4:
			f.AddProblem(fmt.Sprintf("dead %d", i), "https://dead.example.com", contract.TooLittle,
				contract.Problem{Code: "unreachable", Means: "https://dead.example.com does not answer: connection refused"}, nil)
		case 5:
			f.AddProblem("refused", "https://refused.example.com", contract.Usage,
				contract.Problem{Code: "token", Said: "401 Unauthorized " + hostile, Means: "The token is refused", Do: "Give one that is valid"}, []string{"agent 7 of group/project"})
		}
	}
}

func writeFleet(t *testing.T, format report.FleetFormat, f *report.Fleet) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, format.WriteFleet(&b, f))
	return b.String()
}

// fleetFormats are all formats that show many targets.
func fleetFormats(t *testing.T) map[string]report.FleetFormat {
	t.Helper()
	formats := map[string]report.FleetFormat{"txt": report.Terminal{Width: 100}, "verbose.txt": report.Terminal{Verbose: true}}
	for _, name := range report.Names() {
		format, err := report.Named(name)
		require.NoError(t, err)
		if fleet, ok := format.(report.FleetFormat); ok {
			formats[name] = fleet
		}
	}
	return formats
}

func TestTheReportOfManyTargets(t *testing.T) {
	for name, file := range map[string]string{"txt": "fleet.txt", "markdown": "fleet.md"} {
		golden(t, file, []byte(writeFleet(t, fleetFormats(t)[name], fleet())))
	}
	var metrics bytes.Buffer
	require.NoError(t, fleet().WriteMetrics(&metrics))
	golden(t, "fleet.prom", metrics.Bytes())
}

// TestManyTargetsFitTheTerminal: no line is wider than the terminal, but for names and URLs that are.
func TestManyTargetsFitTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{42, 60, 80, 200} {
		text := writeFleet(t, report.Terminal{Width: width}, fleet())
		for line := range strings.Lines(text) {
			if !strings.Contains(line, "https://") {
				assert.LessOrEqual(t, runewidth.StringWidth(strings.TrimSuffix(line, "\n")), width, "%d: %s", width, line)
			}
		}
		assert.Contains(t, text, "broken 0")
		assert.Contains(t, text, "✓ and 1 target that conforms\n")
	}
	assert.Contains(t, writeFleet(t, report.Terminal{Width: 25}, fleet()), "✗ broken 0: not\n  conformant (agents,\n  roles, tokens,\n  document)\n")
}

// TestSharesThatAreMergedSayTheSame splits the targets among files, and joins them.
func TestSharesThatAreMergedSayTheSame(t *testing.T) {
	t.Parallel()
	var parts []string
	for _, which := range [][]int{{5, 2}, {0}, {4, 1}, {3}} {
		part := &report.Fleet{Started: time.Date(2026, 11, 22, 11, 55, 0, 0, time.UTC), Duration: 90 * time.Second}
		addTo(part, which...)
		parts = append(parts, writeFleet(t, report.JSON{}, part))
	}
	merged := &report.Fleet{}
	for _, part := range parts {
		read, err := report.ReadFleet(strings.NewReader(part))
		require.NoError(t, err)
		require.NoError(t, merged.Join(read))
	}
	for name, format := range fleetFormats(t) {
		assert.Equal(t, writeFleet(t, format, fleet()), writeFleet(t, format, merged), name)
	}
	assert.Equal(t, fleet().Exit(), merged.Exit())

	again, err := report.ReadFleet(strings.NewReader(parts[0]))
	require.NoError(t, err)
	assert.ErrorContains(t, merged.Join(again), "the target a healthy one occurs twice")
}

func TestTheReportOfOneTargetCanBeMerged(t *testing.T) {
	t.Parallel()
	read, err := report.ReadFleet(bytes.NewReader(write(t, report.JSON{}, full())))
	require.NoError(t, err)
	assert.Contains(t, writeFleet(t, report.Terminal{}, read), "1 not conformant")
}

func TestWhatIsNotAReportIsNotMerged(t *testing.T) {
	t.Parallel()
	const wrote = "it is JSON, but not a report that --report json=FILE wrote: "
	one := string(write(t, report.JSON{}, full()))
	for text, says := range map[string]string{
		"":                        "it is empty",
		" \n":                     "it is empty",
		"hello":                   "it is not JSON: invalid character 'h' looking for beginning of value at byte 1; --report json=FILE writes a report as JSON",
		"<!doctype html><p>hi":    "it is HTML or XML and not JSON; --report json=FILE writes a report as JSON",
		one[:1000]:                "it is JSON that ends in the middle, after 1000 bytes: was it written to the end?",
		"[]":                      wrote + "it is an array",
		"{}":                      wrote + "it has no version",
		`{"version":1,"rules":3}`: wrote + "rules is a number",
		`{"version":1,"rules":[{"outcome":"fine"}]}`: wrote,
		`{"version":1}`:                          "it is not a report that --report json=FILE wrote: it has no rules",
		`{"kind":"targets","version":2}`:         "it is a report of version 2, and this glagents reads version 1",
		`{"kind":"targets","version":1}`:         "it is a report of many targets that has no list of them",
		`{"log":{"version":"1.2","entries":[]}}`: "it is a recording and not a report; `glagents verify --report json=FILE` judges it and writes one",
		`{"kind":"targets","version":1,"rules":[],"targets":[{"name":"a","report":{"rules":[{"id":"x/y","outcome":"pass"}]}}]}`: "the report of a has the rule \"x/y\"",
	} {
		_, err := report.ReadFleet(strings.NewReader(text))
		assert.ErrorContains(t, err, says, text)
	}
}

func FuzzReadFleet(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, report.JSON{}.WriteFleet(&b, fleet()))
	f.Add(b.Bytes())
	f.Add([]byte(`{"kind":"targets","version":1,"targets":[{"name":"\u001b[2J","report":{"rules":null}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := report.ReadFleet(bytes.NewReader(data))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := (report.Terminal{Verbose: true}).WriteFleet(&out, read); err != nil {
			t.Error(err)
		}
		if strings.ContainsAny(out.String(), "\x1b\x07") {
			t.Error("a control character reached the terminal")
		}
	})
}

func TestManyTargetsShowNoSecretsAndNoControlCharacters(t *testing.T) {
	t.Parallel()
	for name, format := range fleetFormats(t) {
		text := writeFleet(t, format, fleet())
		assert.NotContains(t, text, canary, name)
		assert.NotContains(t, text, "<script>@", name)
		assert.NotContains(t, text, "\x1b", name)
		assert.NotContains(t, text, "\u202e", name)
	}
	assert.NotContains(t, writeFleet(t, report.HTML{}, fleet()), "<script>")
}

func TestEachTargetIsASuiteAndEachTestHasItsOwnName(t *testing.T) {
	t.Parallel()
	var suites struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Cases    []struct {
				Class string `xml:"classname,attr"`
				Name  string `xml:"name,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(writeFleet(t, report.JUnit{}, fleet())), &suites))
	require.Len(t, suites.Suites, 6)
	seen := make(map[string]bool)
	for _, s := range suites.Suites {
		assert.Len(t, s.Cases, s.Tests)
		for _, c := range s.Cases {
			key := c.Class + "\x00" + c.Name // all that GitLab tells tests apart by
			assert.False(t, seen[key], "%s occurs twice", key)
			seen[key] = true
		}
	}
	assert.Equal(t, "broken 0", suites.Suites[1].Name)
	assert.Positive(t, suites.Suites[1].Failures)
}

func TestWhatSeveralTargetsShareIsSaidOnce(t *testing.T) {
	t.Parallel()
	var j struct {
		Common []struct {
			Text    string
			Targets []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(writeFleet(t, report.JSON{}, fleet())), &j))
	shared := make(map[string]string)
	for _, c := range j.Common {
		shared[strings.Join(c.Targets, ",")] += c.Text
	}
	assert.Contains(t, shared, "broken 0,broken 1")
	assert.Contains(t, shared["dead 3,dead 4"], "does not answer")
}

func TestProblemsOfOneKindAreNamedByAnExample(t *testing.T) {
	t.Parallel()
	common := func(means ...string) string {
		f := &report.Fleet{}
		for i, means := range means {
			f.AddProblem(fmt.Sprint("target ", i), "", contract.TooLittle, contract.Problem{Code: "unreachable", Means: means}, nil)
		}
		return writeFleet(t, report.Markdown{}, f)
	}
	assert.Contains(t, common("https://a.example.com does not answer: EOF", "https://b.example.com does not answer: EOF"), "a problem such as: https://a")
	assert.NotContains(t, common("the token is empty", "the token is empty"), "such as", "then it is said of both")
}

func TestTargetsAreToldOfTheKeysOfTheirFile(t *testing.T) {
	t.Parallel()
	f := &report.Fleet{}
	one := clean()
	one.Result.Rules = one.Result.Rules[:1]
	one.Result.Rules[0].Outcome = contract.Untested
	one.Result.Rules[0].Reason = contract.Reason{Code: contract.ReasonRole, Text: "no guest token is given (GITLAB_GUEST_TOKEN)"}
	f.Add("one", one)
	f.AddProblem("two", "", contract.Usage, contract.Problem{Means: "x", Do: "Give a maintainer's token, or use --read-only."}, nil)
	for name, format := range fleetFormats(t) {
		text := writeFleet(t, format, f)
		assert.NotContains(t, text, "GITLAB_GUEST_TOKEN", name)
		assert.NotContains(t, text, "--read-only", name)
	}
	text := writeFleet(t, report.JSON{}, f)
	assert.Contains(t, text, "no guest token is given (tokens.guest)")
	assert.Contains(t, text, "set tokens.guest")
	assert.Contains(t, text, "or use read_only.")
}

func TestTheWorstTargetDecidesTheExitStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		exits []contract.Exit
		want  contract.Exit
	}{
		{nil, contract.TooLittle},
		{[]contract.Exit{contract.TooLittle, contract.Usage}, contract.Usage},
		{[]contract.Exit{contract.Usage, contract.Failed}, contract.Failed},
		{[]contract.Exit{contract.Failed, contract.Violated, contract.TooLittle}, contract.Violated},
	} {
		f := &report.Fleet{}
		for i, exit := range c.exits {
			f.AddProblem(fmt.Sprint(i), "", exit, contract.Problem{Means: "x"}, nil)
		}
		assert.Equal(t, c.want, f.Exit(), "%v", c.exits)
	}
}

func TestManyTargetsAreCompared(t *testing.T) {
	t.Parallel()
	before := &report.Fleet{}
	before.Add("x", clean())
	after := &report.Fleet{}
	after.Add("x", full())
	text := func(f *report.Fleet) *strings.Reader { return strings.NewReader(writeFleet(t, report.JSON{}, f)) }
	worse, err := report.Compare(text(before), text(after))
	require.NoError(t, err)
	assert.True(t, worse.Worse)
	same, err := report.Compare(text(after), text(after))
	require.NoError(t, err)
	assert.False(t, same.Worse)
	assert.Empty(t, same.Failing)
	_, err = report.Compare(text(before), bytes.NewReader(write(t, report.JSON{}, full())))
	assert.ErrorContains(t, err, "one report is about one target")
}

func TestMetricsPassPromtool(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	f := fleet()
	f.AddProblem("quote \" backslash \\ umlaut ü", "", contract.TooLittle, contract.Problem{Means: "x"}, nil)
	var b bytes.Buffer
	require.NoError(t, f.WriteMetrics(&b))
	command := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	command.Stdin = &b
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Empty(t, string(out))
}
