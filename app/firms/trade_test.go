package firms_test

import (
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/events"
	"qianshou/app/firms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/storetest"
)

func TestFirmEditsWhatItOffers(t *testing.T) {
	t.Parallel()
	db, now, office := storetest.New(t), clock.At("2027-04-20T10:00:00+08:00"), accounts.SystemActor("test")
	ev, s := events.New(db, now, ident.New), firms.New(db, now, ident.New)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(ev.SaveSector(t.Context(), office, events.Coded{Code: "AUTO", Name: locale.Text{ZH: "汽车", EN: "Automotive"}}))
	must(ev.SaveDistrict(t.Context(), office, events.Coded{Code: "330206", Name: locale.Text{ZH: "北仑区", EN: "Beilun"}}))
	_, err := ev.CreateSeries(t.Context(), office, events.Series{Slug: "forum", Name: locale.Text{ZH: "论坛", EN: "Forum"}, Kind: "forum", SinceYear: 2019})
	must(err)
	e, err := ev.Create(t.Context(), office, events.Input{
		Slug: "forum", Prefix: "F27", Series: "forum", TitleZH: "论坛", TitleEN: "Forum", TimeZone: "Asia/Shanghai", Status: events.Preparing,
		StartsOn: time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC), EndsOn: time.Date(2027, 6, 10, 0, 0, 0, 0, time.UTC),
	})
	must(err)
	f, err := s.Save(t.Context(), office, firms.Firm{
		Code: "F001", CreditCode: "91330299J3NW4AM187", Name: locale.Text{ZH: "宁波澜屿", EN: "Ningbo Lanyu"}, District: "330206", Sectors: []string{"AUTO"},
		Ownership: "private", Offers: locale.Text{ZH: "仓", EN: "Warehouse"},
	})
	must(err)
	own := accounts.GuestActor()
	own.LinkEventID, own.FirmID = e.ID, f.ID
	other, elsewhere := own, own
	other.FirmID, elsewhere.LinkEventID = ident.New(), ident.New()
	offers, needs := locale.Text{ZH: " 保税仓 ", EN: "Bonded  warehouse"}, locale.Text{ZH: "葡萄酒"}
	if _, err := s.EditTrade(t.Context(), own, e.ID, f.ID, 1, offers, needs); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("before it takes part: %v", err)
	}
	must(s.Join(t.Context(), office, e.ID, f.ID, ident.Nil))
	for _, tt := range []struct {
		name    string
		by      accounts.Actor
		version int
		needs   locale.Text
		want    fault.Code
	}{
		{"nobody", accounts.GuestActor(), 1, needs, fault.Forbidden},
		{"another firm", other, 1, needs, fault.Forbidden},
		{"the link of another event", elsewhere, 1, needs, fault.Forbidden},
		{"an invisible sign", own, 1, locale.Text{EN: "a\u202eb"}, fault.Invalid},
		{"as it should be", own, 1, needs, ""},
		{"what was shown is old", own, 1, needs, fault.Conflict},
		{"the office", office, 2, needs, ""},
	} {
		if _, err := s.EditTrade(t.Context(), tt.by, e.ID, f.ID, tt.version, offers, tt.needs); fault.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	after, err := s.InEvent(t.Context(), e.ID, f.ID)
	if err != nil || after.Offers != (locale.Text{ZH: "保税仓", EN: "Bonded warehouse"}) || after.Needs != needs || after.Version != 3 || after.Name != f.Name {
		t.Errorf("stands as %+v, %v", after, err)
	}
	if list, err := s.OfEvent(t.Context(), e.ID); err != nil || len(list) != 1 || list[0].ID != f.ID {
		t.Errorf("of the event: %+v, %v", list, err)
	}
	if _, err := s.InEvent(t.Context(), ident.New(), f.ID); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("in another event: %v", err)
	}
}
