package web

import (
	"fmt"

	"qianshou/app/kit/locale"
)

// The types of this file are what the partials of views/partials draw. Templates
// make them with the function of the same name.

type components struct {
	lang locale.Lang
	t    func(key string, args ...any) string
}

// Chip is a state: always an icon and a word. Tone is "", wait, ok, fix, final
// or live.
type Chip struct{ Tone, Icon, Text string }

func newChip(tone, icon, text string) (Chip, error) {
	switch tone {
	case "", "wait", "ok", "fix", "final", "live":
		return Chip{tone, icon, text}, nil
	}
	return Chip{}, fmt.Errorf("chip: no tone %q", tone)
}

// states gives each state of the field its tone and icon; the word is the
// sentence state.<kind>.<value>.
var states = map[string]map[string][2]string{
	"registration": {
		"draft": {"", "pencil"}, "submitted": {"wait", "send"}, "under_review": {"wait", "hourglass"},
		"returned": {"fix", "corner-up-left"}, "waitlisted": {"fix", "list-check"}, "on_hold": {"fix", "hand-stop"},
		"pending": {"fix", "history"}, "approved": {"ok", "circle-check"}, "badge_issued": {"ok", "id-badge-2"},
		"checked_in": {"ok", "door-enter"}, "departed": {"", "flag"}, "rejected": {"final", "circle-x"},
		"withdrawn": {"", "x"}, "cancelled": {"final", "ban"}, "no_show": {"", "circle-dashed"},
	},
	"project": {
		"intention": {"", "pencil"}, "framework": {"", "file-text"}, "contract": {"wait", "gavel"}, "landed": {"ok", "building"},
		"funds_arrived": {"ok", "circle-check"}, "construction": {"ok", "flag"}, "operating": {"ok", "player-play"},
		"terminated": {"final", "ban"}, "started": {"ok", "player-play"}, "milestone": {"ok", "target"}, "completed": {"ok", "check"},
		"reported": {"fix", "clock"}, "verified": {"ok", "shield-check"}, "disputed": {"fix", "alert-triangle"},
	},
	"delegation": {
		"invited": {"wait", "mail"}, "accepted": {"wait", "check"}, "confirmed": {"ok", "circle-check"},
		"declined": {"", "x"}, "withdrawn": {"", "x"},
	},
	"grant": {
		"planned": {"wait", "calendar"}, "held": {"ok", "shield-check"}, "due": {"fix", "alert-triangle"}, "ended": {"", "ban"},
	},
	"change": {
		"applied": {"ok", "check"}, "pending": {"fix", "history"}, "refused": {"final", "circle-x"}, "withdrawn": {"", "x"}, "superseded": {"", "replace"},
	},
	"privacy":      {"open": {"wait", "hourglass"}, "done": {"ok", "check"}, "refused": {"final", "circle-x"}, "withdrawn": {"", "x"}},
	"substitution": {"asked": {"fix", "history"}, "done": {"ok", "arrows-exchange"}, "refused": {"final", "circle-x"}, "withdrawn": {"", "x"}},
	"link":         {"open": {"ok", "link"}, "expired": {"", "clock"}, "revoked": {"final", "ban"}},
	"list": {
		"reading": {"wait", "hourglass"}, "checked": {"fix", "list-check"}, "committing": {"wait", "hourglass"}, "done": {"ok", "circle-check"},
		"failed": {"final", "circle-x"}, "cancelled": {"", "x"},
	},
	"line": {
		"new": {"ok", "user-plus"}, "changed": {"wait", "edit"}, "same": {"", "check"}, "bad": {"final", "alert-triangle"}, "duplicate": {"", "copy"},
	},
	"session": {
		"draft": {"", "pencil"}, "planned": {"wait", "calendar"}, "published": {"ok", "circle-check"}, "live": {"live", ""},
		"ended": {"", "check"}, "archived": {"", "archive"}, "cancelled": {"final", "ban"},
	},
	"plan": {
		"draft": {"", "pencil"}, "published": {"ok", "circle-check"}, "superseded": {"", "replace"},
	},
	"mail": {
		"queued": {"wait", "hourglass"}, "kept": {"", "mail"}, "sent": {"ok", "check"}, "failed": {"fix", "alert-triangle"},
		"bounced": {"fix", "corner-up-left"}, "unaddressed": {"fix", "user-x"}, "held": {"fix", "hand-stop"},
	},
	"badge": {
		"requested": {"wait", "hourglass"}, "produced": {"wait", "printer"}, "active": {"ok", "id-badge-2"},
		"suspended": {"fix", "hand-stop"}, "returned": {"", "corner-up-left"}, "expired": {"", "clock"},
		"revoked": {"final", "ban"}, "superseded": {"", "replace"},
	},
	"device": {
		"waiting": {"wait", "hourglass"}, "expired": {"fix", "clock"}, "paired": {"ok", "device-mobile"}, "revoked": {"final", "ban"},
	},
	"gate": {"open": {"ok", "lock-open"}, "closed": {"", "lock"}},
	"scan": {"granted": {"ok", "check"}, "denied": {"final", "x"}, "notice": {"fix", "alert-triangle"}},
	"event": {
		"preparing": {"", "pencil"}, "registration_open": {"wait", "door-enter"}, "registration_closed": {"", "lock"},
		"frozen": {"", "lock"}, "running": {"live", ""}, "closed": {"", "check"}, "reporting": {"wait", "file-text"},
		"archived": {"", "archive"},
	},
	"meeting": {
		"proposed": {"", "pencil"}, "scheduled": {"wait", "calendar"}, "confirmed": {"ok", "circle-check"},
		"running": {"live", ""}, "done": {"ok", "check"}, "rescheduled": {"fix", "arrows-exchange"},
		"cancelled": {"final", "ban"}, "no_show_guest": {"", "circle-dashed"}, "no_show_host": {"", "circle-dashed"},
		"cut_short": {"", "clock"},
	},
	"wish": {"waiting": {"wait", "hourglass"}, "placed": {"ok", "circle-check"}, "unplaced": {"", "circle-dashed"}},
	"request": {
		"open": {"wait", "send"}, "accepted": {"ok", "circle-check"}, "declined": {"", "x"}, "expired": {"", "clock"},
		"withdrawn": {"", "x"}, "superseded": {"", "replace"},
	},
}

