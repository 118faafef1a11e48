// Package fakegitlab is a GitLab that has only the Agents API: stateful, in memory, safe for concurrent use, and on
// its eight endpoints not to be told from a real one. It is for testing what talks to GitLab without having one.
//
//	gitlab := fakegitlab.Start(t)
//	client, err := clusteragents.New(gitlab.URL, clusteragents.PrivateToken("glpat-maintainer"))
//
// A request goes one way, through (*call).run in pipeline.go, in the order in which GitLab's layers see it; each stage
// has a file. What a stage does is what Rack, Rails, Grape and GitLab's own code do, odd parts included; comments name
// them where a reader may want to look it up.
//
// What GitLab does differently from release to release is in [Features]. A [Deviation] makes the fake wrong on purpose.
package fakegitlab
