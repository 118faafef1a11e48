package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/wire"
)

// Asker makes a request and returns what came back. The error is why no answer came; a refusal is an answer.
type Asker interface {
	// Ask makes a request without a body. The token is "" for nobody; the path is below /api/v4, and escaped.
	Ask(ctx context.Context, token, method, path string) (*wire.Exchange, error)
}

// Input is what a check is given.
type Input struct {
	URL          string            // of the GitLab, with its relative root
	Project      string            // id or full path
	OtherProject string            // likewise; "" if none is given
	Tokens       map[string]string // by role
	Sources      map[string]string // where each token came from, if not from the role's variable
	ReadOnly     bool
	Now          func() time.Time  // time.Now if nil
	Learner      *answerer.Learner // learns what this GitLab's answers look like; nil if that is of no interest
}

// finder asks a GitLab.
type finder struct {
	Input
	ctx    context.Context
	asker  Asker
	ground *Ground

	hidden     *Problem       // how something in between refused to tell the release
	badRequest bool           // a read of the release was answered with 400, which GitLab never does
	nonsense   int            // reads of the GitLab itself that were answered with 200 and JSON that GitLab never has there
	asked      *wire.Exchange // the last read
}

// nonsenseReads are /metadata, /version and the project: if all of them are nonsense, nothing there is a GitLab.
const nonsenseReads = 3

