package web

import (
	"time"

	"qianshou/app/doors"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// doorPages are the models of the doors' views.
var doorPages = map[string]sample{
	"doors/home":      doorsSample,
	"doors/_home":     doorsSample,
	"doors/_readings": doorLogSample,
	"doors/log":       doorLogSample,
	"doors/gate": func(p Page, full bool) any {
		if !full {
			return gatePage{Page: p, New: true}
		}
		form := FormOf("code", "A-1")
		form.Add("name_zh", "field.required")
		return gatePage{Page: p, Form: form, Gate: gateSamples[0], Zones: []Choice{{"1", "A"}}, Sessions: []Choice{{"", "—"}}}
	},
	"doors/device":  deviceSample,
	"doors/_device": deviceSample,
	"doors/app":     func(p Page, _ bool) any { return doorAppPage{p} },
}

var (
	seen        = time.Date(2027, 6, 9, 2, 30, 0, 0, time.UTC)
	gateSamples = []doors.Gate{
		{ID: ident.New(), Code: "A-1", Name: wordsFull, Zone: wordsFull, ZoneCode: "A", Direction: doors.Both, Open: true, Devices: 2, LastScans: 11},
		{ID: ident.New(), Code: "V-S04", Name: wordsFull, Zone: wordsFull, Session: wordsFull, Direction: doors.In},
	}
	readingSamples = []doors.Reading{
		{JudgedAt: seen, Granted: true, Code: doors.OK, GateCode: "A-1", Direction: doors.In, Name: "Ludmila Řeháčková", NameZH: "卢德米拉·热哈奇科娃", Serial: "B-00032", Mode: "online"},
		{JudgedAt: seen, Granted: true, Code: doors.OKOffline, ServerCode: doors.Revoked, GateCode: "A-1", Direction: doors.In, Name: "X", Mode: "offline"},
		{JudgedAt: seen, Code: doors.Malformed, GateCode: "A-1", Direction: doors.Out, Mode: "online"},
		{JudgedAt: seen, Granted: true, Code: doors.ManualOverride, OverrideReason: "…", GateCode: "V-1", Direction: doors.In, Name: "Y", Reference: "F27-0001", Mode: "online"},
	}
)

func doorLogSample(p Page, full bool) any {
	if !full {
		return doorLogPage{Page: p, Kind: "all"}
	}
	return doorLogPage{Page: p, Kind: "denied", Readings: readingSamples, Gates: gateSamples, Total: 3, Pager: Pager{From: 1, To: 3, Total: 3}}
}

func doorsSample(p Page, full bool) any {
	if !full {
		return doorsPage{Page: p}
	}
	return doorsPage{
		Page: p, Gates: gateSamples, Readings: readingSamples, Denied: 3, Conflict: 1,
		Zones: []doors.ZoneCount{{Code: "A", Name: locale.Text{ZH: "主会场", EN: "Main hall"}, Inside: 312, Capacity: 800}, {Code: "P", Name: wordsFull, Inside: 4}},
		Devices: []doors.Device{
			{ID: ident.New(), Name: "Phone 1", Duty: doors.Steward, PairedAt: &seen, LastSeenAt: &seen, GateCode: "A-1", Gate: wordsFull},
			{ID: ident.New(), Name: "Phone 2", Duty: doors.Supervisor, RevokedAt: &seen, GateCode: "A-1", Gate: wordsFull},
		},
	}
}

func deviceSample(p Page, full bool) any {
	if !full {
		return devicePage{Page: p}
	}
	return devicePage{
		Page: p, Device: doors.Device{ID: ident.New(), Name: "Phone 1", Duty: doors.Supervisor, GateCode: "A-1", Gate: wordsFull, PairedAt: &seen, LastSeenAt: &seen},
		Code: "ABCDE-12345", QR: "data:image/svg+xml;base64,", DoorAt: "https://example.org/door", Gates: []Choice{{"1", "A-1"}},
	}
}
