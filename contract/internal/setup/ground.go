package setup

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/wire"
)

// The roles for which a check takes tokens.
const (
	Maintainer = "maintainer"
	Developer  = "developer"
	Guest      = "guest"    // a member below developer
	Stranger   = "stranger" // no member
	Reader     = "reader"   // the maintainer, with a token that has the scope read_api only
	Expired    = "expired"  // the maintainer, with a token that has expired
)

// Ground is what a check stands on. What is not known is zero.
type Ground struct {
	Release string // as GitLab gives it, such as 19.1.0-ee
	Edition string // ce or ee

	Project Project
	Other   *Project // nil if none is given, or it cannot be used; OtherProblem then says why
	// OtherProblem is why the other project cannot be used; its rules are untested then.
	OtherProblem *Problem

	// Roles are the tokens that are given, by role, the maintainer's included.
	Roles map[string]Role
	// Scopes and Expires are those of the maintainer's token.
	Scopes  []string
	Expires time.Time

	sees    map[string]bool // the other tokens to which the project was shown
	learner *answerer.Learner
	token   string // the maintainer's
	named   string // the project as it was given
}

// Project is what GitLab says about a project.
type Project struct {
	ID         int64  // 0 if not known
	Path       string // its full path now, which need not be the one that was given
	Visibility string // private, internal, public; empty if not known
	Archived   bool
	// TurnedOff is a feature of the project that is turned off, and with it all that changes agents: repository or
	// infrastructure. It is empty if both are on, or GitLab does not say.
	TurnedOff string
	Known     bool // GitLab told; otherwise all but Path is zero
}

// Role is what a token may do in the project.
type Role struct {
	// AccessLevel is the highest that GitLab names: 10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50
	// owner; 0 if it names none. An administrator, or who comes in through a group that the project is shared with, may
	// do more than that.
	AccessLevel int
	// Lists says that the token lists the project's agents, which developers and above may.
	Lists bool
	// Problem is why the token is not one of the role that it is given for; nil if it is. Its rules are untested then.
	Problem *Problem
}

// whose is whose token has an access level.
func whose(level int) string {
	for _, l := range []struct {
		least int
		name  string
	}{{50, "an owner"}, {40, "a maintainer"}, {30, "a developer"}, {20, "a reporter"}, {15, "a planner"}, {10, "a guest"}} {
		if level >= l.least {
			return l.name
		}
	}
	return "somebody who is not a member"
}

// ReadRefusal is ReadRefusal of the package with what is known of the ground: a bare 403 is explained by the role and by
// whether the project is archived, and this GitLab's answers are told from others by what they look like.
func (g *Ground) ReadRefusal(x *wire.Exchange) *Problem {
	p := readRefusal(x, g.learner)
	if p != nil && p.Code == TokenUnknown && !isRead(x.Request.Method) && g.Roles[Maintainer].Lists {
		p.Code, p.Means = InBetween, fmt.Sprintf("the access token does not reach GitLab with %s, though it does with reads", asked(x))
		p.Do = "Let what stands in front of GitLab pass the header PRIVATE-TOKEN with all methods."
	}
	if p == nil || p.Code != Forbidden || isRead(x.Request.Method) {
		return p
	}
	switch level := g.Roles[Maintainer].AccessLevel; {
	case g.Project.Archived:
		return archived(g.Project, p)
	case g.Project.TurnedOff != "":
		p.Means = "the " + g.Project.TurnedOff + " of " + g.Project.Path + " is turned off, and with it the changing of agents"
		p.Do = "Turn it on in the project's settings, under General, Visibility" + orReadOnly + "."
	case level > 0 && level < 40:
		p.Code, p.Means = RoleTooLow, fmt.Sprintf("the token is that of %s in %s, and only maintainers may change agents", whose(level), g.Project.Path)
		p.Do = "Give a maintainer's token" + orReadOnly + "."
	}
	return p
}

// MayChange says that the maintainer's token may change agents, as far as is known. If so, a bare 403 is GitLab's fault.
func (g *Ground) MayChange() bool {
	return g.Roles[Maintainer].AccessLevel >= 40 && !g.Project.Archived && g.Project.TurnedOff == ""
}

// archived is a refusal because a project is archived; because may be nil.
func archived(project Project, because *Problem) *Problem {
	p := &Problem{
		Code: ProjectArchived, Means: "the project " + project.Path + " is archived, so nothing can be created or deleted in it",
		Do: "Unarchive it or give another project" + orReadOnly + ".",
	}
	if because != nil {
		p.Said, p.Status = because.Said, because.Status
	}
	return p
}

