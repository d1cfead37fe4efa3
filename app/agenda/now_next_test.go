package agenda_test

import (
	"strings"
	"testing"

	"qianshou/app/agenda"
	"qianshou/app/kit/ident"
)

// Sessions that run side by side are all on now, and all next that start together.
func TestNowAndNextSideBySide(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	put := func(code, from, to string, room ident.ID) {
		in := g.input(code, from, to)
		in.RoomID = room
		g.publish(in)
	}
	put("S01", "08:00", "21:00", ident.Nil)
	put("S02", "09:00", "10:00", g.main.ID)
	put("S03", "09:30", "10:00", g.vip.ID)
	put("S04", "10:00", "11:00", g.main.ID)
	put("S05", "10:00", "11:30", g.vip.ID)
	put("S06", "12:00", "13:00", g.main.ID)
	live := ok(g.service.Build(t.Context(), g.event))
	codes := func(items []agenda.Item) (list []string) {
		for _, i := range items {
			list = append(list, i.Code)
		}
		return list
	}
	for _, tt := range []struct {
		at, now, next string
		most          int
	}{
		{"07:00", "", "S01", 1},
		{"09:45", "S02 S03 S01", "", 0},
		{"09:45", "S02 S03 S01", "S04 S05", 1},
		{"09:45", "S02 S03 S01", "S04 S05 S06", 3},
		{"10:00", "S04 S05 S01", "S06", 2},
		{"11:45", "S01", "S06", 2},
	} {
		now, next := live.NowNext(at(tt.at), tt.most)
		if got := strings.Join(codes(now), " "); got != tt.now {
			t.Errorf("%s: now %s, want %s", tt.at, got, tt.now)
		}
		if got := strings.Join(codes(next), " "); got != tt.next {
			t.Errorf("%s: next %s, want %s", tt.at, got, tt.next)
		}
	}
}
