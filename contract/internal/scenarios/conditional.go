package scenarios

import (
	"bytes"
	"strings"

	"example.com/gitlab-agents/contract/internal/rules"
)

// A read with the current ETag gets 304, and with another one the full response.
var conditionalReads = Scenario{
	Name:   "conditional reads",
	Proves: Rules{&rules.NotModified, &rules.OtherETag},
	Judged: Rules{&rules.ETagTellsApart, &rules.NotModifiedOnlyWhenAsked},
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		read := s.GetAgent(agent).Assume(Status(200))
		s.GetAgent(agent, Header("If-None-Match", `W/"00000000000000000000000000000000"`)).Expect(&rules.OtherETag, Status(200))
		if etag := read.Header("ETag"); etag != "" {
			again := s.GetAgent(agent, Header("If-None-Match", uncompressed.Replace(etag))).Note()
			if !again.OK(200) || bytes.Equal(again.Response.Body, read.Response.Body) { // else the agent was returned differently before
				again.Provided("no cache on the way takes If-None-Match for itself", func() bool { return !again.ThroughCache() }).
					Expect(&rules.NotModified, Status(304))
			}
		}
	},
}

// uncompressed undoes what Apache and others append to the ETag of an answer that they compress. GitLab does not know such
// a tag.
var uncompressed = strings.NewReplacer(`-gzip"`, `"`, `;gzip"`, `"`, `--gzip"`, `"`, `-br"`, `"`, `-df"`, `"`)

// An agent that changed after If-Unmodified-Since is not deleted.
var staleDelete = Scenario{
	Name:   "delete an agent that changed",
	Needs:  Writes,
	Alone:  true,
	Proves: Rules{&rules.StaleDelete},
	Judged: Rules{&rules.PreconditionOnlyWhenAsked},
	Play: func(s *Stage) {
		agent := s.CreateAgent()
		s.DeleteAgent(agent, Header("If-Unmodified-Since", longAgo)).Require(&rules.StaleDelete, Message(412, "412 Precondition Failed"))
		s.GetAgent(agent).Expect(&rules.StaleDelete, StillThere())
	},
}

// A condition that holds, or that is not a date, does not prevent a deletion.
var conditionalDeletes = Scenario{
	Name:   "delete an agent with a condition that holds",
	Needs:  Writes,
	Alone:  true,
	Proves: Rules{&rules.UnreadableDate, &rules.LaterDate},
	Play: func(s *Stage) {
		const unconditionally = "an agent cannot be deleted without a condition either"
		plainly := func() bool { return s.DeleteAgent(s.CreateAgent()).Is(Status(204)) }
		s.DeleteAgent(s.CreateAgent(), Header("If-Unmodified-Since", "no date")).Provided(unconditionally, plainly).
			Expect(&rules.UnreadableDate, Status(204))
		s.DeleteAgent(s.CreateAgent(), Header("If-Unmodified-Since", "Fri, 01 Jan 2100 00:00:00 GMT")).Provided(unconditionally, plainly).
			Expect(&rules.LaterDate, Status(204))
	},
}
