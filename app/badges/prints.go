package badges

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Filter chooses badges of one event. The zero Filter chooses all of them.
type Filter struct {
	Search       string // in names of any script, references and serials
	Show         string // a State, "living", "unprinted" (living, never on paper), or empty for all
	Category     string // code of a category
	DelegationID ident.ID
	IDs          []ident.ID // nil: whichever
	Offset       int
	Limit        int // of List only
}

// Shows lists what Filter.Show may say beside empty, in the order of the page.
var Shows = []string{"living", "unprinted", string(Suspended), string(Revoked), string(Superseded)}

// Held is a badge and who holds it.
type Held struct {
	Badge
	Holder
}

// Holder is the person of a badge, for lists.
type Holder struct {
	Reference  string      `db:"reference"`
	GivenName  string      `db:"given_name"`
	FamilyName string      `db:"family_name"`
	NameNative string      `db:"name_native"`
	NameZH     string      `db:"name_zh"`
	Category   locale.Text `db:"category"`
	Type       locale.Text `db:"type"`
	Delegation locale.Text `db:"delegation"`
}

// Called is the holder's name in every script.
func (h Holder) Called() locale.Name {
	return locale.Name{Latin: h.Name(), Native: h.NameNative, ZH: h.NameZH}
}

// Name is the holder in Latin letters, given name first.
func (h Holder) Name() string {
	if h.GivenName == "" {
		return h.FamilyName
	}
	return h.GivenName + " " + h.FamilyName
}

// List answers an event's badges with their holders, the latest first.
//
// Fault: Forbidden.
func (s *Service) List(ctx context.Context, by accounts.Actor, event ident.ID, f Filter) ([]Held, int, error) {
	if !by.May(accounts.SeeBadges, event) {
		return nil, 0, fault.New(fault.Forbidden, "error.forbidden")
	}
	return heldBadges(ctx, s.db, event, f)
}

