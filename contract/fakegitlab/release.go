package fakegitlab

import (
	"fmt"
	"regexp"
	"strconv"
)

// Release is a GitLab release, such as 15.0. The patch version makes no difference here.
type Release struct{ Major, Minor int }

// Releases returns the releases in which GitLab's answers changed, the newest first. Tests try each of them.
func Releases() []Release {
	return []Release{
		{19, 1}, {18, 6}, {18, 0}, {17, 6}, {17, 4}, {17, 3}, {16, 7}, {16, 2}, {16, 1}, {16, 0}, {15, 7}, {15, 2}, {15, 0}, {14, 10},
	}
}

// newest is the default release. It is also the last one that the fake was compared with.
var newest = Release{19, 1}

// lastMinor is the last minor release of each major one that has the Agents API. GitLab releases monthly, and a major
// one each May. The last releases of 19 do not exist yet.
var lastMinor = map[int]int{14: 10, 15: 11, 16: 11, 17: 11, 18: 11, 19: 11}

var releasePattern = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})(?:\.\d+)?(?:[-+][0-9A-Za-z.+-]*)?$`)

// ParseRelease reads a version as people and GitLab write it: 15.0, v16.2.1, 19.1.0-pre, 17.4.2-ee. Releases before
// 14.10, which have no Agents API, and releases that do not exist are errors.
func ParseRelease(text string) (Release, error) {
	match := releasePattern.FindStringSubmatch(text)
	if match == nil {
		return Release{}, fmt.Errorf("%q is not a GitLab version; write it as 19.1 or 19.1.0", text)
	}
	major, _ := strconv.Atoi(match[1])
	minor, _ := strconv.Atoi(match[2])
	r := Release{major, minor}
	if last, known := lastMinor[major]; !known || minor > last || !r.AtLeast(14, 10) {
		return Release{}, fmt.Errorf("GitLab %s is not known here; the Agents API is known from 14.10 to 19.11", r)
	}
	return r, nil
}

// AtLeast reports whether r is the given release or a later one.
func (r Release) AtLeast(major, minor int) bool {
	return r.Major > major || r.Major == major && r.Minor >= minor
}

func (r Release) String() string { return fmt.Sprintf("%d.%d", r.Major, r.Minor) }

// Features is what GitLab does only in some releases or editions.
type Features struct {
	// Tokens: the four endpoints for agent tokens exist (15.0).
	Tokens bool
	// MissingBelowDeveloper: a user below developer gets 404 instead of 403 when reading (about 15.7).
	MissingBelowDeveloper bool
	// OnlyActive: revoked tokens cannot be listed or read (16.0).
	OnlyActive bool
	// TokenLimit is the highest number of active tokens of an agent; 0 means no limit (2 from 16.2, behind a flag in
	// 16.1).
	TokenLimit int
	// MovedProjects: a project's former path redirects GET and answers 405 to the rest (16.7, behind a flag from 16.4).
	MovedProjects bool
	// Receptive: agents have is_receptive (17.4, Enterprise Edition only).
	Receptive bool
	// Metadata: GET /metadata exists, and GET /version has the same response (15.2).
	Metadata bool
	// Edition: the metadata contain enterprise (15.6).
	Edition bool
	// OwnToken: GET /personal_access_tokens/self exists (15.5).
	OwnToken bool
	// ProxyURL: the metadata contain the URL of the agents' API proxy (17.6).
	ProxyURL bool
	// Secret is the form of agent tokens' secrets.
	Secret SecretFormat
}

// SecretFormat is the form of an agent token's secret.
type SecretFormat int

// The forms, from old to new. The exact releases of the second and the third are not known.
const (
	PlainSecret    SecretFormat = iota // 50 characters of URL-safe base64
	PrefixedSecret                     // "glagent-" and 50 characters
	RoutableSecret                     // "glagent-", a payload that names organization and project, version, length, checksum
)

func featuresOf(r Release, edition string) Features {
	f := Features{
		Tokens:                r.AtLeast(15, 0),
		MissingBelowDeveloper: r.AtLeast(15, 7),
		OnlyActive:            r.AtLeast(16, 0),
		MovedProjects:         r.AtLeast(16, 7),
		Receptive:             r.AtLeast(17, 4) && edition == enterprise,
		Metadata:              r.AtLeast(15, 2),
		Edition:               r.AtLeast(15, 6),
		OwnToken:              r.AtLeast(15, 5),
		ProxyURL:              r.AtLeast(17, 6),
	}
	if r.AtLeast(16, 2) {
		f.TokenLimit = 2
	}
	switch {
	case r.AtLeast(18, 6):
		f.Secret = RoutableSecret
	case r.AtLeast(15, 7):
		f.Secret = PrefixedSecret
	}
	return f
}
