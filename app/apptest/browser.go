// Package apptest drives the program as people do: a real browser, at the sizes
// of a phone and of a desk.
package apptest

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// stepLimit is how long one step of a story may take before the test gives up.
const stepLimit = 30 * time.Second

// Browser is one window of a headless Chromium.
type Browser struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// Open starts a browser with a profile of its own that closes with the test.
func Open(t testing.TB, more ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("force-prefers-reduced-motion", true), // what is clicked stands still
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	return window(t, allocator)
}

// Stranger opens a window of the same program that shares nothing with the others,
// as on somebody else's machine.
func (b *Browser) Stranger() *Browser {
	b.t.Helper()
	return window(b.t, b.ctx, chromedp.WithNewBrowserContext())
}

// Window opens a second window of the same browser, with the same cookies.
func (b *Browser) Window() *Browser {
	b.t.Helper()
	return window(b.t, b.ctx)
}

func window(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &Browser{t: t, ctx: ctx}
	// The library panics when a browser that did not start is asked a second time.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			// A refused form answers 422, which the browser calls a failure to load.
			refused := strings.Contains(m.Text, "Failed to load resource") && strings.Contains(m.Text, "422")
			if !refused && (m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException) {
				b.mu.Lock()
				b.complaints = append(b.complaints, m.Text)
				b.mu.Unlock()
			}
		}
	}()
	return b
}

// Complaints are the errors that pages wrote to the console, uncaught exceptions
// of scripts among them. A story ends with none.
func (b *Browser) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.complaints)
}

// Do runs steps and fails the test when one does not succeed in time.
func (b *Browser) Do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepLimit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v%s", what, err, b.where())
	}
}

// ask runs one action that answers something.
func ask[T any](b *Browser, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepLimit)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("%s: %v%s", what, err, b.where())
	}
	return value
}

// Eval answers a JavaScript expression.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	return ask(b, "evaluate "+expression, chromedp.Evaluate[T](expression))
}

// where describes the page on which a step failed.
func (b *Browser) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	page, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 1500)`))
	if err != nil {
		return ""
	}
	return "\nat " + page
}

// Phone makes the window a phone's, 390×844.
func (b *Browser) Phone() { b.size(390, 844, true) }

// Desk makes the window a desk's, 1440×900.
func (b *Browser) Desk() { b.size(1440, 900, false) }

// Wall makes the window a big screen's, 2560×1440.
func (b *Browser) Wall() { b.size(2560, 1440, false) }

func (b *Browser) size(width, height int64, phone bool) {
	b.t.Helper()
	var options []chromedp.EmulateViewportOption
	if phone {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.Do("set size", chromedp.EmulateViewport(width, height, options...))
}

// Visit opens an address.
func (b *Browser) Visit(address string) {
	b.t.Helper()
	b.Do("visit "+address, chromedp.Navigate(address))
}

// Fill writes into fields by their name attribute, in place of what stands there.
func (b *Browser) Fill(pairs ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		field := chromedp.CSS(`[name="` + pairs[i] + `"]`)
		b.Do("fill "+pairs[i], chromedp.WaitVisible(field), chromedp.SetValue(field, pairs[i+1]))
	}
}

// Press clicks what a selector finds and waits for the page that follows.
func (b *Browser) Press(selector string) {
	b.t.Helper()
	b.press(selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// press clicks, once nothing moves any more, and waits for the page that follows.
func (b *Browser) press(what string, click chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.Settled()
	ctx, cancel := context.WithTimeout(b.ctx, stepLimit)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, click); err != nil {
		b.t.Fatalf("press %s: %v%s", what, err, b.where())
	}
}

// Tap clicks what a selector finds where no new page follows.
func (b *Browser) Tap(selector string) {
	b.t.Helper()
	b.Settled()
	b.Do("tap "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Text answers the visible text of the first match.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	return strings.TrimSpace(ask(b, "read "+selector, chromedp.Text(chromedp.CSS(selector))))
}

// Attribute answers an attribute of the first match.
func (b *Browser) Attribute(selector, name string) string {
	b.t.Helper()
	got := ask(b, "read "+name+" of "+selector, chromedp.AttributeValue(chromedp.CSS(selector), name))
	if !got.Exists {
		b.t.Fatalf("%s has no attribute %s", selector, name)
	}
	return got.Value
}

// Await waits until an expression of JavaScript is true.
func (b *Browser) Await(what, expression string) {
	b.t.Helper()
	await(b, what, `!!(`+expression+`)`, func(is bool) bool { return is })
}

// AwaitText waits until an expression of JavaScript answers a text that is not
// empty, and answers it.
func (b *Browser) AwaitText(what, expression string) string {
	b.t.Helper()
	return await(b, what, expression, func(text string) bool { return text != "" })
}

// lookEvery is how long a page is left alone between two looks at it.
const lookEvery = 20 * time.Millisecond

// await asks a page again and again, from outside: the page may have no scripts, or
// give way to the next one meanwhile.
func await[T any](b *Browser, what, expression string, enough func(T) bool) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepLimit)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
		if err == nil && enough(got) {
			return got
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("await %s: answered %v, %v%s", what, got, err, b.where())
		case <-tick.C:
		}
	}
}

// At answers the address of the page.
func (b *Browser) At() string {
	b.t.Helper()
	return ask(b, "read address", chromedp.Location())
}

// Context is for steps that this package has no word for.
func (b *Browser) Context() context.Context { return b.ctx }

// Status answers the HTTP status that the page came with.
func (b *Browser) Status() int {
	b.t.Helper()
	return Eval[int](b, `performance.getEntriesByType("navigation")[0].responseStatus`)
}

// Settled waits until everything that the page is drawn with is there.
func (b *Browser) Settled() {
	b.t.Helper()
	b.Await("the page to be drawn", `document.readyState === "complete" && document.fonts.status === "loaded" && [...document.images].every(i => i.complete)`)
}

// WholePicture writes the page as a PNG, also what the window does not reach.
func (b *Browser) WholePicture(path string) {
	b.t.Helper()
	if err := os.WriteFile(path, ask(b, "whole picture", chromedp.FullScreenshot(100)), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// Picture writes what the window shows as a PNG.
func (b *Browser) Picture(path string) {
	b.t.Helper()
	if err := os.WriteFile(path, ask(b, "picture", chromedp.CaptureScreenshot()), 0o600); err != nil {
		b.t.Fatal(err)
	}
}
