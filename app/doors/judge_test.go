package doors_test

import (
	"testing"
	"time"

	"qianshou/app/doors"
)

// welcome is a scan that every rule lets pass.
func welcome() doors.Facts {
	at := time.Date(2027, 6, 9, 1, 0, 0, 0, time.UTC)
	return doors.Facts{
		Direction: doors.In, At: at, Readable: true, Genuine: true, SameEvent: true, Known: true, State: "active",
		ValidFrom: at.Add(-time.Hour), ValidTo: at.Add(time.Hour), Day: 2, Days: []int{1, 2, 3}, Type: "DEL", Zones: []string{"P", "A"}, Zone: "A",
		AntiPassback: true, Capacity: 10, Count: 9,
	}
}

// breaks spoils a scan for one code each.
var breaks = map[doors.Code]func(f *doors.Facts){
	doors.Malformed:      func(f *doors.Facts) { f.Readable = false },
	doors.BadSignature:   func(f *doors.Facts) { f.Genuine = false },
	doors.WrongEvent:     func(f *doors.Facts) { f.SameEvent = false },
	doors.Unknown:        func(f *doors.Facts) { f.Known = false },
	doors.Revoked:        func(f *doors.Facts) { f.State = "revoked" },
	doors.Superseded:     func(f *doors.Facts) { f.State = "superseded" },
	doors.Suspended:      func(f *doors.Facts) { f.State = "suspended" },
	doors.NotActive:      func(f *doors.Facts) { f.State = "produced" },
	doors.NotYetValid:    func(f *doors.Facts) { f.ValidFrom = f.At.Add(time.Second) },
	doors.EventOver:      func(f *doors.Facts) { f.ValidTo = f.At },
	doors.WrongDay:       func(f *doors.Facts) { f.Days = []int{1} },
	doors.DuplicateRead:  func(f *doors.Facts) { f.Before = &doors.Before{Granted: false, Code: doors.WrongZone} },
	doors.WrongZone:      func(f *doors.Facts) { f.Zones = []string{"P"} },
	doors.NotOnList:      func(f *doors.Facts) { f.List = true },
	doors.EscortRequired: func(f *doors.Facts) { f.EscortFor = []string{"DEL"} },
	doors.AlreadyInside:  func(f *doors.Facts) { f.Inside = true },
	doors.CapacityFull:   func(f *doors.Facts) { f.Count = 10 },
}

// Each rule refuses alone, and of two that refuse the earlier one speaks.
func TestRulesSpeakInOrder(t *testing.T) {
	t.Parallel()
	if r := doors.Judge(welcome()); r != (doors.Ruling{Granted: true, Code: doors.OK}) {
		t.Fatalf("nothing is wrong, and the ruling is %+v", r)
	}
	for i, early := range doors.Rules {
		f := welcome()
		breaks[early.Code](&f)
		if r := doors.Judge(f); r.Granted || r.Code != early.Code {
			t.Errorf("%s alone: %+v", early.Code, r)
		}
		for _, late := range doors.Rules[i+1:] {
			f := welcome()
			breaks[late.Code](&f)
			breaks[early.Code](&f)
			switch {
			case early.Code == doors.AlreadyInside: // whoever is inside takes no further place
				continue
			case late.Order == early.Order && late.Order == 5: // one badge has one state
				continue
			}
			if r := doors.Judge(f); r.Code != early.Code {
				t.Errorf("%s and %s: %s speaks", early.Code, late.Code, r.Code)
			}
		}
	}
	if len(breaks) != len(doors.Rules) {
		t.Errorf("%d ways to break %d rules", len(breaks), len(doors.Rules))
	}
}

func TestJudgeOnTheWayOutAndOffline(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		with func(f *doors.Facts)
		want doors.Ruling
	}{
		{"leaving", func(f *doors.Facts) { f.Direction, f.Inside = doors.Out, true }, doors.Ruling{Granted: true, Code: doors.OK}},
		{"leaving without having come", func(f *doors.Facts) { f.Direction = doors.Out }, doors.Ruling{Granted: true, Code: doors.ExitWithoutEntry}},
		{"leaving after the end, on a wrong day, from a full zone that is not theirs", func(f *doors.Facts) {
			f.Direction, f.Inside, f.ValidTo, f.Days, f.Count, f.Zones = doors.Out, true, f.At, nil, 10, nil
		}, doors.Ruling{Granted: true, Code: doors.OK}},
		{"leaving with a revoked badge", func(f *doors.Facts) { f.Direction, f.Inside, f.State = doors.Out, true, "revoked" }, doors.Ruling{Code: doors.Revoked}},
		{"offline", func(f *doors.Facts) { f.Offline = true }, doors.Ruling{Granted: true, Code: doors.OKOffline}},
		{"offline, capacity is not asked", func(f *doors.Facts) { f.Offline, f.Count = true, 10 }, doors.Ruling{Granted: true, Code: doors.OKOffline}},
		{"a second reading repeats the first", func(f *doors.Facts) { f.Before = &doors.Before{Granted: true, Code: doors.OK}; f.Inside = true },
			doors.Ruling{Granted: true, Code: doors.DuplicateRead, First: doors.OK}},
		{"whoever may enter anywhere escorts", func(f *doors.Facts) { f.EscortFor, f.Escorted = []string{"DEL"}, true }, doors.Ruling{Granted: true, Code: doors.OK}},
		{"on the list", func(f *doors.Facts) { f.List, f.OnList = true, true }, doors.Ruling{Granted: true, Code: doors.OK}},
	} {
		f := welcome()
		tt.with(&f)
		if got := doors.Judge(f); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
