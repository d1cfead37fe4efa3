package mail

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
)

// Template is one version of a text that the office wrote for an event: for one
// category, or for all that have none of their own.
type Template struct {
	EventID    ident.ID
	CategoryID ident.ID // Nil: every category without a text of its own
	Kind       string
	Version    int
	Restored   bool // from this version on the text one level up holds again
	Texts      Texts
	UpdatedAt  time.Time
	UpdatedBy  locale.Text
}

// Subject is what the version says in a language's subject.
func (t Template) Subject(lang locale.Lang) string { return t.Texts[lang].Subject }

// Place is where a text stands: a kind of letter, in an event, for a category.
type Place struct {
	EventID    ident.ID
	CategoryID ident.ID
	Kind       string
}

// Written answers the latest version of every text that the office wrote for an
// event, restored ones too.
//
// Fault: Forbidden.
func (s *Service) Written(ctx context.Context, by accounts.Actor, event ident.ID) ([]Template, error) {
	if !by.May(accounts.SeeMails, event) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return latestTemplates(ctx, s.DB, event)
}

// History answers the versions of a text, the latest first; none when the office
// never wrote it.
//
// Fault: Forbidden.
func (s *Service) History(ctx context.Context, by accounts.Actor, at Place) ([]Template, error) {
	if !by.May(accounts.SeeMails, at.EventID) {
		return nil, fault.New(fault.Forbidden, "error.forbidden")
	}
	return versionsOf(ctx, s.DB, at)
}

// WriteText makes a text of the office hold. version is the one that was shown;
// zero: there was none.
//
// Faults: Forbidden; NotFound, no such kind of letter; Invalid with fields;
// Conflict, somebody changed it meanwhile.
func (s *Service) WriteText(ctx context.Context, by accounts.Actor, at Place, version int, texts Texts) error {
	if err := mayWrite(by, at); err != nil {
		return err
	}
	clean, err := texts.Clean(at.Kind)
	if err != nil {
		return err
	}
	return s.save(ctx, by, "mail.text", Template{EventID: at.EventID, CategoryID: at.CategoryID, Kind: at.Kind, Version: version + 1, Texts: clean})
}

// RestoreText makes the text one level up hold again: for a category the event's,
// for the event the built-in one. What the office wrote is kept.
//
// Faults: as of WriteText.
func (s *Service) RestoreText(ctx context.Context, by accounts.Actor, at Place, version int) error {
	if err := mayWrite(by, at); err != nil {
		return err
	}
	none := Texts{locale.ZH: {}, locale.EN: {}}
	return s.save(ctx, by, "mail.text_restore", Template{EventID: at.EventID, CategoryID: at.CategoryID, Kind: at.Kind, Version: version + 1, Restored: true, Texts: none})
}

func mayWrite(by accounts.Actor, at Place) error {
	switch {
	case !by.May(accounts.SendMails, at.EventID):
		return fault.New(fault.Forbidden, "error.forbidden")
	case !slices.Contains(Kinds, at.Kind):
		return fault.New(fault.NotFound, "error.not_found")
	}
	return nil
}

func (s *Service) save(ctx context.Context, by accounts.Actor, action string, t Template) error {
	t.UpdatedAt, t.UpdatedBy = s.Now(), by.Called()
	err := store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		newest, err := newestVersion(ctx, tx, Place{t.EventID, t.CategoryID, t.Kind})
		if err != nil {
			return fmt.Errorf("read versions of a text: %w", err)
		}
		if newest != t.Version-1 {
			return fault.New(fault.Conflict, "error.changed")
		}
		var id ident.ID
		for _, lang := range locale.Langs {
			id = s.NewID()
			if err := insertTemplate(ctx, tx, id, t, lang); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, by, t.EventID, action, "mail_text", id, map[string]any{"letter": t.Kind, "version": t.Version})
	})
	if store.Constraint(err) == "mail_templates_once" { // somebody else in the same moment
		return fault.Wrap(err, fault.Conflict, "error.changed")
	}
	return err
}

// TextsIn answers the text of a letter that the office wrote: for its category, or
// else for the event. There is none when the built-in text holds.
func TextsIn(ctx context.Context, q store.Querier, at Place) (Texts, bool, error) {
	for _, category := range []ident.ID{at.CategoryID, ident.Nil} {
		versions, err := versionsOf(ctx, q, Place{at.EventID, category, at.Kind})
		if err != nil {
			return nil, false, fmt.Errorf("read text of letter %s: %w", at.Kind, err)
		}
		if len(versions) > 0 && !versions[0].Restored {
			return versions[0].Texts, true, nil
		}
	}
	return nil, false, nil
}
