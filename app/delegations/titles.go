package delegations

import (
	"context"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Title is what people's office is called in both languages. The forms offer the
// titles of the list and take any other.
type Title struct {
	ID        ident.ID `db:"id"`
	ZH        string   `db:"zh"`        // 副市长
	EN        string   `db:"en"`        // Deputy Mayor
	Addresses bool     `db:"addresses"` // people are addressed by it: Mayor Halmosi
	Version   int      `db:"version"`
}

// Titles answers the list in its order.
func (s *Service) Titles(ctx context.Context) ([]Title, error) { return titles(ctx, s.db) }

// SaveTitle writes a title of the list, or a new one at its end. The list is of no
// event: who changes it has the right over all.
//
// Faults: Forbidden; NotFound; Invalid with fields; Conflict, somebody changed it
// meanwhile.
func (s *Service) SaveTitle(ctx context.Context, by accounts.Actor, in Title) (Title, error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return Title{}, fault.New(fault.Forbidden, "error.forbidden")
	}
	in.ZH, in.EN = text.Clean(in.ZH), text.Clean(in.EN)
	var bad fault.List
	text.Line(&bad, "en", in.EN, true, 60)
	text.Line(&bad, "zh", in.ZH, true, 60)
	if err := bad.Err(); err != nil {
		return Title{}, err
	}
	err := store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		var before map[string]any
		if in.ID == ident.Nil {
			in.ID, in.Version = s.newID(), 1
			if err := insertTitle(ctx, tx, in); err != nil {
				return onlyPair(err)
			}
		} else {
			was, err := titleByID(ctx, tx, in.ID)
			if err != nil {
				return err
			}
			before = was.audited()
			if err := updateTitle(ctx, tx, in); err != nil {
				return onlyPair(err)
			}
			in.Version++
		}
		return s.record(ctx, tx, by, ident.Nil, "title.save", "title", in.ID, before, in.audited(), "")
	})
	return in, err
}

// DeleteTitle takes a title off the list; who has it keeps it.
//
// Faults: Forbidden; NotFound.
func (s *Service) DeleteTitle(ctx context.Context, by accounts.Actor, id ident.ID) (t Title, err error) {
	if !by.May(accounts.EditDelegation, ident.Nil) {
		return t, fault.New(fault.Forbidden, "error.forbidden")
	}
	err = store.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if t, err = titleByID(ctx, tx, id); err != nil {
			return err
		}
		if err := deleteTitle(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, by, ident.Nil, "title.delete", "title", id, t.audited(), nil, "")
	})
	return t, err
}

// onlyPair says that a pair of titles is in the list already.
func onlyPair(err error) error {
	if store.Constraint(err) == "titles_once" {
		return fault.Fields(fault.Field{Path: "en", Key: "constraint.titles_once"})
	}
	return err
}

func (t Title) audited() map[string]any {
	return map[string]any{"title_zh": t.ZH, "title_en": t.EN, "addresses": t.Addresses}
}

// PairTitle answers a title in both languages: of one that is written in one language
// alone the other is that of the list, if the list knows it.
func (s *Service) PairTitle(ctx context.Context, title locale.Text) (locale.Text, error) {
	title = cleanText(title)
	if (title.EN == "") == (title.ZH == "") {
		return title, nil
	}
	list, err := titles(ctx, s.db)
	for _, t := range list {
		if title.ZH == "" && strings.EqualFold(t.EN, title.EN) || title.EN == "" && t.ZH == title.ZH {
			return locale.Text{ZH: t.ZH, EN: t.EN}, nil
		}
	}
	return title, err
}

// compound are the Chinese family names of two characters that are in use.
var compound = []string{"欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "东方", "西门", "南宫", "端木", "长孙", "宇文", "闻人"}

// familyZH is the family name in a person's Chinese name: of a rendering what stands
// after as many parts as there are given names, of a Chinese name its beginning.
func (in Input) familyZH() string {
	parts := strings.Split(in.NameZH, "·")
	if len(parts) > 1 {
		if given := len(strings.Fields(in.GivenName)); given > 0 && given < len(parts) {
			return strings.Join(parts[given:], "·")
		}
		return parts[len(parts)-1]
	}
	signs := []rune(in.NameZH)
	if in.NameZH != in.NameNative || len(signs) < 2 {
		return in.NameZH
	}
	if len(signs) > 2 && slices.Contains(compound, string(signs[:2])) {
		return string(signs[:2])
	}
	return string(signs[:1])
}

// ProposedAddress is how letters might address a person, by a title of the list, or
// by their sex: Mayor Halmosi and 豪尔莫希市长, Ms Réti and 雷蒂女士. It is empty in a
// language in which neither is known.
func (in Input) ProposedAddress(list []Title) (proposed locale.Text) {
	in.clean()
	by := func(match func(Title) bool) bool {
		return slices.ContainsFunc(list, func(t Title) bool { return t.Addresses && match(t) })
	}
	polite := map[string]locale.Text{"M": {ZH: "先生", EN: "Mr"}, "F": {ZH: "女士", EN: "Ms"}}[in.Sex]
	if by(func(t Title) bool { return strings.EqualFold(t.EN, in.TitleEN) }) {
		proposed.EN = in.TitleEN
	} else {
		proposed.EN = polite.EN
	}
	if by(func(t Title) bool { return t.ZH == in.TitleZH }) {
		proposed.ZH = in.TitleZH
	} else {
		proposed.ZH = polite.ZH
	}
	family := in.familyZH()
	if proposed.EN != "" {
		proposed.EN += " " + in.FamilyName
	}
	if proposed.ZH = family + proposed.ZH; family == "" || proposed.ZH == family {
		proposed.ZH = ""
	}
	return proposed
}

// Address is how letters in a language address the person; empty: by the name.
func (r Registration) Address(l locale.Lang) string {
	if l == locale.ZH {
		return r.AddressZH
	}
	return r.AddressEN
}
