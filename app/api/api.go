package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/jmoiron/sqlx"

	"qianshou/app/agenda"
	"qianshou/app/badges"
	"qianshou/app/delegations"
	"qianshou/app/doors"
	"qianshou/app/events"
	"qianshou/app/files"
	"qianshou/app/firms"
	"qianshou/app/forms"
	"qianshou/app/kit/clock"
	"qianshou/app/kit/seal"
	"qianshou/app/mail"
	"qianshou/app/matchmaking"
	"qianshou/app/projects"
	"qianshou/app/web"
)

// Options are what the API is built from.
type Options struct {
	DB        *sqlx.DB
	Box       *seal.Box // seals the answers that are kept for a repeated request
	Now       clock.Clock
	Log       *slog.Logger
	PublicURL string
	Version   string

	Events      *events.Service
	Delegations *delegations.Service
	Badges      *badges.Service
	Doors       *doors.Service
	Agenda      *agenda.Service
	Matchmaking *matchmaking.Service
	Projects    *projects.Service
	Firms       *firms.Service
	Forms       *forms.Service
	Files       *files.Service
	Mail        *mail.Service
}

// API is what other programs call: the same services as the pages, with JSON in
// and out. Its description is made from the types that the handlers read and
// write.
type API struct {
	Options
	m    web.Mount
	doc  *huma.OpenAPI
	keys idempotency
}

// New makes the API.
func New(o Options) *API { return &API{Options: o} }

// Mount adds every operation and /openapi.json.
func (a *API) Mount(m web.Mount) error {
	a.m = m
	a.keys = idempotency{db: a.DB, box: a.Box, now: a.Now, actor: m.Actor, from: m.Address}
	a.doc = a.newDocument()
	a.eventOperations()
	a.formOperations()
	a.registrationOperations()
	a.badgeOperations()
	a.doorOperations()
	a.agendaOperations()
	a.matchmakingOperations()
	a.projectOperations()
	a.firmOperations()
	a.mailOperations()
	text, err := json.Marshal(a.doc)
	if err != nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	m.Guard(fiber.MethodGet, "/openapi.json", web.Public(), nil)
	m.Router().Get("/openapi.json", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/vnd.oai.openapi+json;version=3.1")
		return c.Send(text)
	})
	return nil
}

// PurgeKeys forgets the answers that are too old to be repeated.
func (a *API) PurgeKeys(ctx context.Context) error {
	if err := purgeKeys(ctx, a.DB, a.Now().Add(-idempotencyLife)); err != nil {
		return fmt.Errorf("purge idempotency keys: %w", err)
	}
	return nil
}

func (a *API) newDocument() *huma.OpenAPI {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Qianshou", Version: a.Version,
			Description: "Times are RFC 3339 with their offset. Lists come in pages: ask again with next_cursor until there is none. " +
				"A POST with an Idempotency-Key may be sent again: the first answer is repeated. An edit with If-Match is refused when " +
				"somebody else changed the thing meanwhile. Every error is problem details (RFC 9457) with the broken fields; " +
				"sentences come in the language of Accept-Language, zh or en.",
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Servers: []*huma.Server{{URL: a.PublicURL}},
		Components: &huma.Components{
			Schemas: registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"bearer": {Type: "http", Scheme: "bearer", Description: "A token of `qianshou token create`, or a door device's secret."},
			},
		},
	}
}

// describe writes an operation into the document.
func (a *API) describe(o description, in, out reflect.Type) {
	registry := a.doc.Components.Schemas
	op := &huma.Operation{
		OperationID: o.id, Method: o.method, Path: openPath(o.path), Summary: o.summary, Description: o.about, Tags: []string{o.tag},
		Responses: map[string]*huma.Response{
			"default": {Description: "What went wrong", Content: map[string]*huma.MediaType{
				"application/problem+json": {Schema: registry.Schema(reflect.TypeFor[web.ProblemDetails](), true, "Problem")},
			}},
		},
	}
	if !o.rule.Public() {
		op.Security = []map[string][]string{{"bearer": {}}}
	}
	for _, field := range reflect.VisibleFields(in) {
		if field.Name == "Body" {
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				fiber.MIMEApplicationJSON: {Schema: registry.Schema(field.Type, true, o.id+"Input")},
			}}
			continue
		}
		if media := field.Tag.Get("raw"); media != "" {
			op.RequestBody = &huma.RequestBody{Required: true, Description: field.Tag.Get("doc"), Content: map[string]*huma.MediaType{
				media: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
			}}
			continue
		}
		for _, where := range []string{"path", "query", "header"} {
			if name := field.Tag.Get(where); name != "" {
				op.Parameters = append(op.Parameters, &huma.Param{
					Name: name, In: where, Required: where == "path", Description: field.Tag.Get("doc"), Schema: registry.Schema(field.Type, false, name),
				})
			}
		}
	}
	if o.method == http.MethodPost && !o.secret {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "Any text of at most 255 characters; the same key with the same request repeats the first answer for a day."})
	}
	done := &huma.Response{Description: "Done"}
	switch {
	case out == reflect.TypeFor[file]():
		done.Content = map[string]*huma.MediaType{o.media: {}}
	case out != reflect.TypeFor[none]():
		done.Content = map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: registry.Schema(out, true, o.id+"Output")}}
	}
	op.Responses[fmt.Sprint(o.status)] = done
	a.doc.AddOperation(op)
}

// openPath writes a path as OpenAPI does: {event} for :event.
func openPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, variable := strings.CutPrefix(part, ":"); variable {
			name, end, dotted := strings.Cut(name, ".")
			parts[i] = "{" + name + "}"
			if dotted {
				parts[i] += "." + end
			}
		}
	}
	return strings.Join(parts, "/")
}