// state is the chip of a state that the field knows, {{state "registration" .Status}}.
func (c components) state(kind string, value any) (Chip, error) {
	v := fmt.Sprint(value)
	look, ok := states[kind][v]
	if !ok {
		return Chip{}, fmt.Errorf("state: no %s %q", kind, v)
	}
	return Chip{look[0], look[1], c.t("state." + kind + "." + v)}, nil
}

// Note says what happened, what was kept and what to do next. Tone is "", fix,
// ok or final.
type Note struct{ Tone, Icon, Title, Body string }

func newNote(tone, title string, body ...string) (Note, error) {
	n := Note{Tone: tone, Title: title}
	icon, ok := map[string]string{"": "info-circle", "fix": "alert-triangle", "ok": "circle-check", "final": "circle-x"}[tone]
	if !ok || len(body) > 1 {
		return n, fmt.Errorf("note: tone %q, %d bodies", tone, len(body))
	}
	n.Icon = icon
	if len(body) == 1 {
		n.Body = body[0]
	}
	return n, nil
}

// Empty is a list with nothing in it: what is missing, and the button that
// fills it when there is one.
type Empty struct{ Icon, Title, Body, Action, URL string }

func newEmpty(icon, title, body string, action ...string) (Empty, error) {
	e := Empty{Icon: icon, Title: title, Body: body}
	switch len(action) {
	case 0:
		return e, nil
	case 2:
		e.Action, e.URL = action[0], action[1]
		return e, nil
	}
	return e, fmt.Errorf("empty: want the button's words and its address")
}

// Rung is one step of a ladder: done, here, or to come.
type Rung struct {
	Text string
	Done bool
	Here bool
}

func newRung(text string, done, here bool) Rung { return Rung{text, done, here} }

func newLadder(rungs ...Rung) []Rung { return rungs }

// Steps is how far somebody has come in a form.
type Steps struct {
	Here, Of int
	Bars     []string
}

func newSteps(here, of int) Steps {
	s := Steps{Here: here, Of: of}
	for i := 1; i <= of; i++ {
		switch {
		case i < here:
			s.Bars = append(s.Bars, "done")
		case i == here:
			s.Bars = append(s.Bars, "here")
		default:
			s.Bars = append(s.Bars, "to-come")
		}
	}
	return s
}

// Meter is a bar in a table: Part of Whole, in hundredths. Tone is "" for solid
// (contracts only) or "all" for hatched (all documents).
type Meter struct {
	Tone string
	Wide float64
}

func newMeter(tone string, part, whole float64) Meter {
	m := Meter{Tone: tone}
	if whole > 0 {
		m.Wide = min(100, max(0, 100*part/whole))
	}
	return m
}

// Choice is one option of a select or of a row of radio buttons.
type Choice struct{ Value, Text string }

func newChoice(value any, text string) Choice { return Choice{fmt.Sprint(value), text} }

