package contract

import (
	"fmt"
	"strings"
)

// untested is what is known of the API and not tested, with the reason.
var untested = []struct{ sentence, reason string }{
	{"A project that was moved answers GET with 301 and the rest with 405.", "It takes a project that was moved. A redirect that comes is judged by the document."},
	{"In an archived project agents can be read and not created.", "It takes an archived project, and is not settled for all releases."},
	{"With the repository feature off reads are 404 and writes 403.", "It takes a project with the feature off."},
	{"An expired token is 401 invalid_token; so is a revoked one, with another text.", "It takes such tokens. The body is judged by the document if one comes."},
	{"A token with the scope read_api may GET and HEAD; the rest is 403 insufficient_scope.", "It takes such a token. The body is judged by the document if it comes."},
	{"Fine-grained tokens need a permission for each operation (18.x).", "It takes such tokens."},
	{"CI job tokens and deploy tokens are refused: 401.", "It takes such tokens."},
	{"An admin may act for another user with sudo.", "It takes an admin's token, which no check should ask for."},
	{"A session cookie is accepted.", "It takes a browser's session."},
	{"private_token and access_token are accepted in the query.", "The token would stand in URLs, in Link headers and in every log on the way."},
	{"A blocked user is 403.", "It takes a blocked user."},
	{"Above 10,000 entries X-Total, X-Total-Pages and rel=last are left out.", "It takes 10,001 agents. Their absence is accepted."},
	{"A page whose offset is past 64 bits is answered with 500.", "It is a fault of GitLab's that nobody should rely on; the document forbids such a page."},
	{"Tokens are listed by last use, most recent first, never used ones last.", "It takes an agent that connects."},
	{"created_by_user_id becomes null when the user is deleted.", "It takes a user to delete. Null is accepted at any time."},
	{"is_receptive is true for an agent that GitLab connects to.", "It takes a receptive agent."},
	{"Two creates at once may exceed the two-token limit, or meet the unique index on names.", "It is a race, and either outcome is allowed."},
	{"In 16.1 the two-token limit is behind a feature flag.", "The flag cannot be seen."},
	{"A rate limit answers 429 with Retry-After and RateLimit headers.", "Nobody should run into one on purpose. What comes is judged by the document, and waited for."},
	{"A record that another request has locked is 409.", "It is a race."},
	{"A deletion that GitLab refuses inside is answered with 204 all the same.", "It cannot be brought about."},
	{"Texts from GitLab's catalogue follow the caller's language.", "It takes users of several languages. Such texts are judged by their form only."},
	{"DELETE on a collection is no route.", "A server that takes it could delete what it must not."},
	{"POST with X-HTTP-Method-Override or _method deletes.", "It is a convenience of the web framework that no client of this API needs."},
	{"A Content-Type that is no media type is 406.", "The answer depends on error pages of the instance. The document allows it."},
	{"OPTIONS is answered for CORS.", "It is no part of this API."},
	{"An instance may put a prefix before \"glagent-\" (18.4).", "It takes such an instance. A prefix is accepted."},
	{"Between releases 15.0 and about 15.7 reads below developer changed from 403 to 404.", "The release of the change is not known; before 16.0 both are accepted."},
}

// Ledger is every rule and every known sentence that no rule tests, as Markdown.
func Ledger() string {
	var b strings.Builder
	b.WriteString("# The rules\n\nMade from the catalogue by `go test ./contract -run Ledger -update`; not to be edited.\n\n")
	b.WriteString("A rule *judges* every exchange, wherever it comes from, or *probes* with requests of its own in a live check.\n")
	subject := ""
	rules := Catalogue()
	for i := range rules {
		r := &rules[i]
		s, _, _ := strings.Cut(r.ID, "/")
		if s != subject {
			subject = s
			fmt.Fprintf(&b, "\n## %s\n\n| rule | | GitLab | the server | how | source |\n|---|---|---|---|---|---|\n", s)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.ID, r.Level, r.Span(), cell(r.Sentence), r.How(), cell(r.Source))
	}
	b.WriteString("\n## Not tested\n\n| what is known | why it is not tested |\n|---|---|\n")
	for _, u := range untested {
		fmt.Fprintf(&b, "| %s | %s |\n", cell(u.sentence), cell(u.reason))
	}
	return b.String()
}

// Span is the releases and the edition a rule holds for, such as "16.0 on" or "15.0 to before 16.0, ee".
func (r *Rule) Span() string {
	s := "all"
	switch {
	case !r.Since.IsZero() && !r.Until.IsZero():
		s = fmt.Sprintf("%s to before %s", r.Since, r.Until)
	case !r.Since.IsZero():
		s = fmt.Sprintf("%s on", r.Since)
	case !r.Until.IsZero():
		s = fmt.Sprintf("before %s", r.Until)
	}
	if r.Edition != AnyEdition {
		s += ", " + strings.ToUpper(r.Edition.String())
	}
	return s
}

// How says whether a rule judges or probes, and what it needs.
func (r *Rule) How() string {
	if r.Judge != nil {
		return "judges"
	}
	how := "probes"
	var needs []string
	if r.Needs.Writes {
		needs = append(needs, "writing")
	}
	for _, role := range r.Needs.Roles {
		if role != Anonymous {
			needs = append(needs, fmt.Sprintf("a %s token", role))
		}
	}
	if r.Needs.OtherProject {
		needs = append(needs, "another project")
	}
	if len(needs) > 0 {
		how += ", needs " + strings.Join(needs, " and ")
	}
	return how
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
