package delegations_test

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"qianshou/app/accounts"
	"qianshou/app/firms"
	"qianshou/app/kit/ident"
	"qianshou/app/mail"
)

// A copy of the database opens nobody's page: the secret of a link rests nowhere
// as it was sent, neither in a column of a row nor as bytes.
func TestSecretsOfLinksRestNowhere(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5, func(o *mail.Options) { o.SMTPURL = "smtp://127.0.0.1:1" }) // queued, and nobody sends
	r, registered, err := g.register(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	_, issued, err := g.guests.Approve(t.Context(), office, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	until := time.Date(2027, 6, 11, 0, 0, 0, 0, g.event.Location())
	_, ofDelegation, err := g.guests.MakeDelegationLink(t.Context(), office, g.delegation(t, "D01", 2).ID, "Office", until)
	if err != nil {
		t.Fatal(err)
	}
	f := g.firm(t, "F001", "91330299J3NW4AM187")
	if err := firms.New(g.db, april, ident.New).Join(t.Context(), office, g.event.ID, f.ID, ident.Nil); err != nil {
		t.Fatal(err)
	}
	_, ofFirm, err := g.guests.MakeFirmLink(t.Context(), office, g.event.ID, f.ID, "Office", until)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{registered, ofDelegation, ofFirm}
	list, _, err := g.mail.List(t.Context(), office, g.event.ID, mail.Filter{Limit: 50})
	if err != nil || len(list) < 2 {
		t.Fatalf("%d letters, %v; want one at registration and one at approval", len(list), err)
	}
	for _, m := range list {
		if m.Text != "" || m.HTML != "" {
			t.Errorf("the list tells what letter %s says", m.Template)
		}
		whole, err := g.mail.ByID(t.Context(), office, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`/me/([\w-]{32})`).FindStringSubmatch(whole.Text)
		if found == nil || !strings.Contains(whole.HTML, found[1]) {
			t.Fatalf("letter %s carries no link: %s", m.Template, whole.Text)
		}
		if opened, err := g.guests.ByLink(t.Context(), found[1]); err != nil || opened.ID != r.ID {
			t.Errorf("the link of letter %s opens %s, %v", m.Template, opened.ID, err)
		}
		secrets = append(secrets, found[1])
		if _, err := g.mail.ByID(t.Context(), accounts.GuestActor(), m.ID); err == nil {
			t.Errorf("a guest reads letter %s", m.Template)
		}
	}
	for _, secret := range secrets {
		if places := g.holding(t, secret); len(places) > 0 {
			t.Errorf("the secret of a link rests in %v", places)
		}
	}
	// The badge keeps its own code, since it is printed again; nothing else does.
	if places := g.holding(t, issued.Token); !slices.Equal(places, []string{"badges"}) {
		t.Errorf("the code of a badge rests in %v", places)
	}
	var jobs int
	if err := g.db.GetContext(t.Context(), &jobs, `SELECT count(*) FROM river_job`); err != nil || jobs != len(list) {
		t.Errorf("%d jobs, %v; want one for each of %d letters", jobs, err, len(list))
	}
}

// holding names the tables that hold a text in any column, as it is or as bytes.
func (g ground) holding(t *testing.T, text string) (found []string) {
	t.Helper()
	var tables []string
	if err := g.db.SelectContext(t.Context(), &tables, `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`); err != nil || len(tables) < 20 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	for _, table := range tables {
		var rows int
		err := g.db.GetContext(t.Context(), &rows, `SELECT count(*) FROM "`+table+`" t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0`, text, hex.EncodeToString([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		if rows > 0 {
			found = append(found, table)
		}
	}
	return found
}
