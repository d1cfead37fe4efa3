package projects_test

import (
	"testing"
	"time"

	"qianshou/app/kit/clock"
	"qianshou/app/kit/ident"
	"qianshou/app/projects"
)

func TestSignings(t *testing.T) {
	t.Parallel()
	g := newGround(t)
	g.record()
	g.record(func(in *projects.Input) { in.Document, in.Visibility = projects.Framework, "internal" })
	ningbo := time.FixedZone("CST", 8*3600)
	got := ok(g.service.Signings(t.Context(), g.forum, ningbo))
	if got.Signed != 2 || got.Documents != 2 || got.SignedContracts != 1 || got.Contracts != 1 {
		t.Errorf("after the forum: %+v", got)
	}
	if len(got.Latest) != 1 || got.Latest[0].Name.EN != "Košice lightweight parts plant" || got.Latest[0].City.ZH != "科希策" || got.Latest[0].Currency != "EUR" || !got.Latest[0].Amount.Decimal.Equal(amount("36000000").Decimal) {
		t.Errorf("the public ones: %+v", got.Latest)
	}
	// The day is the zone's: an hour before midnight in Ningbo it is still the eve.
	for at, signed := range map[string]int{"2027-06-08T23:00:00+08:00": 0, "2027-06-09T01:00:00+08:00": 2} {
		early := projects.New(g.db, clock.At(at), ident.New)
		if got := ok(early.Signings(t.Context(), g.forum, ningbo)); got.Signed != signed || got.Documents != 2 || len(got.Latest) != signed/2 {
			t.Errorf("at %s: %+v", at, got)
		}
	}
	if other := ok(g.service.Signings(t.Context(), g.week, ningbo)); other.Documents != 0 {
		t.Errorf("another event: %+v", other)
	}
}
