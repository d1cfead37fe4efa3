package api

import (
	"bytes"
	"context"
	"net/http"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/web"
)

func (a *API) badgeOperations() {
	issue := web.Anywhere(accounts.IssueBadge)
	add(a, description{method: http.MethodGet, path: "/api/v1/badges/:id.pdf", id: "badge-pdf", tag: "Badges", rule: issue, media: "application/pdf", summary: "The badge on paper, A6, front and back",
		about: "409 when the badge ended, or when the face cannot print a character of it."}, a.badgePDF)
	add(a, description{method: http.MethodGet, path: "/api/v1/badges/:id.png", id: "badge-png", tag: "Badges", rule: issue, media: "image/png", summary: "The badge's QR code as a picture"}, a.badgePNG)
	add(a, description{method: http.MethodGet, path: "/api/v1/badges/:id.svg", id: "badge-svg", tag: "Badges", rule: issue, media: "image/svg+xml", summary: "The badge's QR code as a drawing"}, a.badgeSVG)
	add(a, description{method: http.MethodPost, path: "/api/v1/badges/:id/revoke", id: "revoke-badge", tag: "Badges", rule: web.Anywhere(accounts.RevokeBadge), summary: "End a badge for good"}, a.revokeBadge)
}

func (a *API) badgePDF(ctx context.Context, c caller, in byID) (file, error) {
	b, err := a.Badges.ByID(ctx, c.actor, in.ID)
	if err != nil {
		return file{}, err
	}
	sheet, err := a.Badges.Sheet(ctx, c.actor, b.EventID, badges.Filter{IDs: []ident.ID{b.ID}}, c.words.T)
	if err != nil {
		return file{}, err
	}
	var paper bytes.Buffer
	err = sheet.Write(&paper, badges.A6)
	return file{media: "application/pdf", name: b.Serial + ".pdf", inline: true, body: paper.Bytes()}, err
}

// copyable finds a badge for whoever may hand it out: its code opens doors.
func (a *API) copyable(ctx context.Context, c caller, id ident.ID) (badges.Badge, error) {
	b, err := a.Badges.ByID(ctx, c.actor, id)
	if err == nil && !c.actor.May(accounts.IssueBadge, b.EventID) {
		return b, fault.New(fault.Forbidden, "error.forbidden")
	}
	return b, err
}

func (a *API) badgePNG(ctx context.Context, c caller, in byID) (file, error) {
	b, err := a.copyable(ctx, c, in.ID)
	if err != nil {
		return file{}, err
	}
	png, err := badges.QRPNG(b.Token)
	return file{media: "image/png", name: b.Serial + ".png", inline: true, body: png}, err
}

func (a *API) badgeSVG(ctx context.Context, c caller, in byID) (file, error) {
	b, err := a.copyable(ctx, c, in.ID)
	if err != nil {
		return file{}, err
	}
	svg, err := badges.QRSVG(b.Token)
	return file{media: "image/svg+xml", name: b.Serial + ".svg", inline: true, body: []byte(svg)}, err
}

type revokeInput struct {
	ID   ident.ID `path:"id"`
	Body struct {
		Reason string `json:"reason,omitempty" doc:"Kept with the badge; when left out, which program asked"`
	}
}

type badge struct {
	ID        string `json:"id"`
	Serial    string `json:"serial"`
	State     string `json:"state"`
	BadgeType string `json:"badge_type"`
	Version   int    `json:"version"`
}

func (b badge) version() int { return b.Version }

func (a *API) revokeBadge(ctx context.Context, c caller, in revokeInput) (badge, error) {
	reason := in.Body.Reason
	if reason == "" {
		reason = c.actor.Name()
	}
	b, err := a.Badges.Revoke(ctx, c.actor, in.ID, reason)
	if err != nil {
		return badge{}, err
	}
	return badge{ID: b.ID.String(), Serial: b.Serial, State: string(b.State), BadgeType: b.BadgeType, Version: b.Version}, nil
}
