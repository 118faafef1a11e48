package fakegitlab

import (
	"fmt"
	"regexp"
	"strconv"
)

// Release is a GitLab release, such as 15.0. Patches of one release do not differ here.
type Release struct{ Major, Minor int }

// newest is the release the fake is when nothing else is said, and the last that it was compared with.
var newest = Release{19, 1}

// lastMinor is the last minor release of each major one that has the Agents API. GitLab releases monthly and a major
// one each May; of 19 only some are out.
var lastMinor = map[int]int{14: 10, 15: 11, 16: 11, 17: 11, 18: 11, 19: 11}

var releasePattern = regexp.MustCompile(`^v?(\d{1,4})\.(\d{1,4})(?:\.\d+)?(?:[-+][0-9A-Za-z.+-]*)?$`)

// ParseRelease reads a version as people and GitLab write it: 15.0, v16.2.1, 19.1.0-pre, 17.4.2-ee. Releases without
// the Agents API, which came with 14.10, and releases that do not exist are errors.
func ParseRelease(text string) (Release, error) {
	match := releasePattern.FindStringSubmatch(text)
	if match == nil {
		return Release{}, fmt.Errorf("%q is no GitLab version; write it as 19.1 or 19.1.0", text)
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

// Features is what GitLab does in some releases or editions and not in others.
type Features struct {
	// Tokens: the four endpoints for agent tokens exist (15.0).
	Tokens bool
	// MissingBelowDeveloper: who may not read agents is told that there are none, with 404 instead of 403 (about 15.7).
	MissingBelowDeveloper bool
	// OnlyActive: revoked tokens are neither listed nor readable (16.0).
	OnlyActive bool
	// TokenLimit is how many active tokens an agent may have; 0 is no limit (2 from 16.2 on, behind a flag in 16.1).
	TokenLimit int
	// MovedProjects: an old path redirects GET, and refuses the rest with 405 (16.7, behind a flag from 16.4 on).
	MovedProjects bool
	// Receptive: agents have is_receptive (17.4, Enterprise Edition only).
	Receptive bool
	// Metadata: GET /metadata exists, and GET /version says the same (15.2).
	Metadata bool
	// Edition: the metadata say whether this is the Enterprise Edition (15.6).
	Edition bool
	// OwnToken: GET /personal_access_tokens/self exists (15.5).
	OwnToken bool
	// ProxyURL: the metadata name the URL of the agents' API proxy (17.6).
	ProxyURL bool
	// Secret is how secrets of agent tokens look.
	Secret SecretFormat
}

// SecretFormat is the form of an agent token's secret.
type SecretFormat int

// The forms, from old to new. In which release the second and third came is not known exactly.
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
