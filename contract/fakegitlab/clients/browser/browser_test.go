// Package browser drives the API documentation of glagents serve in a headless browser, as a person would. It is a
// module of its own so that the packages for that are nobody else's dependencies.
package browser

import (
	"bufio"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chromium finds a browser. Where CI is true there has to be one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const why = "there is no Chromium; on Debian: apt install chromium"
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// serve runs glagents serve until the test ends and returns its URL.
func serve(t *testing.T, binary string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, append([]string{"serve", "--log", "off"}, args...)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Wait() })
	first, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	where, ok := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	require.True(t, ok, first)
	return where
}

// tab is a tab of a browser that reaches nothing but this machine.
type tab struct {
	context.Context
	mu        sync.Mutex
	requested []string // the addresses of what it loaded
	errors    []string // what it complained about
}

func newTab(t *testing.T, path string) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 1400),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	ctx, endBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, endTab := chromedp.NewContext(ctx)
	t.Cleanup(func() { endTab(); endBrowser(); cancel() })

	b := &tab{Context: ctx}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			b.requested = append(b.requested, e.Request.URL)
		case *cdpruntime.EventExceptionThrown:
			b.errors = append(b.errors, e.ExceptionDetails.Text)
		case *cdpruntime.EventConsoleAPICalled:
			if e.Type == cdpruntime.ConsoleAPICalledTypeError {
				for _, argument := range e.Args {
					b.errors = append(b.errors, string(argument.Value)+argument.Description)
				}
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				b.errors = append(b.errors, e.Entry.Text+" "+e.Entry.URL)
			}
		}
	}))
	return b
}

// do runs actions, and leaves a picture of the page if one fails.
func (b *tab) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b, actions...); err != nil {
		b.picture(t, "failed.png")
		b.mu.Lock()
		defer b.mu.Unlock()
		require.NoError(t, err, "the browser's console: %q", b.errors)
	}
}

// picture takes a picture of what is seen of the page; with go test -artifacts -outputdir it is kept.
func (b *tab) picture(t *testing.T, name string) {
	t.Helper()
	png, err := chromedp.Run(b, chromedp.CaptureScreenshot())
	if err != nil {
		t.Logf("no picture: %v", err)
		return
	}
	path := filepath.Join(t.ArtifactDir(), name)
	require.NoError(t, os.WriteFile(path, png, 0o600))
	t.Logf("see %s", path)
}

func TestDocumentation(t *testing.T) {
	path := chromium(t)
	binary := filepath.Join(t.TempDir(), "glagents")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./contract/cmd/glagents")
	build.Dir = "../../../.." // glagents is of another module
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	for _, root := range []string{"", "/gitlab"} {
		t.Run("root "+root, func(t *testing.T) {
			gitlab := serve(t, binary, "--relative-root", root)
			b := newTab(t, path)

			// Authorize as the maintainer, with the header PRIVATE-TOKEN.
			b.do(t,
				chromedp.Navigate(gitlab+"/-/docs"),
				chromedp.Click(`.auth-wrapper .authorize`, chromedp.NodeVisible),
				chromedp.SendKeys(`//h4[contains(., "privateToken")]/ancestor::div[contains(@class, "auth-container")]//input`, "glpat-maintainer"),
				chromedp.Click(`//h4[contains(., "privateToken")]/ancestor::form//button[contains(@class, "authorize")]`),
				chromedp.Click(`.auth-container .btn-done`, chromedp.NodeVisible),
			)

			// Register an agent, and then list the agents.
			status, body := b.try(t, "createAgent", nil, `{"name": "made-in-a-browser"}`)
			assert.Equal(t, "201", status)
			assert.Contains(t, body, `"name": "made-in-a-browser"`)
			status, body = b.try(t, "listAgents", map[string]string{"per_page": "5"}, "")
			assert.Equal(t, "200", status)
			assert.Contains(t, body, `"name": "made-in-a-browser"`)
			b.picture(t, "docs.png")
			b.hasNoPrefilledHeader(t)
			b.fitsAPhone(t)

			b.mu.Lock()
			defer b.mu.Unlock()
			assert.Empty(t, b.errors, "in the browser's console")
			for _, address := range b.requested {
				u, err := url.Parse(address)
				require.NoError(t, err)
				assert.True(t, u.Scheme == "data" || strings.HasPrefix(address, gitlab+"/"), "loaded from elsewhere: %s", address)
			}
			assert.Contains(t, b.requested, gitlab+"/api/v4/projects/20/cluster_agents?page=1&per_page=5")
		})
	}
}

