package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"qianshou/app/apptest"
	"qianshou/app/badges"
)

// TestDoorReadsBadges pairs a phone at a gate and lets it see a real badge, by a
// camera that films a picture of its code.
func TestDoorReadsBadges(t *testing.T) {
	t.Parallel()
	p := start(t)
	owner := p.caller(t, "owner")
	guest := owner.ask("POST", "/api/v1/events/"+forum+"/registrations", "/api/v1/events/{event}/registrations", 201, object{
		"category": "press", "given_name": "Žofie", "family_name": "Novotná", "name_native": "Žofie Novotná", "email": "zofie@tv.example", "nationality": "CZ",
		"title": object{"zh": "记者", "en": "Reporter"}, "organisation": "Vltava TV", "consent": true,
	})
	badge := owner.ask("POST", "/api/v1/registrations/"+guest["id"].(string)+"/approve", "/api/v1/registrations/{id}/approve", 200, nil)["badge"].(object)

	desk := apptest.Open(t)
	desk.Desk()
	p.signIn(desk, "doors")
	desk.Visit(p.url + "/console/" + forum + "/doors/devices/new?lang=en")
	desk.Fill("name", "Phone at gate 1")
	desk.Do("choose the gate", chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('[name="gate_id"] option')].find(o => o.text.startsWith('A-1')).selected = true`))
	desk.Press(`form.qs-form button.btn-primary`)
	desk.Press(`form[action$="/code"] button`)
	code := desk.Text("#code")

	door := apptest.Open(t,
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-video-capture", film(t, badge["token"].(string))),
	)
	door.Phone()
	door.Visit(p.url + "/door?lang=en")
	door.Fill("code", "00000-00000")
	door.Tap(`[data-view="pair"] button.full`)
	door.Await("the screen", `!document.querySelector('[data-view="pair"] [data-why]').hidden`)
	if got := door.Text(`[data-view="pair"] [data-why]`); !strings.Contains(got, "wrong or has expired") {
		t.Errorf("a wrong code is answered %q", got)
	}
	door.Fill("code", strings.ToLower(code))
	door.Tap(`[data-view="pair"] button.full`)
	door.Await("the screen", `document.querySelector('.door.yes')`)
	if got := door.Text(".answer"); !strings.Contains(got, "GRANTED") || !strings.Contains(got, "Žofie Novotná") || !strings.Contains(got, "Reporter") {
		t.Errorf("the camera's first reading shows %q", got)
	}
	// The phone goes on by itself; the badge is still before it, and is read again
	// once the moment is over in which a second reading is the same one.
	door.Await("the screen", `document.querySelector('.door.no')`)
	if got := door.Text(".answer"); !strings.Contains(got, "DENIED") || !strings.Contains(got, "already inside") || !strings.Contains(got, "Main hall gate 1") || !strings.Contains(got, "ALREADY_INSIDE") {
		t.Errorf("the second entry shows %q", got)
	}
	desk.Visit(p.url + "/console/" + forum + "/doors?lang=zh")
	if got := desk.Text("main"); !strings.Contains(got, "Phone at gate 1") || !strings.Contains(got, "此证件已在场内") || !strings.Contains(got, "已配对") {
		t.Errorf("the console shows %q", got)
	}

	// A phone without a camera: typed references, and a scanner that types.
	blind := apptest.Open(t)
	blind.Phone()
	desk.Visit(p.url + "/console/" + forum + "/doors/devices/new?lang=en")
	desk.Fill("name", "Scanner at the VIP rooms")
	desk.Do("choose the gate", chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('[name="gate_id"] option')].find(o => o.text.startsWith('A-2')).selected = true`))
	desk.Tap(`[name="duty"][value="supervisor"] + span`)
	desk.Press(`form.qs-form button.btn-primary`)
	desk.Press(`form[action$="/code"] button`)
	blind.Visit(p.url + "/door?lang=zh#" + strings.ReplaceAll(desk.Text("#code"), "-", ""))
	blind.Await("the screen", `!document.querySelector('[data-view="ready"]').hidden`)
	typed := func(reference string) string {
		t.Helper()
		blind.Fill("reference", reference)
		blind.Tap("[data-typed] button")
		blind.Await("the screen", `!document.querySelector('[data-view="answer"]').hidden && document.querySelector('[data-code]').textContent !== ''`)
		defer func() {
			blind.Tap("[data-next]")
			blind.Await("the screen", `!document.querySelector('[data-view="ready"]').hidden`)
		}()
		return apptest.Eval[string](blind, `document.getElementById('door').className`) + " " + blind.Text(".answer")
	}
	// Everybody of the delegations came in this morning. The mayor is not shown red.
	if got := typed("F27-0001"); !strings.HasPrefix(got, "door calm") || !strings.Contains(got, "请稍候") || strings.Contains(got, "不能放行") {
		t.Errorf("a head of delegation who is inside already: %q", got)
	}
	if got := typed("F27-0002"); !strings.HasPrefix(got, "door no") || !strings.Contains(got, "不能放行") {
		t.Errorf("a member who is inside already: %q", got)
	}
	if got := typed("F27-9999"); !strings.Contains(got, "UNKNOWN") {
		t.Errorf("a reference of nobody: %q", got)
	}
	// The supervisor finds a mayor by a Chinese name and lets them in, with a reason.
	blind.Tap("[data-find]")
	blind.Fill("q", "豪尔莫希")
	blind.Tap("[data-search] button")
	blind.Await("the screen", `document.querySelector('[data-found] button')`)
	blind.Tap("[data-found] button")
	blind.Fill("reason", "证件忘在酒店")
	blind.Tap("[data-override] button")
	blind.Await("the screen", `document.querySelector('.door.yes')`)
	if got := blind.Text(".answer"); !strings.Contains(got, "MANUAL_OVERRIDE") || !strings.Contains(got, "主管人工放行") {
		t.Errorf("let in by hand: %q", got)
	}
	for name, b := range map[string]*apptest.Browser{"desk": desk, "blind": blind} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("%s: pages complained: %q", name, said)
		}
	}
}

// swap answers another sign of the code's alphabet.
func swap(sign byte) string {
	if sign == 'A' {
		return "B"
	}
	return "A"
}

// film writes what a camera sees of a badge held before it: frames of its code,
// as uncompressed video that Chromium's fake camera plays.
func film(t *testing.T, token string) string {
	t.Helper()
	const wide, high = 640, 480
	drawn, err := badges.QRPNG(token)
	if err != nil {
		t.Fatal(err)
	}
	code, err := png.Decode(bytes.NewReader(drawn))
	if err != nil {
		t.Fatal(err)
	}
	frame := image.NewGray(image.Rect(0, 0, wide, high))
	side := 400
	for y := range high {
		for x := range wide {
			shade := color.Gray{Y: 200}
			if cx, cy := x-(wide-side)/2, y-(high-side)/2; cx >= 0 && cy >= 0 && cx < side && cy < side {
				r, _, _, _ := code.At(cx*code.Bounds().Dx()/side, cy*code.Bounds().Dy()/side).RGBA()
				shade = color.Gray{Y: uint8(30 + (r>>8)*200/255)}
			}
			frame.SetGray(x, y, shade)
		}
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n", wide, high)
	for range 10 {
		out.WriteString("FRAME\n")
		out.Write(frame.Pix)
		out.Write(bytes.Repeat([]byte{128}, wide*high/2))
	}
	path := filepath.Join(t.TempDir(), "badge.y4m")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
