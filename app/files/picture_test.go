package files

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"testing"

	"qianshou/app/kit/fault"
)

// The four corners of the test picture, as somebody sees them who holds it
// upright.
var corners = [4]color.RGBA{{200, 30, 30, 255}, {30, 160, 30, 255}, {30, 30, 200, 255}, {230, 200, 30, 255}}

// quarters is a picture with a colour in each corner.
func quarters(width, height int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p.SetRGBA(x, y, corners[x*2/width+y*2/height*2])
		}
	}
	return p
}

// stored is how a camera that was held otherwise stores the upright picture.
func stored(p *image.RGBA, turn int) *image.RGBA {
	b := p.Bounds()
	size := b
	if turn >= 5 {
		size = image.Rect(0, 0, b.Dy(), b.Dx())
	}
	out := image.NewRGBA(size)
	w, h := size.Dx(), size.Dy()
	for y := range h {
		for x := range w {
			// Where the stored dot is seen, by the definition of the tag: which side of
			// what is seen the stored row 0 and column 0 are.
			var seen image.Point
			switch turn {
			case 1: // row 0 top, column 0 left
				seen = image.Pt(x, y)
			case 2: // top, right
				seen = image.Pt(w-1-x, y)
			case 3: // bottom, right
				seen = image.Pt(w-1-x, h-1-y)
			case 4: // bottom, left
				seen = image.Pt(x, h-1-y)
			case 5: // left, top
				seen = image.Pt(y, x)
			case 6: // right, top
				seen = image.Pt(h-1-y, x)
			case 7: // right, bottom
				seen = image.Pt(h-1-y, w-1-x)
			case 8: // left, bottom
				seen = image.Pt(y, w-1-x)
			}
			out.SetRGBA(x, y, p.RGBAAt(seen.X, seen.Y))
		}
	}
	return out
}

func jpegOf(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const secretPlace = "GPS 29.8683 N 121.5440 E"

// withExif adds the block of a camera: how it was held, and where it was.
func withExif(picture []byte, turn int, order binary.AppendByteOrder) []byte {
	tiff := []byte("MM\x00*")
	if order.String() == "LittleEndian" {
		tiff = []byte("II*\x00")
	}
	put16 := func(v int) { tiff = order.AppendUint16(tiff, uint16(v)) }
	put32 := func(v int) { tiff = order.AppendUint32(tiff, uint32(v)) }
	put32(8)
	put16(2)
	put16(0x010E) // a description
	put16(2)
	put32(len(secretPlace))
	put32(38)
	put16(0x0112)
	put16(3)
	put32(1)
	put16(turn)
	put16(0)
	put32(0)
	tiff = append(tiff, secretPlace...)
	block := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, picture[:2]...)
	out = append(out, 0xFF, 0xE1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(block)+2))
	out = append(out, block...)
	return append(out, picture[2:]...)
}

func remade(t *testing.T, p Purpose, content []byte) (File, []byte, image.Image) {
	t.Helper()
	f := File{Purpose: p, MIME: typeOf(content)}
	out, err := remake(&f, content)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); f.MIME != JPEG || b.Dx() != f.Width || b.Dy() != f.Height {
		t.Errorf("said to be %s %d × %d; it is %v", f.MIME, f.Width, f.Height, b)
	}
	return f, out, picture
}

func near(a, b color.Color) bool {
	r1, g1, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	d := func(x, y uint32) bool { return max(x, y)-min(x, y) < 0x1800 }
	return d(r1, r2) && d(g1, g2) && d(b1, b2)
}

// A portrait is upright however the camera was held, of the shape of a badge, and
// carries nothing but itself.
func TestPortraitIsUpright(t *testing.T) {
	for _, size := range []image.Point{{1500, 1400}, {900, 2000}, {413, 626}} {
		for turn := 1; turn <= 8; turn++ {
			t.Run(fmt.Sprintf("%v held %d", size, turn), func(t *testing.T) {
				t.Parallel()
				for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
					content := withExif(jpegOf(t, stored(quarters(size.X, size.Y), turn)), turn, order)
					f, out, picture := remade(t, Photo, content)
					if bytes.Contains(out, []byte("Exif")) || bytes.Contains(out, []byte(secretPlace)) {
						t.Error("what the camera noted is still there")
					}
					if f.Width > PhotoMostWidth || f.Height > PhotoMostHeight || len(out) > photoMost || abs(f.Width*7-f.Height*5) > 10 {
						t.Errorf("it is %d × %d, %d bytes", f.Width, f.Height, len(out))
					}
					for i, want := range corners {
						x, y := f.Width/10+i%2*f.Width*8/10, f.Height/10+i/2*f.Height*8/10
						if got := picture.At(x, y); !near(got, want) {
							t.Errorf("corner %d is %v, want %v", i, got, want)
						}
					}
				}
			})
		}
	}
}

func abs(n int) int { return max(n, -n) }

// A scan keeps its shape; what is clear becomes white.
func TestScanKeepsItsShape(t *testing.T) {
	f, _, picture := remade(t, PassportScan, pngOf(t, image.NewNRGBA(image.Rect(0, 0, 4000, 1000))))
	if f.Width != 3000 || f.Height != 750 || !near(picture.At(10, 10), color.White) {
		t.Errorf("it is %d × %d, %v", f.Width, f.Height, picture.At(10, 10))
	}
	if f, _, _ := remade(t, PassportScan, jpegOf(t, quarters(700, 500))); f.Width != 700 || f.Height != 500 {
		t.Errorf("a small scan became %d × %d", f.Width, f.Height)
	}
}

