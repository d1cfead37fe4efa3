package api

import (
	"context"
	"net/http"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/doors"
	"qianshou/app/files"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

// pairLimit bounds how fast pairing codes can be tried.
var pairLimit = web.Limit{Times: 20, In: time.Minute}

// deliverLimit bounds how often a device may deliver; each delivery is 500 scans
// at most.
var deliverLimit = web.Limit{Times: 120, In: time.Minute}

func (a *API) doorOperations() {
	scan := web.Anywhere(accounts.ScanBadges)
	add(a, description{method: http.MethodPost, path: "/api/v1/scans", id: "scan", tag: "Doors", rule: scan, summary: "Read a badge at a gate",
		about: "A refusal is an answer, not an error. The same scan_id twice is one scan: the first verdict is repeated. The verdict is about the present; scanned_at is only noted."}, a.scan)
	add(a, description{method: http.MethodPost, path: "/api/v1/scans/batch", id: "deliver-scans", tag: "Doors", rule: scan, limit: &deliverLimit, summary: "Deliver what a device decided without a network",
		about: "At most 500 scans, in their order. What the device decided stands; where the server would have said something else, conflict says what. Sending a queue again changes nothing."}, a.deliver)
	add(a, description{method: http.MethodPost, path: "/api/v1/scans/override", id: "override", tag: "Doors", rule: web.Anywhere(accounts.OverrideDoor), summary: "Let a person in against the verdict",
		about: "A supervisor's right; the reason is kept."}, a.override)
	add(a, description{method: http.MethodPost, path: "/api/v1/devices/pair", id: "pair-device", tag: "Doors", secret: true, rule: web.Public(), limit: &pairLimit, status: http.StatusCreated, summary: "Pair a door device by its code",
		about: "A code is good once and for a quarter of an hour. The secret is the device's bearer token."}, a.pair)
	add(a, description{method: http.MethodGet, path: "/api/v1/door", id: "door", tag: "Doors", rule: scan, summary: "What a paired device shows while nobody stands before it"}, a.door)
	add(a, description{method: http.MethodGet, path: "/api/v1/door/people", id: "door-people", tag: "Doors", rule: web.Anywhere(accounts.OverrideDoor), summary: "Find a person by name or reference",
		about: "For a supervisor's device; at most 20, heads of delegation first."}, a.doorPeople)
	add(a, description{method: http.MethodGet, path: "/api/v1/door/photos/:photo", id: "door-photo", tag: "Doors", rule: scan, media: files.JPEG, summary: "The portrait of a person whom a verdict names",
		about: "For a device of the same event alone."}, a.doorPhoto)
}

type scanInput struct {
	Body ScanBody
}

// ScanBody is one reading of a badge as a device sends it.
type ScanBody struct {
	ScanID    string    `json:"scan_id" format:"uuid" doc:"Made by the device; a repeat is the same scan."`
	Gate      string    `json:"gate,omitempty" doc:"ID or code. A device may leave it out: it stands at one gate."`
	Token     string    `json:"token,omitempty" doc:"What the QR code says."`
	Reference string    `json:"reference,omitempty" doc:"Instead of the token: a registration's reference or a badge's serial, as typed."`
	ScannedAt time.Time `json:"scanned_at,omitempty" doc:"By the device's clock."`
	Direction string    `json:"direction,omitempty" enum:"in,out" doc:"Needed at a gate of both directions; in when left out."`
}

// scan reads the common part of a body. An ID that is none is left zero: the
// service says so beside its field.
func (b ScanBody) scan() doors.Scan {
	id, _ := ident.Parse(b.ScanID)
	return doors.Scan{ScanID: id, Gate: b.Gate, Token: b.Token, Reference: b.Reference, ScannedAt: b.ScannedAt, Direction: doors.Direction(b.Direction)}
}

// verdict is the answer to a scan.
type verdict struct {
	ScanID    string       `json:"scan_id"`
	Verdict   string       `json:"verdict" enum:"granted,denied"`
	Code      doors.Code   `json:"code" doc:"OK, OK_OFFLINE, MALFORMED, BAD_SIGNATURE, WRONG_EVENT, UNKNOWN, REVOKED, SUPERSEDED, SUSPENDED, NOT_ACTIVE, NOT_YET_VALID, EVENT_OVER, WRONG_DAY, DUPLICATE_READ, WRONG_ZONE, NOT_ON_LIST, ESCORT_REQUIRED, ALREADY_INSIDE, CAPACITY_FULL, EXIT_WITHOUT_ENTRY or MANUAL_OVERRIDE."`
	FirstCode doors.Code   `json:"first_code,omitempty" doc:"Of DUPLICATE_READ: the code that is repeated."`
	Conflict  doors.Code   `json:"conflict,omitempty" doc:"Of a delivered scan: what the server would have said instead."`
	Word      string       `json:"word,omitempty" doc:"The one word for the screen, in the caller's language."`
	Message   string       `json:"message,omitempty" doc:"Why, in the caller's language."`
	Action    string       `json:"action,omitempty" doc:"What the door does now, in the caller's language."`
	Calm      bool         `json:"calm" doc:"Keep the voice down: a head of delegation is never turned away in red."`
	At        time.Time    `json:"at,omitzero"`
	Gate      gateHead     `json:"gate,omitzero"`
	Direction string       `json:"direction,omitempty" enum:"in,out"`
	Person    *doorPerson  `json:"person,omitempty"`
	Since     *time.Time   `json:"since,omitempty" doc:"Of ALREADY_INSIDE: when the person came in."`
	SinceGate *locale.Text `json:"since_gate,omitempty"`
	Ended     *doorEnded   `json:"ended,omitempty" doc:"Of a person who is turned away because they do not come any more: why."`
	Problem   *scanProblem `json:"problem,omitempty" doc:"Of a delivered scan that was not recorded."`
}

type doorEnded struct {
	How       string     `json:"how" enum:"replaced,merged,cancelled,withdrawn,rejected,departed,erased"`
	At        *time.Time `json:"at,omitempty"`
	Reference string     `json:"reference,omitempty" doc:"Of who comes instead, or of the registration that holds now."`
	Name      string     `json:"name,omitempty" doc:"Who that is, in the caller's language."`
	Serial    string     `json:"serial,omitempty" doc:"Of the badge that holds instead."`
}

type scanProblem struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type gateHead struct {
	ID   string      `json:"id"`
	Code string      `json:"code"`
	Name locale.Text `json:"name"`
	Zone locale.Text `json:"zone"`
}

type doorPerson struct {
	RegistrationID string      `json:"registration_id"`
	Reference      string      `json:"reference"`
	Serial         string      `json:"serial,omitempty"`
	Name           string      `json:"name"`
	NameNative     string      `json:"name_native"`
	NameZH         string      `json:"name_zh,omitempty"`
	Role           string      `json:"role"`
	Title          locale.Text `json:"title"`
	Organisation   string      `json:"organisation,omitempty"`
	Delegation     locale.Text `json:"delegation"`
	Country        locale.Text `json:"country"`
	BadgeType      string      `json:"badge_type"`
	BadgeName      locale.Text `json:"badge_name"`
	Head           bool        `json:"head"`
	Photo          string      `json:"photo,omitempty" doc:"Path of the portrait, for this device's own token; absent when there is none."`
}

func personOf(p doors.Person) doorPerson {
	photo := ""
	if p.PhotoID != ident.Nil {
		photo = "/api/v1/door/photos/" + p.PhotoID.String()
	}
	return doorPerson{
		Photo:          photo,
		RegistrationID: p.RegistrationID.String(), Reference: p.Reference, Serial: p.Serial, Name: p.Name, NameNative: p.NameNative, NameZH: p.NameZH,
		Role: p.Role, Title: p.Title, Organisation: p.Organisation, Delegation: p.Delegation, Country: p.Country,
		BadgeType: p.BadgeType, BadgeName: p.Badge, Head: p.Head(),
	}
}

func gateOf(g doors.Gate) gateHead {
	return gateHead{ID: g.ID.String(), Code: g.Code, Name: g.Name, Zone: g.Zone}
}

func (a *API) verdictOf(c caller, v doors.Verdict) verdict {
	out := verdict{
		ScanID: v.ScanID.String(), Verdict: "denied", Code: v.Code, FirstCode: v.First, Conflict: v.Conflict, Calm: v.Calm,
		At: v.At, Gate: gateOf(v.Gate), Direction: string(v.Direction), Since: v.Since,
	}
	said := v.Code
	if v.Code == doors.DuplicateRead && !v.Granted {
		said = v.First // why it is refused matters more than that it was read twice
	}
	word := "denied"
	switch {
	case v.Granted:
		out.Verdict, word = "granted", "granted"
		if v.Direction == doors.Out {
			word = "out"
		}
		if v.Code == doors.ExitWithoutEntry {
			word = "notice"
		}
	case v.Calm:
		word = "calm"
	}
	out.Word = c.words.T(c.lang, "door.word."+word)
	out.Message = c.words.T(c.lang, "door.line."+string(said))
	if key := "door.do." + string(said); c.words.Has(c.lang, key) {
		out.Action = c.words.T(c.lang, key)
	}
	if v.Calm {
		out.Message, out.Action = c.words.T(c.lang, "door.line.calm"), c.words.T(c.lang, "door.calm_say")
	}
	if v.Ended != nil {
		a.explain(c, v, &out)
	}
	if v.Person != nil {
		p := personOf(*v.Person)
		out.Person = &p
	}
	if v.Since != nil {
		gate := v.SinceGate
		out.SinceGate = &gate
	}
	return out
}

// explain says in words why somebody does not come any more. The door keeps its voice
// down with a head all the same: what to say stays.
func (a *API) explain(c caller, v doors.Verdict, out *verdict) {
	e := v.Ended
	name, day := "", ""
	if e.Other != "" && e.How != "erased" {
		name = e.Called.In(c.lang)
	}
	if e.At != nil {
		day = locale.Moment(c.lang, *e.At)
	}
	out.Ended = &doorEnded{How: e.How, At: e.At, Reference: e.Other, Name: name, Serial: e.Serial}
	out.Message = c.words.T(c.lang, "door.ended."+e.How, name, e.Other, day)
	if v.Calm {
		return
	}
	out.Action = c.words.T(c.lang, "door.ended_do."+e.How, e.Serial)
	if e.How == "merged" && e.Serial == "" {
		out.Action = c.words.T(c.lang, "door.do.NOT_ACTIVE")
	}
}

func (a *API) scan(ctx context.Context, c caller, in scanInput) (verdict, error) {
	v, err := a.Doors.Admit(ctx, c.actor, in.Body.scan())
	if err != nil {
		return verdict{}, err
	}
	return a.verdictOf(c, v), nil
}

type deliverInput struct {
	Body struct {
		SentAt time.Time    `json:"sent_at,omitempty" doc:"The device's clock at delivery: times of a clock that is wrong are put right by it."`
		Scans  []queuedScan `json:"scans" maxItems:"500"`
	}
}

type queuedScan struct {
	ScanBody
	Verdict string     `json:"verdict" enum:"granted,denied"`
	Code    doors.Code `json:"code" doc:"What the device decided."`
	Reason  string     `json:"reason,omitempty" doc:"Of a supervisor's override."`
}

type delivered struct {
	Scans []verdict `json:"scans" doc:"Each answered in the order of the queue, by scan_id."`
}

func (a *API) deliver(ctx context.Context, c caller, in deliverInput) (delivered, error) {
	queue := make([]doors.Queued, 0, len(in.Body.Scans))
	for _, q := range in.Body.Scans {
		if q.Verdict != "granted" && q.Verdict != "denied" {
			q.Code = "" // neither: the service says so beside the code
		}
		queue = append(queue, doors.Queued{Scan: q.scan(), Granted: q.Verdict == "granted", Code: q.Code, Reason: q.Reason})
	}
	answers, err := a.Doors.Deliver(ctx, c.actor, in.Body.SentAt, queue)
	if err != nil {
		return delivered{}, err
	}
	out := delivered{Scans: []verdict{}}
	for i, d := range answers {
		if d.Err == nil {
			out.Scans = append(out.Scans, a.verdictOf(c, d.Verdict))
			continue
		}
		if fault.CodeOf(d.Err) == fault.Internal {
			a.Log.Error("deliver scan", "err", d.Err)
		}
		out.Scans = append(out.Scans, verdict{ScanID: in.Body.Scans[i].ScanID, Verdict: "denied", Problem: problemOf(c, d.Err)})
	}
	return out, nil
}

// problemOf says in one sentence why a delivered scan was not recorded.
func problemOf(c caller, err error) *scanProblem {
	f, told := fault.Of(err)
	if !told {
		f = fault.New(fault.Internal, "error.internal")
	}
	if len(f.Fields) > 0 {
		return &scanProblem{Code: f.Fields[0].Path, Detail: c.words.T(c.lang, f.Fields[0].Key, f.Fields[0].Args...)}
	}
	return &scanProblem{Code: string(f.Code), Detail: c.words.T(c.lang, f.Key, f.Args...)}
}

type overrideInput struct {
	Body struct {
		ScanID         string    `json:"scan_id" format:"uuid"`
		Gate           string    `json:"gate,omitempty"`
		RegistrationID string    `json:"registration_id" format:"uuid"`
		Direction      string    `json:"direction,omitempty" enum:"in,out"`
		Reason         string    `json:"reason"`
		ScannedAt      time.Time `json:"scanned_at,omitempty"`
	}
}

func (a *API) override(ctx context.Context, c caller, in overrideInput) (verdict, error) {
	id, _ := ident.Parse(in.Body.ScanID)
	person, _ := ident.Parse(in.Body.RegistrationID)
	v, err := a.Doors.LetIn(ctx, c.actor, doors.Override{
		ScanID: id, Gate: in.Body.Gate, Registration: person, Direction: doors.Direction(in.Body.Direction), Reason: in.Body.Reason, ScannedAt: in.Body.ScannedAt,
	})
	if err != nil {
		return verdict{}, err
	}
	return a.verdictOf(c, v), nil
}

type pairInput struct {
	Body struct {
		Code string `json:"code"`
	}
}

type paired struct {
	Secret string `json:"secret" doc:"The device's bearer token. It is shown once."`
	Device device `json:"device"`
}

type device struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	Duty string      `json:"duty" enum:"steward,supervisor"`
	Gate locale.Text `json:"gate"`
}

