package pdf_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"qianshou/app/kit/pdf"
)

// flat is a JPEG of one colour.
func flat(t *testing.T, c color.Color, width, height int) []byte {
	t.Helper()
	var p interface {
		image.Image
		Set(x, y int, c color.Color)
	} = image.NewRGBA(image.Rect(0, 0, width, height))
	if _, grey := c.(color.Gray); grey {
		p = image.NewGray(image.Rect(0, 0, width, height))
	}
	for y := range height {
		for x := range width {
			p.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Pictures lie where they were put, in their colours, on as many pages as asked.
func TestPictures(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	doc := pdf.New(&out, house(t), pdf.Info{Title: "Pictures"})
	red, err := doc.Picture(flat(t, color.RGBA{200, 30, 30, 255}, 50, 70))
	if err != nil {
		t.Fatal(err)
	}
	first := doc.Page(100, 100)
	first.Image(10, 10, 25, 35, red)
	grey, err := doc.Picture(flat(t, color.Gray{128}, 40, 40))
	if err != nil {
		t.Fatal(err)
	}
	first.Image(60, 60, 30, 30, grey)
	first.Text(10, 90, pdf.Style{Size: 9}, "text beside")
	doc.Page(100, 100).Image(0, 0, 100, 100, red)
	if _, err := doc.Picture([]byte("no picture")); err == nil {
		t.Error("what is no picture was taken")
	}
	if err := doc.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pictures.pdf")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	seen := func(page string) image.Image {
		t.Helper()
		raw, err := exec.CommandContext(t.Context(), "pdftoppm", "-jpeg", "-r", "25.4", "-f", page, "-l", page, file).Output()
		if err != nil {
			t.Fatal(err)
		}
		p, err := jpeg.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, tt := range []struct {
		page string
		x, y int
		want color.RGBA
	}{
		{"1", 22, 27, color.RGBA{200, 30, 30, 255}}, {"1", 75, 75, color.RGBA{128, 128, 128, 255}}, {"1", 45, 27, color.RGBA{255, 255, 255, 255}},
		{"1", 22, 52, color.RGBA{255, 255, 255, 255}}, {"2", 50, 50, color.RGBA{200, 30, 30, 255}},
	} {
		got := color.RGBAModel.Convert(seen(tt.page).At(tt.x, tt.y)).(color.RGBA)
		for i, d := range []int{int(got.R) - int(tt.want.R), int(got.G) - int(tt.want.G), int(got.B) - int(tt.want.B)} {
			if d < -12 || d > 12 {
				t.Errorf("page %s at %d, %d: %v, want %v (%d)", tt.page, tt.x, tt.y, got, tt.want, i)
				break
			}
		}
	}
	if text := read(t, out.Bytes(), "pdftotext"); !strings.Contains(text, "text beside") {
		t.Errorf("the text reads %q", text)
	}
}
