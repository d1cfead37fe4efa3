package lists

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/sheet"
	"qianshou/app/kit/text"
)

// sort of value that a column holds.
type sort int

const (
	words  sort = iota // as typed, Chinese too
	latin              // letters, digits, addresses: full-width ones are made plain
	code               // digits that must not be counted with: a passport number
	day                // a date
	choice             // one of a list
	many               // several of a list, or of anything
	number             // a whole number
)

// column is one column of a kind of list.
type column struct {
	sheet.Field
	sort      sort
	sensitive bool              // shown only to those who may see such things
	values    map[string]string // what choices are called, folded → the value
	names     map[string]locale.Text
	example   string
	refusal   string // what is said of another choice; empty: that it is none, or which one is near
	unasked   bool   // it is read when somebody brings it, and not in the template
}

// line is a line of a list as it was read.
type line struct {
	id     ident.ID // of its row; Nil until it is kept
	number int
	cells  []string          // by the file's columns, as they were typed
	values map[string]string // by column, in the form that the rules ask for
	wrong  []fault.Field     // cells that say nothing that can be taken
}

// lines reads the cells of a list by its columns.
func linesOf(list sheet.List, columns []column) []line {
	byCode := map[string]column{}
	for _, c := range columns {
		byCode[c.Code] = c
	}
	lines := make([]line, 0, len(list.Lines))
	for _, l := range list.Lines {
		out := line{number: l.Number, cells: make([]string, len(l.Cells)), values: map[string]string{}}
		for n, cell := range l.Cells {
			out.cells[n] = cell.Text
			c, asked := byCode[list.Heads[n].Code]
			if !asked || cell.Kind == sheet.Empty {
				continue
			}
			value, key, args := c.read(cell)
			if key != "" {
				out.wrong = append(out.wrong, fault.Field{Path: c.Code, Key: key, Args: args})
				continue
			}
			out.values[c.Code] = value
		}
		lines = append(lines, out)
	}
	return lines
}

// read makes a value of a cell, or says by a sentence why it cannot.
func (c column) read(cell sheet.Cell) (value, key string, args []any) {
	switch {
	case cell.Kind == sheet.Formula:
		return "", "lists.formula", []any{cell.Address}
	case cell.Kind == sheet.Broken:
		return "", "lists.broken", []any{cell.Address}
	case c.sort == code && cell.Kind != sheet.Text:
		return "", "lists.number_in_code", []any{cell.Address}
	}
	switch c.sort {
	case day:
		return readDay(cell)
	case choice:
		return c.choose(cell.Text)
	case many:
		return c.chooseMany(cell.Text)
	case latin, code:
		return text.Clean(text.Halfwidth(cell.Text)), "", nil
	case number:
		plain := strings.ReplaceAll(text.Halfwidth(cell.Text), ",", "")
		if plain == "" || len(plain) > 9 || strings.Trim(plain, "0123456789") != "" {
			return "", "field.number", nil
		}
		return plain, "", nil
	}
	return cell.Text, "", nil
}

// readDay reads a date as Excel keeps it, or as people here write it: 1964-11-07,
// 1964/11/7, 1964年11月7日. Days before months, or after, nobody can tell: refused.
func readDay(cell sheet.Cell) (value, key string, args []any) {
	typed := cell.Text
	if cell.Kind == sheet.Number {
		typed = cell.Date
	}
	if d, _, timed := strings.Cut(typed, "T"); timed {
		typed = d
	}
	typed = strings.ReplaceAll(text.Halfwidth(typed), " ", "")
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006年1月2日"} {
		if at, err := time.Parse(layout, typed); err == nil {
			return at.Format(time.DateOnly), "", nil
		}
	}
	return "", "lists.day", nil
}

// choose finds a choice by whatever it is called, also when both languages stand in
// the cell.
func (c column) choose(typed string) (value, key string, args []any) {
	for _, part := range append([]string{typed}, strings.FieldsFunc(typed, func(r rune) bool { return r == '/' || r == '／' || r == '\n' })...) {
		if value, ok := c.values[folded(part)]; ok {
			return value, "", nil
		}
	}
	if c.refusal != "" {
		return "", c.refusal, nil
	}
	if near := c.near(folded(typed)); near != "" {
		return "", "lists.choice_near", []any{c.said(near)}
	}
	return "", "lists.choice", nil
}

// near is the choice that somebody may have meant: one alone is a slip or two away,
// in a word long enough to tell.
func (c column) near(typed string) string {
	word := []rune(typed)
	if len(word) < 4 || len(word) > 40 {
		return ""
	}
	best, found := 1+min(2, len(word)/4), ""
	for name, value := range c.values {
		switch n := slips(word, []rune(name), best+1); {
		case n < best:
			best, found = n, value
		case n == best && value != found:
			found = ""
		}
	}
	return found
}

// slips is how many letters must be added, left out or changed to make one word of the
// other; most when it is more than that.
func slips(a, b []rune, most int) int {
	if max(len(a)-len(b), len(b)-len(a)) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		last := row[0]
		row[0] = i + 1
		for j := range b {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return min(most, row[len(b)])
}

// chooseMany reads several choices, parted by semicolons, commas or 、. The answer
// parts them by semicolons.
func (c column) chooseMany(typed string) (value, key string, args []any) {
	var values []string
	for _, part := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(";；,，、\n|", r) }) {
		part = strings.TrimSpace(norm.NFKC.String(part))
		if part == "" {
			continue
		}
		if len(c.values) > 0 {
			if part, key, args = c.choose(part); key != "" {
				return "", key, args
			}
		}
		values = append(values, part)
	}
	return strings.Join(values, ";"), "", nil
}

// parted is what chooseMany joined.
func parted(value string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, ";")
}

// folded leaves of a word what people agree on: letters and digits.
func folded(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(word))
}

// choices gives a column its choices: what stands in the drop-down, and every way
// to say each.
func (c *column) choices(l locale.Lang, list []named) {
	c.values, c.names = map[string]string{}, map[string]locale.Text{}
	for _, item := range list {
		c.names[item.value] = item.name
		both := item.name.In(l)
		if other := item.name.In(l.Other()); other != both {
			both += " / " + other
		}
		c.Choices = append(c.Choices, both)
		for _, word := range append([]string{item.value, item.name.ZH, item.name.EN, both}, item.also...) {
			if key := folded(word); key != "" {
				if _, taken := c.values[key]; !taken {
					c.values[key] = item.value
				}
			}
		}
	}
}

// said is how people call a value of the column; of several, each.
func (c column) said(value string) locale.Text {
	if c.names == nil {
		return locale.Text{ZH: value, EN: value}
	}
	var all locale.Text
	for _, one := range parted(value) {
		name, known := c.names[one]
		if !known {
			name = locale.Text{ZH: one, EN: one}
		}
		if all.Empty() {
			all = name
			continue
		}
		all.ZH, all.EN = all.ZH+"；"+name.ZH, all.EN+"; "+name.EN
	}
	return all
}

// named is a choice and what it is called.
type named struct {
	value string
	name  locale.Text
	also  []string
}

// both is a sentence in both languages.
func (s *Service) both(key string) locale.Text {
	return locale.Text{ZH: s.Words.T(locale.ZH, key), EN: s.Words.T(locale.EN, key)}
}

// called are values whose names are sentences of the catalogue.
func (s *Service) called(prefix string, values ...string) (list []named) {
	for _, v := range values {
		list = append(list, named{value: v, name: s.both(prefix + v)})
	}
	return list
}
