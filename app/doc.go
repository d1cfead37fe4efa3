// Package app is the house: a room for each part of the field, and one direction
// between them.
//
//	cmd/qianshou → app/web, app/api → app/<domain> → app/kit
//
// audit, then accounts and mail, stand on kit, and any domain may use them. Then,
// in this order, each may use those before it: events, firms, forms, delegations,
// agenda, matchmaking. On the side lists use delegations, firms and forms,
// announcements and badges use delegations, doors use badges, projects use firms
// and agenda, privacy uses events; files and keys know none of them. News travels
// the other way as a row of the outbox. imports_test.go is this map as a test.
//
// A table belongs to one package, and that one alone writes it: whatever another
// wants changed goes through a method of its owner, with its rules. A query may
// join the tables of packages below its own in that order, for lists and boards
// that would otherwise ask once for each row and see several moments; what rests
// on the rules of the owner, such as who is under embargo, is asked of a method.
// imports_test.go lists whose tables each package may read.
package app
