package contract_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/rules"
)

var update = flag.Bool("update", false, "write the golden files")

// TestLedger compares RULES.md with the catalogue.
func TestLedger(t *testing.T) {
	t.Parallel()
	got := ledger()
	if *update {
		require.NoError(t, os.WriteFile("RULES.md", []byte(got), 0o644))
	}
	want, err := os.ReadFile("RULES.md")
	require.NoError(t, err)
	if string(want) != got {
		t.Errorf("RULES.md is out of date; write it with: go test ./contract -run Ledger -update\n%s", diff.Diff("written", want, "catalogue", []byte(got)))
	}
}

// TestEveryRuleIsTested holds that each rule has a judge or a scenario, and is written as a rule should be.
func TestEveryRuleIsTested(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, entry := range rules.Catalogue() {
		r := entry.Rule
		assert.False(t, seen[r.ID], "%s is there twice", r.ID)
		seen[r.ID] = true
		assert.Regexp(t, regexp.MustCompile(`^[a-z-]+/[a-z0-9.-]+$`), r.ID)
		assert.Regexp(t, regexp.MustCompile(`\."?$`), r.Sentence, "%s is no sentence", r.ID)
		assert.NotEmpty(t, r.Source.Name, "%s has no source", r.ID)
		assert.True(t, entry.Judge != nil || len(proving(r)) > 0, "%s has neither a judge nor a scenario", r.ID)
	}
}

// ledger is every rule, and everything that is known of the API and not tested, as Markdown.
func ledger() string {
	var b strings.Builder
	b.WriteString("# The rules\n\nMade from the catalogue by `go test ./contract -run Ledger -update`; do not edit.\n\n" +
		"A rule that is *judged* is tested on every exchange, wherever it comes from. A live check also plays scenarios, which prove a rule with requests of their own.\n")
	subject := ""
	for _, entry := range rules.Catalogue() {
		r := entry.Rule
		if r.Subject() != subject {
			subject = r.Subject()
			fmt.Fprintf(&b, "\n## %s\n\n| rule | level | GitLab | what the server does | tested by | source |\n|---|---|---|---|---|---|\n", subject)
		}
		var how []string
		if entry.Judge != nil {
			how = append(how, "judged")
		}
		for _, name := range proving(r) {
			how = append(how, `"`+name+`"`)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.ID, r.Level, r.Span(), cell(r.Sentence), strings.Join(how, ", "), cell(linked(r.Source)))
	}
	b.WriteString("\n## Not tested\n\n| what GitLab does | why it is not tested |\n|---|---|\n")
	for _, u := range untested() {
		fmt.Fprintf(&b, "| %s | %s |\n", cell(u[0]), cell(u[1]))
	}
	return b.String()
}

// proving are the names of the scenarios that prove a rule.
func proving(r *contract.Rule) (names []string) {
	for _, s := range contract.Scenarios() {
		if slices.ContainsFunc(s.Proves, func(proved *contract.Rule) bool { return proved.ID == r.ID }) {
			names = append(names, s.Name)
		}
	}
	return names
}

func linked(s contract.Source) string {
	if s.URL == "" {
		return s.Name
	}
	return fmt.Sprintf("[%s](%s)", s.Name, s.URL)
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

// untested is what is known of the API and not tested, each with the reason.
func untested() [][2]string {
	return [][2]string{
		{"A project that was moved answers GET with 301, and everything else with 405.", "It takes a project that was moved. If such an answer comes, it is compared with the document."},
		{"In an archived project agents can be read, and not created.", "It takes an archived project. GitLab's releases may differ."},
		{"If a project's repository is switched off, reads are 404 and writes 403.", "It takes such a project."},
		{"A revoked access token gets 401 invalid_token.", "It takes such a token. If such an answer comes, it is compared with the document."},
		{"Fine-grained access tokens need a permission for each operation (18.x).", "It takes such tokens."},
		{"CI job tokens and deploy tokens are refused: 401.", "It takes such tokens."},
		{"An administrator can act for another user with sudo.", "It takes an administrator's token. No check should ask for one."},
		{"A session cookie is accepted.", "It takes a browser's session."},
		{"private_token and access_token are accepted in the query.", "The token would be in URLs, in Link headers and in every log on the way."},
		{"A blocked user gets 403.", "It takes a blocked user."},
		{"Above 10,000 entries X-Total, X-Total-Pages and the link to the last page are left out.", "It takes 10,001 agents. If these headers are missing there, that is accepted."},
		{"A page whose offset is past 64 bits is 500.", "It is a mistake of GitLab's. The document does not allow such a page."},
		{"Tokens are listed by last use: the latest first, unused ones last.", "It takes an agent that connects."},
		{"created_by_user_id becomes null when the user is deleted.", "It takes a user to delete. Null is accepted at any time."},
		{"is_receptive is true for an agent that GitLab connects to.", "It takes a receptive agent."},
		{"Two creates at the same time can exceed the two-token limit, or fail on the unique index of names.", "It depends on timing, and both outcomes are allowed."},
		{"In 16.1 the two-token limit is behind a feature flag.", "The flag cannot be seen."},
		{"A rate limit answers 429 with Retry-After and RateLimit headers.", "No check should provoke one. If one comes, it is compared with the document, and the check waits."},
		{"A record that another request has locked is 409.", "It depends on timing."},
		{"A deletion that fails inside GitLab is answered with 204.", "It cannot be provoked."},
		{"Error texts follow the caller's language.", "It takes users of several languages. Texts in another language than English are not compared."},
		{"DELETE on a collection does not exist (404).", "A server that accepts it could delete what it must not."},
		{"POST with X-HTTP-Method-Override or _method deletes.", "It belongs to the web framework. No client of this API needs it."},
		{"A Content-Type that is not a media type is 406.", "The answer depends on the error pages of the instance. The document allows it."},
		{"OPTIONS is answered for CORS.", "It is not part of this API."},
		{"An instance can put a prefix before \"glagent-\" (18.4).", "It takes such an instance. A prefix is accepted."},
		{"Between 15.0 and about 15.7 reads below developer changed from 403 to 404.", "The release of the change is not known. Before 16.0 both are accepted."},
		{"On a read-only instance every write is 403.", "It takes such an instance. The check says so, and ends before it begins."},
	}
}
