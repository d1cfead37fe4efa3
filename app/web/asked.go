package web

import (
	"fmt"
	"slices"
	"strings"

	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// Asked is one question of an event's form as somebody is shown it. Its words are
// chosen already: the preview shows two languages on one page.
type Asked struct {
	Field     // drawn by the partial of that name, but for the kinds below
	Code      string
	Kind      forms.Kind
	Several   []Tick      // of choices
	Text      []string    // of a consent, by paragraph
	Agreement string      // its version
	Agreed    bool        // it was ticked
	Sent      string      // what is said of a file that was handed in already
	Drop      string      // offers to leave that file out; empty: one is required
	Tag       string      // of the language
	Only      string      // whom or when the question is for; empty: everybody, always
	When      []Condition // the same, for the script
}

// Tick is an option that may be ticked beside others.
type Tick struct {
	Value, Text string
	Ticked      bool
}

// Condition names a control of the same form, and the values one of which it must
// have; values have no blanks.
type Condition struct{ Name, Values string }

// asking is how a form asks: which control says the category, and by which values.
type asking struct {
	lang       locale.Lang
	prefix     string            // before names and ids, to tell two copies apart
	by         string            // name of the control; empty: the category is settled
	values     map[string]string // of that control by category, with blanks between
	categories []events.Category // that can be chosen
}

// byCategory asks as a form does in which one chooses the category itself.
func byCategory(l locale.Lang, categories []events.Category) asking {
	a := asking{lang: l, by: "category", values: map[string]string{}, categories: categories}
	for _, c := range categories {
		a.values[c.Code] = c.Code
	}
	return a
}

// byRole asks as a delegation's form does, in which the category follows from the
// role.
func byRole(l locale.Lang, categories []events.Category) asking {
	a := asking{lang: l, by: "role", values: map[string]string{}}
	for _, role := range delegations.MemberRoles {
		code := delegations.CategoryOf(role)
		if a.values[code] == "" {
			i := slices.IndexFunc(categories, func(c events.Category) bool { return c.Code == code })
			if i < 0 {
				continue
			}
			a.categories = append(a.categories, categories[i])
		}
		a.values[code] = strings.TrimSpace(a.values[code] + " " + role)
	}
	return a
}

// ask draws the questions of a form that somebody may be shown, with what they
// answered and what must be put right. The form learns what its fields are called.
func (s *Server) ask(a asking, form *Form, questions []forms.Question) (list []Asked) {
	for _, q := range questions {
		var who []string
		for _, c := range a.categories {
			if q.Asks(c.Code) {
				who = append(who, c.Code)
			}
		}
		if len(who) == 0 || q.ArchivedAt != nil {
			continue
		}
		asked := s.drawn(a, *form, q)
		var only []string
		if a.by != "" && len(who) < len(a.categories) {
			only = append(only, s.words.T(a.lang, "forms.only_for", s.categoryNames(a.lang, a.categories, who)))
			var values []string
			for _, code := range who {
				values = append(values, a.values[code])
			}
			asked.When = append(asked.When, Condition{a.by, strings.Join(values, " ")})
		}
		if parent, conditional := forms.Find(questions, q.ShownIf); conditional {
			only = append(only, s.words.T(a.lang, "forms.only_if", parent.Label, optionNames(a.lang, parent, q.ShownFor)))
			asked.When = append(asked.When, Condition{a.prefix + "answers." + parent.Code, strings.Join(q.ShownFor, " ")})
		}
		asked.Only = strings.Join(only, " ")
		form.call(asked.Name, strings.TrimRight(asked.Label, "?？")) // a colon follows
		list = append(list, asked)
	}
	return list
}

// drawn is a question as a field.
func (s *Server) drawn(a asking, form Form, q forms.Question) Asked {
	name := a.prefix + "answers." + q.Code
	t := func(key string, args ...any) string { return s.words.T(a.lang, key, args...) }
	asked := Asked{Code: q.Code, Kind: q.Kind, Tag: a.lang.Tag(), Field: Field{
		Name: name, ID: "f-" + name, Label: q.Label.In(a.lang), Hint: q.Help.In(a.lang), Required: q.Required, Value: form.Value(name), Type: "text", MaxLength: 200,
	}}
	if p, bad := form.Problem(name); bad {
		asked.Why = t(p.Key, p.Args...)
	}
	if !q.Required {
		asked.Beside = t("form.optional")
	}
	switch q.Kind {
	case forms.LongText:
		asked.Type, asked.Rows, asked.MaxLength = "textarea", 3, 2000
	case forms.Date:
		asked.Type, asked.MaxLength = "date", 0
	case forms.Country, forms.Language:
		choices := offered(a.lang, q, form.Value(name))
		sortChoices(a.lang, choices)
		asked.Type, asked.Choices = "select", append([]Choice{{"", t("register.choose")}}, choices...)
	case forms.Choose:
		asked.Choices = offered(a.lang, q, "")
		if asked.Type = "radio"; len(asked.Choices) > 6 {
			asked.Type, asked.Choices = "select", append([]Choice{{"", t("register.choose")}}, asked.Choices...)
		} else if !q.Required {
			asked.Choices = append(asked.Choices, Choice{"", t("forms.no_answer")})
		}
	case forms.Choices:
		for _, o := range q.Offered() {
			asked.Several = append(asked.Several, Tick{o.Code, o.Label.In(a.lang), form.Has(name, o.Code)})
		}
	case forms.File:
		asked.Type, asked.MaxLength, asked.Accept = "file", 0, answerTypes
		asked.After = t("files.answer_hint", files.Most(files.Answer)>>20)
		asked.Value = ""
		if token := form.Value(name); token != "" {
			if f, err := s.Files.HandedIn(q.EventID, token); err == nil {
				asked.Value, asked.Sent, asked.Required = token, t("forms.file_sent", f.Name, (f.Size+1023)>>10), false // browsers ask for one more else
				if !q.Required {
					asked.Drop = t("forms.file_drop")
				}
			}
		}
	case forms.Consent:
		asked.Text, asked.Agreement = strings.Split(q.Agreement.Text.In(a.lang), "\n"), fmt.Sprint(q.Agreement.Version)
		asked.Agreed = form.Has(name, asked.Agreement)
	}
	return asked
}

// offered are a question's choices; the one chosen is among them.
func offered(l locale.Lang, q forms.Question, chosen string) (list []Choice) {
	if q.Kind != forms.Language {
		for _, o := range q.Offered() {
			list = append(list, Choice{o.Code, o.Label.In(l)})
		}
		return list
	}
	tags := forms.Languages
	if chosen != "" && !slices.Contains(tags, chosen) {
		tags = append(slices.Clone(tags), chosen)
	}
	for _, tag := range tags {
		list = append(list, Choice{tag, forms.LanguageName(tag).In(l)})
	}
	return list
}

// categoryNames are the names of categories, in a row.
func (s *Server) categoryNames(l locale.Lang, categories []events.Category, codes []string) string {
	var names []string
	for _, c := range categories {
		if slices.Contains(codes, c.Code) {
			names = append(names, c.Name.In(l))
		}
	}
	return inARow(l, names)
}

func optionNames(l locale.Lang, q forms.Question, codes []string) string {
	var names []string
	for _, o := range q.Options {
		if slices.Contains(codes, o.Code) {
			names = append(names, o.Label.In(l))
		}
	}
	return inARow(l, names)
}

func inARow(l locale.Lang, names []string) string {
	if l == locale.ZH {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// codeOf makes a code from English words; empty when they have no Latin letter.
func codeOf(words string) string {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return ' '
	}, words)
	code = strings.Join(strings.Fields(code), "_")
	return strings.TrimRight(code[:min(40, len(code))], "_")
}

// lettered is a code from its first letter on.
func lettered(code string) string { return strings.TrimLeft(code, "0123456789_") }

// wordsOnly is a code without its digits, or none when less than two letters are
// left.
func wordsOnly(code string) string {
	words := strings.Fields(strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' {
			return ' '
		}
		return r
	}, code))
	if code = strings.Join(words, "_"); len(code) < 2 {
		return ""
	}
	return code
}

// conditionOf is the parent that ticked conditions name, "<question>:<option>"
// each, and the options; ok is false when they name several.
func conditionOf(ticked []string) (parent ident.ID, options []string, ok bool) {
	for _, v := range ticked {
		of, option, _ := strings.Cut(v, ":")
		id, err := ident.Parse(of)
		if err != nil || parent != ident.Nil && id != parent {
			return ident.Nil, nil, false
		}
		parent, options = id, append(options, option)
	}
	return parent, options, true
}
