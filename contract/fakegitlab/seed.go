package fakegitlab

import (
	"strings"
	"time"
)

// Seed is what an instance contains at the start. [ParseSeed] reads one from YAML or JSON.
type Seed struct {
	GitLab   SeedGitLab    `yaml:"gitlab"`
	NextIDs  SeedNextIDs   `yaml:"next_ids"`
	Users    []SeedUser    `yaml:"users"`
	Projects []SeedProject `yaml:"projects"`
}

// SeedGitLab is the instance. Empty fields mean the default.
type SeedGitLab struct {
	Version     string `yaml:"version"`      // 19.1.0
	Edition     string `yaml:"edition"`      // ce, ee
	ExternalURL string `yaml:"external_url"` // https://gitlab.example.com
	ReadOnly    bool   `yaml:"read_only"`    // the instance refuses writes, as in maintenance mode
	// SelectAfter and ReplicaLag are what the options of these names set.
	SelectAfter time.Duration `yaml:"select_after"`
	ReplicaLag  time.Duration `yaml:"replica_lag"`
}

// SeedNextIDs is the next id of each kind; 0 means the one after the highest in the seed.
type SeedNextIDs struct {
	Agent int64 `yaml:"agent"`
	Token int64 `yaml:"token"`
}

// SeedUser is a user with access tokens.
type SeedUser struct {
	ID     int64             `yaml:"id"`
	Name   string            `yaml:"name"`
	State  string            `yaml:"state"` // active, blocked, password_expired, terms_not_accepted
	Admin  bool              `yaml:"admin"`
	Tokens []SeedAccessToken `yaml:"tokens"`
}

// SeedAccessToken is a personal access token.
type SeedAccessToken struct {
	Token  string   `yaml:"token"`
	Scopes []string `yaml:"scopes"`
	// Permissions makes the token fine-grained: it may do only these things, such as read_cluster_agent. If Permissions
	// is nil, the scopes decide.
	Permissions []string  `yaml:"permissions"`
	State       string    `yaml:"state"`      // active, expired, revoked
	ExpiresAt   time.Time `yaml:"expires_at"` // the date; zero means never
}

// SeedProject is a project.
type SeedProject struct {
	ID                int64           `yaml:"id"`
	PathWithNamespace string          `yaml:"path_with_namespace"` // root/test
	NameWithNamespace string          `yaml:"name_with_namespace"` // Administrator / test; if empty, made of the path
	Description       *string         `yaml:"description"`
	Visibility        string          `yaml:"visibility"` // private, internal, public
	Archived          bool            `yaml:"archived"`
	CreatedAt         time.Time       `yaml:"created_at"`    // zero means the start of the server
	MovedFrom         []string        `yaml:"moved_from"`    // former full paths
	Members           map[string]Role `yaml:"members"`       // by user name
	GroupMembers      map[string]Role `yaml:"group_members"` // of the project's group; the higher role counts
	Agents            []SeedAgent     `yaml:"agents"`
}

// SeedAgent is an agent of a project.
type SeedAgent struct {
	ID        int64            `yaml:"id"`
	Name      string           `yaml:"name"`
	CreatedBy string           `yaml:"created_by"` // the user's name; empty if the user is gone
	CreatedAt time.Time        `yaml:"created_at"` // zero means the start of the server
	Tokens    []SeedAgentToken `yaml:"tokens"`
}

// SeedAgentToken is a token of an agent.
type SeedAgentToken struct {
	ID          int64     `yaml:"id"`
	Name        string    `yaml:"name"`
	Description *string   `yaml:"description"`
	Status      string    `yaml:"status"`       // active, revoked
	CreatedBy   string    `yaml:"created_by"`   // the user's name; empty means who created the agent
	CreatedAt   time.Time `yaml:"created_at"`   // zero means when the agent was created
	LastUsedAt  time.Time `yaml:"last_used_at"` // zero means never
}

// The visibilities of a project.
const (
	private  = "private"
	internal = "internal"
	public   = "public"
)

// The states of users, access tokens and agent tokens.
const (
	active           = "active"
	blocked          = "blocked"
	passwordExpired  = "password_expired"
	termsNotAccepted = "terms_not_accepted"
	expired          = "expired"
	revoked          = "revoked"
)

var (
	visibilities      = []string{private, internal, public}
	userStates        = []string{active, blocked, passwordExpired, termsNotAccepted}
	accessTokenStates = []string{active, expired, revoked}
)

