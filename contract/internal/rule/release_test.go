package rule_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/internal/rule"
)

func TestWhichReleasesARuleHoldsFor(t *testing.T) {
	t.Parallel()
	always := &rule.Rule{}
	ofTokens := &rule.Rule{Since: rule.GitLab(15, 0)}
	since := &rule.Rule{Since: rule.GitLab(16, 0)}
	until := &rule.Rule{Since: rule.GitLab(15, 0), Until: rule.GitLab(16, 0)}
	ee := &rule.Rule{Edition: rule.Enterprise}
	for _, c := range []struct {
		what    string
		rule    *rule.Rule
		version rule.Version
		holds   rule.Holds
		code    rule.ReasonCode
		says    string
	}{
		{"a rule for every release, and nothing is known", always, rule.Version{}, rule.DoesHold, "", ""},
		{"a rule as old as the tokens, and nothing is known", ofTokens, rule.Version{}, rule.DoesHold, "", ""},
		{"a later rule, and nothing is known", since, rule.Version{}, rule.MayHold, rule.ReasonReleaseUnknown, "give --gitlab-version"},
		{"a later rule, and the answers prove the release", since, rule.Version{AtLeast: rule.GitLab(16, 1)}, rule.DoesHold, "", ""},
		{"a later rule, and the answers prove too little", since, rule.Version{AtLeast: rule.GitLab(15, 9)}, rule.MayHold, rule.ReasonReleaseUnknown, "give --gitlab-version"},
		{"the first release", since, rule.Version{Release: rule.GitLab(16, 0)}, rule.DoesHold, "", ""},
		{"the release before", since, rule.Version{Release: rule.GitLab(15, 11)}, rule.DoesNot, rule.ReasonRelease, "since GitLab 16.0, and this is 15.11"},
		{"a former rule, and nothing is known", until, rule.Version{}, rule.MayHold, rule.ReasonReleaseUnknown, "give --gitlab-version"},
		{"a former rule, and the answers prove a later release", until, rule.Version{AtLeast: rule.GitLab(17, 4)}, rule.DoesNot, rule.ReasonRelease, "17.4 or newer"},
		{"the last release of a former rule", until, rule.Version{Release: rule.GitLab(15, 11)}, rule.DoesHold, "", ""},
		{"the release after a former rule", until, rule.Version{Release: rule.GitLab(16, 0)}, rule.DoesNot, rule.ReasonRelease, "before GitLab 16.0"},
		{"the given release counts, not what answers prove", since, rule.Version{Release: rule.GitLab(15, 0), AtLeast: rule.GitLab(17, 0)}, rule.DoesNot, rule.ReasonRelease, "this is 15.0"},
		{"another edition", ee, rule.Version{Edition: rule.Community}, rule.DoesNot, rule.ReasonEdition, "GitLab EE only"},
		{"an unknown edition", ee, rule.Version{}, rule.DoesNot, rule.ReasonEdition, "give --edition"},
		{"the edition", ee, rule.Version{Edition: rule.Enterprise}, rule.DoesHold, "", ""},
	} {
		holds, reason := c.rule.HoldsFor(c.version)
		assert.Equal(t, c.holds, holds, c.what)
		assert.Equal(t, c.code, reason.Code, c.what)
		assert.Contains(t, reason.Text, c.says, c.what)
	}
}

func TestReleasesAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]rule.Release{
		"16.2": rule.GitLab(16, 2), "19.1.0-pre": rule.GitLab(19, 1), "15.11.13-ee": rule.GitLab(15, 11), "v17.0.1": rule.GitLab(17, 0), "17.3-pre": rule.GitLab(17, 3),
	} {
		got, err := rule.ParseRelease(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "16", "16.", ".2", "0.0", "-1.2", "sixteen.two", "latest"} {
		_, err := rule.ParseRelease(text)
		assert.ErrorContains(t, err, "write one like 16.2", text)
	}
	for text, want := range map[string]rule.Edition{"": rule.AnyEdition, "CE": rule.Community, "foss": rule.Community, "ee": rule.Enterprise} {
		got, err := rule.ParseEdition(text)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := rule.ParseEdition("gold")
	assert.ErrorContains(t, err, "write ce or ee")
}

func TestReleasesHaveAnOrder(t *testing.T) {
	t.Parallel()
	assert.True(t, rule.GitLab(15, 11).Before(rule.GitLab(16, 0)))
	assert.True(t, rule.GitLab(16, 2).Before(rule.GitLab(16, 10)))
	assert.False(t, rule.GitLab(16, 2).Before(rule.GitLab(16, 2)))
	var release rule.Release
	assert.NoError(t, release.UnmarshalText([]byte("16.2.1-ee")))
	assert.Equal(t, "16.2", release.String())
	assert.NoError(t, release.UnmarshalText(nil))
	assert.True(t, release.IsZero())
	assert.Equal(t, "", release.String())
}

func TestSpanOfARule(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "all", (&rule.Rule{}).Span())
	assert.Equal(t, "16.0 on", (&rule.Rule{Since: rule.GitLab(16, 0)}).Span())
	assert.Equal(t, "before 16.0", (&rule.Rule{Until: rule.GitLab(16, 0)}).Span())
	assert.Equal(t, "15.0 to before 16.0, EE", (&rule.Rule{Since: rule.GitLab(15, 0), Until: rule.GitLab(16, 0), Edition: rule.Enterprise}).Span())
}
