package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"qianshou/app/forms"
	"qianshou/app/kit/locale"
)

// functions is what templates may call, bound to one language. Components have
// a function that makes their argument, named like the partial that draws it:
// {{template "chip" (chip "ok" "check" (t "done"))}}.
func functions(l locale.Lang, words *locale.Catalogue, assets *Assets) template.FuncMap {
	t := func(key string, args ...any) string { return words.T(l, key, args...) }
	c := components{lang: l, t: t}
	return template.FuncMap{
		// Words.
		"t":      t,
		"tb":     func(key string, args ...any) template.HTML { return bold(words.Parts(l, key, args...)) },
		"lang":   func() locale.Lang { return l },
		"in":     func(text locale.Text) string { return text.In(l) },
		"text":   func(text locale.Text) template.HTML { return marked(l, text) },
		"other":  func(text locale.Text) string { return other(l, text) },
		"zn":     zn,
		"group":  func(name, country locale.Text) template.HTML { return group(l, name, country) },
		"tongue": func(tag string) string { return forms.LanguageName(tag).In(l) },

		// Whoever and whatever has a name: the form that stands first, and the others.
		"name":  func(of any) (template.HTML, error) { return nameForms(l, of, true) },
		"alias": func(of any) (template.HTML, error) { return nameForms(l, of, false) },
		"aliases": func(of locale.Name) []locale.Form {
			forms := of.Forms(l)
			return forms[min(1, len(forms)):]
		},

		// Dates, spans and figures.
		"iso": locale.ISO, "clock": locale.Clock, "clockRange": locale.ClockRange, "zone": locale.Zone,
		"date":      func(at time.Time) string { return locale.Date(l, at) },
		"day":       func(at time.Time) string { return locale.Day(l, at) },
		"weekday":   func(at time.Time) string { return locale.Weekday(l, at) },
		"fullDate":  func(at time.Time) string { return locale.FullDate(l, at) },
		"dateRange": func(first, last time.Time) string { return locale.DateRange(l, first, last) },
		"moment":    func(at time.Time) string { return locale.Moment(l, at) },
		"span":      func(d time.Duration) string { return locale.Span(l, d) },
		"rfc3339":   func(at time.Time) string { return at.Format(time.RFC3339) },
		"reason":    func(given string) string { return because(t, given) },
		"number":    number,
		"money":     func(d decimal.Decimal, currency string) string { return locale.Money(l, d, currency) },
		"millions":  locale.Millions,
		"amount":    locale.Amount,
		"rate":      locale.Rate,
		"percent":   locale.Percent,
		"add":       func(a, b int) int { return a + b },
		"list":      func(items ...any) []any { return items },

		"asksFile": asksFile,

		// Files and pictures.
		"asset":   assets.URL,
		"icon":    assets.Icon,
		"refresh": refresh,
		"mark":    func() template.HTML { return mark },
		"face":    func() template.HTML { return face },

		// Components.
		"chip": newChip, "state": c.state, "note": newNote, "empty": newEmpty, "field": c.field, "choice": newChoice,
		"ladder": newLadder, "rung": newRung, "steps": newSteps, "problems": c.problems, "problemsOf": func(f Form, labels []string) (Problems, error) { return c.problems(f, labels...) }, "meter": newMeter,
		"fact": newFact, "draft": newDraft,
	}
}

// because is the reason of a change: what somebody wrote, or, where the program
// itself had one, its sentence. Such are written as a key behind an @, and whose
// reference they are about.
func because(t func(string, ...any) string, given string) string {
	const own = "@registration.because."
	if !strings.HasPrefix(given, own) {
		return given
	}
	key, about, _ := strings.Cut(given[1:], " ")
	return t(key, about)
}

