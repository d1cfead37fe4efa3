package web

import (
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/agenda"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/projects"
)

// agendaPages are the models of the agenda's and the big screen's views.
var agendaPages = map[string]sample{
	"agenda/public":   publicAgendaSample,
	"agenda/_public":  publicAgendaSample,
	"agenda/console":  consoleAgendaSample,
	"agenda/_console": consoleAgendaSample,
	"agenda/session":  sessionSample("move"),
	"agenda/new":      sessionSample("edit"),
	"agenda/_fields":  sessionSample("edit"),
	"agenda/_note":    sessionSample("cancel"),
	"agenda/_delay":   sessionSample("delay"),
	"wall/show":       wallSample,
	"wall/_show":      wallSample,
}

var (
	hall      = &agenda.Place{Code: "R-MAIN", Name: locale.Text{ZH: "主会场", EN: "Plenary hall"}, Venue: locale.Text{ZH: "会议中心", EN: "Conference centre"}}
	wordsFull = locale.Text{ZH: "开幕式", EN: "Opening ceremony"}
)

// liveSample is an agenda in which everything happens: something moved,
// something cancelled, something on now, by invitation, interpreted, spoken at.
func liveSample(now time.Time) agenda.Live {
	item := func(code string, from time.Duration) agenda.Item {
		return agenda.Item{Code: code, Kind: "plenary", Title: wordsFull, StartsAt: now.Add(from), EndsAt: now.Add(from + time.Hour), TimeZone: "Asia/Shanghai", Room: hall, Track: "T1"}
	}
	moved, off, on := item("S02", time.Hour), item("S03", 2*time.Hour), item("S01", -time.Minute)
	moved.Changed = &agenda.Change{At: now, StartsAt: now.Add(-24 * time.Hour), EndsAt: now.Add(-23 * time.Hour), Room: hall}
	moved.Note, moved.ListOnly, moved.Languages = wordsFull, true, []string{"zh", "en"}
	moved.Speakers = []agenda.Speaker{{Name: wordsFull, Title: wordsFull, City: wordsFull}}
	off.Cancelled, off.Room, off.MeetPoint = true, nil, hall
	beside, together := item("S04", -time.Minute), item("S05", time.Hour)
	return agenda.Live{
		Version: 7, AsOf: now, Stale: true, Source: "postgresql",
		Stops:  []agenda.Stop{{Position: 1, Name: locale.Text{ZH: "宁波", EN: "Ningbo"}, TimeZone: "Asia/Shanghai"}, {Position: 2, TimeZone: "Europe/Berlin"}},
		Tracks: []agenda.Track{{Code: "T1", Name: wordsFull}},
		Days:   []agenda.Day{{Date: "2027-06-09", Number: 2, Stop: 1, TimeZone: "Asia/Shanghai", Sessions: []agenda.Item{on, beside, moved, together, off}}},
	}
}

func publicAgendaSample(p Page, full bool) any {
	if !full {
		return agendaPage{Page: p}
	}
	return newAgendaPage(p, liveSample(p.Now), "", "")
}

func consoleAgendaSample(p Page, full bool) any {
	if !full {
		return consoleAgendaPage{Page: p}
	}
	room, later := ident.ID{15: 3}, p.Now.Add(time.Hour)
	all := []agenda.Session{
		{ID: ident.ID{15: 1}, Code: "S01", Title: wordsFull, RoomID: room, Status: agenda.Published, StartsAt: p.Now, EndsAt: later, TimeZone: "Asia/Shanghai", MovedAt: &later},
		{ID: ident.ID{15: 2}, Code: "S02", Title: wordsFull, Status: agenda.Cancelled, StartsAt: p.Now.Add(-2 * time.Hour), EndsAt: p.Now, TimeZone: "Asia/Shanghai", EmbargoUntil: &later},
	}
	return newConsoleAgenda(p, all, agenda.Options{Rooms: []agenda.Option{{ID: room, Code: "R-MAIN", Name: wordsFull}}})
}

func sessionSample(part string) sample {
	return func(p Page, full bool) any {
		m := sessionPage{Page: p, Part: part, Session: agenda.Session{Status: agenda.Draft, Kind: "plenary"}, Minutes: 15}
		if !full {
			return m
		}
		m.Session = agenda.Session{ID: ident.ID{15: 1}, Code: "S01", Kind: "plenary", Title: wordsFull, Status: agenda.Published, TimeZone: "Asia/Shanghai", StartsAt: p.Now, EndsAt: p.Now.Add(time.Hour), Version: 3}
		m.Form = sessionForm(m.Session)
		m.Form.Add("room_id", "agenda.room_taken", hall.Name, wordsFull, wordsFull)
		m.Statuses = []agenda.Status{agenda.Planned, agenda.Published, agenda.Draft, agenda.Running, agenda.Ended}
		stop := agenda.Option{ID: ident.ID{15: 4}, Code: "1", Name: wordsFull}
		m.Options = agenda.Options{Stops: []agenda.Option{stop, stop}, Rooms: []agenda.Option{stop}, Tracks: []agenda.Option{stop}, Zones: []agenda.Option{stop}}
		m.People = []agenda.Person{{Name: wordsFull, Title: wordsFull, Part: "speaker"}, {Name: wordsFull, Part: "listed"}}
		m.Preview = []agenda.Shift{{Session: m.Session, StartsAt: p.Now, EndsAt: p.Now.Add(time.Hour), Clashes: []agenda.Clash{{Person: wordsFull, Title: wordsFull, TimeZone: "Asia/Shanghai"}},
			Taken: &agenda.Taken{Room: wordsFull, Title: wordsFull, TimeZone: "Asia/Shanghai"}}}
		return m
	}
}

func wallSample(p Page, full bool) any {
	if !full {
		return wallPage{Page: p}
	}
	m := newWallPage(p, agenda.Wall{
		Live: liveSample(p.Now), Here: 9, Due: 10,
		Delegations: []agenda.Arrival{{City: wordsFull, Country: wordsFull, Here: 5, Due: 5}, {City: wordsFull, Here: 4, Due: 5}},
	})
	m.Signings = projects.Signings{
		Signed: 3, Documents: 20, SignedContracts: 3, Contracts: 13,
		Latest: []projects.Signing{{Name: wordsFull, City: wordsFull, Amount: decimal.NewNullDecimal(decimal.NewFromInt(48_000_000)), Currency: "USD"}},
	}
	return m
}
