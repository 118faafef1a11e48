package selftest

import (
	"fmt"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// Profile is a release and an edition of GitLab.
type Profile struct{ Version, Edition string }

func (p Profile) String() string { return p.Version + " " + p.Edition }

// Profiles returns the releases in which something changed, the newest first, in both editions.
func Profiles() []Profile {
	var all []Profile
	for _, version := range []string{"19.1", "18.6", "18.0", "17.6", "17.4", "17.3", "16.7", "16.2", "16.1", "16.0", "15.7", "15.2", "15.0", "14.10"} {
		all = append(all, Profile{version, "ce"}, Profile{version, "ee"})
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
	return Profile{}, fmt.Errorf("the fault %s makes a difference in no release", f.Name)
}
