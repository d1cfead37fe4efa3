package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/files"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
)

// answerTypes are what a browser offers to choose from; what a file is, is seen by
// its content.
const answerTypes = "application/pdf,.docx,image/jpeg,image/png"

// mostAnswered is how large the files of one form may be together, in bytes.
var mostAnswered = 2 * files.Most(files.Answer)

// asksFile tells whether a question of a form takes a file: the form is sent in
// parts then.
func asksFile(list []Asked) bool {
	return slices.ContainsFunc(list, func(a Asked) bool { return a.Kind == forms.File })
}

// takeAnswers reads the answers of a posted form to the questions that it asks. A
// file among them is handed in, and stands in the form as its token, so that nobody
// sends it twice for a mistake in another field. What else was sent, say to a
// question that was archived meanwhile, is left out: nobody could put it right.
func (s *Server) takeAnswers(c *fiber.Ctx, form *Form, questions []forms.Question) (forms.Answers, error) {
	answers := forms.Answers{}
	for _, q := range questions {
		name := "answers." + q.Code
		if q.Kind == forms.File {
			if err := s.handIn(c, form, q); err != nil {
				return nil, err
			}
		}
		if given := form.All(name); len(given) > 0 {
			answers[q.Code] = slices.Clone(given)
		}
	}
	return answers, nil
}

// notHandedIn is a token of nothing: the answer is refused, with whatever else is
// wrong, if the question counts.
const notHandedIn = "-"

// dropField names the questions whose files are left out after all.
const dropField = "_drop"

// handIn takes the file that was sent for a question, if there is one, in the place
// of one handed in before.
func (s *Server) handIn(c *fiber.Ctx, form *Form, q forms.Question) error {
	name := "answers." + q.Code
	if form.Has(dropField, q.Code) {
		form.values.Del(name)
	}
	called, content, err := uploaded(c, name)
	if fault.CodeOf(err) == fault.Invalid {
		return nil // none was chosen
	}
	if err != nil {
		return err
	}
	token, _, err := s.Files.HandIn(c.UserContext(), q.EventID, called, content)
	if f, ok := fault.Of(err); ok && f.Key == "files.busy" { // the rest of the form is not lost for it
		form.Add(name, f.Key)
		token = notHandedIn
	} else if ok && f.Code == fault.Invalid && len(f.Fields) > 0 {
		form.Add(name, f.Fields[0].Key, f.Fields[0].Args...)
		token = notHandedIn
	} else if err != nil {
		return err
	}
	form.values.Set(name, token)
	return nil
}

// AnswerLine is an answer as pages show it.
type AnswerLine struct {
	forms.Given
	File    *files.File // of an answer that is one, while it is there
	Address string      // of the file
}

// answerLines put the files that were answered beside their questions; base is
// what their addresses stand under.
func (s *Server) answerLines(c *fiber.Ctx, by accounts.Actor, registration ident.ID, given []forms.Given, base string) ([]AnswerLine, error) {
	var living []files.File
	if slices.ContainsFunc(given, func(g forms.Given) bool { return g.Kind == forms.File }) {
		var err error
		if living, err = s.Files.Of(c.UserContext(), by, registration); err != nil {
			return nil, err
		}
	}
	var lines []AnswerLine
	for _, g := range given {
		line := AnswerLine{Given: g}
		i := slices.IndexFunc(living, func(f files.File) bool { return g.Kind == forms.File && f.ID.String() == strings.Join(g.Answer, "") })
		if i >= 0 {
			line.File, line.Address = &living[i], base+"/"+living[i].ID.String()
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// ownFile answers a file that a guest handed in with their form.
func (s *Server) ownFile(c *fiber.Ctx) error {
	h, err := s.holderOf(c)
	if err != nil {
		return err
	}
	id, err := pathID(c, "file")
	if err != nil {
		return err
	}
	f, err := s.Files.ByID(c.UserContext(), h.actor, id)
	if err != nil || f.Purpose != files.Answer || f.RegistrationID != h.registration.ID {
		return fault.New(fault.NotFound, "error.not_found")
	}
	f, content, err := s.Files.Read(c.UserContext(), h.actor, id)
	if err != nil {
		return err
	}
	return s.sendFile(c, f, content)
}
