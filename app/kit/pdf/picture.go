package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
)

// Picture is a JPEG that a document holds.
type Picture struct{ resource string }

// errColours says that a picture is neither grey nor of three colours.
var errColours = errors.New("a picture of a document is grey or of three colours")

// Picture puts a JPEG into the document as it is; pages may draw it as often as
// they like. It leaves for the writer at once.
func (d *Document) Picture(content []byte) (Picture, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return Picture{}, fmt.Errorf("read picture: %w", err)
	}
	space := "/DeviceRGB"
	switch c.ColorModel {
	case color.YCbCrModel, color.RGBAModel:
	case color.GrayModel:
		space = "/DeviceGray"
	default:
		return Picture{}, errColours
	}
	object := len(d.offsets) + 1
	d.begin(object)
	d.write("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace%s/BitsPerComponent 8/Filter/DCTDecode/Length %d>>stream\n", c.Width, c.Height, space, len(content))
	d.write("%s", content)
	d.write("\nendstream\nendobj\n")
	d.pictures = append(d.pictures, object)
	return Picture{fmt.Sprintf("P%d", len(d.pictures)-1)}, nil
}
