// Package fakegitlab is a GitLab that has only the Agents API. It keeps its state in memory and is safe for concurrent use.
// On the eight endpoints a client cannot tell it from a real GitLab. Use it to test clients without a GitLab.
//
//	gitlab := fakegitlab.Start(t)
//	client, err := clusteragents.New(gitlab.URL, clusteragents.PrivateToken("glpat-maintainer"))
//
// A request goes through (*call).run in pipeline.go, which has one line for each of GitLab's layers, in GitLab's order. A
// stage does what Rack, Rails, Grape or GitLab's own code does, including what is unusual; comments name the original.
//
// [Features] lists what differs between releases. A [Deviation] makes the fake wrong on purpose. Methods such as
// [Server.SetReadOnly], and the option [After], change the instance while it runs.
package fakegitlab
