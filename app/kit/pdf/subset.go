package pdf

import (
	"encoding/binary"
	"slices"
)

// subset writes a font file that holds the outlines of some glyphs only. Glyphs
// keep their numbers, so that composite ones need no rewriting; the emptiness
// between them compresses to almost nothing.
func (f *Font) subset(used []uint16) []byte {
	keep := map[uint16]bool{0: true}
	for queue := slices.Clone(used); len(queue) > 0; queue = queue[1:] {
		if g := queue[0]; !keep[g] || g == 0 {
			keep[g] = true
			queue = append(queue, f.parts(g)...)
		}
	}
	count := len(f.widths)
	loca := make([]byte, 4*(count+1))
	hmtx := slices.Clone(f.tables["hmtx"])
	metrics := int(u16(f.tables["hhea"][34:]))
	var glyf []byte
	for g := range count {
		binary.BigEndian.PutUint32(loca[4*g:], uint32(len(glyf)))
		switch {
		case keep[uint16(g)]:
			glyf = append(glyf, f.outline(uint16(g))...)
			glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		case g < metrics-1:
			clear(hmtx[4*g : 4*g+4])
		}
	}
	binary.BigEndian.PutUint32(loca[4*count:], uint32(len(glyf)))
	head := slices.Clone(f.tables["head"])
	binary.BigEndian.PutUint16(head[50:], 1) // long loca
	clear(head[8:12])
	tables := map[string][]byte{"head": head, "hhea": f.tables["hhea"], "hmtx": hmtx, "maxp": f.tables["maxp"], "loca": loca, "glyf": glyf}
	for _, hints := range []string{"cvt ", "fpgm", "prep"} {
		if t := f.tables[hints]; t != nil {
			tables[hints] = t
		}
	}
	return assemble(tables)
}

func (f *Font) outline(g uint16) []byte { return f.tables["glyf"][f.loca[g]:f.loca[g+1]] }

// parts lists the glyphs that a composite one is made of.
func (f *Font) parts(g uint16) (parts []uint16) {
	const words, scale, more, scaleXY, matrix = 1, 8, 32, 64, 128
	o := f.outline(g)
	if len(o) < 10 || int16(u16(o)) >= 0 {
		return nil
	}
	for at := 10; ; {
		flags := u16(o[at:])
		parts = append(parts, u16(o[at+2:]))
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&scaleXY != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
		if flags&more == 0 {
			return parts
		}
	}
}

// assemble writes an sfnt file with its checksums.
func assemble(tables map[string][]byte) []byte {
	var names []string
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	n := len(names)
	power, log := 1, 0
	for power*2 <= n {
		power, log = power*2, log+1
	}
	file := make([]byte, 12+16*n)
	binary.BigEndian.PutUint32(file, 0x00010000)
	for i, v := range []int{n, power * 16, log, (n - power) * 16} {
		binary.BigEndian.PutUint16(file[4+2*i:], uint16(v))
	}
	headAt := 0
	for i, name := range names {
		entry, table := file[12+16*i:], tables[name]
		copy(entry, name)
		binary.BigEndian.PutUint32(entry[4:], checksum(table))
		binary.BigEndian.PutUint32(entry[8:], uint32(len(file)))
		binary.BigEndian.PutUint32(entry[12:], uint32(len(table)))
		if name == "head" {
			headAt = len(file)
		}
		file = append(file, table...)
		file = append(file, make([]byte, -len(file)&3)...)
	}
	binary.BigEndian.PutUint32(file[headAt+8:], 0xB1B0AFBA-checksum(file))
	return file
}

func checksum(b []byte) (sum uint32) {
	for len(b) >= 4 {
		sum += u32(b)
		b = b[4:]
	}
	var rest [4]byte
	copy(rest[:], b)
	return sum + u32(rest[:])
}
