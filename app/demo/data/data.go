// Package data carries the demo: an invented edition of a mayors' forum and of
// an overseas week. See README.md beside it for what is invented and what is not.
package data

import "embed"

// FS holds the files by their plain names.
//
//go:embed *.csv *.json
var FS embed.FS
