// Package static holds what browsers load beside pages: styles, scripts, icons
// and the vendored libraries, each with its licence.
package static

import "embed"

// FS holds css/, js/, icons/ and vendor/.
//
//go:embed css js icons vendor
var FS embed.FS
