package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"qianshou/app/accounts"
	"qianshou/app/files"
	"qianshou/app/forms"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

func (a *API) formOperations() {
	add(a, description{method: http.MethodGet, path: "/api/v1/events/:event/form", id: "form", tag: "Registrations", rule: web.Public(),
		summary: "What the event asks beside the person",
		about: "In order. A question whose shown_if names another one counts only when one of the options in shown_for was chosen there; " +
			"answers to questions that a person is not shown are dropped. The answer to a question of kind file is the token that its upload was given."}, a.form)
	add(a, description{method: http.MethodPost, path: "/api/v1/events/:event/form/files", id: "handIn", tag: "Registrations", rule: web.Public(), limit: &handInLimit,
		most: files.Most(files.Answer)*4/3 + 4, status: http.StatusCreated,
		summary: "Hand in a file that answers a question", about: "What it is, is seen by its content: PDF, DOCX, JPEG or PNG. The token is good for one registration of this event, until the time that is answered."}, a.handIn)
	add(a, description{method: http.MethodGet, path: "/api/v1/files/:file", id: "readFile", tag: "Registrations", rule: web.Anywhere(accounts.SeeRegistrations), media: "application/octet-stream",
		summary: "Read a file that was given as an answer"}, a.readFile)
}

var handInLimit = web.Limit{Times: 60, In: 10 * time.Minute, Name: "upload", Guests: true}

type handInInput struct {
	Event string `path:"event" doc:"Slug or ID"`
	Body  struct {
		Name    string `json:"name" doc:"What people read of it"`
		Content []byte `json:"content" doc:"In Base64"`
	}
}

type handedIn struct {
	File  string    `json:"file" doc:"The token, to be given as the answer"`
	Name  string    `json:"name"`
	Type  string    `json:"type"`
	Size  int       `json:"size" doc:"Bytes, as it is kept"`
	Until time.Time `json:"until"`
}

func (a *API) handIn(ctx context.Context, c caller, in handInInput) (handedIn, error) {
	asked, err := a.asked(ctx, c)
	if err != nil {
		return handedIn{}, err
	}
	if !slices.ContainsFunc(asked.Questions, func(q forms.Question) bool { return q.Kind == forms.File }) {
		return handedIn{}, fault.New(fault.NotFound, "error.not_found")
	}
	token, f, err := a.Files.HandIn(ctx, c.event.ID, in.Body.Name, in.Body.Content)
	if err != nil {
		return handedIn{}, renamed(err, map[string]string{"file": "content"})
	}
	return handedIn{File: token, Name: f.Name, Type: f.MIME, Size: f.Size, Until: files.HandedUntil(f)}, nil
}

type readFileInput struct {
	File string `path:"file" format:"uuid"`
}

func (a *API) readFile(ctx context.Context, c caller, in readFileInput) (file, error) {
	id, err := ident.Parse(in.File)
	if err != nil {
		return file{}, fault.New(fault.NotFound, "error.not_found")
	}
	f, err := a.Files.ByID(ctx, c.actor, id)
	if err != nil {
		return file{}, err
	}
	if f.Purpose != files.Answer {
		return file{}, fault.New(fault.NotFound, "error.not_found")
	}
	_, content, err := a.Files.Read(ctx, c.actor, id)
	return file{media: f.MIME, name: "answer", body: content}, err
}

// asked is the form of the caller's event, if they may see the event.
func (a *API) asked(ctx context.Context, c caller) (forms.Form, error) {
	e, err := a.Events.ByID(ctx, c.event.ID)
	if err != nil {
		return forms.Form{}, err
	}
	if !e.Shown() && !c.actor.May(accounts.SeeConsole, e.ID) {
		return forms.Form{}, fault.New(fault.NotFound, "error.not_found")
	}
	return a.Forms.Asked(ctx, e.ID)
}

// answers are what a body says to the questions of an event's form.
type answers forms.Answers

// Schema describes the answers: which questions there are differs by event.
func (answers) Schema(huma.Registry) *huma.Schema { return answersSchema() }

// givenAnswers are answers that were kept: lists where several may be chosen.
type givenAnswers map[string]any

// Schema is that of answers.
func (givenAnswers) Schema(huma.Registry) *huma.Schema { return answersSchema() }

func answersSchema() *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	return &huma.Schema{
		Type: huma.TypeObject,
		AdditionalProperties: &huma.Schema{
			Description: "A text: a line, a date as 2027-06-08, a country's two letters, a language tag, an option's code, the version of the text agreed to, or the token of a file that was handed in; read, the file's ID. Where several may be chosen, a list of options' codes.",
			OneOf:       []*huma.Schema{text, {Type: huma.TypeArray, Items: text}},
		},
	}
}

// answersOf are answers as the API writes them.
func answersOf(list []forms.Given) givenAnswers {
	if len(list) == 0 {
		return nil
	}
	out := givenAnswers{}
	for _, g := range list {
		out[g.Code] = g.Value(g.Answer)
	}
	return out
}

type form struct {
	Version   int        `json:"version" doc:"Rises with each change"`
	Questions []question `json:"questions"`
}

type question struct {
	Code       string           `json:"code" doc:"Names the answer"`
	Kind       string           `json:"kind" enum:"text,long_text,choice,choices,date,country,language,file,consent"`
	Label      locale.Text      `json:"label"`
	Help       locale.Text      `json:"help"`
	Required   bool             `json:"required" doc:"Of whoever is shown the question"`
	Categories []string         `json:"categories" doc:"Whose registrations are asked; empty: all"`
	ShownIf    string           `json:"shown_if,omitempty" doc:"Code of an earlier question"`
	ShownFor   []string         `json:"shown_for,omitempty" doc:"Codes of its options"`
	Options    []questionOption `json:"options,omitempty"`
	Agreement  *agreement       `json:"agreement,omitempty" doc:"Of a consent"`
}

type questionOption struct {
	Code  string      `json:"code"`
	Label locale.Text `json:"label"`
}

type agreement struct {
	Version int         `json:"version" doc:"To be given as the answer, as a text"`
	Text    locale.Text `json:"text"`
}

func (a *API) form(ctx context.Context, c caller, in struct {
	Event string `path:"event" doc:"Slug or ID"`
}) (form, error) {
	asked, err := a.asked(ctx, c)
	if err != nil {
		return form{}, err
	}
	out := form{Version: asked.Version, Questions: []question{}}
	for _, q := range asked.Questions {
		said := question{Code: q.Code, Kind: string(q.Kind), Label: q.Label, Help: q.Help, Required: q.Required, Categories: append([]string{}, q.Categories...)}
		if q.ShownIf != ident.Nil {
			parent, _ := forms.Find(asked.Questions, q.ShownIf)
			said.ShownIf, said.ShownFor = parent.Code, q.ShownFor
		}
		for _, o := range q.Offered() {
			said.Options = append(said.Options, questionOption{o.Code, o.Label})
		}
		if q.Kind == forms.Consent {
			said.Agreement = &agreement{q.Agreement.Version, q.Agreement.Text}
		}
		out.Questions = append(out.Questions, said)
	}
	return out, nil
}