// Find finds out what a check stands on. It reads only. The error is a *Problem if the check cannot begin, or why no
// answer came.
//
// Only a rehearsal shows whether agents may be created and deleted. It is not made here. [Ground.ReadRefusal] explains its
// refusal.
func Find(ctx context.Context, asker Asker, in Input) (*Ground, error) {
	f := &finder{Input: in, ctx: ctx, asker: asker}
	if f.Learner == nil {
		f.Learner = &answerer.Learner{}
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	f.ground = &Ground{Roles: map[string]Role{}, sees: map[string]bool{}, learner: f.Learner}
	for _, step := range []func() error{f.checkInput, f.findRelease, f.findToken, f.findProject, f.findOther, f.findAgents, f.findRoles} {
		if err := step(); err != nil {
			return nil, f.first(err)
		}
	}
	return f.ground, nil
}

// first is the first problem, if something in between refuses more than to tell the release.
func (f *finder) first(err error) error {
	var problem *Problem
	if f.hidden != nil && errors.As(err, &problem) && problem.Code == InBetween && problem.Status == f.hidden.Status {
		return f.hidden
	}
	return err
}

func (f *finder) source(role string) string {
	if from := f.Sources[role]; from != "" {
		return from
	}
	return roleVariable(role)
}

// checkInput refuses what needs no request to be seen as wrong.
func (f *finder) checkInput() error {
	token, problem := CheckToken(f.Tokens[Maintainer], f.source(Maintainer))
	switch {
	case problem != nil:
		return problem
	case token == "":
		return &Problem{Code: TokenMissing, Means: "no token is given", Do: "Set GITLAB_TOKEN to " + accessToken + ", or name a --token-file."}
	}
	tokens := map[string]string{Maintainer: token}
	for role, text := range f.Tokens {
		if role == Maintainer || strings.TrimSpace(text) == "" {
			continue
		}
		token, problem := CheckToken(text, f.source(role))
		if problem == nil {
			problem = f.twice(role, token, tokens)
		}
		if problem != nil {
			f.ground.Roles[role] = Role{Problem: problem}
			continue
		}
		tokens[role] = token
	}
	f.Tokens = tokens
	f.ground.token, f.ground.named = token, f.Project
	if p := CheckProject(f.Project, "--project", f.URL); p != nil {
		return p
	}
	if f.OtherProject == "" {
		return nil
	}
	if p := CheckProject(f.OtherProject, "--other-project", f.URL); p != nil {
		return p
	}
	if sameProject(f.Project, f.OtherProject) {
		return otherIsProject(f.OtherProject)
	}
	return nil
}

// twice says that a token is given for two roles.
func (f *finder) twice(role, token string, tokens map[string]string) *Problem {
	for _, other := range []string{Maintainer, Developer, Guest, Stranger, Reader, Expired} {
		if tokens[other] == token {
			return &Problem{Code: TokenTwice, Means: fmt.Sprintf("%s holds the same token as %s", f.source(role), f.source(other)), Do: fmt.Sprintf("Set it to the token of a %s, or leave it out.", role)}
		}
	}
	return nil
}

func otherIsProject(path string) *Problem {
	return &Problem{Code: ProjectTwice, Means: "the other project is the project itself, " + path, Do: "Give another one with --other-project, or none."}
}

// ask makes a read.
func (f *finder) ask(token, path string) (*wire.Exchange, error) {
	x, err := f.asker.Ask(f.ctx, token, http.MethodGet, path)
	if err != nil {
		return nil, err
	}
	if x.Response == nil {
		return nil, fmt.Errorf("GET /api/v4%s: no answer came: %w", path, x.Err)
	}
	f.asked = x
	return x, nil
}

// decode reads the body of a success that is surely GitLab's, and has the learner look at it.
func (f *finder) decode(x *wire.Exchange, into any, sure func() bool) bool {
	if x.Response.StatusCode != http.StatusOK || json.Unmarshal(x.Response.Body, into) != nil || !sure() {
		return false
	}
	if f.Learner.Who(x, "").Kind == answerer.Stranger {
		return false // a cache
	}
	f.Learner.Learn(x)
	return true
}

// refusal is why an answer is no success; nil if that is for the rules to judge.
func (f *finder) refusal(x *wire.Exchange) *Problem {
	if p := f.ground.ReadRefusal(x); p != nil {
		return p
	}
	if status := x.Response.StatusCode; answerer.Transient(status) || status >= 500 {
		s := saidBy(x.Response)
		if s.sentence == "" {
			s.sentence = http.StatusText(status)
		}
		return s.problem(NoAnswer, fmt.Sprintf("%s answers %s with an error of its own", site(x.Request.URL), asked(x)), "Try again later.")
	}
	return nil
}

// noteNonsense counts a success that is not what GitLab answers.
func (f *finder) noteNonsense(x *wire.Exchange) {
	if x.Response.StatusCode == http.StatusOK {
		f.nonsense++
	}
}

var version = regexp.MustCompile(`^[0-9]+\.[0-9]+`)

// findRelease asks for the release. Releases before 15.2 have /version only, and fine-grained tokens may read neither.
func (f *finder) findRelease() error {
	for _, path := range []string{"/metadata", "/version"} {
		x, err := f.ask(f.Tokens[Maintainer], path)
		if err != nil {
			return err
		}
		var metadata struct {
			Version    string `json:"version"`
			Enterprise *bool  `json:"enterprise"`
		}
		if f.decode(x, &metadata, func() bool { return version.MatchString(metadata.Version) }) {
			f.ground.Release, f.ground.Edition = metadata.Version, edition(metadata.Version, metadata.Enterprise)
			return nil
		}
		f.noteNonsense(x)
		f.badRequest = f.badRequest || x.Response.StatusCode == http.StatusBadRequest
		switch p := f.ground.ReadRefusal(x); {
		case p == nil || p.Code == TokenPermission || p.Code == TokenScope || p.Code == Forbidden || p.Code == RefusedWithReason:
			continue // it is not told; the project's own requests say whether that matters
		case p.Code == InBetween && (p.Status == http.StatusNotFound || p.Status == http.StatusForbidden):
			if p.Status == http.StatusNotFound {
				p.Code, p.Do = NotGitLab, "Check the URL and its relative root. If they are right: "+p.Do
			}
			if f.hidden == nil {
				f.hidden = p // some let everything pass but the release
			}
		default:
			return p
		}
	}
	return nil
}

// beforeAgents says whether a release is older than the Agents API.
func beforeAgents(release string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major < 14 || major == 14 && minor < 10
}

func edition(version string, enterprise *bool) string {
	switch {
	case enterprise != nil && *enterprise, strings.HasSuffix(version, "-ee"):
		return "ee"
	case enterprise != nil:
		return "ce"
	}
	return ""
}

// findToken asks what the maintainer's token is. Older releases do not tell, and neither do they of OAuth tokens.
func (f *finder) findToken() error {
	x, err := f.ask(f.Tokens[Maintainer], "/personal_access_tokens/self")
	if err != nil {
		return err
	}
	var self struct {
		Scopes  []string `json:"scopes"`
		Expires string   `json:"expires_at"`
	}
	if !f.decode(x, &self, func() bool { return self.Scopes != nil }) {
		p := f.ground.ReadRefusal(x)
		if p != nil && x.Response.StatusCode != http.StatusNotFound && !slices.Contains([]string{TokenPermission, TokenScope, Forbidden, RefusedWithReason, TokenUnknown}, p.Code) {
			return p
		}
		return nil
	}
	f.ground.Scopes = self.Scopes
	f.ground.Expires, _ = time.Parse(time.DateOnly, self.Expires)
	return f.checkScopes(self.Scopes)
}

func (f *finder) checkScopes(scopes []string) error {
	has := func(scope string) bool { return slices.Contains(scopes, scope) }
	switch {
	case has("api"), has("granular"), f.ReadOnly && has("read_api"), len(scopes) == 0:
		return nil
	case has("read_api"):
		return &Problem{Code: TokenScope, Means: "the token may only read: it has the scopes " + list(scopes) + ", not api", Do: "Give a token with the scope api" + orReadOnly + "."}
	}
	return &Problem{Code: TokenScope, Means: "the token has the scopes " + list(scopes) + ", not api", Do: "Give a token with the scope api."}
}

func list(words []string) string { return answerer.Printable(strings.Join(words, ", "), 200) }

// details are what GitLab says about a project.
type details struct {
	ID             int64  `json:"id"`
	Path           string `json:"path_with_namespace"`
	Visibility     string `json:"visibility"`
	Archived       bool   `json:"archived"`
	Deletion       string `json:"marked_for_deletion_on"` // a date, as long as it can be undone
	Repository     string `json:"repository_access_level"`
	Infrastructure string `json:"infrastructure_access_level"`
	Namespace      struct {
		Kind string `json:"kind"`
		Path string `json:"full_path"`
	} `json:"namespace"`
	Permissions *struct {
		Project *struct {
			Level int `json:"access_level"`
		} `json:"project_access"`
		Group *struct {
			Level int `json:"access_level"`
		} `json:"group_access"`
	} `json:"permissions"`
}

// turnedOff is the feature without which GitLab's policy takes away what changes agents.
func (d *details) turnedOff() string {
	switch {
	case d.Repository == "disabled":
		return "repository"
	case d.Infrastructure == "disabled":
		return "infrastructure"
	}
	return ""
}

func (d *details) level() (level int) {
	if d.Permissions == nil {
		return 0
	}
	if d.Permissions.Project != nil {
		level = d.Permissions.Project.Level
	}
	if d.Permissions.Group != nil {
		level = max(level, d.Permissions.Group.Level)
	}
	return level
}

func (d *details) project() Project {
	return Project{ID: d.ID, Path: answerer.Printable(d.Path, 300), Visibility: d.Visibility, Archived: d.Archived, TurnedOff: d.turnedOff(), Known: true}
}

// showProject asks what a project is, as a token sees it. The exchange is nil if it was shown.
func (f *finder) showProject(token, named string) (*details, *wire.Exchange, error) {
	x, err := f.ask(token, "/projects/"+url.PathEscape(named))
	if err != nil {
		return nil, nil, err
	}
	d := &details{}
	if f.decode(x, d, func() bool { return d.ID > 0 && d.Path != "" }) {
		return d, nil, nil
	}
	return nil, x, nil
}

// findProject asks what the project is, and which role the maintainer's token has in it.
func (f *finder) findProject() error {
	f.ground.Project.Path = f.Project
	d, refused, err := f.showProject(f.Tokens[Maintainer], f.Project)
	if err != nil {
		return err
	}
	if refused != nil {
		f.noteNonsense(refused)
		return f.projectRefused(refused, "--project", f.Project)
	}
	f.ground.Project = d.project()
	f.ground.Roles[Maintainer] = Role{AccessLevel: d.level()}
	if number.MatchString(f.Project) { // judges learn from this read whether paths are misread on the way
		if _, _, err := f.showProject(f.Tokens[Maintainer], d.Path); err != nil {
			return err
		}
	}
	if d.Archived && !f.ReadOnly {
		return archived(f.ground.Project, nil)
	}
	return nil
}

// projectRefused reads why a project was not shown. A server without that request, which is a fake, is no reason to stop.
func (f *finder) projectRefused(x *wire.Exchange, option, named string) error {
	p := f.refusal(x)
	if p == nil {
		return nil
	}
	if f.badRequest && x.Response.StatusCode == http.StatusBadRequest {
		return notAsGitLab(x) // it refuses everything, and not what the path has in it
	}
	switch p.Code {
	case TokenPermission, Forbidden, PathDecoded: // the list of agents decides
		return nil
	case ProjectMoved:
		return f.movedTo(x, option, p)
	case ProjectUnknown:
		return f.unknownProject(option, named, p)
	}
	return p
}

// movedTo asks where a project has moved to.
func (f *finder) movedTo(x *wire.Exchange, option string, p *Problem) error {
	m := toProjectID.FindStringSubmatch(x.Response.Header.Get("Location"))
	if m == nil {
		return p
	}
	d, refused, err := f.showProject(f.Tokens[Maintainer], m[1])
	if err != nil || refused != nil {
		p.Do = "Use " + option + " " + m[1] + ", which is the project's id."
		return p
	}
	to := d.project().Path
	p.Means, p.Do = "the project has moved to "+to, "Use "+option+" "+to+"."
	return p
}

// unknownProject says more about a project that the token does not see.
func (f *finder) unknownProject(option, named string, p *Problem) error {
	p.Means = fmt.Sprintf("%s has no project %s that the token's user may see", f.URL, named)
	if f.URL == "" {
		p.Means = fmt.Sprintf("there is no project %s that the token's user may see", named)
	}
	if number.MatchString(named) {
		p.Do = "Check the project's id, that the token's user is a member, and that the group's list of IP addresses allows this one."
		return p
	}
	x, err := f.ask(f.Tokens[Maintainer], "/groups/"+url.PathEscape(named)+"?with_projects=false")
	var group struct {
		FullPath string `json:"full_path"`
	}
	if err == nil && x.Response.StatusCode == http.StatusOK && json.Unmarshal(x.Response.Body, &group) == nil && group.FullPath != "" {
		return &Problem{Code: ProjectIsGroup, Means: named + " is a group, not a project", Do: "Use " + option + " with a project in it, such as " + named + "/project."}
	}
	return p
}

// findOther asks what the other project is.
func (f *finder) findOther() error {
	if f.OtherProject == "" {
		return nil
	}
	d, refused, err := f.showProject(f.Tokens[Maintainer], f.OtherProject)
	if err != nil {
		return err
	}
	if refused != nil {
		err := f.projectRefused(refused, "--other-project", f.OtherProject)
		if p, ok := err.(*Problem); ok && p.Code == InBetween && escapedSlash(refused.Request.URL) && number.MatchString(f.Project) {
			f.ground.OtherProblem = p // the project itself is reached by its id
			return nil
		}
		if err != nil {
			return err
		}
		f.ground.Other = &Project{Path: f.OtherProject}
		return nil
	}
	other := d.project()
	switch {
	case other.ID == f.ground.Project.ID:
		return otherIsProject(other.Path)
	case other.Archived && !f.ReadOnly:
		f.ground.OtherProblem = archived(other, nil)
	default:
		f.ground.Other = &other
	}
	return nil
}

// listAgents asks for the agents of the project, as a token sees them. The exchange is nil if they were shown.
func (f *finder) listAgents(token, project string) (*wire.Exchange, error) {
	x, err := f.ask(token, "/projects/"+url.PathEscape(project)+"/cluster_agents?per_page=1")
	if err != nil {
		return nil, err
	}
	var agents []struct {
		ID int64 `json:"id"`
	}
	if f.decode(x, &agents, func() bool { return true }) {
		return nil, nil
	}
	return x, nil
}

// findAgents reads the agents of both projects, which has to work before anything else makes sense.
func (f *finder) findAgents() error {
	refused, err := f.listAgents(f.Tokens[Maintainer], f.Project)
	if err != nil {
		return err
	}
	if refused != nil {
		return f.agentsRefused(refused)
	}
	if f.nonsense == nonsenseReads && !strings.Contains(string(f.asked.Response.Body), `"config_project"`) {
		return notAsGitLab(f.asked)
	}
	if err := f.findQuery(); err != nil {
		return err
	}
	role := f.ground.Roles[Maintainer]
	role.Lists = true
	f.ground.Roles[Maintainer] = role
	if f.ground.Other == nil {
		return nil
	}
	if refused, err = f.listAgents(f.Tokens[Maintainer], f.OtherProject); err != nil {
		return err
	}
	if refused != nil {
		f.ground.OtherProblem = f.ground.ReadRefusal(refused)
		if f.ground.OtherProblem != nil {
			f.ground.OtherProblem.Means = f.OtherProject + ": " + f.ground.OtherProblem.Means
			f.ground.Other = nil
		}
	}
	return nil
}

// notAsGitLab says that nothing answers as a GitLab does, as the answer to a list of agents shows.
func notAsGitLab(x *wire.Exchange) *Problem {
	const pass = "Let what stands in front of GitLab pass the bodies under /api/v4 as they are."
	coding := x.Response.Header.Get("Content-Encoding")
	switch members := wrapping(x.Response.Body); {
	case coding != "":
		return &Problem{
			Code: InBetween, Status: x.Response.StatusCode, Do: pass,
			Means: fmt.Sprintf("the answer to %s is compressed (%s), though nobody asked for that: something in between does it", asked(x), answerer.Printable(coding, 40)),
		}
	case len(members) > 0:
		return &Problem{
			Code: InBetween, Status: x.Response.StatusCode, Do: pass + " If no GitLab is behind it, check the URL and its relative root.",
			Means: fmt.Sprintf("%s is answered with a list inside a JSON object (%s), and not as GitLab does: something in between may wrap GitLab's answers",
				asked(x), answerer.Printable(strings.Join(members, ", "), 60)),
		}
	}
	means := "nothing at " + site(x.Request.URL) + " answers as a GitLab does"
	if server := answerer.ServerOf(x.Response.Header); server != "" {
		means += ": " + server + " answers there"
	}
	return &Problem{Code: NotGitLab, Status: x.Response.StatusCode, Means: means, Do: "Check the URL and its relative root."}
}

// wrapping are the members of an object that has a list in one of them; none if the body is no such object.
func wrapping(body []byte) []string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return nil
	}
	for _, value := range object {
		if value[0] == '[' {
			return slices.Sorted(maps.Keys(object))
		}
	}
	return nil
}

