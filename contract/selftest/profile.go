package selftest

import (
	"fmt"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// Profile is a release and an edition of GitLab.
type Profile struct{ Version, Edition string }

func (p Profile) String() string { return p.Version + " " + p.Edition }

// Profiles returns the releases in which something changed, in both editions.
func Profiles() []Profile {
	var all []Profile
	for _, release := range fakegitlab.Releases() {
		all = append(all, Profile{release.String(), "ce"}, Profile{release.String(), "ee"})
	}
	return all
}

// newest returns the newest profile in which a fault makes a difference.
func newest(f *faults.Fault) (Profile, error) {
	for _, p := range Profiles() {
		release, err := fakegitlab.ParseRelease(p.Version)
		if err != nil {
			return Profile{}, err
		}
		if f.In(release, p.Edition) {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("the fault %s makes a difference in no release of fakegitlab.Releases", f.Name)
}
