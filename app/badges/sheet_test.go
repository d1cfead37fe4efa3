package badges_test

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qianshou/app/badges"
	"qianshou/app/events"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/locale"
	"qianshou/views"
)

func catalogue(t testing.TB) *locale.Catalogue {
	t.Helper()
	sub, err := fs.Sub(views.FS, "locales")
	if err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load(sub, func(_ locale.Lang, key string) { t.Errorf("no sentence for %q", key) })
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func june(d int) time.Time { return time.Date(2027, 6, d, 0, 0, 0, 0, time.UTC) }

// face is an ordinary badge; change makes it another.
func face(change func(f *badges.Face)) badges.Face {
	f := badges.Face{
		GivenName: "Dénes", FamilyName: "Halmosi", NameNative: "Halmosi Dénes", NameZH: "德内什·豪尔莫希", Nationality: "HU",
		Title: locale.Text{ZH: "市长", EN: "Mayor"}, City: locale.Text{ZH: "维斯普雷姆", EN: "Veszprém"}, Country: locale.Text{ZH: "匈牙利", EN: "Hungary"},
		Liaison: locale.Text{ZH: "冯栖梧", EN: "Feng Qiwu"},
		Role:    locale.Text{ZH: "贵宾", EN: "VIP / Head of delegation"}, Code: "VIP", Colour: "#8A1538", Pattern: "double",
		Days: []time.Time{june(8), june(9), june(10)}, Serial: "B-00001", Token: sample().String(),
	}
	for i, name := range []string{"Public lobby", "Main hall", "Matchmaking area", "VIP holding rooms", "Signing hall", "Press centre", "Banquet hall", "Back of house"} {
		f.Zones = append(f.Zones, badges.ZoneMark{Code: "PABVSMDK"[i : i+1], Name: locale.Text{ZH: "区", EN: name}, Open: i != 5 && i != 7})
	}
	if change != nil {
		change(&f)
	}
	return f
}

// The faces of these tests: every script, the demo's longest name, and names as
// long as registration lets them be.
func faces() []badges.Face {
	return []badges.Face{
		face(nil),
		face(func(f *badges.Face) {
			f.GivenName, f.FamilyName, f.NameNative, f.NameZH = "Đorđe", "Zelenković", "Ђорђе Зеленковић", "焦尔杰·泽伦科维奇"
			f.Role, f.Code, f.Colour, f.Pattern = locale.Text{ZH: "媒体", EN: "Media"}, "MED", "#B35C00", "vertical"
			f.Title, f.Organisation = locale.Text{EN: "Correspondent"}, locale.Text{EN: "Dunav Daily"}
			f.City, f.Country, f.Serial, f.Days = locale.Text{}, locale.Text{ZH: "塞尔维亚", EN: "Serbia"}, "B-00002", []time.Time{june(8), june(10)}
		}),
		face(func(f *badges.Face) {
			f.GivenName, f.FamilyName, f.NameNative, f.NameZH = "Stelios", "Manganiaris", "Στέλιος Μαγκανιάρης", "斯泰利奥斯·曼加尼亚里斯"
			f.Role, f.Code, f.Colour, f.Pattern, f.Serial = locale.Text{ZH: "随行人员", EN: "Accompanying person"}, "CMP", "#6A4C93", "dots", "B-00003"
		}),
		face(func(f *badges.Face) {
			f.GivenName, f.FamilyName, f.NameNative, f.NameZH, f.Nationality = "Ruolan", "Ying", "应若岚", "应若岚", "CN"
			f.Role, f.Code, f.Colour, f.Pattern, f.Serial = locale.Text{ZH: "企业代表", EN: "Business"}, "BIZ", "#1B7F4B", "diagonal", "B-00004"
			f.Title, f.Organisation = locale.Text{ZH: "出口经理", EN: "Export Manager"}, locale.Text{ZH: "宁波甬凌汽车零部件有限公司", EN: "Ningbo Yongling Auto Parts Co., Ltd."}
			f.City, f.Country = locale.Text{}, locale.Text{ZH: "中国", EN: "China"}
		}),
		face(func(f *badges.Face) {
			f.GivenName, f.FamilyName, f.NameNative, f.NameZH = "Maximilian-Alexander", "von Schwarzenfels-Hohenberg", "Maximilian-Alexander von Schwarzenfels-Hohenberg", "马克西米利安-亚历山大·冯·施瓦岑费尔斯-霍恩贝格"
			f.Title, f.City, f.Country = locale.Text{ZH: "大学技术转移基金会主席", EN: "Chair, University Technology Transfer Foundation"}, locale.Text{ZH: "亚琛", EN: "Aachen"}, locale.Text{ZH: "德国", EN: "Germany"}
			f.Role, f.Code, f.Colour, f.Pattern, f.Serial, f.Nationality = locale.Text{ZH: "代表", EN: "Delegate"}, "DEL", "#005A9C", "solid", "B-00005", "DE"
		}),
		face(func(f *badges.Face) {
			f.GivenName, f.FamilyName = "Anna-Maria Wilhelmine", strings.Repeat("Donaudampfschiffer-", 4)+"Öhm"[:4] // 80 letters
			f.NameNative, f.NameZH = strings.Repeat("Длинноеимя ", 10), strings.Repeat("长名", 19)+"·甲"
			f.Title = locale.Text{ZH: strings.Repeat("联合会会长助理", 17), EN: strings.Repeat("Deputy Chair ", 9)}
			f.Organisation, f.Serial = locale.Text{EN: strings.Repeat("Transdanubian Association ", 7)}, "B-00006-R12"
			f.Role, f.Code, f.Colour, f.Pattern = locale.Text{ZH: "工作人员", EN: "Organiser"}, "ORG", "#333333", "grid"
		}),
		face(func(f *badges.Face) {
			f.GivenName, f.FamilyName, f.NameNative, f.NameZH = strings.Repeat("W", 80), strings.Repeat("M", 80), "", ""
			f.Role, f.Code, f.Colour, f.Pattern, f.Serial = locale.Text{ZH: "翻译", EN: "Interpreter"}, "INT", "#00707A", "horizontal", "B-00007"
		}),
		face(func(f *badges.Face) {
			f.GivenName, f.FamilyName, f.NameNative, f.NameZH, f.Nationality = "", "Işık", "Işık", "", "TR"
			f.Role, f.Code, f.Colour, f.Pattern, f.Serial = locale.Text{ZH: "安保", EN: "Security"}, "SEC", "#000000", "checker", "B-00008"
			f.Zones = nil
		}),
	}
}

func sheet(t testing.TB, list []badges.Face) badges.Sheet {
	return badges.Sheet{
		Occasion: badges.Occasion{
			Title: locale.Text{ZH: "中国—中东欧国家市长论坛", EN: "China–CEEC Mayors Forum"}, Place: locale.Text{ZH: "宁波", EN: "Ningbo"},
			FirstDay: june(8), LastDay: june(10), Emergency: "+999 000 1100",
		},
		Faces: list, PrintedAt: time.Date(2027, 6, 3, 16, 5, 0, 0, time.FixedZone("", 8*3600)), Words: catalogue(t).T,
	}
}

// draw writes a sheet to a file.
func draw(t testing.TB, s badges.Sheet, layout badges.Layout) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Write(&out, layout); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), string(layout)+".pdf")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// run answers what a program printed; it must have no complaint.
func run(t testing.TB, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%s: %v, %s", program, err, &said)
	}
	return string(out)
}

