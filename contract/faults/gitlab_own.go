package faults

import (
	"net/http"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// Deviations like mistakes in GitLab's own code. Each is for one line of the table.

// errorsPrintedAsObject prints the model's errors with Ruby's inspect instead of as an array.
func errorsPrintedAsObject() *fakegitlab.Deviation {
	return &fakegitlab.Deviation{Reason: func(_ string, messages []string) string {
		errors := make([]string, len(messages))
		for i, message := range messages {
			attribute, _, _ := strings.Cut(strings.ToLower(message), " ")
			errors[i] = "#<ActiveModel::Error attribute=" + attribute + ", type=invalid, options={}>"
		}
		return "#<ActiveModel::Errors [" + strings.Join(errors, ", ") + "]>"
	}}
}

// errorsPrintedAsSentence joins the model's errors to a sentence.
func errorsPrintedAsSentence() *fakegitlab.Deviation {
	return &fakegitlab.Deviation{Reason: func(_ string, messages []string) string {
		return strings.Join(messages, " and ")
	}}
}

// lastModelErrorMissing leaves out the last of several errors of the model.
func lastModelErrorMissing() *fakegitlab.Deviation {
	return &fakegitlab.Deviation{ModelErrors: func(_ string, messages []string) []string {
		if len(messages) > 1 {
			return messages[:len(messages)-1]
		}
		return messages
	}}
}

// firstModelErrorMissing leaves out the first of several errors of the model.
func firstModelErrorMissing() *fakegitlab.Deviation {
	return &fakegitlab.Deviation{ModelErrors: func(_ string, messages []string) []string {
		if len(messages) > 1 {
			return messages[1:]
		}
		return messages
	}}
}

// modelErrorsReworded says what is wrong with an agent or token in other words.
func modelErrorsReworded() *fakegitlab.Deviation {
	words := strings.NewReplacer(
		"can't be blank", "must be given",
		"is too long (maximum is", "is longer than allowed (up to",
		"has already been taken", "is in use",
		"can contain only", "may have only",
	)
	return &fakegitlab.Deviation{ModelErrors: func(_ string, messages []string) []string {
		reworded := make([]string, len(messages))
		for i, message := range messages {
			reworded[i] = words.Replace(message)
		}
		return reworded
	}}
}

// overrule decides one point against GitLab, where applies says so.
func overrule(point fakegitlab.Point, decision bool, applies func(fakegitlab.Choice) bool) *fakegitlab.Deviation {
	return &fakegitlab.Deviation{Decide: func(c fakegitlab.Choice) bool {
		if c.Point == point && applies(c) {
			return decision
		}
		return c.GitLab
	}}
}

func inEveryCase(fakegitlab.Choice) bool { return true }

// projectByLeadingDigits takes /projects/20abc for project 20.
func projectByLeadingDigits() *fakegitlab.Deviation {
	return overrule(fakegitlab.ProjectIDExact, false, inEveryCase)
}

// projectPathCaseSensitive does not find a project by its path in another case.
func projectPathCaseSensitive() *fakegitlab.Deviation {
	return overrule(fakegitlab.PathCaseIgnored, false, inEveryCase)
}

// nulInPathAccepted does not refuse a path with a NUL byte as malformed.
func nulInPathAccepted() *fakegitlab.Deviation {
	return overrule(fakegitlab.Malformed, false, func(c fakegitlab.Choice) bool {
		return strings.ContainsRune(c.Request.URL.Path, 0)
	})
}

// privateProjectRevealed refuses strangers as it refuses guests. A stranger learns from 403, or from 404 "ClusterAgents",
// that a private project exists.
func privateProjectRevealed() *fakegitlab.Deviation {
	return overrule(fakegitlab.ProjectVisible, true, inEveryCase)
}

// readTokenMayWrite accepts writes with an access token that has only the scope read_api.
func readTokenMayWrite() *fakegitlab.Deviation {
	return overrule(fakegitlab.InScope, true, func(c fakegitlab.Choice) bool {
		return strings.Contains(strings.Join(c.Scopes, " "), "read_api")
	})
}

// readTokenMayNothing refuses an access token that has only the scope read_api.
func readTokenMayNothing(c fakegitlab.Choice) bool {
	return c.GitLab && !slices.Equal(c.Scopes, []string{"read_api"})
}

// expiredTokenMayRead accepts reads with an access token that has expired.
func expiredTokenMayRead() *fakegitlab.Deviation {
	return overrule(fakegitlab.TokenValid, true, func(c fakegitlab.Choice) bool {
		return c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	})
}