// Counts answers how many badges each value of Shows, each state and "all" has.
//
// Fault: Forbidden.
func (s *Service) Counts(ctx context.Context, by accounts.Actor, event ident.ID) (map[string]int, error) {
	if !by.May(accounts.SeeBadges, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return stateCounts(ctx, s.db, event)
}

// HolderOf answers who holds a badge.
//
// Fault: Forbidden.
func (s *Service) HolderOf(ctx context.Context, by accounts.Actor, b Badge) (Holder, error) {
	if !by.May(accounts.SeeBadges, b.EventID) {
		return Holder{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return holderOf(ctx, s.db, b)
}

// Unprintable names what of a badge the printing face lacks; empty when it can be
// printed.
//
// Fault: Forbidden.
func (s *Service) Unprintable(ctx context.Context, by accounts.Actor, b Badge) (string, error) {
	if !by.May(accounts.SeeBadges, b.EventID) {
		return "", fault.New(fault.Forbidden, "error.forbidden")
	}
	rows, err := faceRows(ctx, s.db, b.EventID, Filter{IDs: []ident.ID{b.ID}})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].face(nil, time.Time{}).unprintable()
}

// Sheet answers the living badges that a filter chooses, ready for paper, in the
// order in which they are handed out. Those that the face cannot print are left
// out and listed. Nothing is noted as printed; Print does that.
//
// Faults: Forbidden; Conflict, there is nothing to print.
func (s *Service) Sheet(ctx context.Context, by accounts.Actor, event ident.ID, f Filter, words Words) (Sheet, error) {
	if !by.May(accounts.IssueBadge, event) {
		return Sheet{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	return s.sheet(ctx, event, f, words)
}

// HolderSheet is the badge that a registration holds, for whoever has the link to
// its page.
//
// Faults: NotFound, it holds none that opens doors; Conflict, the face cannot
// print it.
func (s *Service) HolderSheet(ctx context.Context, registration ident.ID, words Words) (Sheet, error) {
	b, err := livingBadge(ctx, s.db, registration)
	if err != nil {
		return Sheet{}, err
	}
	if b.State != Active {
		return Sheet{}, fault.New(fault.NotFound, "error.not_found")
	}
	return s.sheet(ctx, b.EventID, Filter{IDs: []ident.ID{b.ID}}, words)
}

func (s *Service) sheet(ctx context.Context, event ident.ID, f Filter, words Words) (Sheet, error) {
	rows, err := faceRows(ctx, s.db, event, f)
	if err != nil {
		return Sheet{}, fmt.Errorf("read faces: %w", err)
	}
	o, err := occasionOf(ctx, s.db, event)
	if err != nil {
		return Sheet{}, fmt.Errorf("read event of badges: %w", err)
	}
	zones, err := zoneRows(ctx, s.db, event)
	if err != nil {
		return Sheet{}, fmt.Errorf("read zones: %w", err)
	}
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return Sheet{}, fmt.Errorf("read zone of event: %w", err)
	}
	sheet := Sheet{
		Occasion:  Occasion{Title: o.Title, Place: o.Place, FirstDay: o.FirstDay, LastDay: o.LastDay, Emergency: o.Emergency, Finder: o.Finder},
		PrintedAt: s.now().In(zone), Words: words,
	}
	if s.portraits != nil {
		ctx := context.WithoutCancel(ctx) // the sheet is drawn after this returned
		sheet.Portrait = func(registration ident.ID) ([]byte, error) { return s.portraits.PhotoOf(ctx, registration) }
	}
	for _, r := range rows {
		face := r.face(zones, o.FirstDay)
		if err := sheet.take(face, r.badge()); err != nil {
			return Sheet{}, err
		}
	}
	switch {
	case len(sheet.Faces) > 0:
		return sheet, nil
	case len(rows) == 1 && rows[0].badge().Living():
		missing, err := rows[0].face(zones, o.FirstDay).unprintable()
		if err != nil {
			return Sheet{}, err
		}
		return Sheet{}, fault.New(fault.Conflict, "badge.unprintable", missing)
	}
	return Sheet{}, fault.New(fault.Conflict, "badge.nothing_to_print")
}

// take adds a badge to the sheet, or to those that are left out.
func (s *Sheet) take(f Face, b Badge) error {
	out := LeftOut{Serial: f.Serial, Name: f.GivenName + " " + f.FamilyName}
	if !b.Living() {
		out.Why = s.sentence("badge.ended", b.Serial)
		s.LeftOut = append(s.LeftOut, out)
		return nil
	}
	missing, err := f.unprintable()
	if err != nil {
		return err
	}
	if missing != "" {
		out.Why = s.sentence("badge.unprintable", missing)
		s.LeftOut = append(s.LeftOut, out)
		return nil
	}
	s.Faces = append(s.Faces, f)
	return nil
}

func (s *Sheet) sentence(key string, args ...any) locale.Text {
	return locale.Text{ZH: s.Words(locale.ZH, key, args...), EN: s.Words(locale.EN, key, args...)}
}

func (r faceRow) face(zones []zoneRow, firstDay time.Time) Face {
	b := r.badge()
	f := Face{
		GivenName: r.GivenName, FamilyName: r.FamilyName, NameNative: r.NameNative, NameZH: r.NameZH, Nationality: r.Nationality,
		Title: r.Title, Organisation: r.Organisation, City: r.City, Country: r.Country, Liaison: r.Liaison,
		Role: r.Role, Code: b.BadgeType, Colour: r.Colour, Pattern: r.Pattern, Serial: b.Serial, Token: b.Token,
		Holder: b.RegistrationID, Framed: r.Framed,
	}
	for _, z := range zones {
		open := slices.Contains(r.TypeZones, z.Code) || slices.Contains(b.ExtraZones, z.Code)
		f.Zones = append(f.Zones, ZoneMark{Code: z.Code, Name: z.Name, Open: open})
	}
	for _, day := range slices.Sorted(slices.Values(b.Days)) {
		f.Days = append(f.Days, firstDay.AddDate(0, 0, day-1))
	}
	return f
}

// Print is one run of the printer.
type Print struct {
	EventID ident.ID   `db:"event_id"`
	ID      ident.ID   `db:"id"`
	At      time.Time  `db:"printed_at"`
	By      string     `db:"printed_by"`
	Layout  Layout     `db:"layout"`
	Badges  []ident.ID `db:"-"`
	Drawn   int        `db:"-"` // of Badges, those that the face can print; of a run that Print answers
}

// Papers is how many papers the drawn badges take, each printed on both sides.
func (p Print) Papers() int {
	if p.Layout == FourUp {
		return (p.Drawn + 3) / 4
	}
	return p.Drawn
}

// Print notes that the living badges a filter chooses go to paper, and answers
// the run whose sheet PrintSheet draws. A badge that the face cannot print belongs
// to the run, whose sheet lists it, but does not count as printed. Asking twice
// makes two runs.
//
// Faults: Forbidden; Invalid, the layout; Conflict, there is nothing to print.
func (s *Service) Print(ctx context.Context, by accounts.Actor, event ident.ID, f Filter, layout Layout) (p Print, err error) {
	if !by.May(accounts.IssueBadge, event) {
		return p, fault.New(fault.Forbidden, "error.forbidden")
	}
	if !slices.Contains(Layouts, layout) {
		return p, fault.Fields(fault.Field{Path: "layout", Key: "field.choice"})
	}
	if f.Show == "" {
		f.Show = "living"
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		rows, err := faceRows(ctx, tx, event, f)
		if err != nil {
			return fmt.Errorf("choose badges: %w", err)
		}
		p = Print{EventID: event, ID: s.newID(), At: s.now(), By: by.Name(), Layout: layout}
		var drawn []ident.ID
		for _, r := range rows {
			b := r.badge()
			if !b.Living() {
				continue
			}
			p.Badges = append(p.Badges, b.ID)
			missing, err := r.face(nil, time.Time{}).unprintable()
			if err != nil {
				return err
			}
			if missing == "" {
				drawn = append(drawn, b.ID)
			}
		}
		if p.Drawn = len(drawn); p.Drawn == 0 {
			return fault.New(fault.Conflict, "badge.nothing_to_print")
		}
		if err := insertPrint(ctx, tx, p, drawn); err != nil {
			return err
		}
		err = audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: p.At, ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: event,
			Action: "badge.print", ObjectKind: "badge_print", ObjectID: p.ID, After: map[string]any{"badges": len(p.Badges), "layout": layout},
		})
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: event, Kind: "badge_print", Ref: p.ID})
	})
	return p, err
}

