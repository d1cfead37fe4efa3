package mail

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// Kinds are the letters about a registration whose text the office may write
// itself, in the order of a registration's life.
var Kinds = []string{
	"nominated", "received", "waitlisted", "approved", "returned", "rejected", "change_approved", "change_refused", "address_changed", "merged", "link",
	"replaced", "not_replaced", "took_place", "cancelled", "privacy_done", "privacy_refused", "erased",
}

// Trial is the template of what the desk tries on itself.
const Trial = "test"

// Announcement is the kind of a letter that the office writes to many at once.
const Announcement = "announcement"

// placeholders are what a text may have filled in, in the order in which the
// editor explains them.
var placeholders = []string{"name", "event", "dates", "place", "category", "delegation", "organisation", "reference"}

// Placeholders lists what the text of a kind may have filled in: {name} and so on.
func Placeholders(kind string) []string {
	switch kind {
	case "returned", "rejected", "change_refused", "not_replaced", "cancelled", "privacy_done", "privacy_refused":
		return append(slices.Clone(placeholders), "reason")
	}
	return placeholders
}

// Text is what a letter says in one language. Blank lines part the paragraphs of
// the body, of which the first greets; what stands in braces is filled in.
type Text struct {
	Subject string
	Body    string
}

// Empty tells whether nothing was written.
func (t Text) Empty() bool { return t.Subject == "" && t.Body == "" }

// Texts is a letter in every language.
type Texts map[locale.Lang]Text

const (
	mostSubject = 150
	mostBody    = 5000
)

// Clean brings texts to one form and checks them: both languages are there, and
// only placeholders that their kind has. Fields are called subject_zh, body_en.
//
// Fault: Invalid with fields.
func (all Texts) Clean(kind string) (Texts, error) {
	var bad fault.List
	clean := Texts{}
	for _, lang := range locale.Langs {
		t := Text{Subject: text.Clean(all[lang].Subject), Body: text.Paragraphs(all[lang].Body)}
		text.Line(&bad, "subject_"+string(lang), t.Subject, true, mostSubject)
		text.Line(&bad, "body_"+string(lang), t.Body, true, mostBody)
		for path, written := range map[string]string{"subject_": t.Subject, "body_": t.Body} {
			if unknown := unknownIn(written, kind); unknown != "" {
				bad.Add(path+string(lang), "mail.text.unknown", unknown)
			}
		}
		clean[lang] = t
	}
	slices.SortFunc(bad, func(a, b fault.Field) int { return strings.Compare(a.Path, b.Path) })
	return clean, bad.Err()
}

// braces finds whatever stands in braces, full-width ones too: who writes {Name}
// or ｛姓名｝ means a placeholder.
var braces = regexp.MustCompile(`[{｛][^{}｛｝\n]*[}｝]`)

func unknownIn(written, kind string) string {
	known := Placeholders(kind)
	for _, p := range braces.FindAllString(written, -1) {
		if !slices.Contains(known, strings.Trim(p, "{}")) {
			return shortened(p)
		}
	}
	return ""
}

// shortened keeps a refusal short, however long what is refused.
func shortened(p string) string {
	const most = 40
	if utf8.RuneCountInString(p) > most {
		return string([]rune(p)[:most]) + "…"
	}
	return p
}

// Fill puts values into a text, each once: braces in a value stay braces. A
// paragraph whose placeholders are all empty and that says nothing else is left
// out.
func (t Text) Fill(values map[string]string) (subject, hello string, paragraphs []string) {
	for paragraph := range strings.SplitSeq(t.Body, "\n\n") {
		if full := strings.TrimSpace(filled(paragraph, values)); full != "" {
			paragraphs = append(paragraphs, full)
		}
	}
	if len(paragraphs) > 0 {
		hello, paragraphs = paragraphs[0], paragraphs[1:]
	}
	return oneLine(filled(t.Subject, values)), hello, paragraphs
}

// Uses tells whether a text has a placeholder.
func (t Text) Uses(placeholder string) bool {
	return strings.Contains(t.Subject+t.Body, "{"+placeholder+"}")
}

func filled(written string, values map[string]string) string {
	return braces.ReplaceAllStringFunc(written, func(p string) string {
		if value, known := values[strings.Trim(p, "{}")]; known {
			return value
		}
		return p
	})
}

// Builtin is the text of a kind as the program brings it along.
func Builtin(words *locale.Catalogue, kind string) Texts {
	all := Texts{}
	for _, lang := range locale.Langs {
		body := words.T(lang, "mail."+kind+".body", "{event}")
		all[lang] = Text{
			Subject: words.T(lang, "mail."+kind+".subject", "{event}"),
			Body:    words.T(lang, "mail.hello", "{name}") + "\n\n" + strings.ReplaceAll(body, "\n", "\n\n"),
		}
	}
	return all
}
