// Package browser opens HTML reports in a headless browser, as a person would. It is a module of its own so that the
// packages for that are nobody else's dependencies.
package browser

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/report"
)

// chromium finds a browser. Where CI is true there has to be one.
func chromium(t testing.TB) string {
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

// tab is a tab of a browser that reaches nothing but files.
type tab struct {
	context.Context
	mu        sync.Mutex
	requested []string // the addresses of what it loaded
	errors    []string // what it complained about
}

func newTab(t testing.TB) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1400, 1000),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
	)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	ctx, endBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, endTab := chromedp.NewContext(ctx)
	t.Cleanup(func() { endTab(); endBrowser(); cancel() })

	b := &tab{Context: ctx}
	require.NoError(t, chromedp.Listen(ctx, b.notice))
	return b
}

// notice keeps what the page loads, and what it complains about.
func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requested = append(b.requested, e.Request.URL)
	case *cdpruntime.EventExceptionThrown:
		b.errors = append(b.errors, e.ExceptionDetails.Text)
	case *cdpruntime.EventConsoleAPICalled:
		for _, argument := range e.Args {
			b.errors = append(b.errors, string(argument.Value)+argument.Description)
		}
	case *log.EventEntryAdded:
		b.errors = append(b.errors, e.Entry.Text+" "+e.Entry.URL)
	}
}

// complaints are what the browser's console has.
func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.errors...)
}

// loaded are the addresses of what was loaded.
func (b *tab) loaded() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requested...)
}

// write writes a report to a file, and returns its address.
func write(t testing.TB, r *report.Report) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, report.HTML{}.Write(&out, r))
	return file(t, out.Bytes())
}

// writeComparison writes what changed from one report to another, and returns the address of the page.
func writeComparison(t testing.TB, before, after *report.Report) string {
	t.Helper()
	var old, new, out bytes.Buffer
	require.NoError(t, report.JSON{}.Write(&old, before))
	require.NoError(t, report.JSON{}.Write(&new, after))
	comparison, err := report.Compare(&old, &new)
	require.NoError(t, err)
	require.NoError(t, report.HTML{}.WriteComparison(&out, comparison))
	return file(t, out.Bytes())
}

func file(t testing.TB, page []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(path, page, 0o600))
	return "file://" + path
}

// open opens a report.
func open(t testing.TB, r *report.Report) *tab {
	t.Helper()
	b := newTab(t)
	b.do(t, chromedp.Navigate(write(t, r)))
	return b
}

// do runs actions, and leaves a picture of the page if one fails.
func (b *tab) do(t testing.TB, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(b, actions...), "the browser's console: %q", b.complaints())
}

// eval is what an expression is in the page.
func eval[T any](t testing.TB, b *tab, expression string) T {
	t.Helper()
	value, err := chromedp.Run(b, chromedp.Evaluate[T](expression))
	require.NoError(t, err, expression)
	return value
}

// look sets the width of the page, and whether it is light or dark.
func (b *tab) look(t testing.TB, width int64, scheme string) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(width, 1000), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

// picture takes a picture of the page.
func (b *tab) picture(t testing.TB, take chromedp.Action[[]byte]) []byte {
	t.Helper()
	png, err := chromedp.Run(b, take)
	require.NoError(t, err)
	return png
}

// until waits for an expression to be true.
func until(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Poll[bool](expression)(ctx, target)
		return err
	})
}

// toTimeline scrolls to the timeline, and waits for it to be drawn.
var toTimeline = chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
	if _, err := chromedp.Evaluate[bool](`(document.querySelector("#timeline").scrollIntoView(), true)`)(ctx, target); err != nil {
		return err
	}
	_, err := until(`document.querySelector(".exchanges summary") !== null`)(ctx, target)
	return err
})
