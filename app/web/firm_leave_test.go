package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// TestAFirmLeavesTheEvent asks first and names what stands; the firm stays unless that
// goes with it, and nobody gains a place only to lose it.
func TestAFirmLeavesTheEvent(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	by, ctx := accounts.SystemActor("test"), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.services.Events.SaveSector(ctx, by, events.Coded{Code: "AUTO", Name: locale.Text{ZH: "汽车", EN: "Automotive"}}))
	must(s.services.Events.SaveDistrict(ctx, by, events.Coded{Code: "330206", Name: locale.Text{ZH: "北仑区", EN: "Beilun"}, Kind: "district"}))
	f, err := s.services.Firms.Save(ctx, by, firms.Firm{
		Code: "F001", CreditCode: "91330299J3NW4AM187", Name: locale.Text{ZH: "宁波青屿", EN: "Qingyu"}, District: "330206", Sectors: []string{"AUTO"}, Ownership: "private",
	})
	must(err)
	must(s.services.Firms.Join(ctx, by, s.badge.EventID, f.ID, ident.Nil))
	register := func(name string) delegations.Registration {
		t.Helper()
		r, _, err := s.services.Delegations.Register(ctx, by, s.badge.EventID, delegations.Input{
			Category: "firm", FamilyName: name, Email: "p@city.example", Nationality: "RS", Organisation: "Qingyu", Consent: true, Lang: "en", Source: "office", FirmID: f.ID,
		})
		must(err)
		return r
	}
	one, two := register("Jovanović"), register("Nikolić")
	_, secret, err := s.services.Delegations.MakeFirmLink(ctx, by, s.badge.EventID, f.ID, "Sales", april().Add(48*time.Hour))
	must(err)

	of := "/console/" + forum.Slug + "/firms/" + f.ID.String()
	leave := of + "/leave"
	if n := s.get("protocol", of).doc(t).Find(`a[href="` + leave + `"]`).Length(); n != 1 {
		t.Fatalf("%d ways out", n)
	}
	page := s.get("protocol", leave).doc(t)
	if got := page.Find("#people").Text(); !strings.Contains(got, one.Reference) || !strings.Contains(got, two.Reference) || page.Find("[name=seen]").AttrOr("value", "") != "2" {
		t.Fatalf("the page names %q", got)
	}
	takesPart := func() bool {
		t.Helper()
		part, err := s.services.Firms.TakesPart(ctx, s.badge.EventID, f.ID)
		must(err)
		return part
	}
	for name, fields := range map[string][]string{
		"while they stand": {"seen", "2"}, "others than were seen": {"seen", "1", "withdraw", "yes"}, "unseen": {"withdraw", "yes"},
	} {
		if a := s.post("protocol", leave, leave, fields...); a.StatusCode != http.StatusUnprocessableEntity || !takesPart() {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	for _, who := range []string{"auditor", "analyst", "protocol@ningbo-week-2027"} {
		if a := s.post(who, "/console/"+forum.Slug+"/registrations", leave, "seen", "2", "withdraw", "yes"); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s has it leave: %d", who, a.StatusCode)
		}
	}
	if a := s.post("protocol", leave, leave, "seen", "2", "withdraw", "yes", "reason", "The firm asked for it."); a.StatusCode != http.StatusSeeOther || takesPart() {
		t.Fatalf("it leaves: %d, %s", a.StatusCode, a.doc(t).Find(".qs-note").Text())
	}
	for _, r := range []delegations.Registration{one, two} {
		if now, err := s.services.Delegations.Registration(ctx, by, r.ID); err != nil || now.Status != delegations.Cancelled || now.StatusReason != "The firm asked for it." {
			t.Errorf("%s is %s for %q, %v", r.Reference, now.Status, now.StatusReason, err)
		}
	}
	if _, err := s.services.Delegations.FirmByLink(ctx, secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("its link opens: %v", err)
	}
	if history := s.get("protocol", of).doc(t).Find("#history").Text(); !strings.Contains(history, "办理企业退出本活动") {
		t.Errorf("its history reads %q", history)
	}
	if a := s.get("protocol", leave); a.StatusCode != http.StatusNotFound {
		t.Errorf("it leaves twice: %d", a.StatusCode)
	}

	// Who has come already holds the firm in the event.
	must(s.services.Firms.Join(ctx, by, s.badge.EventID, f.ID, ident.Nil))
	came := register("Marković")
	_, _, err = s.services.Delegations.Approve(ctx, by, came.ID)
	must(err)
	if _, err := s.db.ExecContext(ctx, `UPDATE registrations SET status = 'checked_in' WHERE id = $1`, came.ID); err != nil {
		t.Fatal(err)
	}
	if got := s.get("protocol", leave).doc(t); got.Find("#leave").Length() != 0 || !strings.Contains(got.Find(".qs-note").Text(), came.Reference) {
		t.Errorf("whose guest came reads %q", got.Find(".qs-note").Text())
	}
}
