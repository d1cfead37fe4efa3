package web

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/kit/text"
)

// Form is what somebody typed and what must be put right in it. The zero Form
// is an empty one. A handler reads it, calls the service, and when the service
// refuses shows the page again:
//
//	form := readForm(c)
//	if err := s.Firms.Edit(…); err != nil {
//		if form.Refused(err) {
//			return s.again(c, "firms/edit", firmPage{Page: s.page(c), Form: form})
//		}
//		return err
//	}
type Form struct {
	values   url.Values
	problems []fault.Field
	refusal  fault.Field       // a refusal that belongs to no field
	called   map[string]string // labels of fields that no catalogue names
}

// call notes the label of a field that the organiser named.
func (f *Form) call(name, label string) {
	if f.called == nil {
		f.called = map[string]string{}
	}
	f.called[name] = label
}

// languageField is the language switch of a page with a form: a button that
// sends the form along, so that nothing typed is lost.
const languageField = "_lang"

// Translates tells that the form was sent to be read in the other language: the
// handler shows the page again, filled in and unchecked, and takes nothing.
func (f Form) Translates() bool {
	_, ok := locale.Parse(f.values.Get(languageField))
	return ok
}

// neverKept are fields that are not shown again.
var neverKept = []string{csrfField, "password", "new_password"}

// readForm copies the fields of a posted form. Files are not part of it.
func readForm(c *fiber.Ctx) Form {
	f := Form{values: url.Values{}}
	if strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		if m, err := c.MultipartForm(); err == nil {
			for name, values := range m.Value {
				f.values[strings.Clone(name)] = cloneAll(values)
			}
		}
		return f
	}
	for k, v := range c.Request().PostArgs().All() {
		f.values.Add(string(k), string(v))
	}
	return f
}

func cloneAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.Clone(s)
	}
	return out
}

// FormOf is a form already filled in, for editing what is stored. Pairs are field
// name and value.
func FormOf(pairs ...string) Form {
	f := Form{values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.values.Set(pairs[i], pairs[i+1])
	}
	return f
}

// Raw answers a field exactly as it was typed; forms carry passwords this way.
func (f Form) Raw(name string) string { return f.values.Get(name) }

// Value answers a field to be shown again: empty for passwords.
func (f Form) Value(name string) string {
	for _, secret := range neverKept {
		if name == secret {
			return ""
		}
	}
	return f.values.Get(name)
}

// All answers every value of a field: checkboxes that share a name.
func (f Form) All(name string) []string { return f.values[name] }

// Has tells whether a field was sent with a value, as a ticked checkbox is.
func (f Form) Has(name, value string) bool {
	for _, v := range f.values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// Text answers a field without the blanks around it.
func (f Form) Text(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// Ticked tells whether a checkbox without a value of its own was ticked.
func (f Form) Ticked(name string) bool { return f.Text(name) != "" }

// Code answers what is typed as a code: full-width signs, as a Chinese keyboard
// writes them, are taken as plain ones.
func (f Form) Code(name string) string { return text.Halfwidth(f.Text(name)) }

// Capitals is Code of what is written in capitals.
func (f Form) Capitals(name string) string { return strings.ToUpper(f.Code(name)) }

// ID reads a field that carries an identifier. A field that is empty or wrong is
// noted as a problem.
func (f *Form) ID(name string) ident.ID {
	id, err := ident.Parse(f.Text(name))
	if err != nil {
		f.Add(name, "field.choice")
	}
	return id
}

// Whole reads a whole number between least and most, both allowed; its digits may be
// full-width.
func (f *Form) Whole(name string, least, most int) int {
	n, err := strconv.Atoi(f.Code(name))
	if err != nil || n < least || n > most {
		f.Add(name, "field.number_between", figure(least), figure(most))
		return least
	}
	return n
}

// figure writes a number as sentences do: years as they are, what is greater with
// separators.
func figure(n int) any {
	if n < 10_000 {
		return n
	}
	return locale.Number(int64(n))
}

// Date reads YYYY-MM-DD as midnight UTC.
func (f *Form) Date(name string) time.Time {
	t, err := time.Parse(time.DateOnly, f.Text(name))
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		f.Add(name, "field.date")
		return time.Time{}
	}
	return t
}

// Moment reads a datetime-local field as the clock shows it in a zone. An hour
// that the zone skips in spring is noted as a problem, not moved.
func (f *Form) Moment(name string, zone *time.Location) time.Time {
	const local, withSeconds = "2006-01-02T15:04", "2006-01-02T15:04:05"
	typed := f.Text(name)
	if typed == "" {
		f.Add(name, "field.required")
		return time.Time{}
	}
	for _, layout := range []string{local, withSeconds} {
		t, err := time.ParseInLocation(layout, typed, zone)
		if err == nil && t.Format(layout) == typed && t.Year() >= 1900 && t.Year() <= 2200 {
			return t
		}
	}
	f.Add(name, "field.moment")
	return time.Time{}
}

// Add notes that a field must be put right.
func (f *Form) Add(name, key string, args ...any) {
	f.problems = append(f.problems, fault.Field{Path: name, Key: key, Args: args})
}

// Err is the Invalid fault of what was noted while reading, or nil.
func (f Form) Err() error { return fault.Fields(f.problems...) }

// Refused takes in why a service refused the input, and tells whether the page
// should be shown again: for an Invalid or a Conflict. Any other error is not
// about what was typed.
func (f *Form) Refused(err error) bool {
	refusal, ok := fault.Of(err)
	if !ok || refusal.Code != fault.Invalid && refusal.Code != fault.Conflict {
		return false
	}
	for _, b := range refusal.Fields {
		if _, known := f.Problem(b.Path); !known {
			f.problems = append(f.problems, b)
		}
	}
	if len(refusal.Fields) == 0 {
		f.refusal = fault.Field{Key: refusal.Key, Args: refusal.Args}
	}
	return true
}

// Bad tells whether anything must be put right.
func (f Form) Bad() bool { return len(f.problems) > 0 || f.refusal.Key != "" }

func (f Form) wrong(name string) bool {
	_, bad := f.Problem(name)
	return bad
}

// Problem answers the first problem of a field.
func (f Form) Problem(name string) (fault.Field, bool) {
	for _, b := range f.problems {
		if b.Path == name {
			return b, true
		}
	}
	return fault.Field{}, false
}

// pathID reads an identifier from the address. What is not an identifier names
// nothing, so it is NotFound.
func pathID(c *fiber.Ctx, name string) (ident.ID, error) {
	id, err := ident.Parse(c.Params(name))
	if err != nil {
		return ident.Nil, fault.New(fault.NotFound, "error.not_found")
	}
	return id, nil
}

// localPath answers a path of this site that somebody asks to be sent back to,
// or fallback when it leads elsewhere.
func localPath(to, fallback string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(to, "\\\r\n\t") || strings.ContainsAny(u.Path, "\\\r\n\t") {
		return fallback
	}
	back := u.RequestURI()
	if strings.HasPrefix(back, "//") {
		return fallback
	}
	return back
}
