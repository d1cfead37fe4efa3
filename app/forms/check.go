package forms

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/text"
)

// Answer is what somebody answered to one question: codes of options, a date as
// 2027-06-08, the version of the text agreed to, or what they wrote. Only where
// several may be chosen has it more than one text.
type Answer []string

// Answers are the answers by the codes of their questions.
type Answers map[string]Answer

// How long texts may be, in characters.
const (
	longestLine = 200
	longestText = 2000
	longestFile = 4000 // of the token that stands for a file
)

var errNotAnswer = errors.New("an answer is a text or a list of texts")

// UnmarshalJSON reads a text, a list of texts, or null for no answer.
func (a *Answer) UnmarshalJSON(raw []byte) error {
	var one *string
	if json.Unmarshal(raw, &one) == nil {
		*a = nil
		if one != nil {
			*a = Answer{*one}
		}
		return nil
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return errNotAnswer
	}
	*a = many
	return nil
}

// Value is the answer as JSON has it: a list where several may be chosen, else a
// text.
func (q Question) Value(a Answer) any {
	if q.Kind == Choices {
		return []string(a)
	}
	return strings.Join(a, "")
}

// Check holds answers against the questions that a category is asked. It answers
// those that count: cleaned, without the empty ones, and without those to
// questions that this person is not shown. Broken rules are noted as
// answers.<code>.
func Check(questions []Question, category string, answers Answers) (Answers, fault.List) {
	return check(questions, category, nil, answers)
}

// Recheck is Check for who answered before: what is answered as before is taken as it
// is, whatever became of the question since, and what they were free to leave open is
// not demanded of them now.
func Recheck(questions []Question, category string, before, answers Answers) (Answers, fault.List) {
	if before == nil {
		before = Answers{}
	}
	return check(questions, category, before, answers)
}

// check is both; before is nil of who never answered.
func check(questions []Question, category string, before, answers Answers) (Answers, fault.List) {
	var bad fault.List
	clean, known := Answers{}, map[string]bool{}
	for _, q := range questions {
		if q.ArchivedAt != nil {
			continue
		}
		known[q.Code] = true
		if !q.Asks(category) || !q.shown(questions, clean) {
			continue
		}
		a, key, args := q.read(slices.Clone(answers[q.Code]))
		was := before[q.Code]
		same := before != nil && (slices.Equal(a, was) || slices.Equal(answers[q.Code], was)) && (len(was) > 0 || q.shown(questions, before))
		if same {
			a, key = was, ""
		}
		switch {
		case key != "":
			bad.Add("answers."+q.Code, key, args...)
		case len(a) > 0:
			clean[q.Code] = a
		case same:
		case q.Required && q.Kind == Consent:
			bad.Add("answers."+q.Code, "field.consent")
		case q.Required:
			bad.Add("answers."+q.Code, "field.required")
		}
	}
	var strange []string
	for code := range answers {
		if !known[code] {
			strange = append(strange, code)
		}
	}
	slices.Sort(strange)
	for _, code := range strange {
		bad.Add("answers."+code, "forms.not_asked")
	}
	return clean, bad
}

// shown tells whether a question is shown to whoever gave the answers before it.
// An answer that broke a rule opens nothing.
func (q Question) shown(questions []Question, before Answers) bool {
	parent, conditional := Find(questions, q.ShownIf)
	if !conditional {
		return true
	}
	return slices.ContainsFunc(before[parent.Code], func(code string) bool { return slices.Contains(q.ShownFor, code) })
}

// read cleans one answer; nil when there is none. key names the rule it breaks.
func (q Question) read(given Answer) (a Answer, key string, args []any) {
	for _, one := range given {
		if q.Kind == LongText {
			one = text.Paragraphs(one)
		} else {
			one = text.Clean(one)
		}
		if one != "" {
			a = append(a, one)
		}
	}
	switch {
	case len(a) == 0:
		return nil, "", nil
	case len(a) > 1 && q.Kind != Choices:
		return nil, "forms.one_answer", nil
	case slices.ContainsFunc(a, text.Unseen):
		return nil, "field.control", nil
	}
	switch q.Kind {
	case Text:
		return a, tooLong(a[0], longestLine), []any{longestLine}
	case LongText:
		return a, tooLong(a[0], longestText), []any{longestText}
	case Choose, Choices, Country:
		return q.pick(a)
	case File: // whoever keeps the files knows whether there is one
		return a, tooLong(a[0], longestFile), []any{longestFile}
	case Date:
		a[0] = text.Halfwidth(a[0])
		day, err := time.Parse(time.DateOnly, a[0])
		if err != nil || day.Year() < 1900 || day.Year() > 2200 {
			return nil, "field.date", nil
		}
	case Language:
		tag, err := language.Parse(a[0])
		if base, sure := tag.Base(); err != nil || len(a[0]) > 35 || sure == language.No || base.String() == "und" {
			return nil, "forms.language", nil
		}
		a[0] = tag.String()
	case Consent:
		if a[0] != strconv.Itoa(q.Agreement.Version) {
			return nil, "forms.text_changed", []any{q.Agreement.Version}
		}
	default:
		return nil, "field.choice", nil
	}
	return a, "", nil
}

// pick takes codes of options, in the order of the options.
func (q Question) pick(codes Answer) (a Answer, key string, args []any) {
	for i := range codes {
		if q.Kind == Country {
			codes[i] = strings.ToUpper(codes[i])
		}
	}
	for _, o := range q.Offered() {
		if slices.Contains(codes, o.Code) {
			a = append(a, o.Code)
		}
	}
	for _, code := range codes {
		if !slices.Contains(a, code) {
			return nil, "field.choice", nil
		}
	}
	return a, "", nil
}

func tooLong(s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		return "field.too_long"
	}
	return ""
}
