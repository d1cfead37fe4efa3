package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/mail"
)

// A letter stands in a frame that can do nothing, and shows its link and code to
// those alone who may act for the guest.
func TestLettersStandInFrames(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	list, _, err := s.services.Mail.List(t.Context(), accounts.SystemActor("test"), s.badge.EventID, mail.Filter{Template: "registration.approved", Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d letters, %v", len(list), err)
	}
	page := "/console/" + forum.Slug + "/mails/" + list[0].ID.String()
	opens := regexp.MustCompile(`/me/[\w-]{16,}`)
	for _, c := range []struct {
		who   string
		opens bool
	}{{"owner", true}, {"protocol", true}, {"auditor", false}} {
		shown := s.get(c.who, page)
		if policy := shown.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-src 'self'") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("the page's policy is %s", policy)
		}
		if frame := shown.doc(t).Find("iframe"); frame.AttrOr("src", "") != page+"/letter" || frame.AttrOr("sandbox", "none") != "" || frame.AttrOr("title", "") == "" {
			t.Errorf("the frame is %s in a sandbox of %q", frame.AttrOr("src", ""), frame.AttrOr("sandbox", "none"))
		}
		letter := s.get(c.who, page+"/letter")
		policy, said := letter.Header.Get("Content-Security-Policy"), letter.body
		if letter.StatusCode != http.StatusOK || policy != inFrame || !strings.Contains(said, "Đorđe") {
			t.Errorf("%s reads %d under %q: %s", c.who, letter.StatusCode, policy, said)
		}
		if got := opens.MatchString(said); got != c.opens {
			t.Errorf("%s sees the guest's link: %v", c.who, got)
		}
		if got := strings.Contains(said, "data:image/png;base64,"); got != c.opens || strings.Contains(said, "cid:") {
			t.Errorf("%s sees the badge's code: %v", c.who, got)
		}
	}
	if got := s.get("doors_lead", page+"/letter"); got.StatusCode != http.StatusForbidden {
		t.Errorf("the door reads letters: %d", got.StatusCode)
	}
	if got := s.get("owner@ningbo-week-2027", page+"/letter"); got.StatusCode != http.StatusForbidden {
		t.Errorf("the owner of another event reads letters: %d", got.StatusCode)
	}
}

// The office writes a letter: sees what it typed as it will look, tries it, saves
// it, and gives it up again.
func TestWritingALetter(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/console/" + forum.Slug + "/mails/texts/approved"
	typed := func(body string) []string {
		return []string{"version", "0", "subject_zh", "通过<x>", "body_zh", body, "subject_en", "Approved", "body_en", "Dear {name},\n\n<script>alert(1)</script>", "reads", "zh", "as", "html"}
	}
	if first := s.get("owner", page).doc(t); !strings.Contains(first.Find("#f-body_en").Text(), "Dear {name},\n\nYour registration for “{event}” is approved.") {
		t.Errorf("the built-in text is %q", first.Find("#f-body_en").Text())
	}
	preview := s.post("owner", page, page+"/preview", typed("{name}：\n\n您好")...)
	if said := preview.body; preview.StatusCode != http.StatusOK || preview.Header.Get("Content-Security-Policy") != inFrame ||
		!strings.Contains(said, "桑普列娃：") || strings.Contains(said, "<script>") || !strings.Contains(said, "&lt;script&gt;") || strings.Contains(said, "/me/") {
		t.Errorf("the preview is %d: %s", preview.StatusCode, said)
	}
	for reference, want := range map[string]string{"f27-0001": "Đorđe Zelenković", "F27-9999": "没有这个编号的报名"} {
		as := s.post("owner", page, page+"/preview", append(typed("{name}"), "as", "text", "reference", reference)...)
		if said := as.body; !strings.Contains(said, want) || !strings.HasPrefix(as.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("the preview of %s is %s: %s", reference, as.Header.Get("Content-Type"), said)
		}
	}
	for _, to := range []string{page, page + "/test"} {
		refused := s.post("owner", page, to, typed("{nmae}")...)
		doc := refused.doc(t)
		if refused.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(doc.Find("#f-body_zh-why").Text(), "{nmae}") || doc.Find("#f-body_zh").Text() != "{nmae}" {
			t.Errorf("%s answers %d: %s", to, refused.StatusCode, doc.Find(".qs-note").Text())
		}
	}
	trial := s.post("owner", page, page+"/test", typed("试试{name}")...)
	if doc := trial.doc(t); trial.StatusCode != http.StatusOK || doc.Find("#f-body_zh").Text() != "试试{name}" {
		t.Errorf("the trial answers %d with %q", trial.StatusCode, doc.Find("#f-body_zh").Text())
	}
	sent, _, err := s.services.Mail.List(t.Context(), accounts.SystemActor("test"), s.badge.EventID, mail.Filter{Template: "test", Limit: 9})
	if err != nil || len(sent) != 1 || sent[0].To != "owner@office.example" {
		t.Errorf("trials %+v, %v", sent, err)
	}
	if saved := s.post("owner", page, page, typed("{name}，好")...); saved.StatusCode != http.StatusSeeOther || saved.Header.Get("Location") != page {
		t.Errorf("saving answers %d to %s", saved.StatusCode, saved.Header.Get("Location"))
	}
	if again := s.post("owner", page, page, typed("over it")...); again.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("saving over a version that was not shown answers %d", again.StatusCode)
	}
	if got := s.get("owner", page).doc(t).Find("#f-body_zh").Text(); got != "{name}，好" {
		t.Errorf("the text is %q", got)
	}
	if got := s.post("owner", page, page+"/restore", "version", "1"); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != page {
		t.Errorf("restoring answers %d to %s", got.StatusCode, got.Header.Get("Location"))
	}
	if got := s.get("owner", page+"?version=1").doc(t).Find("#f-body_zh").Text(); got != "{name}，好" {
		t.Errorf("version 1 was %q", got)
	}
	for path, want := range map[string]int{page + "?category=firm": 200, page + "?category=nobody": 404, "/console/" + forum.Slug + "/mails/texts/greeting": 404} {
		if got := s.get("owner", path).StatusCode; got != want {
			t.Errorf("%s answers %d, want %d", path, got, want)
		}
	}
}