// findQuery finds out whether GitLab gets the queries of requests. Its Link header repeats every parameter, the unknown
// ones too; if it repeats none of them, something on the way removed them.
func (f *finder) findQuery() error {
	if f.asked.Response.Header.Get("X-Per-Page") == "1" {
		return nil // GitLab got the one of the list
	}
	const probe = "glagents_query"
	x, err := f.ask(f.Tokens[Maintainer], "/projects/"+url.PathEscape(f.Project)+"/cluster_agents?per_page=1&"+probe+"=1")
	if err != nil {
		return err
	}
	link := x.Response.Header.Get("Link")
	if x.Response.StatusCode != http.StatusOK || link == "" || strings.Contains(link, probe) ||
		f.Learner.Who(x, "listAgents").Kind == answerer.Stranger {
		return nil
	}
	return &Problem{
		Code: QueryLost, Means: fmt.Sprintf("GitLab did not get the query of %s: something in between removes it", asked(x)),
		Do: "Let what stands in front of GitLab pass the query strings under /api/v4; a CDN has a setting for which of them it forwards.",
	}
}

// agentsRefused reads why the agents were not shown. What is no refusal is for the rules to judge.
func (f *finder) agentsRefused(x *wire.Exchange) error {
	if x.Response.StatusCode == http.StatusNotFound && beforeAgents(f.ground.Release) {
		return &Problem{Code: ReleaseTooOld, Means: "this is GitLab " + f.ground.Release + ", which has no Agents API: it came with 14.10", Do: "Check a GitLab of 14.10 or later."}
	}
	p := f.refusal(x)
	switch {
	case p == nil && f.ground.Release == "" && !f.ground.Project.Known:
		return notAsGitLab(x)
	case p == nil, p.Code == NoAnswer:
		return nil
	case f.ground.Project.Known && (p.Code == ProjectUnknown || p.Code == PathDecoded):
		return nil // it was there a moment ago: GitLab is wrong
	}
	switch level := f.ground.Roles[Maintainer].AccessLevel; {
	case p.Code == ProjectUnknown:
		return f.unknownProject("--project", f.Project, p)
	case p.Code == RoleTooLow && level >= 30, p.Code == Forbidden && level >= 30:
		return nil // the role suffices: GitLab is wrong
	case p.Code == RoleTooLow, p.Code == Forbidden && level > 0:
		p.Code, p.Means = RoleTooLow, fmt.Sprintf("the token is that of %s in %s, and sees no agents", whose(level), f.ground.Project.Path)
		p.Do = "Give a maintainer's token, or with --read-only a developer's."
	}
	return p
}
