package web

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestGuestTakesTheirDataHome reads what is kept of a guest in all three forms, and
// the card for the wallet.
func TestGuestTakesTheirDataHome(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	data := "/me/" + s.secret + "/data"
	var held heldData
	a := s.get("", data+".json")
	if err := json.Unmarshal([]byte(a.body), &held); err != nil || !strings.Contains(a.Header.Get("Content-Disposition"), held.Reference+".json") || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("%v, %v", err, a.Header)
	}
	have := map[string]string{}
	for _, section := range held.Sections {
		for _, row := range section.Rows {
			have[section.Key] += row.Name + "=" + row.Value + "\n"
		}
	}
	for section, want := range map[string]string{
		"registration": "Badge issued", "person": "m1@city.example", "history": "Approved", "consents": "Handling of the registration", "badges": "B-00001", "letters": "m1@city.example",
	} {
		if !strings.Contains(have[section], want) {
			t.Errorf("%s says %q, not %q", section, have[section], want)
		}
	}
	if got := s.get("", data).doc(t).Find(".ph-data").Text(); !strings.Contains(got, "Zelenković") || !strings.Contains(got, "B-00001") {
		t.Errorf("the page reads %q", got)
	}
	if got := textOf(t, s.get("", data+".pdf").body); !strings.Contains(got, "Zelenković") || !strings.Contains(got, "B-00001") || !strings.Contains(got, "My data") {
		t.Errorf("the paper reads %s", got)
	}
	if got := textOf(t, s.get("", "/me/"+s.secret+"/card.pdf").body); !strings.Contains(got, "Zelenković") || !strings.Contains(got, "B-00001") {
		t.Errorf("the card reads %s", got)
	}
	for _, path := range []string{"/me/nobody/data", "/me/nobody/data.json", "/me/nobody/data.pdf", "/me/nobody/card.pdf"} {
		if a := s.get("owner", path); a.StatusCode != 404 {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
	}
}

// TestGuestIsErased asks on the guest's page and answers on the desk's.
func TestGuestIsErased(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	data, desk := "/me/"+s.secret+"/data", "/console/"+forum.Slug+"/privacy"
	if a := s.post("", data, data, "kind", "rectify", "wish", " "); a.StatusCode != 422 || a.doc(t).Find(".field.fix [name=wish]").Length() != 1 {
		t.Errorf("nothing said: status %d", a.StatusCode)
	}
	for _, kind := range []string{"rectify", "erase"} {
		if a := s.post("", data, data, "kind", kind, "wish", "<my birthday>"); a.StatusCode != 303 {
			t.Fatalf("%s: status %d, %s", kind, a.StatusCode, a.body)
		}
	}
	page := s.get("owner", desk).doc(t)
	settle, erase := page.Find(`form[action$="/settle"]`).AttrOr("action", ""), page.Find(`form[action$="/erase"]`).AttrOr("action", "")
	if settle == "" || erase == "" || !strings.Contains(page.Find("#requests").Text(), "<my birthday>") {
		t.Fatalf("the desk finds %q and %q", settle, erase)
	}
	if n := s.get("protocol", desk).doc(t).Find("#requests form").Length(); n != 0 {
		t.Errorf("who may only look has %d forms", n)
	}
	for _, who := range []string{"protocol", "auditor", "analyst", "owner@ningbo-week-2027"} {
		if a := s.post(who, desk, erase); a.StatusCode != 403 {
			t.Errorf("%s erases: status %d", who, a.StatusCode)
		}
	}
	refuse := strings.TrimSuffix(settle, "settle") + "refuse"
	if a := s.post("owner", desk, refuse, "note", " "); a.StatusCode != 422 || a.doc(t).Find("#f-note").Length() != 1 {
		t.Errorf("refused for no reason: status %d", a.StatusCode)
	}
	if a := s.post("owner", desk, settle, "note", "It is right now."); a.StatusCode != 303 {
		t.Errorf("settled: status %d, %s", a.StatusCode, a.body)
	}
	if got := s.get("", data).doc(t).Find("#requests").Text(); !strings.Contains(got, "It is right now.") {
		t.Errorf("the guest reads %q", got)
	}
	if a := s.post("owner", desk, erase); a.StatusCode != 303 {
		t.Fatalf("erase: status %d, %s", a.StatusCode, a.body)
	}
	if a := s.get("", data); a.StatusCode != 404 {
		t.Errorf("the guest's page still opens: status %d", a.StatusCode)
	}
	of := s.get("owner", "/console/"+forum.Slug+"/registrations/"+s.badge.RegistrationID.String())
	if strings.Contains(of.body, "Zelenković") || strings.Contains(of.body, "m1@city.example") || of.StatusCode != 200 {
		t.Errorf("the desk still reads of them: status %d", of.StatusCode)
	}
	if a := s.post("owner", desk, erase); a.StatusCode != 422 {
		t.Errorf("erased twice: status %d", a.StatusCode)
	}
}

// TestDataAreBounded edits a registration until its history is long: the page shows the
// latest changes and says how many are left out, the file for programs has them all.
func TestDataAreBounded(t *testing.T) {
	t.Parallel()
	s := newBadgeSite(t)
	if _, err := s.db.ExecContext(t.Context(), `INSERT INTO registration_changes (id, registration_id, at, actor_kind, actor_zh, actor_en, state, source, fields, decided_at, decided_by_zh, decided_by_en)
		SELECT gen_random_uuid(), $1, TIMESTAMPTZ '2027-04-01' + n * INTERVAL '1 second', 'guest', '本人', 'Themselves', 'applied', 'web', '[{"field": "phone", "from": "1", "to": "2"}]', TIMESTAMPTZ '2027-04-01' + n * INTERVAL '1 second', '', ''
		FROM generate_series(1, 70) n`, s.badge.RegistrationID); err != nil {
		t.Fatal(err)
	}
	data := "/me/" + s.secret + "/data"
	page, file := s.get("", data).doc(t).Find(".ph-data").Text(), s.get("", data+".json").body
	if got := strings.Count(page, "1 → 2"); got != changesOnPage || !strings.Contains(page, "20 older changes") {
		t.Errorf("the page shows %d changes", got)
	}
	if got := strings.Count(file, "1 → 2"); got != 70 || strings.Contains(file, "older changes") {
		t.Errorf("the file has %d changes", got)
	}
	if got := s.get("protocol", "/console/"+forum.Slug+"/registrations/"+s.badge.RegistrationID.String()); got.StatusCode != 200 {
		t.Errorf("the desk: status %d", got.StatusCode)
	}
}