func (a *API) pair(ctx context.Context, _ caller, in pairInput) (paired, error) {
	d, secret, err := a.Doors.Pair(ctx, in.Body.Code)
	if err != nil {
		return paired{}, err
	}
	return paired{Secret: secret, Device: device{ID: d.ID.String(), Name: d.Name, Duty: string(d.Duty), Gate: d.Gate}}, nil
}

type standing struct {
	Event     EventHead `json:"event"`
	Gate      gateHead  `json:"gate"`
	Direction string    `json:"direction" enum:"in,out,both"`
	Open      bool      `json:"open"`
	Device    string    `json:"device"`
	Duty      string    `json:"duty" enum:"steward,supervisor"`
	Inside    int       `json:"inside" doc:"Who is in the zone now."`
	Capacity  int       `json:"capacity" doc:"Of the zone; 0: not limited."`
	Minute    int       `json:"minute" doc:"Scans at this gate in the last minute."`
	Now       time.Time `json:"now" doc:"The server's clock, in the event's zone."`
}

func (a *API) door(ctx context.Context, c caller, _ struct{}) (standing, error) {
	st, err := a.Doors.Standing(ctx, c.actor)
	if err != nil {
		return standing{}, err
	}
	return standing{
		Event: eventHeadOf(st.Event), Gate: gateOf(st.Gate), Direction: string(st.Gate.Direction), Open: st.Gate.Open, Device: st.Device, Duty: string(st.Duty),
		Inside: st.Inside, Capacity: st.Capacity, Minute: st.Minute, Now: a.Now().In(st.Event.Location()),
	}, nil
}

