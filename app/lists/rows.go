package lists

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/audit"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
	"qianshou/app/kit/store"
)

// Line is a line of an import as it is looked at.
type Line struct {
	Number         int // as the file counts
	Verdict        delegations.Verdict
	Name           string // whom it names; empty once that was forgotten
	Second         string // in another script, or the address
	Role           string // of a member
	RegistrationID ident.ID
	Reference      string // of the registration that it became
	Cells          []Cell // those about which there is something to say
}

// Cell is one cell of a line about which there is something to say.
type Cell struct {
	Column  locale.Text // Empty: it is about the whole line
	Address string      // B7; empty when the file has no such column
	Value   string      // as it was typed; masked when the reader may not see it
	Before  locale.Text // what stands there now, when it changes
	Changes bool
	Problem fault.Field // Path is the column; Key is empty when the cell only changes
	Warning bool

	private bool // it is of a column that not everybody may see
}

// Page is a part of an import's lines.
type Page struct {
	Lines  []Line
	Counts map[string]int // by verdict, and "warned"
}

// Lines answers lines of an import. filter is a verdict, "bad" for all that cannot be
// taken, "warned" for good ones that are worth a look, or empty for all. That the office
// looks at birth dates and passports is logged first.
//
// Faults: NotFound; Forbidden.
func (s *Service) Lines(ctx context.Context, by accounts.Actor, id ident.ID, filter string, offset, limit int) (Page, error) {
	i, err := s.ByID(ctx, by, id)
	if err != nil {
		return Page{}, err
	}
	columns, err := s.kind(i.Kind).columns(ctx, i, locale.ZH)
	if err != nil {
		return Page{}, err
	}
	p := Page{}
	if p.Counts, err = rowCounts(ctx, s.DB, id); err != nil {
		return p, fmt.Errorf("count lines: %w", err)
	}
	rows, err := shownRows(ctx, s.DB, id, filter, offset, limit)
	if err != nil {
		return p, fmt.Errorf("read lines: %w", err)
	}
	clear := by.MayFor(accounts.BringList, i.EventID, i.DelegationID, "") || by.May(accounts.SeeSensitive, i.EventID)
	office := by.May(accounts.EditRegistration, i.EventID)
	for _, row := range rows {
		k, err := s.unseal(row)
		if err != nil {
			return p, err
		}
		if !office { // who else is registered is the desk's to know, also when the desk brought the list
			row.Problems = slices.DeleteFunc(row.Problems, func(p problem) bool { return p.Key == "lists.elsewhere" })
		}
		p.Lines = append(p.Lines, shown(i, row, k, columns, clear))
	}
	looks := 0
	for _, l := range p.Lines {
		if slices.ContainsFunc(l.Cells, func(c Cell) bool { return c.private && c.Value != "" }) {
			looks++
		}
	}
	if clear {
		err = s.look(ctx, by, i, looks)
	}
	return p, err
}

// look writes into the audit log that somebody is about to see birth dates or passports
// of so many rows. An officer sees what their own delegation brought.
func (s *Service) look(ctx context.Context, by accounts.Actor, i Import, rows int) error {
	if rows == 0 || by.MayFor(accounts.BringList, i.EventID, i.DelegationID, "") {
		return nil
	}
	return store.InTx(ctx, s.DB, func(tx *sqlx.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{
			ID: s.NewID(), At: s.Now(), ActorKind: string(by.Kind), ActorID: by.ID, ActorName: by.Name(), EventID: i.EventID,
			Action: "list.reveal", ObjectKind: "import", ObjectID: i.ID, After: map[string]any{"rows": rows},
		})
	})
}

