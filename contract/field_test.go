package contract_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/fakegitlab/front"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// behind is the fake with a case of the field in front of it, after some requests.
func behind(t *testing.T, name string, after int, options ...fakegitlab.Option) http.Handler {
	t.Helper()
	data, err := front.Case(name)
	require.NoError(t, err)
	handler, err := front.New(data, fake(t, options...), after)
	require.NoError(t, err)
	return handler
}

// TestCheckDoesNotBegin has situations from public reports in which nothing can be checked: the check says why, and blames
// nobody.
func TestCheckDoesNotBegin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handler func(t *testing.T) http.Handler
		change  func(*contract.Target)
		code    string
		says    []string
	}{
		"the project is archived": {
			handler: func(t *testing.T) http.Handler {
				return fake(t, fakegitlab.After(0, func(s *fakegitlab.Server) { _ = s.SetArchived(20, true) }))
			},
			code: "project-archived", says: []string{"archived", "--read-only"},
		},
		"the instance is read-only": {
			handler: func(t *testing.T) http.Handler { return fake(t, fakegitlab.ReadOnly()) },
			code:    "instance-read-only", says: []string{"You cannot perform write operations on a read-only instance", "--read-only"},
		},
		"a front answers writes as a read-only instance": {
			handler: func(t *testing.T) http.Handler { return behind(t, "02-read-only-instance", 0) },
			code:    "instance-read-only", says: []string{"You cannot perform write operations on a read-only instance"},
		},
		"a CDN sends a challenge": {
			handler: func(t *testing.T) http.Handler { return behind(t, "04-cdn-challenge", 0) },
			code:    "in-between", says: []string{"challenge"},
		},
		"a fine-grained token lacks a permission": {
			handler: func(t *testing.T) http.Handler { return behind(t, "05-granular-permission", 0) },
			code:    "token-lacks-permission", says: []string{"read_cluster_agent"},
		},
		"a fine-grained token may not read tokens": {
			handler: func(t *testing.T) http.Handler { return behind(t, "granular-no-token-reads", 0) },
			code:    "token-lacks-permission", says: []string{"read_cluster_agent_token"},
		},
		"the token is the pipeline's job token": {
			handler: func(t *testing.T) http.Handler { return fake(t) },
			change:  func(target *contract.Target) { target.Tokens[contract.Maintainer] = "glcbt-64_abcdefghijklmnopqrst" },
			code:    "token-of-another-kind", says: []string{"a job token is not accepted"},
		},
		"Apache refuses an encoded slash": {
			handler: func(t *testing.T) http.Handler { return behind(t, "08-apache-encoded-slash", 0) },
			code:    "in-between", says: []string{"Apache", "AllowEncodedSlashes NoDecode"},
		},
		"a proxy wants credentials": {
			handler: func(t *testing.T) http.Handler { return behind(t, "10-proxy-407", 0) },
			code:    "in-between", says: []string{"proxy"},
		},
		"another website answers everything": {
			handler: func(t *testing.T) http.Handler { return behind(t, "11-any-website-200", 0) },
			code:    "not-gitlab", says: []string{"no GitLab API"},
		},
		"http redirects to https": {
			handler: func(t *testing.T) http.Handler { return behind(t, "23-https-redirect", 0) },
			code:    "redirects", says: []string{"https://"},
		},
		"the role is too low for writes": {
			handler: func(t *testing.T) http.Handler { return fake(t) },
			change: func(target *contract.Target) {
				target.Tokens = map[contract.Role]string{contract.Maintainer: "glpat-developer"}
			},
			code: "role-too-low", says: []string{"developer", "--read-only"},
		},
		"the project's group is archived": {
			handler: func(t *testing.T) http.Handler { return behind(t, "group-archived", 0) },
			code:    "project-archived", says: []string{"the group root of the project is archived", "--read-only"},
		},
		"the project is marked for deletion": {
			handler: func(t *testing.T) http.Handler { return behind(t, "marked-for-deletion", 0) },
			code:    "project-marked-for-deletion", says: []string{"marked for deletion", "--read-only"},
		},
		"GitLab says why it refuses writes": {
			handler: func(t *testing.T) http.Handler { return behind(t, "license-expired", 0) },
			code:    "refused-with-reason", says: []string{"Your license has expired"},
		},
		"Traefik refuses an escaped slash": {
			handler: func(t *testing.T) http.Handler { return behind(t, "traefik-encoded-slash", 0) },
			code:    "in-between", says: []string{"%2F", "Traefik"},
		},
		"every answer is null": {
			handler: func(t *testing.T) http.Handler { return behind(t, "only-null", 0) },
			code:    "not-gitlab", says: []string{"answers as a GitLab does"},
		},
		"the network wants a sign-in": {
			handler: func(t *testing.T) http.Handler { return behind(t, "captive-portal-511", 0) },
			code:    "sign-in", says: []string{"511", "Sign in to the network"},
		},
		"something removes the queries": {
			handler: func(t *testing.T) http.Handler { return withoutQueries(fake(t)) },
			code:    "query-lost", says: []string{"did not get the query"},
		},
		"something compresses what nobody asked to be compressed": {
			handler: func(t *testing.T) http.Handler { return compressed(fake(t)) },
			code:    "in-between", says: []string{"is compressed (zstd), though nobody asked"},
		},
		"the project does not exist": {
			handler: func(t *testing.T) http.Handler { return fake(t) },
			change:  func(target *contract.Target) { target.Project = "root/none" },
			code:    "project-unknown", says: []string{"root/none"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := targetOf(t, test.handler(t))
			if test.change != nil {
				test.change(&target)
			}
			_, err := contract.Run(t.Context(), target, contract.Options{Clock: &jumpingClock{}})
			var setup *contract.SetupError
			require.True(t, errors.As(err, &setup), "%v", err)
			assert.Equal(t, test.code, setup.Problem.Code)
			assert.Empty(t, setup.Left)
			for _, text := range test.says {
				assert.Contains(t, setup.Error(), text)
			}
		})
	}
}