// Prints answers the latest runs of the printer.
//
// Fault: Forbidden.
func (s *Service) Prints(ctx context.Context, by accounts.Actor, event ident.ID, limit int) ([]Print, error) {
	if !by.May(accounts.SeeBadges, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return latestPrints(ctx, s.db, event, limit)
}

// PrintSheet answers the sheet of a run. A badge that ended since is left out and
// listed, so that an old run never brings a dead badge back.
//
// Faults: Forbidden; NotFound; Conflict, none of them lives.
func (s *Service) PrintSheet(ctx context.Context, by accounts.Actor, event, id ident.ID, words Words) (Sheet, Layout, error) {
	if !by.May(accounts.IssueBadge, event) {
		return Sheet{}, "", fault.New(fault.Forbidden, "error.forbidden")
	}
	p, err := printByID(ctx, s.db, event, id)
	if err != nil {
		return Sheet{}, "", err
	}
	sheet, err := s.sheet(ctx, event, Filter{IDs: p.Badges}, words)
	return sheet, p.Layout, err
}

// Back is what the backs of an event's badges say beside its own facts.
type Back struct {
	EventID   ident.ID
	Emergency string      // phone with country code, grouped as it is to be read; empty: not printed
	Finder    locale.Text // to whoever finds a badge; empty: the house's sentence
}

// Back answers what the backs of an event's badges say.
//
// Faults: Forbidden; NotFound.
func (s *Service) Back(ctx context.Context, by accounts.Actor, event ident.ID) (Back, error) {
	if !by.May(accounts.SeeBadges, event) {
		return Back{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	o, err := occasionOf(ctx, s.db, event)
	return Back{EventID: event, Emergency: o.Emergency, Finder: o.Finder}, err
}

// SaveBack changes what the backs of an event's badges say.
//
// Faults: Forbidden; Invalid with fields.
func (s *Service) SaveBack(ctx context.Context, by accounts.Actor, in Back) (Back, error) {
	if !by.May(accounts.IssueBadge, in.EventID) {
		return in, fault.New(fault.Forbidden, "error.forbidden")
	}
	var bad fault.List
	in.Finder = locale.Text{ZH: text.Clean(in.Finder.ZH), EN: text.Clean(in.Finder.EN)}
	if in.Emergency = text.Clean(in.Emergency); in.Emergency != "" {
		_, ok := text.Phone(in.Emergency)
		bad.Check(ok && len(in.Emergency) <= 30, "emergency", "field.phone")
	}
	text.Line(&bad, "finder_zh", in.Finder.ZH, in.Finder.EN != "", 200)
	text.Line(&bad, "finder_en", in.Finder.EN, in.Finder.ZH != "", 300)
	for _, field := range [][2]string{{"finder_zh", in.Finder.ZH}, {"finder_en", in.Finder.EN}} {
		missing, err := unprintable(field[1])
		if err != nil {
			return in, err
		}
		bad.Check(missing == "", field[0], "badge.unprintable", missing)
	}
	if err := bad.Err(); err != nil {
		return in, err
	}
	return in, store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := upsertBack(ctx, tx, in); err != nil {
			return err
		}
		err := audit.Record(ctx, tx, audit.Entry{
			ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: in.EventID,
			Action: "badge.back", ObjectKind: "event", ObjectID: in.EventID, After: map[string]any{"emergency": in.Emergency, "finder": in.Finder},
		})
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, outbox.Change{EventID: in.EventID, Kind: "badge_back", Ref: in.EventID})
	})
}
