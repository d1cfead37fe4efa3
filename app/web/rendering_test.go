package web

import (
	"strings"
	"testing"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
)

// TestGuestApprovesTheirChineseName: the guest is shown what the office proposes,
// asks for another, is answered, and approves.
func TestGuestApprovesTheirChineseName(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by := accounts.SystemActor("test")
	if _, err := s.services.Delegations.Edit(t.Context(), by, s.badge.RegistrationID, 0, delegations.Edit{"name_zh": "焦尔杰·泽伦科维奇"}); err != nil {
		t.Fatal(err)
	}
	me := "/me/" + s.secret
	part := s.get("", me).doc(t).Find("#rendering")
	if got := part.Text(); !strings.Contains(got, "焦尔杰·泽伦科维奇") || part.Find("form[action$='/approve']").Length() != 1 {
		t.Fatalf("the guest reads %q", got)
	}
	base := "/console/" + forum.Slug + "/registrations"
	if got := s.get("protocol", base+"?status=all&names=zh_open").doc(t).Find(".rd-list li").Length(); got != 1 {
		t.Errorf("the desk finds %d", got)
	}
	refused := s.post("", me, me+"/chinese-name/ask", "name_zh_wish", " ")
	if refused.StatusCode != 422 || refused.doc(t).Find("#rendering .field.fix [name=name_zh_wish]").Length() != 1 {
		t.Errorf("a wish without a word: status %d", refused.StatusCode)
	}
	if a := s.post("", me, me+"/chinese-name/ask", "name_zh_wish", "乔治, please"); a.StatusCode != 303 || a.Header.Get("Location") != me+"#rendering" {
		t.Fatalf("a wish: status %d, %s", a.StatusCode, a.body)
	}
	if got := s.get("", me).doc(t).Find("#rendering blockquote").Text(); got != "乔治, please" {
		t.Errorf("the guest is told of the wish %q", got)
	}
	of := base + "/" + s.badge.RegistrationID.String()
	approve := s.get("protocol", of).doc(t).Find(`#pending form[action$="/approve"]`)
	action := approve.AttrOr("action", "")
	if approve.Find("[name=name_zh]").Length() != 1 {
		t.Fatal("the desk is not asked for a name")
	}
	if a := s.post("protocol", of, action, "name_zh", ""); a.StatusCode != 422 || a.doc(t).Find("#pending .field.fix [name=name_zh]").Length() != 1 {
		t.Errorf("no answer: status %d", a.StatusCode)
	}
	if a := s.post("protocol", of, action, "name_zh", "乔治·泽伦科维奇"); a.StatusCode != 303 {
		t.Fatalf("an answer: status %d, %s", a.StatusCode, a.body)
	}
	if a := s.post("", me, me+"/chinese-name/approve", "name_zh", "焦尔杰·泽伦科维奇"); a.StatusCode != 409 {
		t.Errorf("approved what is there no more: status %d", a.StatusCode)
	}
	if a := s.post("", me, me+"/chinese-name/approve", "name_zh", "乔治·泽伦科维奇"); a.StatusCode != 303 {
		t.Fatalf("approve: status %d, %s", a.StatusCode, a.body)
	}
	if part := s.get("", me).doc(t).Find("#rendering"); part.Find("form[action$='/approve']").Length() != 0 || part.Find(".chip.ok").Length() != 1 {
		t.Errorf("approved, the guest reads %q", part.Text())
	}
	if got := s.get("protocol", base+"?status=all&names=zh_open").doc(t).Find(".rd-list li").Length(); got != 0 {
		t.Errorf("the desk still finds %d", got)
	}
}
