package files

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
)

// The types that files may be.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
	PDF  = "application/pdf"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	OFD  = "application/ofd"
)

// mostParts is how many entries a packed paper may list.
const mostParts = 5000

// typeOf tells what a content is by what it holds; empty when it is none of the
// types. Names and what a browser says of it count for nothing.
func typeOf(content []byte) string {
	switch {
	case bytes.HasPrefix(content, []byte("\xFF\xD8\xFF")):
		return JPEG
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1A\n")):
		return PNG
	case bytes.HasPrefix(content, []byte("%PDF-")) && bytes.Contains(tail(content), []byte("%%EOF")):
		return PDF
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		return packedType(content)
	}
	return ""
}

func tail(content []byte) []byte { return content[max(0, len(content)-1024):] }

// packedType looks into the list of a zip file; nothing is unpacked. A paper with
// macros is none of ours.
func packedType(content []byte) string {
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(r.File) > mostParts {
		return ""
	}
	var names []string
	for _, f := range r.File {
		name := strings.ToLower(f.Name)
		if strings.HasSuffix(name, "vbaproject.bin") || strings.HasSuffix(name, "vbadata.xml") {
			return ""
		}
		names = append(names, name)
	}
	has := func(name string) bool { return slices.Contains(names, name) }
	switch {
	case has("[content_types].xml") && has("word/document.xml"):
		return DOCX
	case has("ofd.xml"):
		return OFD
	}
	return ""
}