func shown(i Import, row rowOf, k kept, columns []column, clear bool) Line {
	l := Line{Number: row.Line, Verdict: row.Verdict, RegistrationID: row.Registration, Reference: k.Reference, Role: k.Values["role"]}
	if i.Kind == Firms {
		l.Name, l.Second = k.Values["name_zh"], k.Values["name_en"]
	} else {
		l.Name, l.Second = strings.TrimSpace(k.Values["given_name"]+" "+k.Values["family_name"]), k.Values["email"]
	}
	said := map[string]bool{}
	for _, p := range row.Problems {
		c := cellOf(i, row, k, columns, p.Column, clear)
		c.Problem, c.Warning = fault.Field{Path: p.Column, Key: p.Key, Args: p.words()}, p.Warning
		l.Cells = append(l.Cells, c)
		said[p.Column] = true
	}
	for _, c := range columns {
		if _, changes := k.Before[c.Code]; changes && !said[c.Code] {
			cell := cellOf(i, row, k, columns, c.Code, clear)
			cell.Problem.Path = c.Code
			l.Cells = append(l.Cells, cell)
		}
	}
	slices.SortStableFunc(l.Cells, func(a, b Cell) int {
		return cmp.Compare(i.place(a.Problem.Path, columns), i.place(b.Problem.Path, columns))
	})
	return l
}

// place is where a column stands among the others: as in the file, after them those
// that the file does not have. What is about the whole line comes first.
func (i Import) place(code string, columns []column) int {
	if code == "" {
		return -1
	}
	if at := slices.IndexFunc(i.Heads, func(h sheet.Head) bool { return h.Code == code }); at >= 0 {
		return at
	}
	return len(i.Heads) + slices.IndexFunc(columns, func(c column) bool { return c.Code == code })
}

// cellOf finds the cell of a line under a column.
func cellOf(i Import, row rowOf, k kept, columns []column, code string, clear bool) Cell {
	var c Cell
	n := slices.IndexFunc(columns, func(c column) bool { return c.Code == code })
	if n < 0 {
		return c
	}
	c.Column = columns[n].Title
	if at := slices.IndexFunc(i.Heads, func(h sheet.Head) bool { return h.Code == code }); at >= 0 && at < len(k.Cells) {
		c.Address, c.Value = sheet.Address(at, row.Line), k.Cells[at]
	}
	c.private = columns[n].sensitive
	if c.Value != "" && c.private && !clear {
		c.Value = "••••"
	}
	c.Before, c.Changes = columns[n].said(k.Before[code]), row.Verdict == delegations.RowChanged
	if private := columns[n].sensitive || code == "meal_plan" || code == "access_needs"; private && !clear && !c.Before.Empty() {
		c.Before = locale.Text{ZH: delegations.Masked, EN: delegations.Masked}
	}
	if _, changes := k.Before[code]; !changes {
		c.Changes = false
	}
	return c
}

// WriteReturned writes the lines that could not be taken, as an XLSX file for
// whoever sent them: below their own headers, with the reason in a column of its own
// and as a comment on the cell. That the office takes birth dates and passports is
// logged first.
//
// Faults: NotFound; Forbidden; Conflict, there are none.
func (s *Service) WriteReturned(ctx context.Context, by accounts.Actor, id ident.ID, l locale.Lang, w io.Writer) error {
	i, err := s.ByID(ctx, by, id)
	if err != nil {
		return err
	}
	if !by.MayFor(accounts.BringList, i.EventID, i.DelegationID, "") && !by.May(accounts.SeeSensitive, i.EventID) && i.Kind == Members && i.actor.ID != by.ID {
		return fault.New(fault.Forbidden, "error.forbidden") // it holds passports: for who brought it, or may see such
	}
	columns, err := s.kind(i.Kind).columns(ctx, i, l)
	if err != nil {
		return err
	}
	rows, err := badRows(ctx, s.DB, id)
	if err != nil {
		return fmt.Errorf("read lines: %w", err)
	}
	if len(rows) == 0 {
		return fault.New(fault.Conflict, "lists.none_bad")
	}
	titles := map[string]locale.Text{}
	for _, c := range columns {
		titles[c.Code] = c.Title
	}
	inOrder := func(a, b problem) int { return cmp.Compare(i.place(a.Column, columns), i.place(b.Column, columns)) }
	own := s.ownColumn(i)
	var head []string
	for n, h := range i.Heads {
		if n != own {
			head = append(head, h.Title)
		}
	}
	var private []int
	for n, h := range i.Heads {
		if slices.ContainsFunc(columns, func(c column) bool { return c.sensitive && c.Code == h.Code }) {
			private = append(private, n)
		}
	}
	looks := 0
	list := make([]sheet.Returned, 0, len(rows))
	for _, row := range rows {
		k, err := s.unseal(row)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(private, func(n int) bool { return n < len(k.Cells) && k.Cells[n] != "" }) {
			looks++
		}
		slices.SortStableFunc(row.Problems, inOrder)
		list = append(list, s.returned(i, row, k, titles, l).Without(own))
	}
	if err := s.look(ctx, by, i, looks); err != nil {
		return err
	}
	return sheet.WriteReturned(w, s.Words.T(l, "lists.to_mend"), head, s.Words.T(l, "lists.reason"), list)
}

