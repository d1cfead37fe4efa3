//go:build ignore

// Build draws sprite.svg from list.txt and an unpacked @tabler/icons package:
//
//	npm pack @tabler/icons@3.52.0 && tar xzf tabler-icons-3.52.0.tgz
//	go run static/icons/build.go package
package main

import (
	"bytes"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	inner = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)
	frame = regexp.MustCompile(`\s*<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>`)
)

func main() {
	list, err := os.ReadFile("static/icons/list.txt")
	if err != nil {
		log.Fatal(err)
	}
	var sprite bytes.Buffer
	sprite.WriteString("<svg xmlns=\"http://www.w3.org/2000/svg\">\n")
	for _, name := range strings.Fields(string(list)) {
		raw, err := os.ReadFile(filepath.Join(os.Args[1], "icons", "outline", name+".svg"))
		if err != nil {
			log.Fatal(err)
		}
		paths := frame.ReplaceAllString(inner.FindStringSubmatch(string(raw))[1], "")
		paths = strings.Join(strings.Fields(paths), " ")
		sprite.WriteString(`<symbol id="` + name + `" viewBox="0 0 24 24">` + strings.ReplaceAll(paths, "> <", "><") + "</symbol>\n")
	}
	sprite.WriteString("</svg>\n")
	if err := os.WriteFile("static/icons/sprite.svg", sprite.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
