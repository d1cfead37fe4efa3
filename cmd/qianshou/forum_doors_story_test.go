package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/chromedp"

	"qianshou/app/apptest"
)

// The guest's name has four scripts on the badge: Latin, Greek, Chinese, and the
// Cyrillic of who sends them.
var scripts = []string{"Stavroula", "Σταυρούλα", "Δημητρόβα", "斯塔夫鲁拉", "Речен", "бряг"}

func (s *forumStory) badgeIsOnPhoneAndPaper() {
	guest := s.guest
	guest.opens(s.own)
	s.token = guest.Attribute("[data-badge]", "data-badge")
	apptest.Eval[any](guest.Browser, `document.querySelector(".qs-code").scrollIntoView({block: "center", behavior: "instant"})`)
	picture := filepath.Join(s.TempDir(), "phone.png")
	guest.Picture(picture)
	if got := s.codeIn(picture); got != s.token {
		s.Errorf("the phone shows %q, the badge is %q", got, s.token)
	}
	file := filepath.Join(s.TempDir(), "badge")
	s.download(s.p.url+guest.Attribute(`a[href$="/badge.pdf"]`, "href"), file+".pdf")
	s.run("pdftoppm", "-r", "150", "-l", "1", "-singlefile", "-png", file+".pdf", file)
	if got := s.codeIn(file + ".png"); got != s.token {
		s.Errorf("the paper shows %q, the badge is %q", got, s.token)
	}
	text := s.run("pdftotext", file+".pdf", "-")
	for _, want := range scripts {
		if !strings.Contains(text, want) {
			s.Errorf("the paper reads %q, without %q", text, want)
		}
	}
}

// doorAt pairs a phone at a gate: the organizer makes the code, somebody types it
// into the door's page.
func (s *forumStory) doorAt(gate string) person {
	organizer := s.organizer
	organizer.opens("/console/" + forum + "/doors")
	organizer.follows("device.new")
	organizer.writes("device.name", "Phone "+gate)
	apptest.Eval[any](organizer.Browser, `[...document.querySelectorAll('[name="gate_id"] option')].find(o => o.text.startsWith("`+gate+`")).selected = true`)
	organizer.presses("device.create")
	organizer.presses("device.show_code")
	door := s.meets((*apptest.Browser).Phone)
	door.opens("/door")
	door.writes("door.app.code", strings.ToLower(organizer.Text("#code")))
	door.taps("door.app.pair_do")
	door.Await("the door to be paired", `!document.querySelector('[data-view="ready"]').hidden`)
	return door
}

// scan reads a code as a scanner does, which types it and ends with Enter, and
// holds the answer: the colour of the screen, the code, and its sentence.
func (s *forumStory) scan(door person, token, colour, code string, wants ...string) {
	s.Helper()
	door.Do("scan", chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`for (const key of [...%q, 'Enter']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))`, token)))
	got := door.AwaitText("the answer", `document.querySelector('[data-view="answer"]').hidden ? "" : document.getElementById("door").className + "\n" + document.querySelector(".answer").innerText`)
	for _, want := range append(wants, "door "+colour+"\n", code, door.says("door.line."+code)) {
		if !strings.Contains(got, want) {
			s.Errorf("%s: the door answers %q, without %q", code, got, want)
		}
	}
}

func (s *forumStory) doorsAdmitOnce() {
	first, second, vip := s.doorAt("A-1"), s.doorAt("A-2"), s.doorAt("V-1")
	s.scan(first, s.token, "yes", "OK", first.says("door.word.granted"), "Stavroula Dimitrova", "斯塔夫鲁拉")
	s.scan(second, s.token, "no", "ALREADY_INSIDE", first.says("door.word.denied"))
	s.scan(vip, s.token, "no", "WRONG_ZONE", first.says("door.word.denied"))
	s.scan(vip, s.token[:100]+swap(s.token[100])+s.token[101:], "no", "BAD_SIGNATURE", first.says("door.word.denied"))

	organizer := s.organizer
	organizer.opens("/console/" + forum + "/badges?q=" + s.reference)
	organizer.Press("tbody a.name")
	organizer.follows("badge.act.revoke")
	organizer.writes("badge.reason", "lost in the tram")
	serial := regexp.MustCompile(`B-\d+`).FindString(organizer.Text(".qs-head"))
	organizer.presses("badge.do.revoke", serial)
	organizer.reads(".qs-flash", serial)
	s.scan(second, s.token, "no", "REVOKED", first.says("door.word.denied"))
	organizer.opens("/console/" + forum + "/doors/log?q=" + s.reference)
	organizer.reads("tbody", organizer.says("door.line.OK"), organizer.says("door.line.ALREADY_INSIDE"), organizer.says("door.line.WRONG_ZONE"), organizer.says("door.line.REVOKED"))
}

// download keeps a file of the site.
func (s *forumStory) download(address, path string) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	file, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.Fatalf("download %s: status %d, %v", address, answer.StatusCode, err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		s.Fatal(err)
	}
}

// codeIn reads the code of a picture with a decoder that is not ours.
func (s *forumStory) codeIn(picture string) string {
	return strings.TrimRight(s.run("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture), "\n")
}

func (s *forumStory) run(name string, args ...string) string {
	s.Helper()
	out, err := exec.CommandContext(s.Context(), name, args...).Output()
	if err != nil {
		s.Fatalf("%s: %v", name, err)
	}
	return string(out)
}