// TestAnotherReleaseIsGiven gives a release or an edition that is not what GitLab says: it was upgraded, for example.
func TestAnotherReleaseIsGiven(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		release contract.Release
		edition contract.Edition
		says    string // empty if the check begins
	}{
		"another release": {contract.Release{Major: 15, Minor: 4}, contract.AnyEdition, "the GitLab says that it is 19.1.0, and --gitlab-version says 15.4\n  Leave --gitlab-version out"},
		"another edition": {contract.Release{}, contract.Enterprise, "the GitLab says that it is CE, and --edition says EE"},
		"the same":        {contract.Release{Major: 19, Minor: 1}, contract.Community, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := contract.Run(t.Context(), targetOf(t, fake(t)), contract.Options{Clock: &jumpingClock{}, Release: test.release, Edition: test.edition, Rules: []string{"agents/read"}})
			if test.says == "" {
				require.NoError(t, err)
				return
			}
			var setup *contract.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Contains(t, setup.Error(), test.says)
		})
	}
}

// compressed compresses every answer.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		if answer.Body.Len() == 0 {
			w.WriteHeader(answer.Code)
			return
		}
		w.Header().Set("Content-Encoding", "zstd")
		w.WriteHeader(answer.Code)
		z, _ := zstd.NewWriter(w)
		_, _ = z.Write(answer.Body.Bytes())
		z.Close()
	})
}

// withoutQueries removes the query of every request.
func withoutQueries(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = ""
		r.RequestURI = r.URL.EscapedPath()
		next.ServeHTTP(w, r)
	})
}

// TestBareRefusalIsGitLabs is the mirror: where nothing explains it, a maintainer who may not create is GitLab's fault.
func TestBareRefusalIsGitLabs(t *testing.T) {
	t.Parallel()
	result := check(t, targetOf(t, behind(t, "bare-403", 0)), contract.Options{Clock: &jumpingClock{}})
	assert.Contains(t, broken(result), "agents/create")
	assert.Equal(t, contract.Violated, result.Exit(false))
}

// TestWhatTheRehearsalLeavesIsNamed has a proxy that refuses deletes: the agent of the rehearsal stays, and is named.
func TestWhatTheRehearsalLeavesIsNamed(t *testing.T) {
	t.Parallel()
	_, err := contract.Run(t.Context(), targetOf(t, behind(t, "deletes-refused", 0)), contract.Options{Clock: &jumpingClock{}})
	var setup *contract.SetupError
	require.ErrorAs(t, err, &setup)
	assert.Equal(t, "in-between", setup.Problem.Code)
	assert.Contains(t, setup.Problem.Means, "nginx")
	require.Len(t, setup.Left, 1)
	assert.Contains(t, setup.Left[0], "rehearsal")
}

