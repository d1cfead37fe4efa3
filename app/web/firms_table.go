package web

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/firms"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
)

// firmTable is the list of firms as CSV, by the filters of the address. Contacts are not in it: a file of
// addresses leaves the house by other doors.
func (s *Server) firmTable(c *fiber.Ctx) error {
	f, _, sort := firmFilter(c)
	found, err := s.Firms.Find(c.UserContext(), actor(c), f, firms.Paging{Sort: sort, Lang: string(lang(c))})
	if err != nil {
		return err
	}
	names, err := s.trades(c)
	if err != nil {
		return err
	}
	w := firmWriter{l: lang(c), words: s.words, names: names}
	rows := func(yield func([]string, error) bool) {
		for _, row := range found.Rows {
			if !yield(w.line(listedFirm{row.Firm, heldGrants(row.Grants, s.Now())}), nil) {
				return
			}
		}
	}
	var out bytes.Buffer
	if err := sheet.WriteCSV(&out, w.head(), rows); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="firms-`+event(c).Slug+"-"+locale.ISO(firms.Day(s.Now()))+`.csv"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(out.Bytes())
}

// firmWriter writes firms in the language of a reader.
type firmWriter struct {
	l     locale.Lang
	words *locale.Catalogue
	names trades
}

func (w firmWriter) t(key string) string { return w.words.T(w.l, key) }

func (w firmWriter) head() (row []string) {
	for _, key := range []string{
		"firms.number", "firms.credit_code_label", "firms.name_zh", "firms.name_en", "firms.district_code", "firms.district", "firms.sectors_of", "firms.ownership", "firms.employees",
		"firms.languages", "firms.offers_zh_of", "firms.offers_en_of", "firms.needs_zh_of", "firms.needs_en_of", "firms.target_countries",
	} {
		row = append(row, w.t(key))
	}
	for _, kind := range firms.GrantKinds {
		row = append(row, w.t("firms.grant."+kind), w.t("firms.table_review."+kind))
	}
	return row
}

func (w firmWriter) line(f listedFirm) []string {
	employees := ""
	if f.Employees != nil {
		employees = strconv.Itoa(*f.Employees)
	}
	var sectors, languages []string
	for _, name := range w.names.Sectors(f.Firm) {
		sectors = append(sectors, name.In(w.l))
	}
	for _, code := range f.Languages {
		languages = append(languages, w.t("agenda.language."+code))
	}
	const between = "; "
	row := []string{
		f.Code, f.CreditCode, f.Name.ZH, f.Name.EN, f.District, w.names.District(f.Firm).In(w.l), strings.Join(sectors, between), w.t("lists.ownership." + f.Ownership), employees,
		strings.Join(languages, between), f.Offers.ZH, f.Offers.EN, f.Needs.ZH, f.Needs.EN, strings.Join(f.TargetCountries, between),
	}
	for _, kind := range firms.GrantKinds {
		state, review := "", ""
		for _, g := range f.Grants { // the latest first: what is in force stands behind what is planned
			if g.Kind == kind {
				state, review = w.t("state.grant."+string(g.Now)), locale.ISO(g.ReviewOn)
			}
		}
		row = append(row, state, review)
	}
	return row
}