func TestNamesInFourScripts(t *testing.T) {
	t.Parallel()
	s := sheet(t, faces()[:5])
	got := strings.Join(strings.Fields(run(t, "pdftotext", draw(t, s, badges.A6), "-")), " ")
	for _, want := range []string{
		"贵宾", "Dénes HALMOSI", "德内什·豪尔莫希", "Mayor 市长", "Veszprém, Hungary 匈牙利 · 维斯普雷姆", "通行区 Zones", "B-00001 · 8–10 June 2027",
		"Đorđe ZELENKOVIĆ", "焦尔杰·泽伦科维奇", "Ђорђе Зеленковић", "B-00002 · 8 June 2027; 10 June 2027", "Stelios MANGANIARIS",
		"斯泰利奥斯·曼加尼亚里斯", "Στέλιος Μαγκανιάρης", "应若岚", "YING Ruolan", "出口经理", "宁波甬凌汽车零部件有限公司", "Maximilian-Alexander", "VON SCHWARZENFELS-HOHENBERG",
	} {
		at := strings.Index(got, want)
		if at < 0 {
			t.Fatalf("%q does not follow; what is left reads\n%s", want, got)
		}
		got = got[at:]
	}
}

func TestCodeIsReadFromPaper(t *testing.T) {
	t.Parallel()
	for _, layout := range badges.Layouts {
		s := sheet(t, faces()[:4])
		var want []string
		for i := range s.Faces {
			token := sample()
			token.Credential[0] = byte(i)
			s.Faces[i].Token = badges.Sign(key, token).String()
			want = append(want, s.Faces[i].Token)
		}
		file := draw(t, s, layout)
		pictures := filepath.Join(t.TempDir(), "page")
		run(t, "pdftoppm", "-r", "150", "-png", file, pictures)
		files, err := filepath.Glob(pictures + "*")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			out, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", f).Output()
			if err == nil { // backs have no code, and zbarimg says so by its exit
				got = append(got, strings.Split(strings.TrimRight(string(out), "\n"), "\n")...)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: read %q, want %q", layout, got, want)
		}
	}
}

