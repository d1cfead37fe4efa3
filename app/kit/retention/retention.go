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
	Answers   = "answers"   // files handed in with a form
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