// DefaultSeed is what an instance contains without a seed: the private projects 20 root/test and 21 root/other, the
// public project 22 public/open, and the users owner, maintainer, developer, reporter, guest and stranger with the
// access tokens glpat-owner, glpat-maintainer and so on. Each user has the role of that name in every project; stranger
// has no role.
func DefaultSeed() *Seed {
	seed := &Seed{}
	members := map[string]Role{}
	for i, name := range []string{"owner", "maintainer", "developer", "reporter", "guest", "stranger"} {
		seed.Users = append(seed.Users, SeedUser{
			ID: int64(41 + i), Name: name, State: active,
			Tokens: []SeedAccessToken{{Token: "glpat-" + name, Scopes: []string{"api"}, State: active}},
		})
		if role, ok := parseRole(name); ok {
			members[name] = role
		}
	}
	for i, p := range []SeedProject{
		{PathWithNamespace: "root/test", NameWithNamespace: "Administrator / test", Visibility: private},
		{PathWithNamespace: "root/other", NameWithNamespace: "Administrator / other", Visibility: private},
		{PathWithNamespace: "public/open", NameWithNamespace: "Public / open", Visibility: public},
	} {
		p.ID = int64(20 + i)
		p.CreatedAt = time.Date(2022, 3, 20, 20, 42, 40, 221e6, time.UTC)
		p.Members = members
		seed.Projects = append(seed.Projects, p)
	}
	return seed
}

// plant creates a store from the seed.
func (seed *Seed) plant(now time.Time) (*store, error) {
	if problems := seed.check(); len(problems) > 0 {
		return nil, problems
	}
	s := newStore()
	s.readOnly = seed.GitLab.ReadOnly
	for _, su := range seed.Users {
		u := &user{id: su.ID, name: su.Name, admin: su.Admin, state: firstOf(su.State, active)}
		s.users[u.id] = u
		s.usersByName[strings.ToLower(u.name)] = u
		for _, t := range su.Tokens {
			s.accessTokens[t.Token] = &accessToken{
				id: int64(len(s.accessTokens) + 1), user: u, scopes: t.Scopes, permissions: t.Permissions,
				createdAt: now, expiresAt: t.ExpiresAt, state: firstOf(t.State, active),
			}
		}
	}
	for _, sp := range seed.Projects {
		s.plantProject(sp, now)
	}
	s.nextAgent = max(s.nextAgent, seed.NextIDs.Agent)
	s.nextToken = max(s.nextToken, seed.NextIDs.Token)
	return s, nil
}

func (s *store) plantProject(sp SeedProject, now time.Time) {
	sp.CreatedAt = timeOr(sp.CreatedAt, now)
	p := &project{
		id: sp.ID, path: sp.PathWithNamespace, identity: renderIdentity(&sp),
		visibility: firstOf(sp.Visibility, private), archived: sp.Archived,
		members: s.byUserID(sp.Members), groupMembers: s.byUserID(sp.GroupMembers),
	}
	s.projects[p.id] = p
	s.paths[strings.ToLower(p.path)] = p
	for _, path := range sp.MovedFrom {
		s.moved[strings.ToLower(path)] = p
	}
	for _, sa := range sp.Agents {
		created := timeOr(sa.CreatedAt, now)
		a := agent{id: sa.ID, name: sa.Name, project: p, createdBy: s.userID(sa.CreatedBy), createdAt: created, updatedAt: created}
		s.primary.addAgent(a)
		s.nextAgent = max(s.nextAgent, a.id+1)
		for _, st := range sa.Tokens {
			t := agentToken{
				id: st.ID, name: st.Name, description: st.Description, revoked: st.Status == revoked,
				createdBy: s.userID(firstOf(st.CreatedBy, sa.CreatedBy)), createdAt: timeOr(st.CreatedAt, created), lastUsedAt: st.LastUsedAt,
			}
			s.primary.addToken(t, a.id)
			s.nextToken = max(s.nextToken, t.id+1)
		}
	}
}

func (d *directory) byUserID(members map[string]Role) map[int64]Role {
	roles := make(map[int64]Role, len(members))
	for name, role := range members {
		roles[d.userID(name)] = role
	}
	return roles
}

func timeOr(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// names returns the project's display name without and with its groups, and its path without them.
func (sp *SeedProject) names() (name, withNamespace, path string) {
	withNamespace = sp.NameWithNamespace
	if withNamespace == "" {
		withNamespace = strings.ReplaceAll(sp.PathWithNamespace, "/", " / ")
	}
	return afterLast(withNamespace, " / "), withNamespace, afterLast(sp.PathWithNamespace, "/")
}

func afterLast(text, separator string) string {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[i+len(separator):]
	}
	return text
}