// Field is one labelled control of a form.
type Field struct {
	Name, ID, Label, Type, Value   string
	Beside                         string // the label, in grey
	Hint, After                    string // before and after the control
	Autocomplete, InputMode, Lang  string
	Min, Max, Step, Accept, Prefix string
	Rows, MaxLength                int
	Required, Optional, Locked     bool
	Printed                        bool // on badges: what they cannot print is said while it is typed
	Choices                        []Choice
	Fills                          string // the field of the other language, which choosing an offer fills in
	Offers                         []Offer
	Several                        []Tick // of type checks: boxes that share the name
	Why                            string // what must be put right; empty when nothing
	Asked                          string // that somebody asked for this field; empty when nobody did
	Remark                         string // what is odd about the value, and taken all the same
}

// field makes a Field from a form, the field's name, its label, and pairs of
// option and value: {{field .Form "email" (t "x.email") "type" "email" "required" true}}.
// Types are those of input, and textarea, select, radio, checkbox.
func (c components) field(f Form, name, label string, options ...any) (Field, error) {
	v := Field{Name: name, ID: "f-" + name, Label: label, Type: "text", Value: f.Value(name)}
	if p, bad := f.Problem(name); bad {
		v.Why = c.t(p.Key, p.Args...)
	}
	if m, odd := f.Remark(name); odd {
		v.Remark = c.t(m.Key, m.Args...)
	}
	if len(options)%2 != 0 {
		return v, fmt.Errorf("field %s: options come in pairs", name)
	}
	for i := 0; i < len(options); i += 2 {
		option, _ := options[i].(string)
		if err := v.set(option, options[i+1]); err != nil {
			return v, fmt.Errorf("field %s: %w", name, err)
		}
	}
	return v, nil
}

func (v *Field) set(option string, value any) error {
	texts := map[string]*string{
		"type": &v.Type, "hint": &v.Hint, "after": &v.After, "autocomplete": &v.Autocomplete, "inputmode": &v.InputMode,
		"lang": &v.Lang, "min": &v.Min, "max": &v.Max, "step": &v.Step, "accept": &v.Accept, "prefix": &v.Prefix, "id": &v.ID, "asked": &v.Asked, "fills": &v.Fills,
	}
	flags := map[string]*bool{"required": &v.Required, "optional": &v.Optional, "locked": &v.Locked, "printed": &v.Printed}
	numbers := map[string]*int{"rows": &v.Rows, "maxlength": &v.MaxLength}
	switch x := value.(type) {
	case string:
		if p, ok := texts[option]; ok {
			*p = x
			return nil
		}
	case bool:
		if p, ok := flags[option]; ok {
			*p = x
			return nil
		}
	case int:
		if p, ok := numbers[option]; ok {
			*p = x
			return nil
		}
	case []Choice:
		if option == "choices" {
			v.Choices = x
			return nil
		}
	case []Offer:
		if option == "offers" {
			v.Offers = x
			return nil
		}
	case []any:
		if option == "choices" {
			for _, item := range x {
				choice, ok := item.(Choice)
				if !ok {
					return fmt.Errorf("a choice is %T", item)
				}
				v.Choices = append(v.Choices, choice)
			}
			return nil
		}
	}
	return fmt.Errorf("no option %q that takes %T", option, value)
}

// Fact is one line of what is known of something.
type Fact struct {
	Label string
	Value any // empty: not given
}

func newFact(label string, value any) Fact { return Fact{label, value} }

// Problem is one line of the summary above a form: a sentence, and the control
// it leads to.
type Problem struct{ ID, Label, Text string }

// Problems is the summary above a form that was refused.
type Problems struct {
	Title string
	List  []Problem
}

// problems makes the summary; labels are pairs of field name and label, and give
// the order. A problem of a field that is not among them is listed too.
func (c components) problems(f Form, labels ...string) (Problems, error) {
	p := Problems{Title: c.t("form.problems", len(f.problems))}
	if len(labels)%2 != 0 {
		return p, fmt.Errorf("problems: names and labels come in pairs")
	}
	named := map[string]bool{}
	for i := 0; i < len(labels); i += 2 {
		if labels[i] == "answers" { // here stand those to the event's own questions
			for _, b := range f.problems {
				if label, asked := f.called[b.Path]; asked && !named[b.Path] {
					named[b.Path] = true
					p.List = append(p.List, Problem{"f-" + b.Path, label, c.t(b.Key, b.Args...)})
				}
			}
			continue
		}
		named[labels[i]] = true
		if b, bad := f.Problem(labels[i]); bad {
			p.List = append(p.List, Problem{"f-" + labels[i], labels[i+1], c.t(b.Key, b.Args...)})
		}
	}
	for _, b := range f.problems {
		if !named[b.Path] {
			p.List = append(p.List, Problem{"f-" + b.Path, "", c.t(b.Key, b.Args...)})
		}
	}
	if f.refusal.Key != "" {
		p.List = append(p.List, Problem{Text: c.t(f.refusal.Key, f.refusal.Args...)})
	}
	if len(f.problems) == 0 {
		p.Title = c.t("form.refused")
	}
	return p, nil
}
