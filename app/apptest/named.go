package apptest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Roles by which people find what they press and what they fill.
var (
	Button = []string{"button"}
	Link   = []string{"link"}
	Field  = []string{"textbox", "searchbox", "combobox", "spinbutton", "checkbox", "radio", "Date", "DateTime"}
)

// named finds an element as a screen reader does: by what it is, and by the name
// that it is read out with. A name may go on after what is asked for, as a field's
// does that says it is optional; one that does not comes first.
func named(roles []string, name string) chromedp.QueryOption {
	return chromedp.ByFunc(func(ctx context.Context, t *chromedp.Target, root *chromedp.Node) ([]cdp.NodeID, error) {
		tree, err := cdp.Call(ctx, t, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{NodeID: root.NodeID})
		if err != nil {
			return nil, err
		}
		var found *accessibility.Node
		shortest := func(a, b *accessibility.Node) int { return cmp.Compare(len(wordOf(a.Name)), len(wordOf(b.Name))) }
		for _, n := range tree.Nodes {
			fits := !n.Ignored && n.BackendDOMNodeID != 0 && slices.Contains(roles, wordOf(n.Role)) && strings.HasPrefix(wordOf(n.Name), name)
			if fits && (found == nil || shortest(n, found) < 0) {
				found = n
			}
		}
		if found == nil {
			return []cdp.NodeID{}, nil // asked again until it is there
		}
		pushed, err := cdp.Call(ctx, t, dom.PushNodesByBackendIDsToFrontend, dom.PushNodesByBackendIDsToFrontendParams{BackendNodeIDs: []cdp.BackendNodeID{found.BackendDOMNodeID}})
		return pushed.NodeIDs, err
	})
}

// wordOf reads a value of the tree, empty when it is no text.
func wordOf(v *accessibility.Value) (word string) {
	if v == nil || json.Unmarshal([]byte(v.Value), &word) != nil {
		return ""
	}
	return strings.TrimSpace(word)
}

// PressNamed clicks what has a role and a name, and waits for the page that
// follows.
func (b *Browser) PressNamed(roles []string, name string) {
	b.t.Helper()
	b.press(roles[0]+" "+name, chromedp.Click(name, named(roles, name), chromedp.NodeVisible))
}

// TapNamed clicks what has a role and a name where no new page follows.
func (b *Browser) TapNamed(roles []string, name string) {
	b.t.Helper()
	b.Settled()
	b.Do("tap "+roles[0]+" "+name, chromedp.Click(name, named(roles, name), chromedp.NodeVisible))
}

// FillNamed writes into the field of a name, in place of what stands there.
func (b *Browser) FillNamed(name, value string) {
	b.t.Helper()
	b.Do("fill "+name, chromedp.SetValue(name, value, named(Field, name), chromedp.NodeVisible))
}

// NoScripts is how the window is from now on: without JavaScript.
func (b *Browser) NoScripts() {
	b.t.Helper()
	ask(b, "switch scripts off", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return chromedp.Void{}, err
	})
}
