package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Font is a TrueType face. It does not change and may be used by many at once.
type Font struct {
	name    string
	tables  map[string][]byte
	em      float64 // font units in one em
	ascent  int
	descent int
	glyphs  map[rune]uint16
	widths  []uint16 // by glyph, in font units
	loca    []uint32 // where each glyph begins in glyf; one more than there are glyphs
	box     [4]int16
}

var errFont = errors.New("not a TrueType font that we can embed")

// ParseFont reads a TrueType file, or the first member of a collection. The font
// keeps data.
func ParseFont(name string, data []byte) (f *Font, err error) {
	defer func() { // lengths inside the file that lead out of it
		if recover() != nil {
			f, err = nil, errFont
		}
	}()
	start := uint32(0)
	if string(data[:4]) == "ttcf" {
		start = u32(data[12:])
	}
	if tag := u32(data[start:]); tag != 0x00010000 && tag != 0x74727565 {
		return nil, fmt.Errorf("%w: sfnt version %08x", errFont, tag)
	}
	f = &Font{name: name, tables: map[string][]byte{}}
	for i := range int(u16(data[start+4:])) {
		entry := data[int(start)+12+16*i:]
		offset, length := u32(entry[8:]), u32(entry[12:])
		f.tables[string(entry[:4])] = data[offset : offset+length]
	}
	for _, name := range []string{"head", "hhea", "hmtx", "maxp", "loca", "glyf", "cmap"} {
		if f.tables[name] == nil {
			return nil, fmt.Errorf("%w: no table %s", errFont, name)
		}
	}
	f.measures()
	f.glyphs, err = readCmap(f.tables["cmap"])
	return f, err
}

func (f *Font) measures() {
	head, hhea, hmtx := f.tables["head"], f.tables["hhea"], f.tables["hmtx"]
	f.em = float64(u16(head[18:]))
	for i := range f.box {
		f.box[i] = int16(u16(head[36+2*i:]))
	}
	f.ascent, f.descent = int(int16(u16(hhea[4:]))), int(int16(u16(hhea[6:])))
	count, metrics := int(u16(f.tables["maxp"][4:])), int(u16(hhea[34:]))
	f.widths = make([]uint16, count)
	for g := range count {
		f.widths[g] = u16(hmtx[4*min(g, metrics-1):])
	}
	f.loca = make([]uint32, count+1)
	for g := range f.loca {
		if u16(head[50:]) == 0 {
			f.loca[g] = 2 * uint32(u16(f.tables["loca"][2*g:]))
		} else {
			f.loca[g] = u32(f.tables["loca"][4*g:])
		}
	}
}

// readCmap reads the widest Unicode table of formats 4 and 12.
func readCmap(cmap []byte) (map[rune]uint16, error) {
	var best []byte
	for i := range int(u16(cmap[2:])) {
		entry := cmap[4+8*i:]
		platform, encoding := u16(entry), u16(entry[2:])
		if platform != 0 && (platform != 3 || encoding != 1 && encoding != 10) {
			continue
		}
		table := cmap[u32(entry[4:]):]
		if format := u16(table); format == 12 || format == 4 && best == nil {
			best = table
		}
	}
	glyphs := map[rune]uint16{}
	switch {
	case best == nil:
		return nil, fmt.Errorf("%w: no Unicode table", errFont)
	case u16(best) == 12:
		for i := range int(u32(best[12:])) {
			group := best[16+12*i:]
			first, last, glyph := u32(group), u32(group[4:]), u32(group[8:])
			for c := first; c <= last && c <= 0x10FFFF; c++ {
				glyphs[rune(c)] = uint16(glyph + c - first)
			}
		}
	default:
		readFormat4(best, glyphs)
	}
	return glyphs, nil
}

func readFormat4(table []byte, glyphs map[rune]uint16) {
	segments := int(u16(table[6:]))
	ends, starts := table[14:], table[16+segments:]
	deltas, offsets := table[16+2*segments:], table[16+3*segments:]
	for i := 0; i < segments; i += 2 {
		for c := int(u16(starts[i:])); c <= int(u16(ends[i:])) && c < 0xFFFF; c++ {
			glyph := uint16(c)
			if offset := int(u16(offsets[i:])); offset != 0 {
				glyph = u16(offsets[i+offset+2*(c-int(u16(starts[i:]))):])
				if glyph == 0 {
					continue
				}
			}
			if glyph += u16(deltas[i:]); glyph != 0 {
				glyphs[rune(c)] = glyph
			}
		}
	}
}

// thousandths turns font units to those of PDF.
func (f *Font) thousandths(units int) int { return int(float64(units) * 1000 / f.em) }

func u16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func u32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
