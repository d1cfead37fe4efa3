package web

import (
	"io"
	"mime"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"qianshou/app/files"
	"qianshou/app/kit/fault"
)

// formRoom is what a form may hold beside its file, in bytes.
const formRoom = 64 << 10

// uploadTime is how long a file may take to come, over a telephone abroad.
const uploadTime = 3 * time.Minute

// uploadLimit bounds how often one address may hand in files: an officer's whole
// delegation does, from one office.
var uploadLimit = Limit{Times: 60, In: 10 * time.Minute, Name: "upload", Guests: true}

// takes lets a route be sent a file of so many bytes; every other route reads small
// requests only.
func (r route) takes(most int) route {
	r.Body = most + formRoom
	return r
}

// bodyLimit answers how large a request may be, before it is read and before it is
// known who asks.
func (s *Server) bodyLimit(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	limit := maxBody
	if h.IsPost() && h.ContentLength() > maxBody {
		path, _, _ := strings.Cut(string(h.RequestURI()), "?")
		for _, r := range s.table {
			if r.Body > limit && r.Method == fiber.MethodPost && matches(r.Path, path) {
				limit = r.Body
			}
		}
	}
	config := fasthttp.RequestConfig{MaxRequestBodySize: limit}
	if limit > maxBody {
		config.ReadTimeout = uploadTime
	}
	return config
}

// uploaded reads the file of a form's field.
//
// Fault: Invalid on "file", there is none.
func uploaded(c *fiber.Ctx, field string) (name string, content []byte, err error) {
	head, err := c.FormFile(field)
	if err != nil || head.Size == 0 {
		return "", nil, fault.Fields(fault.Field{Path: "file", Key: "files.none"})
	}
	in, err := head.Open()
	if err != nil {
		return "", nil, err
	}
	defer in.Close()
	content, err = io.ReadAll(in) // no larger than the request, which was limited
	return strings.Clone(head.Filename), content, err
}

// sendFile answers a file so that a browser neither guesses at it nor runs
// anything of it. Pictures are shown; all else is saved.
func (s *Server) sendFile(c *fiber.Ctx, f files.File, content []byte) error {
	show := "attachment"
	if f.MIME == files.JPEG || f.MIME == files.PNG {
		show = "inline"
	}
	name := f.Name
	if name == "" || f.MIME == files.JPEG { // a picture is not any more what its name said
		name = string(f.Purpose) + extensions[f.MIME]
	}
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType(show, map[string]string{"filename": name}))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set(fiber.HeaderContentType, f.MIME)
	return c.Send(content)
}

var extensions = map[string]string{files.JPEG: ".jpg", files.PNG: ".png", files.PDF: ".pdf", files.DOCX: ".docx", files.OFD: ".ofd"}
