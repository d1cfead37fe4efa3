// Package retention is how a part of the program says what it must not keep for
// ever.
package retention

import (
	"context"

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
	// Erase does the same for one registration of the event alone, at whatever time,
	// because the person asked for it. Nil: the class is about nobody.
	Erase func(ctx context.Context, tx store.Querier, event, registration ident.ID) (rows int, err error)
}

// Personal are the classes that go when a person asks to be erased. What proves that
// their data was rightly kept, and what belongs to the office, stays for its time.
var Personal = []string{Needs, Scans, Documents, Badges, Photos, Persons, Answers, Mails}

// Of is a Task of one SQL statement about registrations: $1 is the event, and $2
// the registration that is erased, or null in a purge.
func Of(class, statement string) Task {
	run := func(ctx context.Context, tx store.Querier, event ident.ID, registration any) (int, error) {
		res, err := tx.ExecContext(ctx, statement, event, registration)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		return int(n), err
	}
	return Task{
		Class: class,
		Purge: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
			return run(ctx, tx, event, nil)
		},
		Erase: func(ctx context.Context, tx store.Querier, event, registration ident.ID) (int, error) {
			return run(ctx, tx, event, registration)
		},
	}
}

// Statement is a Task of one SQL statement, whose $1 is the event.
func Statement(class, statement string) Task {
	return Task{Class: class, Purge: func(ctx context.Context, tx store.Querier, event ident.ID) (int, error) {
		res, err := tx.ExecContext(ctx, statement, event)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		return int(n), err
	}}
}
