package badges

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/skip2/go-qrcode"
)

// quiet is the white margin that a scanner needs around a code, in modules.
const quiet = 4

// modules answers the dots of a QR code at error level M, its margin not among
// them.
func modules(content string) ([][]bool, error) {
	code, err := qrcode.New(content, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	code.DisableBorder = true
	return code.Bitmap(), nil
}

// QRSVG draws a QR code as a picture that is sharp at every size.
func QRSVG(content string) (string, error) {
	dots, err := modules(content)
	if err != nil {
		return "", err
	}
	size := len(dots) + 2*quiet
	var path strings.Builder
	for y, line := range dots {
		for x := 0; x < len(line); x++ {
			if !line[x] {
				continue
			}
			start := x
			for x < len(line) && line[x] {
				x++
			}
			fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", start+quiet, y+quiet, x-start, x-start)
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`,
		size, size, size, size, path.String()), nil
}

// dotPixels is the width of one module in a PNG: whole pixels, so that no edge
// blurs.
const dotPixels = 8

// QRPNG draws a QR code as a PNG.
func QRPNG(content string) ([]byte, error) {
	dots, err := modules(content)
	if err != nil {
		return nil, err
	}
	size := (len(dots) + 2*quiet) * dotPixels
	img := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y, line := range dots {
		for x, dark := range line {
			if !dark {
				continue
			}
			for dy := range dotPixels {
				row := img.Pix[((y+quiet)*dotPixels+dy)*img.Stride+(x+quiet)*dotPixels:]
				for dx := range dotPixels {
					row[dx] = 1
				}
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	return out.Bytes(), nil
}