// WhyForbidden asks why a maintainer may not change agents, where GitLab does not say: the project may have been archived
// or marked for deletion, and so may a group above it, which the project itself does not always show. It is nil if nothing
// is found.
func (g *Ground) WhyForbidden(ctx context.Context, asker Asker, refused *Problem) *Problem {
	if refused == nil || refused.Code != Forbidden || !g.Project.Known {
		return nil
	}
	x, err := asker.Ask(ctx, g.token, http.MethodGet, "/projects/"+url.PathEscape(g.named))
	var now details
	if err != nil || x.Response == nil || json.Unmarshal(x.Response.Body, &now) != nil {
		return nil
	}
	switch {
	case now.Archived:
		return archived(g.Project, refused)
	case now.Deletion != "":
		return markedForDeletion("the project "+g.Project.Path, refused)
	case now.Namespace.Kind != "group":
		return nil
	}
	for path := now.Namespace.Path; path != ""; path = parentOf(path) {
		x, err := asker.Ask(ctx, g.token, http.MethodGet, "/groups/"+url.PathEscape(path)+"?with_projects=false")
		var group struct {
			Archived bool   `json:"archived"`
			Deletion string `json:"marked_for_deletion_on"`
		}
		if err != nil || x.Response == nil || x.Response.StatusCode != http.StatusOK || json.Unmarshal(x.Response.Body, &group) != nil {
			return nil // the groups above are not shown either
		}
		what := "the group " + answerer.Printable(path, 200) + " of the project"
		switch {
		case group.Archived:
			return archivedGroup(what, refused)
		case group.Deletion != "":
			return markedForDeletion(what, refused)
		}
	}
	return nil
}

// parentOf is the path of the group above; empty if there is none.
func parentOf(path string) string {
	return path[:max(0, strings.LastIndex(path, "/"))]
}

func archivedGroup(what string, because *Problem) *Problem {
	return &Problem{
		Code: ProjectArchived, Said: because.Said, Status: because.Status,
		Means: what + " is archived, so nothing can be created or deleted in it", Do: "Unarchive the group or give another project" + orReadOnly + ".",
	}
}

func markedForDeletion(what string, because *Problem) *Problem {
	return &Problem{
		Code: ProjectDeletion, Said: because.Said, Status: because.Status,
		Means: what + " is marked for deletion, so nothing can be created or deleted in it", Do: "Restore it or give another project" + orReadOnly + ".",
	}
}

// Recheck says whether an answer in the middle of a run tells that the ground is gone: the token is refused from now on,
// the project was moved, deleted or archived, something stands in front. One read that worked before is made again, with
// the token of the refused request, as a single refusal proves nothing. It is nil if the ground is as it was.
func (g *Ground) Recheck(ctx context.Context, asker Asker, token string, refused *wire.Exchange) *Problem {
	first := g.ReadRefusal(refused)
	if first == nil {
		return nil
	}
	if first.Code == InstanceReadOnly || first.Code == TokenPermission {
		return first // other reads work as before
	}
	if !isRead(refused.Request.Method) && !g.Project.Archived {
		if why := g.WhyForbidden(ctx, asker, first); why != nil {
			return why // it is about the project, and not about the token
		}
	}
	path := "/projects/" + url.PathEscape(g.named)
	if !g.Project.Known {
		path += "/cluster_agents?per_page=1"
	}
	again, err := asker.Ask(ctx, token, http.MethodGet, path)
	if err != nil || again.Response == nil {
		return nil // the network is no ground
	}
	second := g.ReadRefusal(again)
	if second != nil && token != g.token && !g.sees[token] && (second.Code == ProjectUnknown || second.Code == Forbidden) {
		return nil // others need not see the project
	}
	if second != nil {
		return second
	}
	var now details
	if json.Unmarshal(again.Response.Body, &now) == nil && !isRead(refused.Request.Method) && !g.Project.Archived && now.Archived {
		return archived(g.Project, first)
	}
	if token == g.token && first.Code == Forbidden && g.isLower(now.level()) || first.Code == TokenScope && lacksScope(ctx, asker, token, token != g.token) {
		return first
	}
	return nil
}

// isLower says that the maintainer's role in the project is lower than it was.
func (g *Ground) isLower(level int) bool {
	return level > 0 && level < 40 && g.Roles[Maintainer].AccessLevel >= 40
}

// lacksScope says that a token that may read does not have the scope api. Older releases do not tell the scopes of a token,
// nor of OAuth tokens; untold is what holds then.
func lacksScope(ctx context.Context, asker Asker, token string, untold bool) bool {
	x, err := asker.Ask(ctx, token, http.MethodGet, "/personal_access_tokens/self")
	var self struct {
		Scopes []string `json:"scopes"`
	}
	switch {
	case err != nil || x.Response == nil:
		return false
	case json.Unmarshal(x.Response.Body, &self) != nil || len(self.Scopes) == 0:
		return untold
	}
	return !slices.Contains(self.Scopes, "api")
}

func roleVariable(role string) string {
	if role == Maintainer {
		return "GITLAB_TOKEN"
	}
	return "GITLAB_" + strings.ToUpper(role) + "_TOKEN"
}
