// Package app is the house: a room for each part of the field, and one direction
// between them.
//
//	cmd/qianshou → app/web, app/api → app/<domain> → app/kit
//
// audit, then accounts and mail, stand on kit, and any domain may use them. Then,
// in this order, each may use those before it: events, firms, delegations,
// agenda, matchmaking. On the side lists use delegations and firms, badges use
// delegations, doors use badges, projects use firms and agenda. News travels the
// other way as a row of the outbox. imports_test.go is this map as a test.
package app
