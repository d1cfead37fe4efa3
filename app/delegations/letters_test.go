package delegations_test

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	ical "github.com/emersion/go-ical"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/mail"
	"qianshou/views"
)

// speak gives the letters the words of the program.
func (g ground) speak(t *testing.T) ground {
	t.Helper()
	sub, err := fs.Sub(views.FS, "locales")
	if err != nil {
		t.Fatal(err)
	}
	if g.writer.Words, err = locale.Load(sub, nil); err != nil {
		t.Fatal(err)
	}
	return g
}

// lettersOf answers the letters about a registration, the first first.
func (g ground) lettersOf(t *testing.T, registration ident.ID) (list []mail.Mail) {
	t.Helper()
	rows, _, err := g.mail.List(t.Context(), office, g.event.ID, mail.Filter{RegistrationID: registration, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b mail.Mail) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	for _, row := range rows {
		m, err := g.mail.ByID(t.Context(), office, row.ID)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// Every kind of letter is written in both languages, and needs no placeholder
// that it does not have.
func TestBuiltinTexts(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5).speak(t)
	var kinds []string
	for _, key := range g.writer.Words.Keys(locale.ZH) {
		if kind, ok := strings.CutPrefix(strings.TrimSuffix(key, ".subject"), "mail."); ok && strings.HasSuffix(key, ".subject") && !strings.Contains(kind, ".") {
			kinds = append(kinds, kind)
		}
	}
	if want := slices.Sorted(slices.Values(mail.Kinds)); !slices.Equal(kinds, want) {
		t.Errorf("the catalogue has the letters %v, the program %v", kinds, want)
	}
	categories, err := events.New(g.db, april, ident.New).Categories(t.Context(), g.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range mail.Kinds {
		texts, err := mail.Builtin(g.writer.Words, kind).Clean(kind)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for _, lang := range locale.Langs {
			m, err := g.writer.Preview(office, g.writer.Sample(g.event, categories[0], kind, lang), texts)
			if err != nil || strings.ContainsAny(m.Subject+m.Text, "{}") || !strings.Contains(m.Text, "Forum") || !strings.Contains(m.Text, "论坛") {
				t.Errorf("%s in %s: %v\n%s", kind, lang, err, m.Text)
			}
			if strings.Contains(m.Text, "/me/") {
				t.Errorf("the preview of %s opens somebody's page: %s", kind, m.Text)
			}
		}
	}
}

// The office's own text holds from the next letter on: for a category before the
// event's, and until it is restored.
func TestOwnTexts(t *testing.T) {
	t.Parallel()
	g := newGround(t, 50).speak(t)
	g.category(t, "press", nil)
	categories, err := events.New(g.db, april, ident.New).Categories(t.Context(), g.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	firms, press := categories[0].ID, categories[1].ID
	at := mail.Place{EventID: g.event.ID, Kind: "received"}
	own := func(word string) mail.Texts {
		return mail.Texts{
			locale.ZH: {Subject: word + "：{event}", Body: "{name}：\n\n" + word + "，{category}。\n第二行\n\n{organisation}"},
			locale.EN: {Subject: word + ": {event}", Body: "Dear {name},\n\n" + word + ", {category}.\nsecond line\n\n{organisation}"},
		}
	}
	n := 0
	first := func() string {
		t.Helper()
		n++
		r, _, err := g.register(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		return g.lettersOf(t, r.ID)[0].Text
	}
	builtin := "We have received your registration for “Forum”"
	if got := first(); !strings.HasPrefix(got, "Dear Zsófia Réti B,\n\n"+builtin) {
		t.Errorf("by default a letter says\n%s", got)
	}
	write := func(at mail.Place, version int, texts mail.Texts) {
		t.Helper()
		if err := g.mail.WriteText(t.Context(), office, at, version, texts); err != nil {
			t.Fatal(err)
		}
	}
	write(at, 0, own("ALL"))
	if got, want := first(), "Dear Zsófia Réti C,\n\nALL, Firm.\nsecond line\n\nBakony Textiles\n\n"; !strings.HasPrefix(got, want) || !strings.Contains(got, "ALL，企业。\n第二行") {
		t.Errorf("the letter says\n%s\nwant it to begin\n%s", got, want)
	}
	of := at
	of.CategoryID = press
	write(of, 0, own("PRESS"))
	if got := first(); !strings.Contains(got, "ALL, Firm") {
		t.Errorf("the text of another category is used:\n%s", got)
	}
	of.CategoryID = firms
	write(of, 0, own("FIRMS"))
	write(of, 1, own("FIRMS AGAIN"))
	if got := first(); !strings.Contains(got, "FIRMS AGAIN, Firm") {
		t.Errorf("the category's own text is not used:\n%s", got)
	}
	for _, c := range []struct {
		at      mail.Place
		version int
		want    string
	}{{of, 2, "ALL, Firm"}, {at, 1, builtin}} {
		if err := g.mail.RestoreText(t.Context(), office, c.at, c.version); err != nil {
			t.Fatal(err)
		}
		if got := first(); !strings.Contains(got, c.want) {
			t.Errorf("restored, the letter says\n%s", got)
		}
	}
	history, err := g.mail.History(t.Context(), office, of)
	if err != nil || len(history) != 3 || !history[0].Restored || history[1].Texts[locale.ZH].Subject != "FIRMS AGAIN：{event}" || history[2].Version != 1 {
		t.Errorf("history %+v, %v", history, err)
	}
	holds, beneath, err := g.writer.Texts(t.Context(), office, mail.Place{EventID: g.event.ID, CategoryID: press, Kind: "received"})
	if err != nil || !maps.Equal(holds, own("PRESS")) || !maps.Equal(beneath, mail.Builtin(g.writer.Words, "received")) {
		t.Errorf("for the press %v holds above %v, %v", holds, beneath, err)
	}
}

// A name may look like a placeholder or like markup, and an empty placeholder
// leaves no empty paragraph.
func TestValuesStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5).speak(t)
	l := g.writer.Sample(g.event, events.Category{}, "rejected", locale.EN)
	l.Registration.NameZH, l.Registration.NameNative, l.Registration.Organisation = "", "", "{reason} <script>"
	l.Registration.FamilyName, l.Reason = "O'Neil & <b>", "first\nsecond"
	body := "Dear {name},\n\n{place}\n\n{organisation}\n\n{reason}"
	m, err := g.writer.Preview(office, l, mail.Texts{locale.EN: {Subject: "{name}", Body: body}, locale.ZH: {Subject: "{event}", Body: body}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "Dear Sampleva O'Neil & <b>,\n\n{reason} <script>\n\nfirst\nsecond\n\nReference"; !strings.HasPrefix(m.Text, want) {
		t.Errorf("the text begins\n%s\nwant\n%s", m.Text, want)
	}
	for _, want := range []string{"Dear Sampleva O&#39;Neil &amp; &lt;b&gt;,", "{reason} &lt;script&gt;", "first<br>second"} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the HTML lacks %s", want)
		}
	}
	if strings.Contains(m.Text, "Note  ") {
		t.Error("a reason that the text tells is told twice")
	}
}

// An approved guest gets the days of the event for the calendar, whole enough for
// another program's parser, and a badge code beside it.
func TestApprovedLetterCarriesTheCalendar(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5).speak(t)
	r, _, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, r.ID); err != nil {
		t.Fatal(err)
	}
	list := g.lettersOf(t, r.ID)
	parts := list[1].Parts
	if len(list) != 2 || len(list[0].Parts) != 0 || len(parts) != 2 || parts[0].ContentID != "qr" || parts[1].Name != "forum-2027.ics" ||
		parts[1].Type != "text/calendar; charset=utf-8; method=PUBLISH" || parts[1].ContentID != "" {
		t.Fatalf("%d letters, parts %+v", len(list), parts)
	}
	if bytes.Contains(parts[1].Data, []byte("/me/")) || bytes.Contains(parts[1].Data, []byte("Réti")) {
		t.Errorf("a calendar is shared, and tells of the guest: %s", parts[1].Data)
	}
	cal, err := ical.NewDecoder(bytes.NewReader(parts[1].Data)).Decode()
	if err != nil || len(cal.Events()) != 1 {
		t.Fatalf("%v\n%s", err, parts[1].Data)
	}
	entry := cal.Events()[0]
	method, _ := cal.Props.Text(ical.PropMethod)
	got := map[string]string{"METHOD": method}
	for _, name := range []string{ical.PropUID, ical.PropSummary, ical.PropStatus, ical.PropTransparency} {
		got[name], _ = entry.Props.Text(name)
	}
	want := map[string]string{"METHOD": "PUBLISH", "UID": g.event.ID.String() + "@qianshou", "SUMMARY": "Forum", "STATUS": "CONFIRMED", "TRANSP": "TRANSPARENT"}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for name, want := range map[string]string{ical.PropDateTimeStart: "2027-06-08", ical.PropDateTimeEnd: "2027-06-11"} {
		p := entry.Props.Get(name)
		day, err := p.DateTime(time.UTC)
		if err != nil || p.ValueType() != ical.ValueDate || day.Format(time.DateOnly) != want {
			t.Errorf("%s is %v of type %s, %v; want %s", name, day, p.ValueType(), err, want)
		}
	}
}

// A member without an address is told through whoever holds the delegation's
// link; when nobody's address is known, the desk sees that nobody was told.
func TestMembersWithoutAddress(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5).speak(t)
	g.category(t, "member", nil)
	d := g.delegation(t, "D01", 5)
	n := 0
	add := func() mail.Mail {
		t.Helper()
		n++
		in := member(n, "member")
		in.Email = ""
		r, err := g.guests.AddMember(t.Context(), office, d.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		return g.lettersOf(t, r.ID)[0]
	}
	if m := add(); m.Status != mail.Unaddressed || m.To != "" || m.OnBehalf {
		t.Errorf("nobody is known: %s to %q", m.Status, m.To)
	}
	until := time.Date(2027, 6, 11, 0, 0, 0, 0, g.event.Location())
	link := func(holder string) delegations.Link {
		t.Helper()
		l, _, err := g.guests.MakeDelegationLink(t.Context(), office, d.ID, holder, until)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	link("Elena Petrova（elena@pleven.example），市政府")
	link("City hall")
	if m := add(); m.Status != mail.Kept || m.To != "elena@pleven.example" || !m.OnBehalf || m.ToName != "" {
		t.Errorf("%s to %q of %q", m.Status, m.To, m.ToName)
	}
	second := link("Ivo <ivo@pleven.example>")
	if m := add(); m.To != "ivo@pleven.example" {
		t.Errorf("the later link's holder is not told, but %q", m.To)
	}
	if _, err := g.guests.RevokeLink(t.Context(), office, g.event.ID, second.ID); err != nil {
		t.Fatal(err)
	}
	if m := add(); m.To != "elena@pleven.example" {
		t.Errorf("who holds an ended link is told: %q", m.To)
	}
	// Who looks after journeys is told, but not what opens the member's page or a door.
	other := g.delegation(t, "D02", 5)
	officer := func(role accounts.OfficerRole, address string) {
		t.Helper()
		if _, _, err := g.guests.MakeOfficerLink(t.Context(), office, other.ID, delegations.Officer{Role: role, Holder: string(role), Email: address}, until); err != nil {
			t.Fatal(err)
		}
	}
	officer(accounts.Liaison, "travel@pleven.example")
	officer(accounts.HostLiaison, "host@office.example")
	officer(accounts.Media, "press@pleven.example")
	n++
	in := member(n, "member")
	in.Email = ""
	quiet, err := g.guests.AddMember(t.Context(), office, other.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.guests.Approve(t.Context(), office, quiet.ID); err != nil {
		t.Fatal(err)
	}
	told := g.lettersOf(t, quiet.ID)
	for _, m := range told {
		if m.To != "travel@pleven.example" || strings.Contains(m.Text+m.HTML, "/me/") || strings.Contains(m.HTML, "cid:") {
			t.Errorf("%s to %q opens what it should not:\n%s", m.Template, m.To, m.Text)
		}
	}
	if len(told) != 2 {
		t.Errorf("%d letters", len(told))
	}
	officer(accounts.Accreditation, "office@pleven.example")
	if _, err := g.guests.Cancel(t.Context(), office, quiet.ID, ""); err != nil {
		t.Fatal(err)
	}
	m := g.lettersOf(t, quiet.ID)[2]
	_, secret, _ := strings.Cut(m.Text, "/me/")
	secret, _, _ = strings.Cut(secret, "?")
	if _, err := g.guests.ByLink(t.Context(), secret); m.To != "office@pleven.example" || err != nil {
		t.Errorf("who answers for members gets %q, %v:\n%s", m.To, err, m.Text)
	}
	links, err := g.guests.DelegationLinks(t.Context(), office, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if _, err := g.guests.RevokeLink(t.Context(), office, g.event.ID, l.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.guests.ByLink(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("what was mailed to an officer outlives the officer's link: %v", err)
	}
	in = firm(1)
	in.Email = ""
	if _, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("a guest of no delegation without an address: %v", err)
	}
}
