package delegations

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jmoiron/sqlx"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// insertPersonOf keeps a person; birth date and passport are sealed before.
func (s *Service) insertPersonOf(ctx context.Context, tx *sqlx.Tx, id ident.ID, c checked) error {
	p := personRow{
		ID: id, Input: c.Input, Search: text.Search(c.GivenName+" "+c.FamilyName, c.NameNative, c.NameZH, c.Organisation),
		NameKey: nameKey(c.GivenName, c.FamilyName), SoundKey: soundKey(c.GivenName, c.FamilyName),
	}
	var err error
	if c.birth != nil {
		day := c.birth.Format(time.DateOnly)
		if p.BirthSealed, err = s.box.Seal([]byte(day), "persons.birth_date:"+id.String()); err != nil {
			return err
		}
		p.BirthIndex = s.box.Index("birth", day)
	}
	if err := insertPerson(ctx, tx, p, s.now()); err != nil {
		if store.Constraint(err) == "persons_nationality" {
			return fault.Fields(fault.Field{Path: "nationality", Key: "field.choice"})
		}
		return err
	}
	if c.Passport.Number == "" {
		return nil
	}
	document := s.newID()
	sealed, err := s.box.Seal([]byte(c.Passport.Number), "travel_documents.number:"+document.String())
	if err != nil {
		return err
	}
	last4 := c.Passport.Number[len(c.Passport.Number)-4:]
	return insertPassport(ctx, tx, document, id, sealed, s.box.Index("passport", c.Passport.Issuer+":"+c.Passport.Number), last4, c.Passport.Issuer, *c.expires)
}

// nameKey is a name as it is compared: folded, its words in alphabetical order,
// since forms disagree on which name comes first.
func nameKey(names ...string) string {
	words := strings.FieldsFunc(text.Fold(strings.Join(names, " ")), func(r rune) bool { return !unicode.IsLetter(r) })
	slices.Sort(words)
	return strings.Join(words, " ")
}