// nameForms writes the form of a name that stands first on a page, or all others
// with a dot between; it takes a locale.Name or a locale.Text.
func nameForms(l locale.Lang, of any, first bool) (template.HTML, error) {
	var n locale.Name
	switch v := of.(type) {
	case locale.Name:
		n = v
	case locale.Text:
		n = locale.NameOf(v)
	default:
		return "", fmt.Errorf("name: %T has none", of)
	}
	forms := n.Forms(l)
	if first {
		forms = forms[:min(1, len(forms))]
	} else {
		forms = forms[min(1, len(forms)):]
	}
	var parts []string
	for _, f := range forms {
		if f.Lang == locale.ZH.Tag() {
			parts = append(parts, string(zn(f.Text)))
		} else if l == locale.ZH {
			parts = append(parts, `<span lang="und">`+template.HTMLEscapeString(f.Text)+`</span>`)
		} else {
			parts = append(parts, template.HTMLEscapeString(f.Text))
		}
	}
	return template.HTML(strings.Join(parts, " · ")), nil //nolint:gosec // every part is escaped above
}

// number groups a whole number of any integer type by thousands.
func number(n any) (string, error) {
	switch v := n.(type) {
	case int:
		return locale.Number(int64(v)), nil
	case int64:
		return locale.Number(v), nil
	case int32:
		return locale.Number(int64(v)), nil
	}
	return "", fmt.Errorf("number: %T is not a whole number", n)
}

// bold sets what stands in the placeholders of a sentence in bold.
func bold(parts []locale.Part) template.HTML {
	var b strings.Builder
	for _, p := range parts {
		if p.Arg {
			b.WriteString("<b>" + template.HTMLEscapeString(p.Text) + "</b>")
			continue
		}
		b.WriteString(template.HTMLEscapeString(p.Text))
	}
	return template.HTML(b.String()) //nolint:gosec // every part is escaped above
}

// marked is a bilingual text in the reader's language; when only the other
// language has it, it says so to screen readers and fonts.
func marked(l locale.Lang, text locale.Text) template.HTML {
	s := template.HTMLEscapeString(text.In(l))
	if text.Fallback(l) {
		s = `<span lang="` + l.Other().Tag() + `">` + s + `</span>`
	}
	return template.HTML(s) //nolint:gosec // escaped above
}

// other is the text in the language that the page is not in, for second lines;
// empty when it would repeat the first.
func other(l locale.Lang, text locale.Text) string {
	if text.Fallback(l) || text.Fallback(l.Other()) {
		return ""
	}
	return text.In(l.Other())
}

// zn writes the Chinese rendering of a foreign name so that it breaks only after
// the middle dot or a hyphen.
func zn(name string) template.HTML {
	s := template.HTMLEscapeString(name)
	s = strings.ReplaceAll(s, "·", "\u2060·<wbr>")
	return template.HTML(`<span class="zn" lang="zh-CN">` + s + `</span>`) //nolint:gosec // escaped above
}

// group writes the name of a delegation: in Chinese it breaks after the country and
// before what it is, never inside a city's name.
func group(l locale.Lang, name, country locale.Text) template.HTML {
	zh := name.In(l)
	if l != locale.ZH || name.Fallback(l) {
		return marked(l, name)
	}
	rest, named := strings.CutPrefix(zh, country.ZH)
	stem, is := strings.CutSuffix(rest, "代表团")
	s := `<span class="zn">`
	if named && country.ZH != "" {
		s += template.HTMLEscapeString(country.ZH) + "<wbr>"
	}
	s += template.HTMLEscapeString(stem)
	if is {
		s += "<wbr>代表团"
	}
	return template.HTML(s + "</span>") //nolint:gosec // escaped above
}

// refresh has a page load itself anew after so many seconds, where no script does.
func refresh(seconds int) template.HTML {
	return template.HTML(fmt.Sprintf(`<noscript><meta http-equiv="refresh" content="%d"></noscript>`, seconds)) //nolint:gosec // a number
}

// The mark: two lines that become one. The face stands where a photo is missing.
const (
	mark template.HTML = `<svg viewBox="0 0 26 26" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" aria-hidden="true"><path d="M2 4c9 0 9 8 22 8M2 22c9 0 9-7 22-7"/></svg>`
	face template.HTML = `<svg viewBox="0 0 100 110" fill="currentColor" aria-hidden="true"><circle cx="50" cy="40" r="22"/><path d="M6 110c2-28 20-40 44-40s42 12 44 40z"/></svg>`
)
