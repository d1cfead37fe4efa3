package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/accounts"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/app/web"
)

// description is what an operation is called and who may ask for it.
type description struct {
	method, path string // the path as the router writes it
	id, tag      string
	summary      string
	about        string
	rule         web.Rule
	limit        *web.Limit
	status       int    // of success; zero: 200
	media        string // of a file
	most         int    // bytes of a body that holds a file; zero: as small as any other
	secret       bool   // its answer is told once and kept nowhere: no Idempotency-Key
}

// caller is whoever asks, and for which event.
type caller struct {
	actor accounts.Actor
	lang  locale.Lang
	event *web.EventHead // that :event in the path names
	words *locale.Catalogue
}

// none is the answer of an operation that has nothing to say.
type none struct{}

// file is an answer that is no JSON.
type file struct {
	media, name string
	inline      bool // shown by a browser, not saved
	body        []byte
}

// versioned is an answer that can be edited: its version is its ETag.
type versioned interface{ version() int }

// add makes an operation an endpoint: it is described, guarded, and its input is
// read from the path, the query, the headers and the body of the request. The
// fields of In say where from: `path:"id"`, `query:"q"`, `header:"If-Match"`, and
// Body is the JSON. A body of another kind is taken as it is: `raw:"message/rfc822"`.
func add[In, Out any](a *API, o description, do func(ctx context.Context, c caller, in In) (Out, error)) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	a.describe(o, reflect.TypeFor[In](), reflect.TypeFor[Out]())
	a.m.Guard(o.method, o.path, o.rule, o.limit)
	if o.most > 0 {
		a.m.Takes(o.path, o.most)
	}
	nested := bilingual(reflect.TypeFor[In]())
	answer := func(c *fiber.Ctx) error {
		var in In
		if err := read(c, reflect.ValueOf(&in).Elem()); err != nil {
			return err
		}
		who := caller{actor: a.m.Actor(c), lang: a.m.Lang(c), event: a.m.Event(c), words: a.m.Words()}
		out, err := do(c.UserContext(), who, in)
		if err != nil {
			err = renamed(err, nested)
			if f, ok := fault.Of(err); ok && f.Code == fault.Conflict && changed[f.Key] && c.Get(fiber.HeaderIfMatch) != "" {
				return a.m.Problem(c, http.StatusPreconditionFailed, f)
			}
			return err
		}
		return send(c, o, any(out))
	}
	a.m.Router().Add(o.method, o.path, func(c *fiber.Ctx) error {
		var err error
		if o.secret {
			err = answer(c)
		} else {
			err = a.keys.handle(c, answer)
		}
		var unread *jsonError
		if errors.As(err, &unread) {
			return a.m.Problem(c, http.StatusBadRequest, unread.fault())
		}
		return err
	})
}

// bilingual lists the fields of a body that are written in both languages, as
// services name their two sides: title_zh is title.zh of the body.
func bilingual(in reflect.Type) map[string]string {
	names := map[string]string{}
	body, ok := in.FieldByName("Body")
	if !ok || body.Type.Kind() != reflect.Struct {
		return names
	}
	for _, f := range reflect.VisibleFields(body.Type) {
		kind := f.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); kind == reflect.TypeFor[locale.Text]() {
			names[name+"_zh"], names[name+"_en"] = name+".zh", name+".en"
		}
	}
	return names
}

// renamed answers an error whose broken fields are called as in the body.
func renamed(err error, nested map[string]string) error {
	f, ok := fault.Of(err)
	if !ok || len(f.Fields) == 0 || len(nested) == 0 {
		return err
	}
	out := *f
	out.Fields = slices.Clone(f.Fields)
	for i, field := range out.Fields {
		if name, known := nested[field.Path]; known {
			out.Fields[i].Path = name
		}
	}
	return &out
}

// changed are the sentences of a service that finds another version than the
// edit rests on.
var changed = map[string]bool{"desk.changed_meanwhile": true, "error.changed": true, "agenda.changed_meanwhile": true}

func send(c *fiber.Ctx, o description, out any) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	switch out := out.(type) {
	case none:
		return c.SendStatus(http.StatusNoContent)
	case file:
		c.Set(fiber.HeaderContentType, out.media)
		disposition := "attachment"
		if out.inline {
			disposition = "inline"
		}
		c.Set(fiber.HeaderContentDisposition, disposition+`; filename="`+out.name+`"`)
		return c.Status(o.status).Send(out.body)
	}
	if v, ok := out.(versioned); ok {
		c.Set(fiber.HeaderETag, strconv.Quote(strconv.Itoa(v.version())))
	}
	return c.Status(o.status).JSON(out)
}

// read fills an input from a request.
func read(c *fiber.Ctx, in reflect.Value) error {
	var bad fault.List
	for i := range in.NumField() {
		field, value := in.Type().Field(i), in.Field(i)
		if field.Name == "Body" {
			if len(c.Body()) == 0 {
				continue // nothing was said: the service asks for what it needs
			}
			if media := string(c.Request().Header.ContentType()); media != "" && !strings.HasPrefix(strings.ToLower(media), fiber.MIMEApplicationJSON) {
				return fault.Fields(fault.Field{Path: "Content-Type", Key: "json.media"})
			}
			if err := readJSON(c.Body(), value.Addr().Interface()); err != nil {
				return err
			}
			continue
		}
		if media := field.Tag.Get("raw"); media != "" {
			if !strings.HasPrefix(strings.ToLower(string(c.Request().Header.ContentType())), media) {
				return fault.Fields(fault.Field{Path: "Content-Type", Key: "raw.media", Args: []any{media}})
			}
			value.SetBytes(bytes.Clone(c.Body()))
			continue
		}
		switch path, query, header := field.Tag.Get("path"), field.Tag.Get("query"), field.Tag.Get("header"); {
		case path != "":
			if !set(value, c.Params(path)) {
				return fault.New(fault.NotFound, "error.not_found")
			}
		case query != "":
			if text := c.Query(query); text != "" && !set(value, text) {
				bad.Add(query, "field.choice")
			}
		case header != "":
			if text := c.Get(header); text != "" && !set(value, text) {
				bad.Add(header, "field.choice")
			}
		}
	}
	return bad.Err()
}

// set writes a text into a field, and tells whether it fits its type.
func set(field reflect.Value, text string) bool {
	switch p := field.Addr().Interface().(type) {
	case *string:
		*p = text
		return true
	case *int:
		n, err := strconv.Atoi(text)
		*p = n
		return err == nil && n >= 0
	case *bool:
		b, err := strconv.ParseBool(text)
		*p = b
		return err == nil
	case *ident.ID:
		id, err := ident.Parse(text)
		*p = id
		return err == nil
	case *time.Time:
		t, err := time.Parse(time.RFC3339, text)
		*p = t
		return err == nil
	case *match:
		return p.parse(text)
	}
	panic("api: no way to read a " + field.Type().String())
}

// match is the version that an edit rests on; zero: whatever there is.
type match int

func (m *match) parse(text string) bool {
	if text == "*" {
		return true
	}
	quoted, err := strconv.Unquote(strings.TrimPrefix(text, "W/"))
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(quoted)
	*m = match(n)
	return err == nil && n > 0
}

// list is one page of a list.
type list[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty" doc:"Asks for the next page; absent on the last one."`
}

const (
	pageSize    = 50
	pageSizeMax = 100
)

// size is how many items a page has.
func size(limit int) int {
	if limit <= 0 {
		return pageSize
	}
	return min(limit, pageSizeMax)
}