// ownColumn is where a list that came back once has the reasons that we gave; they
// are given anew. Less than 0: nowhere.
func (s *Service) ownColumn(i Import) int {
	reason := s.both("lists.reason")
	return slices.IndexFunc(i.Heads, func(h sheet.Head) bool { return h.Code == "" && (h.Title == reason.ZH || h.Title == reason.EN) })
}

func (s *Service) returned(i Import, row rowOf, k kept, titles map[string]locale.Text, l locale.Lang) sheet.Returned {
	r := sheet.Returned{Cells: k.Cells, Reasons: map[int]string{}}
	var all []string
	for _, p := range row.Problems {
		if p.Warning {
			continue
		}
		said := s.Words.T(l, p.Key, p.words()...)
		if at := slices.IndexFunc(i.Heads, func(h sheet.Head) bool { return h.Code == p.Column && p.Column != "" }); at >= 0 {
			r.Reasons[at] = strings.TrimPrefix(r.Reasons[at]+"\n"+said, "\n")
		}
		if title, ok := titles[p.Column]; ok {
			said = s.Words.T(l, "lists.reason_of", title, said)
		}
		all = append(all, said)
	}
	r.Reason = strings.Join(all, "\n")
	return r
}

// WriteTemplate writes an empty list to fill in, as an XLSX file: a header in both
// languages, drop-downs, and a sheet of examples.
//
// Fault: Forbidden.
func (s *Service) WriteTemplate(ctx context.Context, by accounts.Actor, event ident.ID, kind string, delegation ident.ID, l locale.Lang, w io.Writer) error {
	i := Import{EventID: event, Kind: kind, DelegationID: delegation, actor: by}
	if !i.may(by) {
		return fault.New(fault.Forbidden, "error.forbidden")
	}
	columns, err := s.kind(kind).columns(ctx, i, l)
	if err != nil {
		return err
	}
	t := sheet.Template{
		Name: s.Words.T(l, "lists.sheet."+kind), Examples: s.Words.T(l, "lists.sheet.example"), Lang: l, Refusal: s.Words.T(l, "field.choice"), Rows: [][]string{nil},
	}
	for _, c := range columns {
		if c.unasked {
			continue
		}
		t.Fields = append(t.Fields, c.Field)
		t.Rows[0] = append(t.Rows[0], c.shownExample())
	}
	return t.WriteXLSX(w)
}

// shownExample is the column's example as somebody would fill it in.
func (c column) shownExample() string {
	if c.sort == choice {
		for _, words := range c.Choices {
			if c.example != "" && c.values[folded(words)] == c.example {
				return words
			}
		}
		if len(c.Choices) > 0 && c.Required {
			return c.Choices[0]
		}
	}
	return c.example
}
