package web

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/forms"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
)

// askEdit adds the event's own questions to a form that changes a registration, with
// what is answered, or what somebody typed. own tells that the person themselves
// edits: agreements are nobody else's to give.
func (s *Server) askEdit(c *fiber.Ctx, by accounts.Actor, own bool, v *detailsForm, typed *Form) error {
	var err error
	if v.asking, v.questions, err = s.askedOf(c, v.Registration, own); err != nil {
		return err
	}
	if asks := func(q forms.Question) bool { return q.Kind == forms.File }; slices.ContainsFunc(v.questions, asks) {
		if v.files, err = s.Files.Of(c.UserContext(), by, v.Registration.ID); err != nil {
			return err
		}
	}
	if typed != nil {
		if _, err := s.takeAnswers(c, typed, v.questions); err != nil {
			return err
		}
		v.Form = *typed
	} else {
		for _, q := range v.questions {
			if answer := v.Details.Answers[q.Code]; len(answer) > 0 {
				v.Form.values["answers."+q.Code] = slices.Clone(answer)
			}
		}
	}
	s.drawEdit(v)
	return nil
}

// askedOf are the questions that the category of a registration is asked; agreements
// only where they are asked for too.
func (s *Server) askedOf(c *fiber.Ctx, r delegations.Registration, agreements bool) (asking, []forms.Question, error) {
	a := asking{lang: lang(c)}
	categories, err := s.Events.Categories(c.UserContext(), r.EventID)
	if err != nil {
		return a, nil, err
	}
	form, err := s.Forms.Asked(c.UserContext(), r.EventID)
	if err != nil {
		return a, nil, err
	}
	i := slices.IndexFunc(categories, func(c events.Category) bool { return c.ID == r.CategoryID })
	if i < 0 {
		return a, nil, nil
	}
	a.categories = categories[i : i+1]
	asked := slices.DeleteFunc(form.Questions, func(q forms.Question) bool {
		return !q.Asks(categories[i].Code) || q.Kind == forms.Consent && !agreements
	})
	return a, asked, nil
}

// drawEdit draws the questions of a form anew, after the form was refused.
func (s *Server) drawEdit(v *detailsForm) {
	v.Questions = s.ask(v.asking, &v.Form, v.questions)
	for i, asked := range v.Questions {
		v.Questions[i].Asked = v.Asked(delegations.AnswerTo(asked.Code))
		q, _ := forms.Find(v.questions, v.idOf(asked.Code))
		standing := v.Details.Answers[asked.Code]
		switch {
		case len(standing) == 0:
		case q.Kind == forms.File && v.Form.Value(asked.Name) == standing[0]:
			s.drawStanding(v, &v.Questions[i], q, standing[0])
		default:
			v.keepOffered(&v.Questions[i], q, standing)
		}
	}
}

func (v *detailsForm) idOf(code string) ident.ID {
	i := slices.IndexFunc(v.questions, func(q forms.Question) bool { return q.Code == code })
	if i < 0 {
		return ident.Nil
	}
	return v.questions[i].ID
}

// drawStanding says which file answers a question already.
func (s *Server) drawStanding(v *detailsForm, asked *Asked, q forms.Question, id string) {
	i := slices.IndexFunc(v.files, func(f files.File) bool { return f.ID.String() == id })
	if i < 0 {
		return
	}
	asked.Value, asked.Required = id, false
	asked.Sent = s.words.T(v.asking.lang, "forms.file_stands", orNothing(v.files[i].Name))
	if !q.Required {
		asked.Drop = s.words.T(v.asking.lang, "forms.file_drop")
	}
}

// keepOffered offers what somebody chose and what is offered to nobody else any more:
// nobody loses an answer by changing another field.
func (v *detailsForm) keepOffered(asked *Asked, q forms.Question, standing forms.Answer) {
	for _, code := range standing {
		o, known := q.Option(code)
		if !known || o.ArchivedAt == nil {
			continue
		}
		label := o.Label.In(v.asking.lang)
		switch q.Kind {
		case forms.Choose:
			asked.Choices = append(asked.Choices, Choice{code, label})
		case forms.Choices:
			asked.Several = append(asked.Several, Tick{code, label, v.Form.Has(asked.Name, code)})
		}
	}
}

// answered adds the answers of a sent form to an edit. An agreement to an older text
// stays where the newer one was not ticked.
func (v *detailsForm) answered(edit delegations.Edit) {
	for _, q := range v.questions {
		given, standing := v.Form.All("answers."+q.Code), v.Details.Answers[q.Code]
		if q.Kind == forms.Consent && len(given) == 0 && len(standing) == 1 && standing[0] != strconv.Itoa(q.Agreement.Version) {
			continue
		}
		edit.Answer(q.Code, slices.Clone(given))
	}
}

// answerMoved puts an answer that moved into words.
func (s *Server) answerMoved(c *fiber.Ctx, l locale.Lang, questions []forms.Question, code string, m delegations.Moved) movedField {
	field := movedField{Field: code, From: m.FromFile, To: m.ToFile}
	i := slices.IndexFunc(questions, func(q forms.Question) bool { return q.Code == code })
	if i < 0 {
		return field
	}
	q := questions[i]
	field.Field = q.Label.In(l)
	words := func(value, file string) string {
		a, err := delegations.ReadAnswer(value)
		switch {
		case file != "" || err != nil || len(a) == 0:
			return file
		case q.Kind == forms.Consent:
			return s.words.T(l, "edit.agreed", a[0])
		case q.Kind == forms.File:
			return s.words.T(l, "forms.file_gone")
		}
		return q.Words(a).In(l)
	}
	field.From, field.To = words(m.From, m.FromFile), words(m.To, m.ToFile)
	if a, err := delegations.ReadAnswer(m.To); err == nil && m.ToFile != "" && len(a) == 1 {
		switch token := c.Params("token"); {
		case under(c.Path(), "/console"):
			field.File = "/console/" + event(c).Slug + "/files/" + a[0]
		case under(c.Path(), "/me") && token != "":
			field.File = "/me/" + token + "/files/" + a[0]
		}
	}
	return field
}

// requestedWords are the fields and questions that somebody is asked to put right.
func (s *Server) requestedWords(c *fiber.Ctx, r delegations.Registration) (words []string, err error) {
	if r.Status != delegations.Returned {
		return nil, nil
	}
	form, err := s.Forms.Asked(c.UserContext(), r.EventID)
	if err != nil {
		return nil, err
	}
	for _, field := range r.Requested.All() {
		code, answer := delegations.Moved{Field: field}.AnswerTo()
		i := slices.IndexFunc(form.Questions, func(q forms.Question) bool { return q.Code == code })
		switch {
		case !answer:
			words = append(words, s.words.T(lang(c), "registration.field."+field))
		case i >= 0:
			words = append(words, form.Questions[i].Label.In(lang(c)))
		}
	}
	return words, nil
}

// everAsked are the questions that the answers of a change belong to.
func (s *Server) everAsked(c *fiber.Ctx, event ident.ID, change delegations.Change) ([]forms.Question, error) {
	if !slices.ContainsFunc(change.Fields, func(m delegations.Moved) bool { _, is := m.AnswerTo(); return is }) {
		return nil, nil
	}
	return s.Forms.Ever(c.UserContext(), event)
}
