package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"path"
	"regexp"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
)

// Assets are the files beside pages. They are served under the checksum of them
// all, so that a browser may keep each for a year and a release changes every
// address at once; relative imports between files keep working.
type Assets struct {
	sum   string
	files map[string]asset
	icons map[string]bool
}

type asset struct {
	kind                string
	plain, gzip, brotli []byte
}

var symbol = regexp.MustCompile(`<symbol id="([^"]+)"`)

// NewAssets reads every file below fsys and compresses those that shrink.
func NewAssets(fsys fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]asset{}, icons: map[string]bool{}}
	sum := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".go" {
			return err
		}
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s\n%d\n", name, len(raw))
		sum.Write(raw)
		a.files[name] = newAsset(name, raw)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	a.sum = hex.EncodeToString(sum.Sum(nil))[:16]
	for _, m := range symbol.FindAllSubmatch(a.files["icons/sprite.svg"].plain, -1) {
		a.icons[string(m[1])] = true
	}
	return a, nil
}

func newAsset(name string, raw []byte) asset {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) {
	case ".js", ".mjs":
		kind = "text/javascript; charset=utf-8"
	case ".wasm":
		kind = "application/wasm"
	case ".webmanifest":
		kind = "application/manifest+json"
	case ".md", "", ".txt":
		kind = "text/plain; charset=utf-8"
	}
	f := asset{kind: kind, plain: raw}
	switch path.Ext(name) {
	case ".css", ".js", ".mjs", ".svg", ".json", ".wasm", ".webmanifest":
		var z, b bytes.Buffer
		zw, _ := gzip.NewWriterLevel(&z, gzip.DefaultCompression)
		_, _ = zw.Write(raw) // a bytes.Buffer takes everything
		_ = zw.Close()
		bw := brotli.NewWriterLevel(&b, 5)
		_, _ = bw.Write(raw)
		_ = bw.Close()
		if z.Len() < len(raw) {
			f.gzip, f.brotli = z.Bytes(), b.Bytes()
		}
	}
	return f
}

// URL is the address of a file, such as css/site.css.
func (a *Assets) URL(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("no static file %s", name)
	}
	return "/static/" + a.sum + "/" + name, nil
}

// Icon draws an icon of the sprite. It is hidden from screen readers, because a
// word stands beside every icon or in the label of its button.
func (a *Assets) Icon(name string) (template.HTML, error) {
	if !a.icons[name] {
		return "", fmt.Errorf("no icon %s in static/icons/list.txt", name)
	}
	return template.HTML(`<svg class="icon" aria-hidden="true"><use href="/static/` + a.sum + `/icons/sprite.svg#` + name + `"/></svg>`), nil //nolint:gosec // name is one of the sprite's
}

// serve answers /static/:sum/*. A page of an older release that asks by an older
// checksum gets the present file, which it must not keep.
func (a *Assets) serve(c *fiber.Ctx) error {
	sum, name, _ := strings.Cut(strings.TrimPrefix(c.Path(), "/static/"), "/")
	f, ok := a.files[name]
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, f.kind)
	c.Set(fiber.HeaderETag, `"`+a.sum+`"`)
	c.Vary(fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if sum == a.sum {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	if c.Get(fiber.HeaderIfNoneMatch) == `"`+a.sum+`"` {
		return c.SendStatus(fiber.StatusNotModified)
	}
	switch accept := c.Get(fiber.HeaderAcceptEncoding); {
	case f.brotli != nil && strings.Contains(accept, "br"):
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(f.brotli)
	case f.gzip != nil && strings.Contains(accept, "gzip"):
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(f.gzip)
	}
	return c.Send(f.plain)
}