// pngBomb says that it is larger than it is.
func pngBomb(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1A\n\x00\x00\x00\x0D")
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = binary.BigEndian.AppendUint32(head, height)
	head = append(head, 8, 6, 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(b, head...), crc32.ChecksumIEEE(head))
}

func TestPicturesThatCannotBe(t *testing.T) {
	whole := jpegOf(t, quarters(500, 700))
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a bomb":                  {pngBomb(50_000, 50_000), "files.many_pixels"},
		"a bomb of one long line": {pngBomb(1_000_000_000, 1), "files.many_pixels"},
		"cut off":                 {whole[:len(whole)/2], "files.broken"},
		"a head and nothing else": {[]byte("\xFF\xD8\xFF\xE0"), "files.broken"},
		"too small":               {jpegOf(t, quarters(99, 700)), "files.tiny"},
	} {
		f := File{Purpose: Photo, MIME: typeOf(c.content)}
		_, err := remake(&f, c.content)
		refusal, ok := fault.Of(err)
		if !ok || refusal.Code != fault.Invalid || len(refusal.Fields) != 1 || refusal.Fields[0].Path != "file" || refusal.Fields[0].Key != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// An Exif block that lies about itself turns nothing and breaks nothing.
func TestExifThatLies(t *testing.T) {
	whole := withExif(jpegOf(t, quarters(200, 200)), 6, binary.BigEndian)
	end := bytes.Index(whole, []byte(secretPlace)) + len(secretPlace)
	for at := 2; at < end; at++ {
		for _, b := range []byte{0, 0x7F, 0xFF} {
			bad := bytes.Clone(whole)
			bad[at] = b
			if o := orientation(bad); o < 1 || o > 8 {
				t.Fatalf("byte %d as %X: orientation %d", at, b, o)
			}
		}
		if o := orientation(whole[:at]); o != 1 {
			t.Fatalf("cut at %d: orientation %d", at, o)
		}
	}
}

func packed(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "<x/>"); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTypeIsOfTheContent(t *testing.T) {
	for want, content := range map[string][]byte{
		JPEG: jpegOf(t, quarters(100, 100)),
		PNG:  pngOf(t, quarters(100, 100)),
		PDF:  []byte("%PDF-1.7\n…\n%%EOF\n"),
		DOCX: packed(t, "[Content_Types].xml", "word/document.xml"),
		OFD:  packed(t, "OFD.xml", "Doc_0/Document.xml"),
	} {
		if got := typeOf(content); got != want {
			t.Errorf("%s was taken for %q", want, got)
		}
	}
	for name, content := range map[string][]byte{
		"nothing": nil, "a page": []byte("<html><script>alert(1)</script>"), "a drawing with script": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"a program": []byte("MZ\x90\x00"), "a PDF cut off": []byte("%PDF-1.7\n"), "a page before a PDF": []byte("<html>%PDF-1.7 %%EOF"),
		"a paper with macros": packed(t, "[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
		"some archive":        packed(t, "a.txt"), "half an archive": packed(t, "OFD.xml")[:30], "a moving picture": []byte("GIF89a"),
	} {
		if got := typeOf(content); got != "" {
			t.Errorf("%s was taken for %s", name, got)
		}
	}
}

func TestTidyName(t *testing.T) {
	for in, want := range map[string]string{
		`C:\Users\x\护照 1.jpg`: "护照 1.jpg", "../../etc/passwd": "passwd", "a\r\nb\x00\u202Egpj.exe": "abgpj.exe", `"><script>`: "script", "": "",
	} {
		if got := tidyName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if got := tidyName(string(bytes.Repeat([]byte("长"), 200)) + ".pdf"); len([]rune(got)) != 120 || got[len(got)-4:] != ".pdf" {
		t.Errorf("a long name became %q", got)
	}
}

// TestFewWaitForTheirTurn has as many pixels wait as may: the next picture is told so at
// once, a small one too, and taken when somebody is through.
func TestFewWaitForTheirTurn(t *testing.T) {
	s := New(nil, nil, nil, nil, nil, nil)
	picture := jpegOf(t, quarters(500, 700))
	hand := func() error {
		_, err := s.prepare(t.Context(), rules[Photo], &File{Purpose: Photo}, picture)
		return err
	}
	s.turns <- struct{}{} // one is decoded
	s.inLine.Add(mostInLine - leastInLine)
	waited := make(chan error, 1)
	go func() { waited <- hand() }()
	for s.inLine.Load() < mostInLine {
		runtime.Gosched()
	}
	if err := hand(); fault.CodeOf(err) != fault.Unavailable || s.inLine.Load() != mostInLine {
		t.Errorf("one more: %v, and %d are in line", err, s.inLine.Load())
	}
	<-s.turns
	if err := <-waited; err != nil {
		t.Errorf("who waited: %v", err)
	}
	if err := hand(); err != nil || len(s.turns) != 0 || s.inLine.Load() != mostInLine-leastInLine {
		t.Errorf("after that: %v, %d in turn and %d in line", err, len(s.turns), s.inLine.Load())
	}
}
