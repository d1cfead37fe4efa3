package api

import (
	"context"
	"net/http"

	"qianshou/app/accounts"
	"qianshou/app/badges"
	"qianshou/app/kit/ident"
	"qianshou/app/web"
)

func (a *API) badgeOperations() {
	see := web.Anywhere(accounts.SeeBadges)
	add(a, description{method: http.MethodGet, path: "/api/v1/badges/:id.png", id: "badge-png", tag: "Badges", rule: see, media: "image/png", summary: "The badge's QR code as a picture"}, a.badgePNG)
	add(a, description{method: http.MethodGet, path: "/api/v1/badges/:id.svg", id: "badge-svg", tag: "Badges", rule: see, media: "image/svg+xml", summary: "The badge's QR code as a drawing"}, a.badgeSVG)
	add(a, description{method: http.MethodPost, path: "/api/v1/badges/:id/revoke", id: "revoke-badge", tag: "Badges", rule: web.Anywhere(accounts.RevokeBadge), summary: "End a badge for good"}, a.revokeBadge)
}

func (a *API) badgePNG(ctx context.Context, c caller, in byID) (file, error) {
	b, err := a.Badges.ByID(ctx, c.actor, in.ID)
	if err != nil {
		return file{}, err
	}
	png, err := badges.QRPNG(b.Token)
	return file{media: "image/png", name: b.Serial + ".png", inline: true, body: png}, err
}

func (a *API) badgeSVG(ctx context.Context, c caller, in byID) (file, error) {
	b, err := a.Badges.ByID(ctx, c.actor, in.ID)
	if err != nil {
		return file{}, err
	}
	svg, err := badges.QRSVG(b.Token)
	return file{media: "image/svg+xml", name: b.Serial + ".svg", inline: true, body: []byte(svg)}, err
}

type revokeInput struct {
	ID   ident.ID `path:"id"`
	Body struct {
		Reason string `json:"reason,omitempty"`
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
	b, err := a.Badges.Revoke(ctx, c.actor, in.ID, in.Body.Reason)
	if err != nil {
		return badge{}, err
	}
	return badge{ID: b.ID.String(), Serial: b.Serial, State: string(b.State), BadgeType: b.BadgeType, Version: b.Version}, nil
}
