// Package files keeps what people hand in: portraits, scans of passports, papers.
// A file is known by its content and never by its name, rests sealed, and is shown
// to nobody who may not see it.
package files

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/blob"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/outbox"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Purpose says what a file is for: what it may be, how large, and who may see it.
type Purpose string

// The purposes.
const (
	Photo        Purpose = "photo"         // the portrait on a badge and at the door; one for each registration
	PassportScan Purpose = "passport_scan" // the page of the passport; one for each registration
	Answer       Purpose = "answer"        // to a question of a registration form
	Letter       Purpose = "letter"        // a paper of the office
	Evidence     Purpose = "evidence"      // of a project's stage
	Succession   Purpose = "succession"    // the letter that names who comes in somebody's place
)

const mega = 1 << 20

// rule is what holds for the files of one purpose.
type rule struct {
	most  int      // bytes that may be handed in
	kinds []string // types that it may be, by content
	see   accounts.Right
	add   accounts.Right
	own   bool // whom it is about, and the officer of their delegation, may hand it in
}

var rules = map[Purpose]rule{
	Photo:        {5 * mega, []string{JPEG, PNG}, accounts.SeeRegistrations, accounts.EditRegistration, true},
	PassportScan: {10 * mega, []string{JPEG, PNG, PDF}, accounts.SeeSensitive, accounts.EditRegistration, true},
	Answer:       {10 * mega, []string{JPEG, PNG, PDF, DOCX}, accounts.SeeRegistrations, accounts.EditRegistration, true},
	Letter:       {10 * mega, []string{PDF, DOCX, OFD}, accounts.SeeDelegations, accounts.EditDelegation, false},
	Succession:   {10 * mega, []string{JPEG, PNG, PDF, DOCX, OFD}, accounts.SeeDelegations, accounts.EditRegistration, true},
	Evidence:     {50 * mega, []string{JPEG, PNG, PDF, DOCX, OFD}, accounts.SeeProjects, accounts.EditProject, false},
}

// Most is how large a file of a purpose may be when it is handed in, in bytes.
func Most(p Purpose) int { return rules[p].most }

// mostAnswers is how many files one registration may hold as answers.
const mostAnswers = 20

// File is what is known of a file beside its content.
type File struct {
	ID             ident.ID   `db:"id"`
	EventID        ident.ID   `db:"event_id"`
	RegistrationID ident.ID   `db:"registration_id"` // Nil: about nobody
	Purpose        Purpose    `db:"purpose"`
	Name           string     `db:"name"` // as it was called where it came from; for people to read
	MIME           string     `db:"mime"`
	Size           int        `db:"size"`  // bytes
	Width          int        `db:"width"` // of a picture, in pixels
	Height         int        `db:"height"`
	SHA256         []byte     `db:"sha256"`
	SealedBy       int64      `db:"sealed_by"`
	CreatedAt      time.Time  `db:"created_at"`
	CreatedBy      string     `db:"created_by"`
	DeletedAt      *time.Time `db:"deleted_at"`

	Waits bool   `db:"waits"` // a portrait that the desk has not taken yet, beside the one in use
	Key   string `db:"key"`   // of the blob; empty once deleted
}

// Small tells that a portrait has fewer pixels than print asks for.
func (f File) Small() bool {
	return f.Purpose == Photo && (f.Width < PhotoLeastWidth || f.Height < PhotoLeastHeight)
}

// Input is a file as it is handed in.
type Input struct {
	EventID        ident.ID // of the registration when there is one
	RegistrationID ident.ID
	Purpose        Purpose
	Name           string
	Content        []byte
	Ask            Asker // of a portrait that has to wait; nil: of nobody
}

// Asker tells the desk that a portrait waits for it, within the transaction that
// keeps the file. delegations.Service does.
type Asker func(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, registration, file ident.ID) error

