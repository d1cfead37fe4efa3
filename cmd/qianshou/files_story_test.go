package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"qianshou/app/apptest"
)

// snapshot is a photo from a telephone: a face in its upper part, and where it was
// taken.
func snapshot(t *testing.T) string {
	t.Helper()
	p := image.NewRGBA(image.Rect(0, 0, 1200, 1600))
	for y := range 1600 {
		for x := range 1200 {
			c := color.RGBA{190, 205, 215, 255}
			if dx, dy := (x-600)*2, y-560; dx*dx+dy*dy < 480*480 {
				c = color.RGBA{225, 180, 150, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "IMG_0001.jpg")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestPortraitGoesToTheDoor follows a portrait: cropped by a guest by keyboard,
// looked at by the office, printed on the badge, shown at the door, and deleted.
func TestPortraitGoesToTheDoor(t *testing.T) {
	t.Parallel()
	p := start(t)
	guest := apptest.Open(t)
	guest.Phone()
	guest.Visit(p.url + "/e/" + forum + "/register?lang=en")
	guest.Tap(`[name="category"][value="press"] + span`)
	guest.Fill("family_name", "Novotná", "given_name", "Žofie", "email", "zofie@tv.example", "nationality", "CZ", "organisation", "City TV")
	guest.Tap(`[name="consent"]`)
	guest.Press("button.wide")
	own := strings.Split(guest.At(), "?")[0]
	guest.Press(`#photo a.btn`)
	if got := guest.Text("main"); !strings.Contains(got, "A photo is still missing") {
		t.Errorf("the page says %q", got)
	}
	guest.Do("choose a photo", chromedp.SetUploadFiles(chromedp.CSS(`[data-crop] [name="file"]`), []string{snapshot(t)}))
	guest.Await("the frame", `!document.querySelector('[data-cropper]').hidden`)
	shown := `document.querySelector('canvas').toDataURL()`
	whole := apptest.Eval[string](guest, shown)
	guest.Do("nearer, by keyboard", chromedp.Focus(chromedp.CSS("canvas")), chromedp.KeyEvent("+"), chromedp.KeyEvent("+"))
	if apptest.Eval[string](guest, shown) == whole || apptest.Eval[string](guest, `document.querySelector('#ph-zoom').value`) == "100" {
		t.Error("the keyboard does not scale the photo")
	}
	if barriers := guest.Barriers(); len(barriers) > 0 {
		t.Errorf("the frame: %q", barriers)
	}
	guest.Press(`[data-crop] button`)
	if got := guest.Text("main"); !strings.Contains(got, "The photo is kept") || !strings.Contains(got, "There is a photo") {
		t.Errorf("after sending: %q", got)
	}
	// What was sent is the frame, not the photo.
	if got := apptest.Eval[bool](guest, `(() => { const i = document.querySelector('img.ph-face'); return i.complete && Math.abs(i.naturalWidth / i.naturalHeight - 5 / 7) < .01 })()`); !got {
		t.Error("the portrait is not shown in the badge's shape")
	}

	owner := p.caller(t, "owner")
	found := owner.ask("GET", "/api/v1/events/"+forum+"/registrations?q=Novotn%C3%A1", "/api/v1/events/{event}/registrations", 200, nil)["items"].([]any)
	registration := found[0].(object)["id"].(string)
	badge := owner.ask("POST", "/api/v1/registrations/"+registration+"/approve", "/api/v1/registrations/{id}/approve", 200, nil)["badge"].(object)
	_, paper, _ := owner.send(http.MethodGet, "/api/v1/badges/"+badge["id"].(string)+".pdf", nil)
	file := filepath.Join(t.TempDir(), "badge.pdf")
	if err := os.WriteFile(file, paper, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "pdfimages", "-list", file).Output(); err != nil || strings.Count(string(out), " jpeg ") != 1 {
		t.Errorf("the pictures on the badge: %s, %v", out, err)
	}

	desk := apptest.Open(t)
	desk.Desk()
	p.signIn(desk, "owner")
	desk.Visit(p.url + "/console/" + forum + "/doors/devices/new?lang=en")
	desk.Fill("name", "Phone at gate 1")
	desk.Do("choose the gate", chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('[name="gate_id"] option')].find(o => o.text.startsWith('A-1')).selected = true`))
	desk.Press(`form.qs-form button.btn-primary`)
	desk.Press(`form[action$="/code"] button`)
	door := apptest.Open(t)
	door.Phone()
	door.Visit(p.url + "/door?lang=en#" + strings.ReplaceAll(desk.Text("#code"), "-", ""))
	door.Await("the screen", `!document.querySelector('[data-view="ready"]').hidden`)
	door.Fill("reference", badge["serial"].(string))
	door.Tap("[data-typed] button")
	door.Await("the portrait", `document.querySelector('[data-face] img')?.naturalWidth > 0`)
	photo := apptest.Eval[string](door, `performance.getEntriesByType('resource').map(e => new URL(e.name).pathname).find(p => p.startsWith('/api/v1/door/photos/'))`)

	// The portrait is for devices at the doors, and for whom the office lets see it.
	if status, _, _ := owner.send(http.MethodGet, photo, nil); status != http.StatusNotFound {
		t.Errorf("a program reads the door's portrait: %d", status)
	}
	if res, err := http.Get(p.url + photo); err != nil || res.StatusCode != http.StatusUnauthorized { //nolint:noctx // a stranger
		t.Errorf("a stranger reads the door's portrait: %v, %v", res.StatusCode, err)
	}

	desk.Visit(p.url + "/console/" + forum + "/registrations/" + registration + "/papers?lang=en")
	if got := desk.Text("main"); !strings.Contains(got, "There is a photo") || !strings.Contains(got, "Nobody has looked") {
		t.Errorf("the office reads %q", got)
	}
	desk.Press(`form[action*="/reveal"] button`)
	if got := desk.Text("#looks"); !strings.Contains(got, "Passport and birth date") {
		t.Errorf("the look is not named: %q", got)
	}

	if barriers := desk.Barriers(); len(barriers) > 0 {
		t.Errorf("the office's page: %q", barriers)
	}

	guest.Visit(own + "/photo?lang=en")
	if apptest.Eval[bool](guest, `!!document.querySelector('form[action$="/photo/remove"]')`) {
		t.Error("a guest is offered to delete the photo that was approved")
	}
	for name, b := range map[string]*apptest.Browser{"guest": guest, "desk": desk, "door": door} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("%s: pages complained: %q", name, said)
		}
	}
}
