package agenda_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"qianshou/app/agenda"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

func TestRunningLateMovesWhatFollows(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	first := g.publish(g.input("S08", "09:00", "10:00"))
	g.publish(g.input("S09", "10:05", "11:00"))
	g.publish(g.input("S10", "11:30", "12:00")) // the break takes the rest up
	preview := ok(g.service.PreviewDelay(t.Context(), system, first.ID, 15*time.Minute))
	if len(preview) != 2 || !preview[1].StartsAt.Equal(at("10:15")) {
		t.Fatalf("preview %+v", preview)
	}
	if _, err := g.service.Delay(t.Context(), system, first.ID, first.Version, 15*time.Minute, locale.Text{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range ok(g.service.Build(t.Context(), g.event)).Items() {
		got = append(got, i.Code+" "+locale.ClockRange(i.StartsAt, i.EndsAt))
	}
	if want := []string{"S08 09:15–10:15", "S09 10:15–11:10", "S10 11:30–12:00"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := g.service.PreviewDelay(t.Context(), system, first.ID, 90*time.Second); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("half minutes: %v", err)
	}
}

// A delay goes nowhere that Move could not go, and says why beside the minutes.
func TestDelayIsRefused(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	last := g.publish(g.input("S20", "2027-06-10T22:00:00+08:00", "2027-06-10T23:00:00+08:00"))
	late := g.publish(g.input("S10", "22:00", "23:00")) // on the second day, with the third to come
	g.publish(g.input("S11", "2027-06-10T00:30:00+08:00", "2027-06-10T01:00:00+08:00"))
	before := g.publish(g.input("S12", "20:00", "22:00")) // takes S10 along
	gone := g.publish(g.input("S05", "2027-06-08T09:00:00+08:00", "2027-06-08T10:00:00+08:00"))
	gone = ok(g.service.Cancel(t.Context(), system, gone.ID, gone.Version, both("改期", "Put off")))
	over := g.publish(g.input("S06", "2027-06-08T11:00:00+08:00", "2027-06-08T12:00:00+08:00"))
	over = ok(g.service.SetStatus(t.Context(), system, over.ID, over.Version, agenda.Ended))
	for _, tt := range []struct {
		name    string
		session agenda.Session
		minutes time.Duration
		want    fault.Fault
		preview bool // the preview is refused too; otherwise it shows what stands in the way
	}{
		{"past the last day", last, 180, fault.Fault{Code: fault.Invalid, Fields: []fault.Field{{Path: "minutes", Key: "agenda.delay_outside", Args: []any{last.Title, "2027-06-08", "2027-06-10"}}}}, true},
		{"cancelled", gone, 15, fault.Fault{Code: fault.Conflict, Key: "agenda.delay_over"}, true},
		{"over", over, 15, fault.Fault{Code: fault.Conflict, Key: "agenda.delay_over"}, true},
		{"into the next day's first", late, 120, taken(), false},
		{"what follows into the next day's first", before, 120, taken(), false},
	} {
		for _, try := range []func() error{
			func() error {
				_, err := g.service.PreviewDelay(t.Context(), system, tt.session.ID, tt.minutes*time.Minute)
				return err
			},
			func() error {
				_, err := g.service.Delay(t.Context(), system, tt.session.ID, tt.session.Version, tt.minutes*time.Minute, locale.Text{})
				tt.preview = true
				return err
			},
		} {
			got, isFault := fault.Of(try())
			if !isFault {
				shown := ok(g.service.PreviewDelay(t.Context(), system, tt.session.ID, tt.minutes*time.Minute))
				if last := shown[len(shown)-1]; last.Taken == nil || last.Taken.Title != both("会议S11", "Session S11") || !last.Hard() {
					t.Errorf("%s: the preview shows %+v", tt.name, last)
				}
				if tt.preview {
					t.Errorf("%s: it was not refused", tt.name)
				}
				continue
			}
			if got.Code != tt.want.Code || tt.want.Key != "" && got.Key != tt.want.Key || !reflect.DeepEqual(got.Fields, tt.want.Fields) {
				t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
			}
		}
		if now := ok(g.service.ByID(t.Context(), system, tt.session.ID)); now.Version != tt.session.Version || !now.StartsAt.Equal(tt.session.StartsAt) {
			t.Errorf("%s: it moved to %v", tt.name, now.StartsAt)
		}
	}
}

// taken is the refusal of a room that S11 holds.
func taken() fault.Fault {
	args := []any{both("主会场", "Plenary hall"), both("会议S11", "Session S11"), both("6月10日00:30–01:00", "10 June, 00:30–01:00")}
	return fault.Fault{Code: fault.Conflict, Key: "agenda.room_taken", Fields: []fault.Field{{Path: "room_id", Key: "agenda.room_taken", Args: args}}}
}

// The preview of a delay names whom and what it would meet, and whether that
// cannot be, before anything moves.
func TestDelayShowsWhatItMeets(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	speaker, listed := g.person("member", "安娜", "Anna", "Novák"), g.person("member", "彼得", "Petr", "Malý")
	late := g.input("S08", "09:00", "10:00")
	late.Speakers, late.Listed = []ident.ID{speaker}, []ident.ID{listed}
	first := g.publish(late)
	g.publish(g.input("S09", "10:00", "10:30")) // goes along: no clash
	beside := g.input("S10", "10:10", "11:00")
	beside.RoomID, beside.Listed = g.vip.ID, []ident.ID{speaker, listed}
	g.publish(beside)
	type met struct {
		person string
		hard   bool
	}
	for minutes, want := range map[time.Duration][]met{10: nil, 15: {{"Anna Novák", true}, {"Petr Malý", false}}} {
		shown := ok(g.service.PreviewDelay(t.Context(), system, first.ID, minutes*time.Minute))
		var got []met
		for _, c := range shown[0].Clashes {
			got = append(got, met{c.Person.EN, c.Hard})
		}
		if len(shown) != 2 || !slices.Equal(got, want) || shown[0].Hard() != (want != nil) || shown[1].Hard() || shown[0].Taken != nil {
			t.Errorf("%d minutes: %+v, want %v", minutes, shown, want)
		}
	}
}