// Service is the one door to files.
type Service struct {
	db     *sqlx.DB
	box    *seal.Box
	blobs  blob.Store
	now    clock.Clock
	newID  ident.Source
	log    *slog.Logger
	turns  chan struct{} // one picture is decoded at a time: each may take half a gigabyte
	inLine atomic.Int64  // pixels that are decoded or wait for it; see mostInLine
}

// New makes the service.
func New(db *sqlx.DB, box *seal.Box, blobs blob.Store, now clock.Clock, newID ident.Source, log *slog.Logger) *Service {
	return &Service{db: db, box: box, blobs: blobs, now: now, newID: newID, log: log, turns: make(chan struct{}, 1)}
}

// Add keeps a file. Pictures of persons are made anew, so that nothing but the
// picture stays; a portrait is cropped about its middle to the shape of a badge.
// A new portrait or scan takes the place of the one before. Once somebody is
// approved, the portrait that they or their officer hand in waits for the desk,
// whether there is one already or not: nobody wears a face that nobody looked at.
//
// Faults: Forbidden; NotFound, the registration; Conflict, its owner does not
// come or was forgotten, or there are too many; Invalid on "file"; Unavailable, too many
// wait for their pictures to be decoded.
func (s *Service) Add(ctx context.Context, by accounts.Actor, in Input) (File, error) {
	rule, known := rules[in.Purpose]
	if !known {
		return File{}, fmt.Errorf("there are no files for %q", in.Purpose)
	}
	owner, err := s.ownerOf(ctx, s.db, by, in) // before anything is decoded; again under the lock
	if err != nil {
		return File{}, err
	}
	f := File{
		ID: s.newID(), EventID: owner.EventID, RegistrationID: in.RegistrationID, Purpose: in.Purpose, Name: tidyName(in.Name), CreatedAt: s.now(), CreatedBy: by.Name(),
	}
	content, err := s.prepare(ctx, rule, &f, in.Content)
	if err != nil {
		return File{}, err
	}
	sum := sha256.Sum256(content)
	f.Size, f.SHA256 = len(content), sum[:]
	if err := s.put(ctx, &f, content); err != nil {
		return File{}, err
	}
	var before []string
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if in.RegistrationID != ident.Nil {
			if err := lockOwner(ctx, tx, in.RegistrationID); err != nil {
				return err
			}
		}
		if owner, err = s.ownerOf(ctx, tx, by, in); err != nil {
			return err
		}
		f.Waits = owner.keepsPortrait(by, f.Purpose)
		if before, err = s.keep(ctx, tx, f); err != nil {
			return err
		}
		if f.Waits {
			if in.Ask == nil {
				return fmt.Errorf("portrait of %s has to wait, and nobody is asked", in.RegistrationID)
			}
			if err := in.Ask(ctx, tx, by, f.RegistrationID, f.ID); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, by, "file.add", f)
	})
	if err != nil {
		s.forget(ctx, f.Key)
		return File{}, err
	}
	s.forget(ctx, before...)
	return f, nil
}

// ownerOf finds whom a file is about, and tells whether the actor may hand it in.
func (s *Service) ownerOf(ctx context.Context, q store.Querier, by accounts.Actor, in Input) (owner, error) {
	rule := rules[in.Purpose]
	if in.RegistrationID == ident.Nil {
		if !by.May(rule.add, in.EventID) {
			return owner{}, forbidden()
		}
		return owner{EventID: in.EventID}, nil
	}
	o, err := ownerByID(ctx, q, in.RegistrationID)
	if err != nil {
		return o, err
	}
	if !by.May(rule.add, o.EventID) && !(rule.own && o.holds(by)) {
		return o, forbidden()
	}
	if o.Forgotten || slices.Contains([]string{"rejected", "withdrawn", "cancelled"}, o.Status) {
		return o, fault.New(fault.Conflict, "files.gone")
	}
	return o, nil
}

