package files

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// handedFor is how long a file waits for the form that it was handed in with: less
// than sweepAfter by more than a request takes.
const handedFor = sweepAfter - time.Hour

// HandedUntil is when a file that is handed in stops waiting.
func HandedUntil(f File) time.Time { return f.CreatedAt.Add(handedFor) }

// handed is a file that no registration has yet, as its token says it.
type handed struct {
	ID            ident.ID
	Name, MIME    string
	Size          int
	Width, Height int
	SHA256        []byte
	SealedBy      int64
	Key           string
	Until         time.Time
}

// HandIn takes a file that answers a question of a form, before anybody knows
// whether the form is right: it is checked and sealed, and no row says that it is
// there. The token stands for it in the form until the form is taken; one that is
// never used is swept away with its content.
//
// Fault: Invalid on "file".
func (s *Service) HandIn(ctx context.Context, event ident.ID, name string, content []byte) (token string, f File, err error) {
	return s.handIn(ctx, Answer, event, name, content)
}

// HandInLetter is HandIn of the letter that names who comes in somebody's place.
//
// Fault: Invalid on "file".
func (s *Service) HandInLetter(ctx context.Context, event ident.ID, name string, content []byte) (token string, f File, err error) {
	return s.handIn(ctx, Succession, event, name, content)
}

func (s *Service) handIn(ctx context.Context, purpose Purpose, event ident.ID, name string, content []byte) (token string, f File, err error) {
	f = File{ID: s.newID(), EventID: event, Purpose: purpose, Name: tidyName(name), CreatedAt: s.now()}
	if content, err = s.prepare(ctx, rules[purpose], &f, content); err != nil {
		return "", f, err
	}
	sum := sha256.Sum256(content)
	f.Size, f.SHA256 = len(content), sum[:]
	if err = s.put(ctx, &f, content); err != nil {
		return "", f, err
	}
	said, err := json.Marshal(handed{f.ID, f.Name, f.MIME, f.Size, f.Width, f.Height, f.SHA256, f.SealedBy, f.Key, HandedUntil(f)})
	if err != nil {
		return "", f, fmt.Errorf("write token: %w", err)
	}
	sealed, err := s.box.Seal(said, handedPlace(purpose, event))
	if err != nil {
		return "", f, err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), f, nil
}

// handedPlace binds a token to the event whose form it was handed in with, and to what
// the file is for.
func handedPlace(purpose Purpose, event ident.ID) string {
	if purpose == Answer {
		return "files:handed:" + event.String()
	}
	return "files:handed:" + event.String() + ":" + string(purpose)
}

// HandedIn answers the file that a token stands for.
//
// Fault: Invalid on "file", there is none any more.
func (s *Service) HandedIn(event ident.ID, token string) (File, error) {
	return s.handedIn(Answer, event, token)
}

// HandedInLetter is HandedIn of HandInLetter.
//
// Fault: Invalid on "file", there is none any more.
func (s *Service) HandedInLetter(event ident.ID, token string) (File, error) {
	return s.handedIn(Succession, event, token)
}

func (s *Service) handedIn(purpose Purpose, event ident.ID, token string) (File, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return File{}, field("files.handed_gone")
	}
	said, err := s.box.Open(sealed, handedPlace(purpose, event))
	if err != nil {
		return File{}, field("files.handed_gone")
	}
	var h handed
	if err := json.Unmarshal(said, &h); err != nil || !s.now().Before(h.Until) {
		return File{}, field("files.handed_gone")
	}
	return File{
		ID: h.ID, EventID: event, Purpose: purpose, Name: h.Name, MIME: h.MIME, Size: h.Size, Width: h.Width, Height: h.Height, SHA256: h.SHA256,
		SealedBy: h.SealedBy, Key: h.Key,
	}, nil
}

// Waits is HandedIn for who needs to know nothing of the file.
//
// Fault: Invalid on "file".
func (s *Service) Waits(event ident.ID, token string) error {
	_, err := s.HandedIn(event, token)
	return err
}

// Attach gives the file of a token to a registration, within the transaction that
// takes its form, and answers the file's ID.
//
// Faults: Invalid on "file", it is not there any more or belongs to somebody;
// Conflict, there are too many.
func (s *Service) Attach(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, registration ident.ID, token string) (ident.ID, error) {
	return s.attach(ctx, tx, by, Answer, event, registration, token)
}

// AttachLetter is Attach of the letter that names who comes in the place of a
// registration.
//
// Fault: Invalid on "file", it is not there any more or belongs to somebody.
func (s *Service) AttachLetter(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, event, registration ident.ID, token string) (ident.ID, error) {
	return s.attach(ctx, tx, by, Succession, event, registration, token)
}

func (s *Service) attach(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, purpose Purpose, event, registration ident.ID, token string) (ident.ID, error) {
	f, err := s.handedIn(purpose, event, token)
	if err != nil {
		return ident.Nil, err
	}
	f.RegistrationID, f.CreatedAt, f.CreatedBy = registration, s.now(), by.Name()
	if _, err := s.keep(ctx, tx, f); err != nil {
		switch store.Constraint(err) {
		case "files_pkey", "files_key", "files_blob": // used before, or swept away
			return ident.Nil, field("files.handed_gone")
		}
		return ident.Nil, err
	}
	return f.ID, s.record(ctx, tx, by, "file.add", f)
}