// hasNoPrefilledHeader looks at the parameters of an operation that has a header: the page sends none that nobody typed,
// and it says what a project's id is.
func (b *tab) hasNoPrefilledHeader(t *testing.T) {
	t.Helper()
	block := `//div[contains(@class, "opblock") and contains(@id, "-getAgent")][not(contains(@id, "Token"))]`
	b.do(t,
		chromedp.Click(block+`//button[contains(@class, "opblock-summary-control")]`),
		chromedp.Click(block+`//button[contains(@class, "try-out__btn")]`),
		chromedp.WaitVisible(block+`//tr[@data-param-name="If-None-Match"]//input`),
	)
	typed, err := chromedp.Run(b, chromedp.Evaluate[string](`document.querySelector('tr[data-param-name="If-None-Match"] input').value`))
	require.NoError(t, err)
	assert.Empty(t, typed)
	assert.Contains(t, strings.TrimSpace(b.text(t, block+`//tr[@data-param-name="id"]//div[@class="parameter__type"]`)), "integer or path")
}

// fitsAPhone looks at the page, with what was tried, on the screen of a phone.
func (b *tab) fitsAPhone(t *testing.T) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(360, 800))
	width, err := chromedp.Run(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`))
	require.NoError(t, err)
	assert.LessOrEqual(t, width, 360)
	b.picture(t, "phone.png")
}

// try tries an operation of project 20 and returns the status and body that the page shows.
func (b *tab) try(t *testing.T, operation string, parameters map[string]string, send string) (status, body string) {
	t.Helper()
	block := `//div[contains(@class, "opblock") and contains(@id, "-` + operation + `")]`
	b.do(t,
		chromedp.Click(block+`//button[contains(@class, "opblock-summary-control")]`),
		chromedp.Click(block+`//button[contains(@class, "try-out__btn")]`),
	)
	fill := func(name, value string) {
		field := block + `//tr[@data-param-name="` + name + `"]//*[self::input or self::textarea]`
		b.replace(t, field, value)
	}
	for name, value := range parameters {
		fill(name, value)
	}
	if send != "" {
		field := block + `//textarea[contains(@class, "body-param__text")]`
		b.replace(t, field, send)
	}
	answer := block + `//table[contains(@class, "live-responses-table")]`
	b.do(t,
		chromedp.Click(block+`//button[contains(@class, "execute")]`),
		chromedp.WaitVisible(answer),
		chromedp.ScrollIntoView(answer),
	)
	status = b.text(t, answer+`//tbody//td[contains(@class, "response-col_status")]`)
	return strings.TrimSpace(status), b.text(t, answer+`//tbody//*[contains(@class, "highlight-code")]//code`)
}

// replace types into a field, over what is there.
func (b *tab) replace(t *testing.T, field, text string) {
	t.Helper()
	b.do(t, chromedp.Click(field))
	_, err := chromedp.Run(b, chromedp.Evaluate[string](`document.activeElement.select(), document.activeElement.tagName`))
	require.NoError(t, err)
	b.do(t, chromedp.SendKeys(field, text))
}

// text is the text of what the selector finds.
func (b *tab) text(t *testing.T, selector string) string {
	t.Helper()
	text, err := chromedp.Run(b, chromedp.Text(selector, chromedp.NodeVisible))
	require.NoError(t, err, selector)
	return text
}
