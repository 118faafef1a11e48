package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The faults of the report that most tests open.
var someFaults = []string{"secret-in-get", "revoked-for-maintainers"}

// quiet says that the page complained about nothing and loaded nothing but itself.
func quiet(t *testing.T, b *tab) {
	t.Helper()
	assert.Empty(t, b.complaints(), "in the browser's console")
	for _, address := range b.loaded() {
		assert.True(t, strings.HasPrefix(address, "file:///") && strings.HasSuffix(address, "/report.html") || strings.HasPrefix(address, "data:image/svg+xml,"), "loaded: %s", address)
	}
}

func TestTheFirstFailureIsToldAndItsPlaceIsMarked(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t, "secret-in-get"))
	assert.Equal(t, "✗ Not conformant", eval[string](t, b, `document.querySelector("h1").innerText`))
	assert.Contains(t, eval[string](t, b, `document.querySelector(".story[open] .step.wrong mark").textContent`), "[redacted]")
	assert.Contains(t, eval[string](t, b, `document.querySelector(".story[open] .step.wrong .why").textContent`), `expected no property "token"`)
	assert.Greater(t, eval[int](t, b, `document.querySelectorAll(".story[open] .step").length`), 2)
	quiet(t, b)
}

func TestFilters(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t, someFaults...))
	all := eval[int](t, b, `document.querySelectorAll(".rule").length`)
	shown := func(what string) int {
		return eval[int](t, b, `document.querySelectorAll("`+what+`:not([hidden])").length`)
	}
	require.Greater(t, all, 150)
	assert.Equal(t, all, shown(".rule"))

	// By outcome.
	b.do(t, chromedp.Click(chromedp.CSS(`.chip.violation`)))
	violated := shown(".rule")
	assert.Equal(t, 3, violated)
	assert.Equal(t, 3, eval[int](t, b, `document.querySelectorAll(".rule.violation").length`))
	assert.Contains(t, eval[string](t, b, `document.querySelector("#shown").textContent`), fmt.Sprintf("3 of %d rules", all))
	b.do(t, chromedp.Click(chromedp.CSS(`#clear`)))
	assert.Equal(t, all, shown(".rule"))

	// By level, role and operation.
	for id, value := range map[string]string{"level": "SHOULD", "role": "guest", "operation": "revokeAgentToken"} {
		eval[bool](t, b, `(e => { e.value = "`+value+`"; e.dispatchEvent(new Event("input", {bubbles: true})); return true })(document.querySelector("#`+id+`"))`)
		kept := shown(".rule")
		assert.Greater(t, kept, 0, id)
		assert.Less(t, kept, all, id)
		if id != "level" {
			assert.Equal(t, "true", eval[string](t, b, `String([...document.querySelectorAll(".exchanges summary")].length > 0)`), "the timeline is filtered too")
		}
		b.do(t, chromedp.Click(chromedp.CSS(`#clear`)))
	}

	// By text, typed.
	b.do(t, chromedp.SendKeys(chromedp.CSS(`#text`), "CANNOT BE READ"))
	assert.Contains(t, []int{1, 2, 3}, shown(".rule"))
	assert.Greater(t, shown(".cause"), 0, "the failure is found by its sentence")
	b.do(t, chromedp.SendKeys(chromedp.CSS(`#text`), " nothing has this"))
	assert.Equal(t, 0, shown(".rule"))
	assert.Contains(t, eval[string](t, b, `document.querySelector("[aria-labelledby=rules] > .empty").innerText`), "No rule matches")
	quiet(t, b)
}

