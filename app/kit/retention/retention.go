// Package retention is how a part of the program says what it must not keep for
// ever.
package retention

import (
	"context"
	"strings"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// The classes of data, as rows of retention_rules name them.
const (
	Needs     = "needs"     // food and access
	Scans     = "scans"     // who stood at which door when
	Documents = "documents" // passports, their numbers and scans
	Badges    = "badges"    // credentials
	Photos    = "photos"    // portraits
	Persons   = "persons"   // names, addresses, birth dates
	Answers   = "answers"   // to the questions of a form, files among them
	Mails     = "mails"     // letters by mail
	Consents  = "consents"
	Letters   = "letters"  // papers of the office
	Evidence  = "evidence" // of projects
	Contacts  = "contacts" // whom the office speaks to at firms
)

// Task purges one class of an event's data in one part of the program. More parts
// may have tasks of one class.
type Task struct {
	Class string
	// Purge deletes or blanks what is left of the class within a transaction, and
	// answers how many rows there were. It leaves alone what held(registration) says
	// is under a legal hold. Done twice, the second time finds nothing.
	Purge func(ctx context.Context, tx store.Querier, event ident.ID) (rows int, err error)
	// Count answers how many rows Purge would find, and locks nothing.
	Count func(ctx context.Context, tx store.Querier, event ident.ID) (rows int, err error)
	// Erase does the same for one registration of the event alone, at whatever time,
	// because the person asked for it. Nil: the class is about nobody.
	Erase func(ctx context.Context, tx store.Querier, event, registration ident.ID) (rows int, err error)
}

// Personal are the classes that go when a person asks to be erased. What proves that
// their data was rightly kept, and what belongs to the office, stays for its time.
var Personal = []string{Needs, Scans, Documents, Badges, Photos, Persons, Answers, Mails}

// Rows are what a task takes, in SQL: the statement that takes them and the query that
// counts them are made of the same words, so that the two cannot differ. $1 is the event.
type Rows struct {
	Table  string // with its alias: "scans s"
	Joined string // other tables that Where speaks of, with commas; empty: none
	Where  string
	Set    string // what becomes of them; empty: they are deleted
	Around string // a statement that has {rows} in it, for what goes with them; empty: nothing does
}

// take is the statement that takes the rows.
func (r Rows) take() string {
	statement := "DELETE FROM " + r.Table + r.joined(" USING ") + " WHERE " + r.Where
	if r.Set != "" {
		statement = "UPDATE " + r.Table + " SET " + r.Set + r.joined(" FROM ") + " WHERE " + r.Where
	}
	if r.Around != "" {
		statement = strings.Replace(r.Around, "{rows}", statement, 1)
	}
	return statement
}

// count is the query that counts them.
func (r Rows) count() string {
	named := strings.Fields(r.Table)
	return "SELECT count(DISTINCT " + named[len(named)-1] + ".ctid) FROM " + r.Table + r.joined(", ") + " WHERE " + r.Where
}

func (r Rows) joined(by string) string {
	if r.Joined == "" {
		return ""
	}
	return by + r.Joined
}

// Take takes the rows and answers how many there were.
func (r Rows) Take(ctx context.Context, tx store.Querier, args ...any) (int, error) {
	res, err := tx.ExecContext(ctx, r.take(), args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Count answers how many rows there are, and locks none.
func (r Rows) Count(ctx context.Context, tx store.Querier, args ...any) (n int, err error) {
	err = tx.GetContext(ctx, &n, r.count(), args...)
	return n, err
}

// Of is a Task about registrations: $2 is the registration that is erased, or null in
// a purge.
func Of(class string, rows Rows) Task {
	return Task{
		Class: class,
		Purge: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
			return rows.Take(ctx, tx, event, nil)
		},
		Count: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
			return rows.Count(ctx, tx, event, nil)
		},
		Erase: func(ctx context.Context, tx store.Querier, event, registration ident.ID) (int, error) {
			return rows.Take(ctx, tx, event, registration)
		},
	}
}

// Statement is a Task about nobody's registration.
func Statement(class string, rows Rows) Task {
	return Task{
		Class: class,
		Purge: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
			return rows.Take(ctx, tx, event)
		},
		Count: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
			return rows.Count(ctx, tx, event)
		},
	}
}