// TestClockOfAProxy has a proxy whose clock is wrong. What is wrong with GitLab's own times is still found.
func TestClockOfAProxy(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	ahead := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
			next.ServeHTTP(w, r)
		})
	}
	result := check(t, targetOf(t, ahead(fake(t))), contract.Options{})
	assert.Empty(t, broken(result))
	all := faults.All()
	fault := all[slices.IndexFunc(all, func(f faults.Fault) bool { return f.Name == "created-in-local-time" })]
	result = check(t, targetOf(t, ahead(faults.Around(fake(t, faults.Options(fault)...), fault))), contract.Options{})
	assert.Contains(t, broken(result), "agents/created-at-is-now")
}

// TestNobodyAnswersAnyMore has servers that are gone from some request on: the check ends soon, and says what is left.
func TestNobodyAnswersAnyMore(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(http.ResponseWriter){
		"503 from now on":        func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"connections are closed": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"429 for the next hour": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fake(t)
			var requests atomic.Int64
			clock := &jumpingClock{} // it adds up what is waited side by side
			target := targetOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > 90 {
					gone(w)
					return
				}
				server.ServeHTTP(w, r)
			}))
			result := check(t, target, contract.Options{Clock: clock, Parallel: 1})
			assert.Empty(t, broken(result))
			assert.NotEmpty(t, result.Left)
			assert.Equal(t, contract.Failed, result.Exit(true))
			assert.Less(t, clock.skipped, 10*time.Minute)
			assert.Less(t, requests.Load(), int64(400), "agents are tried one by one though nobody answers")
		})
	}
}

// TestGroundGoes has checks whose ground goes in the middle: they end, blame nobody but what is in between, and say why.
func TestGroundGoes(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	const after = 70
	change := func(f func(*fakegitlab.Server)) func(t *testing.T) http.Handler {
		return func(t *testing.T) http.Handler { return fake(t, fakegitlab.After(after, f)) }
	}
	for name, test := range map[string]struct {
		handler func(t *testing.T) http.Handler
		code    string
	}{
		"the token expires": {
			func(t *testing.T) http.Handler { return behind(t, "25-token-expires-midway", after) }, "token-expired"},
		"a CDN begins to send challenges": {
			func(t *testing.T) http.Handler { return behind(t, "04-cdn-challenge", after) }, "in-between"},
		"a sign-in page appears": {
			func(t *testing.T) http.Handler { return behind(t, "sso-sign-in", after) }, "sign-in"},
		"the address is banned": {
			func(t *testing.T) http.Handler { return behind(t, "address-banned", after) }, "address-refused"},
		"the group is archived": {
			func(t *testing.T) http.Handler { return behind(t, "group-archived", after) }, "project-archived"},
		"the instance becomes read-only": {change(func(s *fakegitlab.Server) { s.SetReadOnly(true) }), "instance-read-only"},
		"the project is archived":        {change(func(s *fakegitlab.Server) { _ = s.SetArchived(20, true) }), "project-archived"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := check(t, targetOf(t, test.handler(t)), contract.Options{})
			require.NotNil(t, result.Ended, "the check goes on")
			assert.Equal(t, test.code, result.Ended.Code)
			for id, finding := range broken(result) {
				assert.Equal(t, "delivery/answered-by-gitlab", id, finding)
			}
			assert.NotEqual(t, contract.Conformant, result.Exit(false))
			assert.NotEmpty(t, result.Left, "what could not be removed is named")
		})
	}
}

// TestListsAreNotAtomic has a GitLab that counts first and selects later, as GitLab does, while the check itself writes and
// while another user does. Nothing is a violation.
func TestListsAreNotAtomic(t *testing.T) {
	t.Parallel()
	checks := 5
	if racedetector.On {
		checks = 2
	}
	for range checks {
		server := fake(t, fakegitlab.SelectAfter(5*time.Millisecond))
		result := check(t, targetOf(t, server), contract.Options{Parallel: 24})
		assert.Empty(t, broken(result))
		assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
	}
}

// TestOthersReadLater has replicas that are behind for users who did not write.
func TestOthersReadLater(t *testing.T) {
	t.Parallel()
	server := fake(t, fakegitlab.ReplicaLag(300*time.Millisecond))
	result, err := contract.Run(t.Context(), targetOf(t, server), contract.Options{})
	require.NoError(t, err)
	assert.Empty(t, broken(result))
	assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
}