func TestTheScriptIsCopied(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t, someFaults...))
	b.do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "clipboard-read"}, Setting: browser.PermissionSettingGranted,
		})
		return err
	}))
	b.do(t, chromedp.Click(chromedp.CSS(`.script summary`)), chromedp.Click(chromedp.CSS(`.script .copies`), chromedp.NodeVisible))
	b.do(t, until(`document.querySelector("#said").textContent !== ""`))
	assert.Equal(t, "The script is copied.", eval[string](t, b, `document.querySelector("#said").textContent`))
	copied, err := chromedp.Run(b, chromedp.Evaluate[string](`navigator.clipboard.readText()`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	assert.Equal(t, eval[string](t, b, `document.querySelector(".script pre").textContent`), copied)
	assert.Contains(t, copied, "export GITLAB_URL='http://127.0.0.1:")
	assert.Contains(t, copied, `agent=$(curl `)
	quiet(t, b)
}

func TestLightAndDark(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t))
	background := func() string { return eval[string](t, b, `getComputedStyle(document.body).backgroundColor`) }
	b.look(t, 1400, "light")
	light := background()
	b.look(t, 1400, "dark")
	dark := background()
	assert.NotEqual(t, light, dark)
	b.do(t, chromedp.Click(chromedp.CSS("#theme")))
	assert.Equal(t, light, background(), "the button says more than the system")
	b.do(t, chromedp.Click(chromedp.CSS("#theme")))
	assert.Equal(t, dark, background())
	quiet(t, b)
}

func TestNothingIsWiderThanAPhone(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t, someFaults...))
	for _, width := range []int64{360, 800, 1400} {
		b.look(t, width, "light")
		eval[bool](t, b, `(() => { for (const d of document.querySelectorAll("details")) d.open = true; return true })()`)
		assert.LessOrEqual(t, eval[int64](t, b, `document.documentElement.scrollWidth`), width)
	}
}

func TestTheTimelineOpensAnExchange(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t, someFaults...))
	b.do(t, toTimeline)
	assert.Equal(t, 100, eval[int](t, b, `document.querySelectorAll(".exchanges > li").length`))
	assert.Greater(t, eval[int](t, b, `new Set([...document.querySelectorAll(".lanes rect")].map(r => r.getAttribute("y"))).size`), 1, "exchanges side by side")
	b.do(t, chromedp.Click(chromedp.CSS(`#after`)))
	assert.Contains(t, eval[string](t, b, `document.querySelector("#pages").textContent`), "101 to 200 of ")
	eval[bool](t, b, `document.querySelectorAll(".lanes rect")[5].dispatchEvent(new MouseEvent("click", {bubbles: true}))`)
	assert.Contains(t, eval[string](t, b, `document.querySelector(".exchanges details[open] .detail").textContent`), "exchange #")
	eval[bool](t, b, `(e => { e.value = "ms"; return e.dispatchEvent(new Event("change", {bubbles: true})) })(document.querySelector("#order"))`)
	assert.True(t, eval[bool](t, b, `(ms => ms.every((m, i) => !i || m <= ms[i - 1]))([...document.querySelectorAll(".exchanges .ms")].map(e => parseFloat(e.textContent) * (e.textContent.endsWith(" s") ? 1000 : 1)))`))
	quiet(t, b)
}

func TestAKeyboardReachesEverything(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t, someFaults...))
	b.do(t, chromedp.KeyEvent("\t"))
	assert.Equal(t, "Skip to the report", eval[string](t, b, `document.activeElement.textContent`))
	eval[bool](t, b, `(document.querySelector(".script > summary").focus(), true)`)
	b.do(t, chromedp.KeyEvent("\r"))
	assert.True(t, eval[bool](t, b, `document.querySelector(".script").open`))
	b.do(t, chromedp.KeyEvent("\t"))
	assert.Equal(t, "Copy", eval[string](t, b, `document.activeElement.textContent`))
	eval[bool](t, b, `(document.querySelector(".chip input").focus(), true)`)
	b.do(t, chromedp.KeyEvent(" "))
	assert.True(t, eval[bool](t, b, `document.querySelector(".chip input").checked`))
}

// What a server sends stays text.
func TestMarkupOfAServerStaysText(t *testing.T) {
	t.Parallel()
	b := open(t, hostile())
	eval[bool](t, b, `(() => {
		for (let i = 0; i < 4; i++) for (const d of document.querySelectorAll("details")) if (!d.open) d.querySelector(":scope > summary").click();
		return true
	})()`)
	b.do(t, toTimeline)
	eval[bool](t, b, `(document.querySelector(".exchanges summary").click(), true)`)
	b.do(t, chromedp.SendKeys(chromedp.CSS("#text"), "<img"))
	assert.Equal(t, "undefined", eval[string](t, b, `typeof window.attacked`))
	assert.Equal(t, "undefined", eval[string](t, b, `typeof ({}).attacked`))
	assert.Zero(t, eval[int](t, b, `document.querySelectorAll("img, [onerror], [onload]").length`))
	assert.Equal(t, 2, eval[int](t, b, `document.scripts.length`))
	assert.Zero(t, eval[int](t, b, `[...document.links].filter(a => !/^(#|https:)/.test(a.getAttribute("href"))).length`))
	assert.Contains(t, eval[string](t, b, `document.querySelector(".story mark").textContent`), "<img src=x onerror=")
	quiet(t, b)
}

