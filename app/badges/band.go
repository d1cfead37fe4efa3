package badges

import (
	"math"

	"qianshou/app/kit/pdf"
)

// onColour is the text colour that reads on a band: white, or ink on a light one.
func onColour(c pdf.Colour) pdf.Colour {
	linear := func(shift int) float64 {
		v := float64(c>>shift&0xFF) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	if luminance := 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0); 1.05/(luminance+0.05) < 4.5 {
		return ink
	}
	return pdf.White
}

// band draws the head of a badge: colour, and a strip whose pattern tells the
// role in a grey copy or to whom colours look alike.
func (p *printing) band(c *pdf.Canvas, f Face, height float64) {
	colour := pdf.ParseColour(f.Colour)
	c.Path().Rect(0, 0, faceWidth, height).Fill(colour)
	c.Place(0, height-strip, faceWidth, strip, func(s *pdf.Canvas) {
		if f.Pattern == "solid" {
			return
		}
		s.Path().Rect(0, 0, faceWidth, strip).Fill(pdf.White)
		patterns[f.Pattern].draw(s.Path()).Fill(colour)
	})
	c.Path().Rect(0, height-0.4, faceWidth, 0.4).Fill(colour)
}

type pattern func(path *pdf.Path) *pdf.Path

func (f pattern) draw(path *pdf.Path) *pdf.Path {
	if f == nil {
		return path.Rect(0, 0, faceWidth, strip)
	}
	return f(path)
}

// patterns fill the strip; the names are those of events.Patterns.
var patterns = map[string]pattern{
	"double": func(path *pdf.Path) *pdf.Path {
		return path.Rect(0, 0.9, faceWidth, 1.5).Rect(0, 3.3, faceWidth, strip-3.3)
	},
	"diagonal": func(path *pdf.Path) *pdf.Path {
		const wide, step = 2.3, 4.6
		for x := -strip; x < faceWidth; x += step {
			path.Polygon(x, strip, x+strip, 0, x+strip+wide, 0, x+wide, strip)
		}
		return path
	},
	"vertical": func(path *pdf.Path) *pdf.Path {
		for x := 0.0; x < faceWidth; x += 2.8 {
			path.Rect(x, 0, 1.4, strip)
		}
		return path
	},
	"horizontal": func(path *pdf.Path) *pdf.Path {
		for y := 0.7; y < strip; y += 1.4 {
			path.Rect(0, y, faceWidth, 0.7)
		}
		return path
	},
	"dots": func(path *pdf.Path) *pdf.Path {
		for y := 0.45; y < strip-1; y += 2.3 {
			for x := 0.45; x < faceWidth; x += 2.5 {
				path.Rounded(x, y, 1.6, 1.6, 0.8)
			}
		}
		return path
	},
	"checker": func(path *pdf.Path) *pdf.Path {
		const side = strip / 4
		for row := range 4 {
			for x := float64(row%2) * side; x < faceWidth; x += 2 * side {
				path.Rect(x, float64(row)*side, side, side)
			}
		}
		return path
	},
	"grid": func(path *pdf.Path) *pdf.Path {
		for x := 0.0; x < faceWidth; x += 2 {
			path.Rect(x, 0, 0.5, strip)
		}
		for y := 0.9; y < strip; y += 2 {
			path.Rect(0, y, faceWidth, 0.5)
		}
		return path
	},
}
