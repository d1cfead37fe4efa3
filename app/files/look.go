package files

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/kit/blob"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// Read answers a file with its content. Each look at the scan of a passport is
// written into the audit log.
//
// Faults: Forbidden; NotFound.
func (s *Service) Read(ctx context.Context, by accounts.Actor, id ident.ID) (File, []byte, error) {
	f, err := s.ByID(ctx, by, id)
	if err != nil {
		return File{}, nil, err
	}
	if f.Purpose == PassportScan {
		err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error { return s.revealed(ctx, tx, by, f) })
		if err != nil {
			return File{}, nil, err
		}
	}
	content, err := s.content(ctx, f)
	return f, content, err
}

// ByID finds a file that the actor may see.
//
// Faults: Forbidden; NotFound.
func (s *Service) ByID(ctx context.Context, by accounts.Actor, id ident.ID) (File, error) {
	f, err := fileByID(ctx, s.db, id)
	if err != nil {
		return File{}, err
	}
	may := by.May(rules[f.Purpose].see, f.EventID)
	if f.Purpose == Photo { // the door shows whose badge it read
		may = may || by.May(accounts.SeeBadges, f.EventID) || by.Kind == accounts.Device && by.May(accounts.ScanBadges, f.EventID)
	}
	if !may && f.Purpose != PassportScan && f.RegistrationID != ident.Nil {
		o, err := ownerByID(ctx, s.db, f.RegistrationID)
		if err != nil {
			return File{}, err
		}
		may = o.holds(by)
	}
	if !may {
		return File{}, forbidden()
	}
	return f, nil
}

func (s *Service) content(ctx context.Context, f File) ([]byte, error) {
	sealed, err := s.blobs.Get(ctx, f.Key)
	if errors.Is(err, blob.ErrNotFound) {
		// Replaced or sealed anew since the row was read, or lost.
		fresh, again := fileByID(ctx, s.db, f.ID)
		if again != nil {
			return nil, again
		}
		sealed, err = s.blobs.Get(ctx, fresh.Key)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "error.unavailable")
	}
	return s.box.Open(sealed, place(f.ID))
}

// Of answers the living files about one registration that the actor may know of,
// portraits first.
//
// Faults: Forbidden; NotFound.
func (s *Service) Of(ctx context.Context, by accounts.Actor, registration ident.ID) ([]File, error) {
	o, err := ownerByID(ctx, s.db, registration)
	if err != nil {
		return nil, err
	}
	if !by.May(accounts.SeeRegistrations, o.EventID) && !o.holds(by) {
		return nil, forbidden()
	}
	return filesOf(ctx, s.db, registration)
}

// Photos answers the portraits of registrations, by registration. It is for pages
// that show these registrations anyway; the picture itself asks for rights.
func (s *Service) Photos(ctx context.Context, registrations []ident.ID) (map[ident.ID]File, error) {
	list, err := photosOf(ctx, s.db, registrations)
	found := make(map[ident.ID]File, len(list))
	for _, f := range list {
		found[f.RegistrationID] = f
	}
	return found, err
}

// WithoutPhoto answers which of some registrations lack the portrait that their
// badge asks for. Heads of delegation are never asked for one.
func (s *Service) WithoutPhoto(ctx context.Context, registrations []ident.ID) (map[ident.ID]bool, error) {
	ids, err := withoutPhoto(ctx, s.db, registrations)
	wanting := make(map[ident.ID]bool, len(ids))
	for _, id := range ids {
		wanting[id] = true
	}
	return wanting, err
}

// PhotoOf is the portrait of a registration as JPEG for what the program itself
// draws; nil when there is none.
func (s *Service) PhotoOf(ctx context.Context, registration ident.ID) ([]byte, error) {
	list, err := photosOf(ctx, s.db, []ident.ID{registration})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return s.content(ctx, list[0])
}

// revealed writes down who looked at what is sensitive.
func (s *Service) revealed(ctx context.Context, tx *sqlx.Tx, by accounts.Actor, f File) error {
	return audit.Record(ctx, tx, audit.Entry{
		ID: s.newID(), At: s.now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: f.EventID,
		Action: "person.revealed", ObjectKind: "registration", ObjectID: f.RegistrationID, After: map[string]any{"what": f.Purpose},
	})
}
