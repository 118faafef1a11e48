package setup

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

var (
	number = regexp.MustCompile(`^[0-9]+$`)
	// belowProject is what follows a project's path in the URL of a page.
	belowProject = regexp.MustCompile(`(/-/.*|\.git/?|/+)$`)
	sshURL       = regexp.MustCompile(`^[A-Za-z0-9_.-]+@[^:/]+:(.+)$`)
)

// CheckProject takes a text for a project: its id, or its full path with all groups in front. The option is what the
// project was given with, such as --project, and base the URL of the GitLab, with its relative root.
func CheckProject(text, option, base string) *Problem {
	path := projectPath(text, base)
	do := fmt.Sprintf("Use %s %s.", option, path)
	problem := func(means string) *Problem { return &Problem{Code: ProjectForm, Means: means, Do: do} }
	switch {
	case strings.TrimSpace(text) == "":
		return &Problem{Code: ProjectMissing, Means: "no project is given", Do: "Use " + option + " with the project's id or its full path, such as group/project."}
	case number.MatchString(text):
		return nil
	case !strings.Contains(path, "/") || strings.HasPrefix(path, "/"):
		return &Problem{
			Code: ProjectForm, Means: fmt.Sprintf("%q is no full path of a project: the group is missing", text),
			Do: "Use " + option + " with the project's id or its full path, such as group/" + lastPart(path) + ".",
		}
	case path == text:
		return nil
	case strings.Contains(text, "://") || sshURL.MatchString(text):
		return problem(fmt.Sprintf("%q is a URL, not a project's path", shownURL(text)))
	case strings.Contains(strings.ToLower(text), "%2f"):
		return problem(fmt.Sprintf("%q is escaped already: a project's path is written with slashes", text))
	case strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/"):
		return problem(fmt.Sprintf("%q has a slash too many: a project's path has none in front and none at the end", text))
	case strings.HasSuffix(text, ".git"):
		return problem(fmt.Sprintf("%q is the address of a repository: a project's path has no .git", text))
	case strings.TrimSpace(text) != text:
		return problem(fmt.Sprintf("%q has white space around the project's path", text))
	}
	return problem(fmt.Sprintf("%q is no path of a project", text))
}

// projectPath is the full path that is meant by a text.
func projectPath(text, base string) string {
	path := strings.TrimSpace(text)
	if m := sshURL.FindStringSubmatch(path); m != nil {
		path = m[1]
	}
	if strings.Contains(path, "://") {
		u, err := url.Parse(path)
		if err != nil {
			return ""
		}
		path = u.EscapedPath()
		if b, err := url.Parse(base); err == nil && b.Host == u.Host {
			path = strings.TrimPrefix(path, strings.TrimSuffix(b.EscapedPath(), "/"))
		}
		path = strings.TrimPrefix(path, "/api/v4/projects/")
	}
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	for belowProject.MatchString(path) {
		path = belowProject.ReplaceAllString(path, "")
	}
	return strings.TrimLeft(path, "/")
}

func lastPart(path string) string {
	if part := path[strings.LastIndex(path, "/")+1:]; part != "" {
		return part
	}
	return "project"
}

// shownURL is a URL without the credentials that people copy with it.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// sameProject says whether two texts name one project. GitLab does not tell capitals apart in paths.
func sameProject(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
