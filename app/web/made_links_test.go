package web

import (
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/locale"
)

// TestMadeLinkOutlivesItsForm makes a link: a redirect leads to the page that shows its
// address, loading that page again makes no other, and the officer is sent the link.
func TestMadeLinkOutlivesItsForm(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by, guests, ctx := accounts.SystemActor("test"), s.services.Delegations, t.Context()
	d, err := guests.Save(ctx, by, delegations.Delegation{EventID: s.badge.EventID, Code: "D01", Name: locale.Text{ZH: "诺维萨德市代表团", EN: "Delegation of Novi Sad"}, Quota: 3, Status: "confirmed"})
	if err != nil {
		t.Fatal(err)
	}
	page := "/console/" + forum.Slug + "/delegations/" + d.ID.String()
	a := s.post("protocol", page, page+"/links", "role", "accreditation", "holder", "Ana", "email", "ana@city.example", "lang", "en", "until", forum.LastDay.Format("2006-01-02"))
	if a.StatusCode != 303 || a.Header.Get("Location") != page+"#links" {
		t.Fatalf("made: status %d, %s", a.StatusCode, a.body)
	}
	for range 2 { // again, as after a change of language
		shown := s.after("protocol", a)
		address := shown.doc(t).Find("#link-address").Text()
		if shown.StatusCode != 200 || shown.Header.Get("Cache-Control") != "no-store" || s.get("", address[strings.Index(address, "/delegation/"):]).StatusCode != 200 {
			t.Errorf("status %d, %q shows %q", shown.StatusCode, shown.Header.Get("Cache-Control"), address)
		}
		if got := shown.doc(t).Find("#links .qs-note button.btn-primary").Text(); got != "发送到ana@city.example" {
			t.Errorf("to send it: %q", got)
		}
	}
	for who, answer := range map[string]answer{"another": s.after("owner", a), "without the cookie": s.get("protocol", page)} {
		if answer.doc(t).Find("#link-address").Length() != 0 {
			t.Errorf("%s reads the address", who)
		}
	}
	links, err := guests.DelegationLinks(ctx, by, d.ID)
	if err != nil || len(links) != 1 {
		t.Fatalf("%d links, %v", len(links), err)
	}
	send := "/console/" + forum.Slug + "/links/" + links[0].ID.String() + "/send"
	if a := s.post("auditor", page, send); a.StatusCode != 403 {
		t.Errorf("the auditor sends it: status %d", a.StatusCode)
	}
	if a = s.post("protocol", page, send); a.StatusCode != 303 || !strings.Contains(s.after("protocol", a).doc(t).Find(".qs-flash").Text(), "已发往Ana的邮箱ana@city.example") {
		t.Fatalf("sent: status %d, %s", a.StatusCode, a.body)
	}
	var sent []string
	if err := s.db.SelectContext(ctx, &sent, `SELECT template || ' ' || recipient FROM mails WHERE template = 'delegation.link'`); err != nil || len(sent) != 1 || sent[0] != "delegation.link ana@city.example" {
		t.Errorf("sent %q, %v", sent, err)
	}
	if links, err := guests.DelegationLinks(ctx, by, d.ID); err != nil || len(links) != 1 {
		t.Errorf("%d links, %v", len(links), err)
	}
	if _, err := guests.RevokeLink(ctx, by, d.EventID, links[0].ID); err != nil {
		t.Fatal(err)
	}
	if a = s.post("protocol", page, send); a.StatusCode != 303 || !strings.Contains(s.after("protocol", a).doc(t).Find(".qs-flash").Text(), "已失效") {
		t.Errorf("of a link that ended: status %d", a.StatusCode)
	}
}