// keep writes the row in the place of the one before, and answers the keys that
// nothing refers to any more.
func (s *Service) keep(ctx context.Context, tx *sqlx.Tx, f File) (before []string, err error) {
	if f.RegistrationID != ident.Nil {
		if err := lockOwner(ctx, tx, f.RegistrationID); err != nil {
			return nil, err
		}
	}
	switch f.Purpose {
	case Photo, PassportScan:
		if before, err = deleteOfKind(ctx, tx, f.RegistrationID, f.Purpose, f.Waits, s.now()); err != nil {
			return nil, err
		}
	case Answer:
		n, err := countOfKind(ctx, tx, f.RegistrationID, f.Purpose)
		if err != nil {
			return nil, err
		}
		if n >= mostAnswers {
			return nil, fault.New(fault.Conflict, "files.too_many", mostAnswers)
		}
	}
	return before, insertFile(ctx, tx, f)
}

// put seals a content and keeps it under a new key, which is noted first: a blob
// that no row came to refer to is found and swept away.
func (s *Service) put(ctx context.Context, f *File, content []byte) error {
	f.SealedBy, f.Key = int64(s.box.KeyID()), blob.NewKey()
	sealed, err := s.box.Seal(content, place(f.ID))
	if err != nil {
		return err
	}
	if err := noteBlob(ctx, s.db, f.Key, s.now()); err != nil {
		return fmt.Errorf("note blob: %w", err)
	}
	if err := s.blobs.Put(ctx, f.Key, sealed); err != nil {
		return fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return nil
}

func place(id ident.ID) string { return "files:" + id.String() }

// Remove deletes a file: its content at once, its row keeps that there was one. The
// portrait with which somebody was approved is the desk's to delete.
//
// Faults: Forbidden; NotFound; Conflict, it was approved.
func (s *Service) Remove(ctx context.Context, by accounts.Actor, id ident.ID) (File, error) {
	f, err := fileByID(ctx, s.db, id)
	if err != nil {
		return File{}, err
	}
	var key string
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := s.mayRemove(ctx, tx, by, f); err != nil {
			return err
		}
		if key, err = deleteFile(ctx, tx, id, s.now()); err != nil {
			return err
		}
		return s.record(ctx, tx, by, "file.remove", f)
	})
	if err == nil {
		s.forget(ctx, key)
	}
	return f, err
}

// mayRemove tells whether an actor may delete a file, and keeps whoever it is about
// as they are until that is done.
func (s *Service) mayRemove(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, f File) error {
	rule := rules[f.Purpose]
	if by.May(rule.add, f.EventID) {
		return nil
	}
	if !rule.own || f.RegistrationID == ident.Nil {
		return forbidden()
	}
	if err := lockOwner(ctx, tx, f.RegistrationID); err != nil {
		return err
	}
	o, err := ownerByID(ctx, tx, f.RegistrationID)
	switch {
	case err != nil:
		return err
	case !o.holds(by):
		return forbidden()
	case o.keepsPortrait(by, f.Purpose):
		return fault.New(fault.Conflict, "files.approved")
	}
	return nil
}

func (s *Service) record(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, action string, f File) error {
	kind, object := "file", f.ID
	if f.RegistrationID != ident.Nil {
		kind, object = "registration", f.RegistrationID
	}
	err := audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: f.EventID,
		Action: action, ObjectKind: kind, ObjectID: object, After: map[string]any{"file": f.ID, "purpose": f.Purpose},
	})
	if err != nil {
		return err
	}
	return outbox.Append(ctx, tx, outbox.Change{EventID: f.EventID, Kind: kind, Ref: object})
}

// tidyName is a file's name without what leads elsewhere or confuses.
func tidyName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || strings.ContainsRune(`"<>|:*?`, r) || text.Unseen(string(r)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = text.Clean(name)
	for utf8.RuneCountInString(name) > 120 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:] // its end says what it is
	}
	return name
}

func forbidden() error { return fault.New(fault.Forbidden, "error.forbidden") }
