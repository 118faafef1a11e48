package targets

import (
	"cmp"
	"fmt"
	"strconv"
)

// Share is a part of the targets: each machine takes another one.
type Share struct {
	Index int // from 0
	Total int
}

// ShareOf is the share that an engine assigns: GitLab with CI_NODE_INDEX and CI_NODE_TOTAL (parallel), Kubernetes with
// JOB_COMPLETION_INDEX (an Indexed Job). Kubernetes does not tell the number of completions, so the Job sets JOB_COMPLETIONS.
// Without them the share is everything.
func ShareOf(env func(string) (string, bool)) (Share, error) {
	for _, engine := range []struct {
		index, total string
		first        int
	}{{"CI_NODE_INDEX", "CI_NODE_TOTAL", 1}, {"JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", 0}} {
		text, _ := env(engine.index)
		if text == "" {
			continue
		}
		of, _ := env(engine.total)
		if of == "" {
			return Share{}, fmt.Errorf("%s is set, but %s is not: set it to the number of shares", engine.index, engine.total)
		}
		index, badIndex := strconv.Atoi(text)
		total, badTotal := strconv.Atoi(of)
		share := Share{index - engine.first, total}
		if cmp.Or(badIndex, badTotal) != nil || share.Index < 0 || share.Index >= total {
			return Share{}, fmt.Errorf("%s and %s are not a share: there is no %.20q of %.20q", engine.index, engine.total, text, of)
		}
		return share, nil
	}
	return Share{0, 1}, nil
}

// Take are the targets of the share: every Total-th, so that neighbours in the file, which are often alike, are spread.
func (s Share) Take(all []*Target) []*Target {
	var taken []*Target
	for i, t := range all {
		if i%s.Total == s.Index {
			taken = append(taken, t)
		}
	}
	return taken
}

// String is empty if the share is everything.
func (s Share) String() string {
	if s.Total == 1 {
		return ""
	}
	return fmt.Sprintf("share %d of %d", s.Index+1, s.Total)
}
