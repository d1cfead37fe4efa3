// Package views holds the pages: a folder for each domain, the layouts and
// partials they share, and the catalogues of every sentence.
package views

import "embed"

// FS holds layouts/, partials/, one folder for each domain, and locales/.
//
//go:embed */*.html locales/*/*.json
var FS embed.FS