type searchInput struct {
	Search string `query:"q" doc:"At least two signs of a name in any script, or a reference."`
}

func (a *API) doorPeople(ctx context.Context, c caller, in searchInput) (list[doorPerson], error) {
	st, err := a.Doors.Standing(ctx, c.actor)
	if err != nil {
		return list[doorPerson]{}, err
	}
	found, err := a.Doors.Search(ctx, c.actor, st.Event.ID, in.Search)
	if err != nil {
		return list[doorPerson]{}, err
	}
	out := list[doorPerson]{Items: []doorPerson{}}
	for _, p := range found {
		out.Items = append(out.Items, personOf(p))
	}
	return out, nil
}

type photoInput struct {
	Photo string `path:"photo" format:"uuid"`
}

func (a *API) doorPhoto(ctx context.Context, c caller, in photoInput) (file, error) {
	id, err := ident.Parse(in.Photo)
	if err != nil || c.actor.Kind != accounts.Device {
		return file{}, fault.New(fault.NotFound, "error.not_found")
	}
	f, err := a.Files.ByID(ctx, c.actor, id)
	if err != nil {
		return file{}, err
	}
	if f.Purpose != files.Photo {
		return file{}, fault.New(fault.NotFound, "error.not_found")
	}
	_, content, err := a.Files.Read(ctx, c.actor, id)
	return file{media: files.JPEG, name: "photo.jpg", inline: true, body: content}, err
}