// An announcement leaves only after its sender saw to how many it goes, and not
// when that is another choice by then.
func TestAnnouncingShowsTheNumberFirst(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	page := "/console/" + forum.Slug + "/mails/announcements/new"
	once := ""
	typed := func(do, seen, standing string) []string {
		return []string{"do", do, "seen", seen, "once", once, "standing", standing, "subject_zh", "通知", "body_zh", "{name}", "subject_en", "News", "body_en", "{name}", "reads", "en", "as", "html"}
	}
	test := strings.Replace(page, "/new", "/test", 1)
	tried := s.post("owner", page, test, typed("try", "", "coming")...)
	if said := tried.doc(t).Find(".qs-flash, [role=status]").Text(); tried.StatusCode != http.StatusOK || !strings.Contains(said, "还没有发给任何人") || tried.doc(t).Find("[name=subject_en]").AttrOr("value", "") != "News" {
		t.Errorf("the trial is %d: %q", tried.StatusCode, said)
	}
	if wrong := s.post("owner", page, test, append(typed("try", "", "coming"), "body_en", "{secret}")...); wrong.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a trial of what cannot be sent: %d", wrong.StatusCode)
	}
	if reads := s.post("auditor", "/console/"+forum.Slug+"/mails", test, typed("try", "", "coming")...); reads.StatusCode != http.StatusForbidden {
		t.Errorf("who may only read tries: %d", reads.StatusCode)
	}
	trials, _, err := s.services.Mail.List(t.Context(), accounts.SystemActor("test"), s.badge.EventID, mail.Filter{Template: mail.Trial, Limit: 9})
	if err != nil || len(trials) != 1 || trials[0].To != "owner@office.example" || !strings.HasPrefix(trials[0].Subject, "News") {
		t.Errorf("trials %+v, %v", trials, err)
	}
	if blind := s.post("owner", page, page, typed("send", "", "coming")...); blind.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("sent unseen: %d", blind.StatusCode)
	}
	counted := s.post("owner", page, page, typed("check", "", "coming")...).doc(t)
	seen := counted.Find("[name=seen]").AttrOr("value", "")
	once = counted.Find("[name=once]").AttrOr("value", "")
	if said := counted.Find(".ml-count").Text(); !strings.Contains(said, "将发给1人") || counted.Find("button[value=send]").Length() != 1 || seen == "" {
		t.Errorf("it says %q", said)
	}
	if other := s.post("owner", page, page, typed("send", seen, "all")...); other.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("sent to another choice: %d", other.StatusCode)
	}
	if sent := s.post("owner", page, page, typed("send", seen, "coming")...); sent.StatusCode != http.StatusSeeOther {
		t.Errorf("sending answers %d: %s", sent.StatusCode, sent.doc(t).Find(".qs-note").Text())
	}
	if twice := s.post("owner", page, page, typed("send", seen, "coming")...); twice.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("sending twice answers %d", twice.StatusCode)
	}
	list, _, err := s.services.Mail.List(t.Context(), accounts.SystemActor("test"), s.badge.EventID, mail.Filter{Template: mail.Announcement, Limit: 9})
	if err != nil || len(list) != 1 || list[0].To != "m1@city.example" {
		t.Errorf("mails %+v, %v", list, err)
	}
	if got := s.post("owner", page, strings.Replace(page, "/new", "/preview", 1), typed("", "", "coming")...); got.Header.Get("Content-Security-Policy") != inFrame || !strings.Contains(got.body, "Sampleva") {
		t.Errorf("the preview is %d", got.StatusCode)
	}
}

// TestMailsAreFoundByWhomTheyMean searches by the name in another script and by the
// number, neither of which stands in the mail.
func TestMailsAreFoundByWhomTheyMean(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	if _, err := s.db.ExecContext(t.Context(), `UPDATE mails SET recipient_name = '某人', subject = '', recipient = ''`); err != nil {
		t.Fatal(err)
	}
	r, err := s.services.Delegations.Registration(t.Context(), accounts.SystemActor("test"), s.badge.RegistrationID)
	if err != nil {
		t.Fatal(err)
	}
	for search, found := range map[string]bool{"zelenkovic": true, r.Reference: true, "nobody": false} {
		rows := s.get("protocol", "/console/"+forum.Slug+"/mails?q="+search).doc(t).Find(".ml-list tbody tr")
		if (rows.Length() > 0) != found || found && !strings.Contains(rows.First().Find("th").Text(), "某人") {
			t.Errorf("%s finds %d mails: %s", search, rows.Length(), rows.Text())
		}
	}
}
