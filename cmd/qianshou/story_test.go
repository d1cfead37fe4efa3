package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"qianshou/app/apptest"
)

// The story of a guest: register in one language, be approved in the other, hold
// a badge.
func TestGuestRegistersAndIsApproved(t *testing.T) {
	t.Parallel()
	p := start(t)
	guest := apptest.Open(t)
	guest.Phone()
	guest.Visit(p.url + "/e/mayors-forum-2027?lang=zh")
	if got := guest.Text("h1"); got != "中国—中东欧国家市长论坛（演示届）" {
		t.Errorf("the public page is headed %q", got)
	}
	guest.Visit(p.url + "/e/mayors-forum-2027/register?lang=en")
	guest.Fill("family_name", "Аndersson", "email", "nobody", "given_name", "Łucja") // the first letter is Cyrillic
	guest.Press(`form[method="post"] button.btn-primary`)
	if got := guest.Text(`.field.fix:has([name="family_name"]) .why`); !strings.Contains(got, "А") {
		t.Errorf("a Cyrillic letter in a Latin name is answered %q", got)
	}
	if got := guest.Attribute(`[name="given_name"]`, "value"); got != "Łucja" {
		t.Errorf("what was typed is kept as %q", got)
	}
	guest.Fill("family_name", "Andersson", "email", "lucja@city.example", "nationality", "PL", "organisation", "Vistula Instruments")
	guest.Tap(`[name="category"][value="firm"]`)
	guest.Tap(`[name="consent"]`)
	guest.Press(`form[method="post"] button.btn-primary`)
	if at := guest.At(); !strings.Contains(at, "/me/") {
		t.Fatalf("registered, led to %s", at)
	}
	reference := guest.Text("dd.strong")
	if !strings.HasPrefix(reference, "F27-") {
		t.Fatalf("reference %q", reference)
	}

	desk := apptest.Open(t)
	desk.Desk()
	p.signIn(desk, "protocol")
	desk.Visit(p.url + "/console/mayors-forum-2027/mails?lang=zh")
	if got := desk.Text("tbody tr"); !strings.Contains(got, "lucja@city.example") || !strings.Contains(got, "We have your registration") || !strings.Contains(got, "已收到您的报名") {
		t.Errorf("the newest mail is %q", got)
	}
	desk.Visit(p.url + "/console/mayors-forum-2027/registrations?lang=zh&status=queue&q=" + reference)
	desk.Press("tbody a.name")
	desk.Press(`form[action$="/approve"] button`)
	if got := desk.Text(".qs-flash"); !strings.Contains(got, reference) || !strings.Contains(got, "已批准") {
		t.Errorf("after approval: %q", got)
	}

	guest.Visit(guest.At())
	token := guest.Attribute("[data-badge]", "data-badge")
	picture := filepath.Join(t.TempDir(), "phone.png")
	apptest.Eval[any](guest, `document.querySelector(".qs-code").scrollIntoView({block: "center"})`)
	guest.Picture(picture)
	read, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture).Output()
	if err != nil {
		t.Fatalf("no code can be read from the guest's phone: %v", err)
	}
	if got := strings.TrimRight(string(read), "\n"); got != token {
		t.Errorf("the phone shows %q, the badge is %q", got, token)
	}
	if got := codeOnPaper(t, p.url+guest.Attribute(`a[href$="/badge.pdf"]`, "href")); got != token {
		t.Errorf("the paper shows %q, the badge is %q", got, token)
	}
	if dir := os.Getenv("TEST_PICTURES"); dir != "" {
		guest.Picture(filepath.Join(dir, "me-phone-en.png"))
	}
	for who, b := range map[string]*apptest.Browser{"guest": guest, "desk": desk} {
		if said := b.Complaints(); len(said) > 0 {
			t.Errorf("pages of the %s complained: %q", who, said)
		}
	}
}

// codeOnPaper downloads a badge, renders its front and reads the code.
func codeOnPaper(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	paper, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("download the badge: status %d, %v", answer.StatusCode, err)
	}
	file := filepath.Join(t.TempDir(), "badge")
	if err := os.WriteFile(file+".pdf", paper, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "pdftoppm", "-r", "150", "-l", "1", "-singlefile", "-png", file+".pdf", file).CombinedOutput(); err != nil {
		t.Fatalf("render the badge: %v, %s", err, out)
	}
	read, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file+".png").Output()
	if err != nil {
		t.Fatalf("no code can be read from the badge on paper: %v", err)
	}
	return strings.TrimRight(string(read), "\n")
}