var word = regexp.MustCompile(`<word xMin="([-0-9.]+)" yMin="([-0-9.]+)" xMax="([-0-9.]+)" yMax="([-0-9.]+)">(.*)</word>`)

// TestNothingIsClipped asks where every word stands: within the trim box, with
// room to cut, and none on the code.
func TestNothingIsClipped(t *testing.T) {
	t.Parallel()
	list := faces()
	const point, safe = 72 / 25.4, 5.0
	pages := strings.Split(run(t, "pdftotext", "-bbox", draw(t, sheet(t, list), badges.A6), "-"), "<page ")[1:]
	if len(pages) != 2*len(list) {
		t.Fatalf("%d pages for %d badges", len(pages), len(list))
	}
	for i, page := range pages {
		said := ""
		for _, m := range word.FindAllStringSubmatch(page, -1) {
			var box [4]float64
			for n := range box {
				box[n], _ = strconv.ParseFloat(m[n+1], 64)
				box[n] /= point
			}
			said += m[5]
			if box[0] < safe || box[2] > 105-safe || box[1] < 1.5 || box[3] > 148-4 {
				t.Errorf("page %d: %q reaches to %.1f of the edges", i+1, m[5], box)
			}
			if i%2 == 0 && box[2] > 66-3.1 && box[3] > 110-2.5 {
				t.Errorf("page %d: %q stands in the quiet zone of the code, %.1f", i+1, m[5], box)
			}
		}
		// RC16: however long a name is, the whole of it is there.
		if f := list[i/2]; i%2 == 0 {
			for _, part := range []string{f.GivenName, f.NameZH, f.Title.ZH, f.Organisation.EN} {
				if part = strings.Join(strings.Fields(part), ""); !strings.Contains(said, part) {
					t.Errorf("page %d says %q, which lacks %q", i+1, said, part)
				}
			}
		}
	}
}

func TestCapitals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ family, nationality, want string }{
		{"Strauß", "DE", "STRAUSS"}, {"Işık", "TR", "IŞIK"}, {"Diniz", "TR", "DİNİZ"}, {"Fântână", "RO", "FÂNTÂNĂ"}, {"Łążyński", "PL", "ŁĄŻYŃSKI"},
	} {
		f := face(func(f *badges.Face) { f.FamilyName, f.Nationality = tt.family, tt.nationality })
		if got := run(t, "pdftotext", draw(t, sheet(t, []badges.Face{f}), badges.A6), "-"); !strings.Contains(got, "Dénes "+tt.want) {
			t.Errorf("%s of %s: no %s in %s", tt.family, tt.nationality, tt.want, got)
		}
	}
}