// The policy allows the page's own script, and no other.
func TestThePolicyForbidsWhatThePageDoesNotNeed(t *testing.T) {
	t.Parallel()
	b := open(t, checked(t))
	for name, attempt := range map[string]string{
		"script":  `(() => { const s = document.createElement("script"); try { s.text = "window.attacked = 1" } catch {} document.body.append(s); return true })()`,
		"markup":  `(() => { try { document.body.insertAdjacentHTML("beforeend", "<b id=attacked>x</b>") } catch {} return !document.getElementById("attacked") })()`,
		"handler": `(() => { const b = document.createElement("b"); try { b.setAttribute("onclick", "window.attacked = 1") } catch {} b.click(); return true })()`,
	} {
		assert.True(t, eval[bool](t, b, attempt), name)
		assert.Equal(t, "undefined", eval[string](t, b, `typeof window.attacked`), name)
	}
	sent, err := chromedp.Run(b, chromedp.Evaluate[bool](`fetch("https://gitlab.example.com/").then(() => true, () => false)`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	assert.False(t, sent)
	assert.Contains(t, strings.Join(b.complaints(), "\n"), "Content Security Policy")
}

func TestAccessibility(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("axe-core is not installed; run npm ci here")
	}
	require.NoError(t, err)
	b := newTab(t)
	b.do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}) // for axe's own markup
		return err
	}))
	b.do(t, chromedp.Navigate(write(t, checked(t, someFaults...))))
	_, err = chromedp.Run(b, chromedp.Evaluate[bool](string(axe)+"; true"))
	require.NoError(t, err)
	for _, width := range []int64{360, 1400} {
		for _, scheme := range []string{"light", "dark"} {
			b.look(t, width, scheme)
			eval[bool](t, b, `(() => { for (const d of document.querySelectorAll(".follows, .story, .script, .overview details")) d.open = true; return true })()`)
			b.do(t, toTimeline)
			found, err := chromedp.Run(b, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " " + n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
			require.NoError(t, err)
			var violations []any
			require.NoError(t, json.Unmarshal([]byte(found), &violations))
			pretty, _ := json.MarshalIndent(violations, "", " ")
			assert.Empty(t, violations, "%d px, %s: %s", width, scheme, pretty)
		}
	}
}

// Five thousand exchanges do not make the page slow: the browser's own measure of when it could be used. It is a limit on
// what is done before somebody asks, so it counts elements, not seconds; BenchmarkOpen has the seconds.
func TestALongTimelineIsNotRenderedAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t, large(checked(t, someFaults...), 5000))
	assert.Less(t, eval[int](t, b, `document.querySelectorAll("*").length`), 6000)
	b.do(t, toTimeline)
	assert.Equal(t, 5000, eval[int](t, b, `document.querySelectorAll(".lanes rect").length`))
	assert.Equal(t, 100, eval[int](t, b, `document.querySelectorAll(".exchanges > li").length`))
}

// BenchmarkOpen measures in the browser how long a report of 5,000 exchanges takes until it can be used.
func BenchmarkOpen(b *testing.B) {
	address := write(b, large(checked(b, someFaults...), 5000))
	tab := newTab(b)
	for b.Loop() {
		tab.do(b, chromedp.Navigate(address))
		b.ReportMetric(eval[float64](b, tab, `performance.getEntriesByType("navigation")[0].loadEventEnd`), "load-ms")
		b.ReportMetric(eval[float64](b, tab, `(() => { const t = performance.now(); document.querySelector("#text").value = "agent"; document.querySelector("#text").dispatchEvent(new Event("input", {bubbles: true})); document.body.offsetHeight; return performance.now() - t })()`), "first-filter-ms")
	}
}
