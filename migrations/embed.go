// Package migrations holds the schema, step by step, forward only.
package migrations

import "embed"

// FS holds the numbered steps.
//
//go:embed *.sql
var FS embed.FS