func TestLeftOutAreListed(t *testing.T) {
	t.Parallel()
	s := sheet(t, faces()[:1])
	s.LeftOut = []badges.LeftOut{{Serial: "B-00009", Name: "𠮷野 Yoshino", Why: locale.Text{ZH: "缺字", EN: "Missing 𠮷"}}}
	for _, layout := range badges.Layouts {
		got := run(t, "pdftotext", "-f", "3", draw(t, s, layout), "-")
		if want := "本次有1张证件未印。 1 badge is not printed here. 1 · B-00009 · □野 Yoshino 缺字 Missing □"; strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("%s: the last page reads %q, want %q", layout, got, want)
		}
	}
}

func TestEveryPatternIsDrawn(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, pattern := range events.Patterns {
		f := face(func(f *badges.Face) { f.Pattern = pattern })
		prefix := filepath.Join(t.TempDir(), "page")
		run(t, "pdftoppm", "-r", "100", "-f", "1", "-l", "1", "-gray", "-singlefile", draw(t, sheet(t, []badges.Face{f}), badges.A6), prefix)
		picture, err := os.ReadFile(prefix + ".pgm")
		if err != nil {
			t.Fatal(err)
		}
		if other, twice := seen[string(picture)]; twice {
			t.Errorf("%s looks like %s in grey", pattern, other)
		}
		seen[string(picture)] = pattern
	}
}

// counted is a writer that keeps nothing and looks at the heap on its way.
type counted struct{ most uint64 }

func (c *counted) Write(b []byte) (int, error) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	c.most = max(c.most, m.HeapAlloc)
	return len(b), nil
}

func TestManyBadgesNeedNoMoreMemory(t *testing.T) {
	peak := func(n int) uint64 {
		list := make([]badges.Face, n)
		one := face(nil)
		for i := range list {
			list[i] = one
		}
		var c counted
		if err := sheet(t, list).Write(&c, badges.A6); err != nil {
			t.Fatal(err)
		}
		return c.most
	}
	peak(1)
	if few, many := peak(5), peak(200); many > few+2<<20 {
		t.Errorf("200 badges need %d kB more than 5", (many-few)>>10)
	}
}

func BenchmarkSheet(b *testing.B) {
	s := sheet(b, faces()[:1])
	for b.Loop() {
		if err := s.Write(&bytes.Buffer{}, badges.A6); err != nil {
			b.Fatal(err)
		}
	}
}

// A portrait stands on the front beside the names; where one is asked for and
// missing a frame is left; one that cannot be read spoils nobody else's badge.
func TestPortraitOnFront(t *testing.T) {
	t.Parallel()
	var portrait bytes.Buffer
	picture := image.NewRGBA(image.Rect(0, 0, 590, 826))
	for i := range picture.Pix {
		picture.Pix[i] = 0x80
	}
	if err := jpeg.Encode(&portrait, picture, nil); err != nil {
		t.Fatal(err)
	}
	list := faces()[:5]
	for i := range list {
		list[i].Holder = ident.ID{15: byte(i)}
	}
	list[2].Framed = true
	s := sheet(t, list)
	lost := errors.New("the store is away")
	s.Portrait = func(registration ident.ID) ([]byte, error) {
		switch registration[15] {
		case 0, 4:
			return portrait.Bytes(), nil
		case 3:
			return nil, lost
		}
		return nil, nil
	}
	var out bytes.Buffer
	if err := s.Write(&out, badges.A6); !errors.Is(err, lost) {
		t.Fatalf("a portrait that could not be read was passed over: %v", err)
	}
	file := filepath.Join(t.TempDir(), "portraits.pdf")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if pictures := run(t, "pdfimages", "-list", file); strings.Count(pictures, " jpeg ") != 2 {
		t.Errorf("the pictures are\n%s", pictures)
	}
	for i, f := range list {
		page := strconv.Itoa(2*i + 1)
		if text := run(t, "pdftotext", "-f", page, "-l", page, file, "-"); !strings.Contains(text, f.Serial) {
			t.Errorf("page %s lacks badge %s:\n%s", page, f.Serial, text)
		}
	}
}
