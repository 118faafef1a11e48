package rule

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Edition is a GitLab edition.
type Edition int

// The editions.
const (
	AnyEdition Edition = iota
	Community
	Enterprise
)

func (e Edition) String() string { return [...]string{"", "ce", "ee"}[e] }

// ParseEdition reads "ce", "ee" or "".
func ParseEdition(s string) (Edition, error) {
	switch strings.ToLower(s) {
	case "":
		return AnyEdition, nil
	case "ce", "foss":
		return Community, nil
	case "ee":
		return Enterprise, nil
	}
	return AnyEdition, fmt.Errorf("unknown GitLab edition %q: write ce or ee", s)
}

// Release is a GitLab release, major and minor. The zero Release is an unknown one.
type Release struct{ Major, Minor int }

// GitLab is a release.
func GitLab(major, minor int) Release { return Release{major, minor} }

// ParseRelease reads a GitLab version such as "16.2", "19.1.0-pre" or "15.11.13-ee".
func ParseRelease(version string) (Release, error) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) >= 2 {
		major, err1 := strconv.Atoi(parts[0])
		minor, err2 := strconv.Atoi(strings.SplitN(parts[1], "-", 2)[0])
		if err1 == nil && err2 == nil && major >= 0 && minor >= 0 && (major > 0 || minor > 0) {
			return Release{major, minor}, nil
		}
	}
	return Release{}, fmt.Errorf("%q is not a GitLab version: write one like 16.2 or 19.1.0-ee", version)
}

// IsZero says that the release is unknown.
func (r Release) IsZero() bool { return r == Release{} }

// Compare is negative if r came before o, and positive if it came after.
func (r Release) Compare(o Release) int {
	return cmp.Or(cmp.Compare(r.Major, o.Major), cmp.Compare(r.Minor, o.Minor))
}

// Before says whether r came before o.
func (r Release) Before(o Release) bool { return r.Compare(o) < 0 }

// String is "16.2", or "" for the zero Release.
func (r Release) String() string {
	if r.IsZero() {
		return ""
	}
	return strconv.Itoa(r.Major) + "." + strconv.Itoa(r.Minor)
}

// MarshalText gives the text that String gives.
func (r Release) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the text that String gives.
func (r *Release) UnmarshalText(text []byte) (err error) {
	*r = Release{}
	if len(text) > 0 {
		*r, err = ParseRelease(string(text))
	}
	return err
}

// Version is what is known of a GitLab's release and edition.
type Version struct {
	Release Release // zero if unknown
	AtLeast Release // what the answers prove, if Release is unknown: an older GitLab would not send them
	Edition Edition
}

// Holds says whether a rule holds for a GitLab.
type Holds int

// A rule holds, does not, or may hold: the release or the edition is unknown.
const (
	DoesHold Holds = iota
	DoesNot
	MayHold
)

// firstWithTokens is the release in which the API got its last operations. A rule that is no younger holds wherever the
// operation it is about exists.
var firstWithTokens = GitLab(15, 0)

// HoldsFor says whether the rule holds for a GitLab, and why if it does not.
func (r *Rule) HoldsFor(v Version) (Holds, Reason) {
	if r.Edition != AnyEdition {
		edition := strings.ToUpper(r.Edition.String())
		switch v.Edition {
		case r.Edition:
		case AnyEdition:
			return DoesNot, Reason{ReasonEdition, fmt.Sprintf("the rule holds for GitLab %s only, and the edition is not known; give --edition", edition)}
		default:
			return DoesNot, Reason{ReasonEdition, fmt.Sprintf("the rule holds for GitLab %s only", edition)}
		}
	}
	switch {
	case !v.Release.IsZero() && v.Release.Before(r.Since):
		return DoesNot, Reason{ReasonRelease, fmt.Sprintf("the rule holds since GitLab %s, and this is %s", r.Since, v.Release)}
	case !v.Release.IsZero() && !r.Until.IsZero() && !v.Release.Before(r.Until):
		return DoesNot, Reason{ReasonRelease, fmt.Sprintf("the rule held before GitLab %s, and this is %s", r.Until, v.Release)}
	case !v.Release.IsZero():
		return DoesHold, Reason{}
	case !r.Until.IsZero() && !v.AtLeast.Before(r.Until):
		return DoesNot, Reason{ReasonRelease, fmt.Sprintf("the rule held before GitLab %s, and this is %s or newer", r.Until, v.AtLeast)}
	case r.Until.IsZero() && (!firstWithTokens.Before(r.Since) || !v.AtLeast.Before(r.Since)):
		return DoesHold, Reason{}
	}
	return MayHold, Reason{ReasonReleaseUnknown, "the rule holds " + r.span() + ", and the release is not known; give --gitlab-version"}
}

// span is the releases a rule holds for, in words.
func (r *Rule) span() string {
	switch {
	case !r.Since.IsZero() && !r.Until.IsZero():
		return "from GitLab " + r.Since.String() + " until before " + r.Until.String()
	case !r.Since.IsZero():
		return "since GitLab " + r.Since.String()
	case !r.Until.IsZero():
		return "before GitLab " + r.Until.String()
	}
	return "for every release"
}

// Span is the releases and the edition a rule holds for, for a table: "all", "16.0 on" or "15.0 to before 16.0, EE".
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
