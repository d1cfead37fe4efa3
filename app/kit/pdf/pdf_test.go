package pdf_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"qianshou/app/kit/pdf"
)

func house(t testing.TB) *pdf.Typeface {
	t.Helper()
	f, err := pdf.House()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// read runs a program of poppler on a document and answers what it printed; it
// must have no complaint.
func read(t *testing.T, document []byte, program string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, append(args, file, "-")...)
	if program == "pdffonts" || program == "pdfinfo" {
		cmd = exec.CommandContext(t.Context(), program, append(args, file)...)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%s: %v, %s", program, err, &said)
	}
	return string(out)
}

func TestTextComesBack(t *testing.T) {
	t.Parallel()
	lines := []string{
		"Ștefan Țăranu Őrsi Əliyev · Ďáblík Łążyński ẞß Þórður", "Κωνσταντίνος Μαγκανιάρης Ώ", "Ђорђе Зеленковић Ѓорѓи Їжак", "叶荣钟 麗水 德内什·豪尔莫希", "AАΑ",
	}
	var out bytes.Buffer
	doc := pdf.New(&out, house(t), pdf.Info{Title: "证件 Badges", Created: time.Date(2027, 6, 1, 8, 0, 0, 0, time.UTC), Duplex: true})
	for _, bold := range []bool{false, true} {
		page := doc.Page(105, 148)
		for i, line := range lines {
			page.Text(7, float64(20+10*i), pdf.Style{Size: 9, Bold: bold}, line)
		}
	}
	if err := doc.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, out.Bytes(), "pdftotext", "-layout", "-nopgbrk"), strings.Join(lines, "\n"); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want+" "+want), " ") {
		t.Errorf("reads\n%s\nwant twice\n%s", got, want)
	}
	if fonts := read(t, out.Bytes(), "pdffonts"); strings.Count(fonts, "\n") != 5 || strings.Count(fonts, "yes yes yes") != 3 {
		t.Errorf("want three fonts, each embedded, a subset, with a Unicode map:\n%s", fonts)
	}
	if info := read(t, out.Bytes(), "pdfinfo"); !strings.Contains(info, "证件 Badges") || !strings.Contains(info, "297.638 x 419.528 pts") {
		t.Errorf("info:\n%s", info)
	}
	if out.Len() > 60_000 {
		t.Errorf("%d bytes for a few words", out.Len())
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	f := house(t)
	if got := f.Missing("Ђорђе 叶荣钟 𠮷野家𠮷 שלום"); !slices.Equal(got, []rune("𠮷שלום")) {
		t.Errorf("missing %q", string(got))
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	f := house(t)
	for _, tt := range []struct {
		text   string
		breaks pdf.Breaks
		width  float64
		want   []string
		whole  bool
	}{
		{"", pdf.Running, 20, nil, true},
		{"Chair of the Foundation", pdf.Running, 24, []string{"Chair of the", "Foundation"}, true},
		{"马克西米利安-亚历山大·冯·施瓦岑费尔斯-霍恩贝格", pdf.Name, 50, []string{"马克西米利安-亚历山大·", "冯·施瓦岑费尔斯-霍恩贝格"}, true},
		{"大学技术转移基金会（宁波）主席", pdf.Running, 36, []string{"大学技术转移基金", "会（宁波）主席"}, true},
		{"Donaudampfschifffahrt", pdf.Name, 20, []string{"Donauda", "mpfschiff", "fahrt"}, false},
	} {
		lines, whole := f.Lines(tt.text, pdf.Style{Size: 12}, tt.width, tt.breaks)
		if !slices.Equal(lines, tt.want) || whole != tt.whole {
			t.Errorf("%s: %q, whole %v; want %q, %v", tt.text, lines, whole, tt.want, tt.whole)
		}
		for _, line := range lines {
			if w := f.Width(line, pdf.Style{Size: 12}); w > tt.width {
				t.Errorf("%s: %q is %.1f mm wide, more than %.1f", tt.text, line, w, tt.width)
			}
		}
	}
}

// TestMemoryIsFlat writes many pages and asks what is still held: the offsets of
// objects, not pages.
func TestMemoryIsFlat(t *testing.T) {
	f := house(t)
	doc := pdf.New(io.Discard, f, pdf.Info{})
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	write := func(pages int) {
		for range pages {
			page := doc.Page(105, 148)
			path := page.Path()
			for i := range 500 {
				path.Rect(float64(i%90), float64(i/90), 1, 1)
			}
			path.Fill(pdf.Black)
			page.Text(7, 20, pdf.Style{Size: 11}, "Dénes HALMOSI")
		}
	}
	write(50)
	before := held()
	write(2000)
	if after := held(); after > before+1<<20 {
		t.Errorf("2000 pages hold %d kB", (after-before)>>10)
	}
	if err := doc.Close(); err != nil {
		t.Fatal(err)
	}
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriterFails(t *testing.T) {
	t.Parallel()
	doc := pdf.New(full{}, house(t), pdf.Info{})
	for range 200 {
		doc.Page(105, 148).Text(7, 20, pdf.Style{Size: 11}, "Dénes")
	}
	if err := doc.Close(); !errors.Is(err, errFull) {
		t.Errorf("closed with %v", err)
	}
}

func TestBrokenFonts(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"", "OTTO", "ttcf\x00\x01\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff", "\x00\x01\x00\x00\x00\x01" + strings.Repeat("\xff", 40)} {
		if _, err := pdf.ParseFont("x", []byte(data)); err == nil {
			t.Errorf("%q was read as a font", data)
		}
	}
}

// TestFontsAreThoseOfTheReadme compares each font with the checksum that its
// README gives.
func TestFontsAreThoseOfTheReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("fonts/README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("fonts/*.tt[fc]")
	if err != nil || len(files) != 3 {
		t.Fatalf("fonts %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(data)); !strings.Contains(string(readme), filepath.Base(file)) || !strings.Contains(string(readme), sum) {
			t.Errorf("%s has checksum %s, which the README does not give", file, sum)
		}
	}
}
