package fakegitlab

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SeedError lists what is wrong with a seed, in the order of its lines.
type SeedError []SeedProblem

// SeedProblem is one thing that is wrong with a seed.
type SeedProblem struct {
	File string // as it was given to ParseSeed; empty if the seed was not read from one
	Line int    // counted from 1; 0 if the seed was not read from a file

	Column int    // likewise
	Path   string // such as projects[0].agents[2].name; empty if not known
	Text   string // what is wrong and what to do, without secrets
}

func (e SeedError) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (p SeedProblem) String() string {
	where := p.Path
	if where != "" {
		where += ": "
	}
	if p.Line == 0 {
		return "seed: " + where + p.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Column, where, p.Text)
}

// knownScopes are the scopes of access tokens. Only api, read_api, read_user and sudo make a difference here.
var knownScopes = []string{
	"api", "read_api", "read_user", "sudo", "admin_mode", "read_repository", "write_repository", "read_registry",
	"write_registry", "create_runner", "manage_runner", "k8s_proxy", "ai_features", "self_rotate", "read_service_ping",
	"read_virtual_registry", "write_virtual_registry",
}

var permissionPattern = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

var pathPattern = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.-]*(/[A-Za-z0-9_.][A-Za-z0-9_.-]*)+$`)

// seedCheck collects the problems of a seed.
type seedCheck struct {
	problems SeedError
	seen     map[string]string // unique key -> where it was first
	users    map[string]bool   // by name in lower case
}

// check returns the problems of the seed, in its order.
func (seed *Seed) check() SeedError {
	c := &seedCheck{seen: map[string]string{}, users: map[string]bool{}}
	c.gitLab(&seed.GitLab)
	for i := range seed.Users {
		c.user(&seed.Users[i], at("users", i))
	}
	lastAgent, lastToken := int64(0), int64(0)
	for i := range seed.Projects {
		c.project(&seed.Projects[i], at("projects", i))
		for _, a := range seed.Projects[i].Agents {
			lastAgent = max(lastAgent, a.ID)
			for _, t := range a.Tokens {
				lastToken = max(lastToken, t.ID)
			}
		}
	}
	c.nextID(seed.NextIDs.Agent, lastAgent, "next_ids.agent")
	c.nextID(seed.NextIDs.Token, lastToken, "next_ids.token")
	return c.problems
}

func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

func (c *seedCheck) fail(path, format string, args ...any) {
	c.problems = append(c.problems, SeedProblem{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (c *seedCheck) id(id int64, kind, path string) {
	if id <= 0 {
		c.fail(path+".id", "an id must be a whole number above 0")
		return
	}
	c.unique(fmt.Sprintf("%s %d", kind, id), path+".id", fmt.Sprintf("%s %d", kind, id))
}

// unique reports a key that occurs twice. The message contains shown instead of the key.
func (c *seedCheck) unique(key, path, shown string) {
	if first, taken := c.seen[key]; taken {
		c.fail(path, "%s is already defined at %s", shown, first)
		return
	}
	c.seen[key] = path
}

func (c *seedCheck) oneOf(value, path string, known ...string) {
	if value != "" && !slices.Contains(known, value) {
		c.fail(path, "%q is not valid; use one of %s", value, strings.Join(known, ", "))
	}
}

func (c *seedCheck) nextID(next, last int64, path string) {
	if next < 0 || next > 0 && next <= last {
		c.fail(path, "the next id must be above %d, the highest id in the seed", last)
	}
}

func (c *seedCheck) gitLab(g *SeedGitLab) {
	if g.Version != "" {
		if _, err := ParseRelease(g.Version); err != nil {
			c.fail("gitlab.version", "%v", err)
		}
	}
	if g.SelectAfter < 0 {
		c.fail("gitlab.select_after", "a duration cannot be negative")
	}
	if g.ReplicaLag < 0 {
		c.fail("gitlab.replica_lag", "a duration cannot be negative")
	}
	c.oneOf(g.Edition, "gitlab.edition", community, enterprise)
	if _, err := parseExternalURL(g.ExternalURL); err != nil {
		c.fail("gitlab.external_url", "%v", err)
	}
}

func (c *seedCheck) user(u *SeedUser, path string) {
	c.id(u.ID, "user", path)
	if u.Name == "" || strings.ContainsAny(u.Name, " /\t\n") {
		c.fail(path+".name", "a user's name cannot be empty or contain spaces or slashes")
	} else {
		c.unique("user named "+strings.ToLower(u.Name), path+".name", fmt.Sprintf("a user named %q", u.Name))
	}
	c.users[strings.ToLower(u.Name)] = true
	c.oneOf(u.State, path+".state", userStates...)
	for i, t := range u.Tokens {
		path := path + "." + at("tokens", i)
		if t.Token == "" || strings.TrimSpace(t.Token) != t.Token || strings.ContainsFunc(t.Token, unicode.IsControl) || !utf8.ValidString(t.Token) {
			c.fail(path+".token", "an access token cannot be empty, begin or end with a space, or contain control characters")
		} else {
			c.unique("access token "+t.Token, path+".token", "this access token")
		}
		if strings.HasPrefix(t.Token, jobTokenPrefix) {
			c.fail(path+".token", "this is a job's token, which GitLab does not accept here; use a personal access token")
		}
		for j, scope := range t.Scopes {
			c.oneOf(scope, path+"."+at("scopes", j), knownScopes...)
		}
		c.oneOf(t.State, path+".state", accessTokenStates...)
		if t.Scopes == nil && t.Permissions == nil {
			c.fail(path+".scopes", "this is missing; only a fine-grained access token has permissions instead")
		}
		if len(t.Scopes) > 0 && t.Permissions != nil {
			c.fail(path+".permissions", "a fine-grained access token has permissions and no scopes")
		}
		for j, permission := range t.Permissions {
			if !permissionPattern.MatchString(permission) {
				c.fail(path+"."+at("permissions", j), "%q is not a permission; write it as read_cluster_agent", permission)
			}
		}
	}
}

func (c *seedCheck) project(p *SeedProject, path string) {
	c.id(p.ID, "project", path)
	c.fullPath(p.PathWithNamespace, path+".path_with_namespace")
	for i, former := range p.MovedFrom {
		c.fullPath(former, path+"."+at("moved_from", i))
	}
	if p.NameWithNamespace != "" && !strings.Contains(p.NameWithNamespace, " / ") {
		c.fail(path+".name_with_namespace", `separate the names with " / ", as in "Administrator / test"`)
	}
	c.oneOf(p.Visibility, path+".visibility", visibilities...)
	c.members(p.Members, path+".members")
	c.members(p.GroupMembers, path+".group_members")
	for i := range p.Agents {
		c.agent(&p.Agents[i], p.ID, path+"."+at("agents", i))
	}
}

func (c *seedCheck) members(members map[string]Role, path string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		role := members[name]
		c.knownUser(name, path+"."+name)
		if role <= NoRole || role > Owner {
			c.fail(path+"."+name, "this is not a role of a member; roles are %s", strings.Join(roleNames[1:], ", "))
		}
	}
}

func (c *seedCheck) fullPath(full, path string) {
	if !pathPattern.MatchString(full) {
		c.fail(path, "%q is not the full path of a project; write it as group/project", full)
		return
	}
	c.unique("path "+strings.ToLower(full), path, fmt.Sprintf("the path %q", full))
}

func (c *seedCheck) knownUser(name, path string) {
	if name != "" && !c.users[strings.ToLower(name)] {
		c.fail(path, "there is no user named %q", name)
	}
}

func (c *seedCheck) agent(a *SeedAgent, project int64, path string) {
	c.id(a.ID, "agent", path)
	if problems := agentNameErrors(&a.Name, false); len(problems) > 0 {
		c.fail(path+".name", "GitLab refuses this name: %s", strings.Join(problems, ", "))
	} else {
		c.unique(fmt.Sprintf("agent of %d named %s", project, a.Name), path+".name", fmt.Sprintf("an agent named %q", a.Name))
	}
	c.knownUser(a.CreatedBy, path+".created_by")
	for i, t := range a.Tokens {
		path := path + "." + at("tokens", i)
		c.id(t.ID, "token", path)
		if problems := tokenErrors(&t.Name, t.Description); len(problems) > 0 {
			c.fail(path, "GitLab refuses this token: %s", strings.Join(problems, ", "))
		}
		if !utf8.ValidString(t.Name) {
			c.fail(path+".name", "the name is not UTF-8")
		}
		c.oneOf(t.Status, path+".status", active, revoked)
		c.knownUser(t.CreatedBy, path+".created_by")
	}
}
