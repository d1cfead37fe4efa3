package agenda_test

import (
	"reflect"
	"testing"

	"qianshou/app/agenda"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
)

// A cancelled session says why, and nothing of it changes any more.
func TestCancelledForGood(t *testing.T) {
	t.Parallel()
	g := newGround(t, nil)
	n := g.publish(g.input("S08", "09:10", "10:00"))
	moved := agenda.Move{StartsAt: at("09:30"), EndsAt: at("10:20"), RoomID: g.vip.ID, Note: both("礼宾车辆晚到", "The convoy is late")}
	n, _, err := g.service.Move(t.Context(), system, n.ID, n.Version, moved)
	if err != nil {
		t.Fatal(err)
	}
	cancelled := agenda.Cancelled
	for name, try := range map[string]func() error{
		"Cancel": func() error {
			_, err := g.service.Cancel(t.Context(), system, n.ID, n.Version, both(" ", ""))
			return err
		},
		"SetStatus": func() error {
			_, err := g.service.SetStatus(t.Context(), system, n.ID, n.Version, cancelled)
			return err
		},
		"Revise": func() error { // the reason of the move is not that of the end
			_, _, err := g.service.Revise(t.Context(), system, n.ID, n.Version, agenda.Revision{Status: &cancelled})
			return err
		},
	} {
		want := fault.Fields(fault.Field{Path: "note_zh", Key: "agenda.cancel.why"})
		if err := try(); !reflect.DeepEqual(err, want) {
			t.Errorf("%s without a reason: %v", name, err)
		}
	}
	n = ok(g.service.Cancel(t.Context(), system, n.ID, n.Version, both("", "The speaker is ill")))
	if item := ok(g.service.Build(t.Context(), g.event)).Items()[0]; !item.Cancelled || item.Note.In(locale.ZH) != "The speaker is ill" {
		t.Errorf("guests see %+v", item)
	}
	title := both("别的", "Another")
	for name, try := range map[string]func() error{
		"Move": func() error { _, _, err := g.service.Move(t.Context(), system, n.ID, n.Version, moved); return err },
		"Edit": func() error { _, err := g.service.Edit(t.Context(), system, n.ID, n.Version, n.Input()); return err },
		"Revise": func() error {
			_, _, err := g.service.Revise(t.Context(), system, n.ID, n.Version, agenda.Revision{Title: &title})
			return err
		},
	} {
		if f, _ := fault.Of(try()); f == nil || f.Code != fault.Conflict || f.Key != "agenda.closed.cancelled" {
			t.Errorf("%s: %v", name, f)
		}
	}
	if _, err := g.service.SetStatus(t.Context(), system, n.ID, n.Version, agenda.Published); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("it came back: %v", err)
	}
	n = ok(g.service.SetStatus(t.Context(), system, n.ID, n.Version, agenda.Archived))
	if left := ok(g.service.Build(t.Context(), g.event)).Items(); len(left) != 0 || !n.Closed() {
		t.Errorf("archived, guests see %+v", left)
	}
}
