package mail

import (
	"encoding/base64"
	"strings"
)

// Framed is the HTML of a letter for a frame of a page, where there is no mail to
// take pictures from: they stand in it. Without pictures their words do.
func (c Content) Framed(pictures bool) string {
	html := c.HTML
	for _, p := range c.Parts {
		if p.ContentID == "" {
			continue
		}
		src := ""
		if pictures {
			src = "data:" + p.Type + ";base64," + base64.StdEncoding.EncodeToString(p.Data)
		}
		html = strings.ReplaceAll(html, `src="cid:`+p.ContentID+`"`, `src="`+src+`"`)
	}
	return html
}

// Attached are the names of the files that come with a letter.
func (c Content) Attached() (names []string) {
	for _, p := range c.Parts {
		if p.ContentID == "" {
			names = append(names, p.Name)
		}
	}
	return names
}
