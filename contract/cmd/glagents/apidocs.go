package main

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"example.com/gitlab-agents/generated"
	"example.com/gitlab-agents/openapi"
)

// documentation is a GitLab that has pages about its API as well: the OpenAPI document at /-/openapi.yaml and
// /-/openapi.json, and at /-/docs that document with requests to try.
type documentation struct {
	gitlab http.Handler
	root   string // the relative root
	yaml   string // the path of the document, relative root included
	json   string // the same as JSON
	pages  string // the path of the first page; the others are below it
	ui     http.Handler
}

func newDocumentation(root string, gitlab http.Handler) *documentation {
	d := &documentation{gitlab: gitlab, root: root, yaml: root + "/-/openapi.yaml", json: root + "/-/openapi.json", pages: root + "/-/docs"}
	d.ui = v5emb.NewHandlerWithConfig(swgui.Config{
		Title:       "GitLab Agents API",
		SwaggerJSON: d.yaml,
		BasePath:    d.pages,
		AppendHead:  forPhones,
		PrependHTML: hint,
		SettingsUI: map[string]string{
			"plugins":                "[SwaggerUIBundle.plugins.DownloadUrl, " + forPeople + "]",
			"persistAuthorization":   "true",
			"displayRequestDuration": "true",
		},
	})
	return d
}

// hint stands above the documentation.
const hint = `<p style="margin: 1em auto; max-width: 1460px; padding: 0 20px; font-family: sans-serif">
This is a fake GitLab. Authorize with one of its access tokens, such as glpat-maintainer in its default data.</p>`

// forPhones makes the page as wide as the screen.
const forPhones = `<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px }
  .swagger-ui .opblock .opblock-summary { flex-wrap: wrap }
  .swagger-ui .opblock-summary-path { max-width: 100%; overflow-wrap: anywhere }
  .swagger-ui table.parameters, .swagger-ui table.parameters > tbody, .swagger-ui table.parameters > tbody > tr, .swagger-ui table.parameters > tbody > tr > td { display: block; padding: 4px 0 }
  .swagger-ui table.parameters > thead { display: none }
  .swagger-ui .opblock-body, .swagger-ui .scheme-container { overflow-x: auto }
  .swagger-ui .parameters-col_description input, .swagger-ui .parameters-col_description select { max-width: 100%; width: 100% }
}
</style>`

// forPeople is a plugin of Swagger UI. It changes what the page shows, and not the document: the type of a project's id,
// which Swagger UI calls "any", and the examples of headers, which it would send with each request.
const forPeople = `() => ({statePlugins: {spec: {wrapActions: {updateJsonSpec: (update) => (spec) => {
	const shown = structuredClone(spec);
	for (const parameter of Object.values(shown.components?.parameters ?? {})) {
		if (parameter.in === "header") delete parameter.example;
		if (parameter.name === "id") parameter.schema = {type: "integer or path"};
	}
	return update(shown);
}}}}})`

// fromHere lets a page load nothing from elsewhere. Swagger UI has styles and scripts in the page, and images in URLs.
const fromHere = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

func (d *documentation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// No http.ServeMux: it redirects paths that GitLab takes as they are.
	switch path := r.URL.Path; {
	case path == d.yaml:
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(documentAsYAML(d.api(r)))
	case path == d.json:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(documentAsJSON(d.api(r)))
	case path == d.pages || strings.HasPrefix(path, d.pages+"/"):
		w.Header().Set("Content-Security-Policy", fromHere)
		d.ui.ServeHTTP(w, r)
	case strings.TrimSuffix(path, "/") == d.root:
		http.Redirect(w, r, d.pages, http.StatusFound)
	default:
		d.gitlab.ServeHTTP(w, r)
	}
}

// api is the URL of the API, as the client reached it.
func (d *documentation) api(r *http.Request) string { return baseURL(r) + d.root + "/api/v4" }

// baseURL is how the client reached the server: scheme and host.
func baseURL(r *http.Request) string {
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// The part of the document that says where GitLab is.
var (
	yamlServers = regexp.MustCompile(`(?m)^servers:\n(?:[ #].*\n|\n)*`)
	jsonServers = regexp.MustCompile(`(?ms)^  "servers": \[$.*?^  \],$`)
)

// documentAsYAML is the document of a GitLab whose API is at that URL.
func documentAsYAML(url string) []byte {
	here := "servers:\n  - url: " + strconv.Quote(url) + "\n    description: This fake GitLab\n"
	return yamlServers.ReplaceAllLiteral(openapi.Document, []byte(here))
}

// documentAsJSON is the same as JSON.
func documentAsJSON(url string) []byte {
	here := `  "servers": [{"url": ` + strconv.Quote(url) + `, "description": "This fake GitLab"}],`
	return jsonServers.ReplaceAllLiteral(generated.OpenAPI, []byte(here))
}
