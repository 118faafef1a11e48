package faults

import (
	"net/http"
	"slices"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// Change is what a broken server does otherwise: inside the fake, around it, or both. The zero value changes nothing.
type Change struct {
	inside []func() *fakegitlab.Deviation
	around []func(http.Handler) http.Handler
}

// Deviations returns new deviations for one fake. What they remember is their own.
func (c Change) Deviations() []*fakegitlab.Deviation {
	var all []*fakegitlab.Deviation
	for _, make := range c.inside {
		all = append(all, make())
	}
	return all
}

// Around returns the fake with new handlers around it.
func (c Change) Around(fake http.Handler) http.Handler {
	for _, wrap := range c.around {
		fake = wrap(fake)
	}
	return fake
}

// Empty reports whether nothing is changed.
func (c Change) Empty() bool { return len(c.inside) == 0 && len(c.around) == 0 }

// both is several changes in one.
func both(changes ...Change) Change {
	var all Change
	for _, c := range changes {
		all.inside = append(all.inside, c.inside...)
		all.around = append(all.around, c.around...)
	}
	return all
}

// inside is a change inside the fake.
func inside(make func() *fakegitlab.Deviation) Change {
	return Change{inside: []func() *fakegitlab.Deviation{make}}
}

// around is a change around the fake, with a memory of its own.
func around(wrap func(next http.Handler) http.Handler) Change {
	return Change{around: []func(http.Handler) http.Handler{wrap}}
}

// handle is a change around the fake, without a memory.
func handle(serve func(next http.Handler, w http.ResponseWriter, r *http.Request)) Change {
	return around(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(next, w, r) })
	})
}

// features changes what the release does.
func features(change func(f *fakegitlab.Features)) Change {
	return inside(func() *fakegitlab.Deviation { return &fakegitlab.Deviation{Features: change} })
}

// decide makes one of GitLab's decisions otherwise.
func decide(point fakegitlab.Point, answer func(c fakegitlab.Choice) bool) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
			if c.Point == point {
				return answer(c)
			}
			return c.GitLab
		}}
	})
}

func always(fakegitlab.Choice) bool { return true }
func never(fakegitlab.Choice) bool  { return false }

// yesFor decides with yes for some requests, and noFor with no. For all others GitLab's decision stands.
func yesFor(point fakegitlab.Point, of func(r *http.Request) bool) Change {
	return decide(point, func(c fakegitlab.Choice) bool { return c.GitLab || of(c.Request) })
}

func noFor(point fakegitlab.Point, of func(r *http.Request) bool) Change {
	return decide(point, func(c fakegitlab.Choice) bool { return c.GitLab && !of(c.Request) })
}

// on is one answer for some operations, and GitLab's for the others.
func on(answer bool, operations ...string) func(fakegitlab.Choice) bool {
	return func(c fakegitlab.Choice) bool {
		if slices.Contains(operations, c.Operation) {
			return answer
		}
		return c.GitLab
	}
}

// despite decides otherwise than GitLab for some requests, and changes the response to them afterwards.
func despite(point fakegitlab.Point, of func(c fakegitlab.Choice) bool, then func(d *fakegitlab.ResponseDraft)) Change {
	return inside(func() *fakegitlab.Deviation {
		var passed sync.Map // the requests
		return &fakegitlab.Deviation{
			Decide: func(c fakegitlab.Choice) bool {
				if c.Point != point || !of(c) {
					return c.GitLab
				}
				passed.Store(c.Request, true)
				return !c.GitLab
			},
			Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if _, ok := passed.LoadAndDelete(r); ok {
					then(d)
				}
			},
		}
	})
}

// yes is a decision that GitLab answers with yes, and noIn one about an operation that it answers with no.
func yes(c fakegitlab.Choice) bool { return c.GitLab }

func noIn(operation string) func(c fakegitlab.Choice) bool {
	return func(c fakegitlab.Choice) bool { return !c.GitLab && c.Operation == operation }
}

// let lets some callers do everything, if the request is of each kind.
func let(who func(c fakegitlab.Choice) bool, when ...func(r *http.Request) bool) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
			switch c.Point {
			case fakegitlab.TokenKnown, fakegitlab.ProjectVisible, fakegitlab.RoleSuffices:
				return c.GitLab || who(c) && all(when...)(c.Request)
			}
			return c.GitLab
		}}
	})
}

// hasRole is a caller with a role in the project. NoRole is a user who is not a member.
func hasRole(role fakegitlab.Role) func(c fakegitlab.Choice) bool {
	return func(c fakegitlab.Choice) bool { return isUser(c) && c.Role == role }
}

func isUser(c fakegitlab.Choice) bool      { return c.User != "" }
func isAnonymous(c fakegitlab.Choice) bool { return !isUser(c) && anonymous(c.Request) }

// showTo changes successful responses to callers with a role in the project.
func showTo(role fakegitlab.Role, change func(d *fakegitlab.ResponseDraft), operations ...string) Change {
	return inside(func() *fakegitlab.Deviation {
		var theirs sync.Map // the requests
		return &fakegitlab.Deviation{
			Decide: func(c fakegitlab.Choice) bool {
				if c.Point == fakegitlab.RoleSuffices && c.Role == role && slices.Contains(operations, c.Operation) {
					theirs.Store(c.Request, true)
				}
				return c.GitLab
			},
			Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if _, ok := theirs.LoadAndDelete(r); ok && d.Status == 200 {
					change(d)
				}
			},
		}
	})
}
