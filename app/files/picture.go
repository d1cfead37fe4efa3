package files

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"slices"

	"golang.org/x/image/draw"

	"qianshou/app/kit/fault"
)

// Pixels of a portrait: what print asks for, below which people are warned, and
// what is kept at most.
const (
	PhotoLeastWidth  = 413
	PhotoLeastHeight = 626
	PhotoMostWidth   = 626
	PhotoMostHeight  = 826
)

// The shape of a portrait, as wide as it is high.
const (
	photoAcross = 5
	photoDown   = 7
)

const (
	mostPixels   = 40_000_000     // of a picture before it is decoded
	fewestPixels = 100            // on each side: less shows nobody
	scanMost     = 3000           // pixels on the longer side of a scan
	photoMost    = 2 * mega       // bytes of a portrait as it is kept
	mostInLine   = 4 * mostPixels // that are decoded or wait for it: some five seconds
	leastInLine  = 1_000_000      // as which a small picture counts there
)

// field is an Invalid fault of the file itself.
func field(key string, args ...any) error {
	return fault.Fields(fault.Field{Path: "file", Key: key, Args: args})
}

// prepare checks what was handed in and makes of it what is kept.
//
// Faults: Invalid on "file"; Unavailable, too many wait already.
func (s *Service) prepare(ctx context.Context, r rule, f *File, content []byte) ([]byte, error) {
	switch {
	case len(content) == 0:
		return nil, field("files.none")
	case len(content) > r.most:
		return nil, field("files.too_large", r.most/mega)
	}
	f.MIME = typeOf(content)
	if !slices.Contains(r.kinds, f.MIME) {
		return nil, field("files.kind." + string(f.Purpose))
	}
	if f.MIME != JPEG && f.MIME != PNG || f.Purpose == Evidence { // evidence stays as it was handed in
		return content, nil
	}
	pixels, err := pixelsOf(f.MIME, content)
	if err != nil {
		return nil, err
	}
	pixels = max(pixels, leastInLine)
	defer s.inLine.Add(-pixels)
	if s.inLine.Add(pixels) > mostInLine { // whoever cannot have a turn soon is told so, and holds no connection meanwhile
		return nil, fault.New(fault.Unavailable, "files.busy")
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "error.unavailable")
	}
	return remake(f, content)
}

// remake decodes a picture and encodes it again, upright: nothing that was hidden
// beside or behind the picture stays.
func remake(f *File, content []byte) ([]byte, error) {
	picture, err := decode(f.MIME, content)
	if err != nil {
		return nil, err
	}
	turn := 1
	if f.MIME == JPEG {
		turn = orientation(content)
	}
	from := picture.Bounds()
	width, height := from.Dx(), from.Dy()
	if turn >= 5 { // lying on its side
		width, height = height, width
	}
	if min(width, height) < fewestPixels {
		return nil, field("files.tiny", fewestPixels)
	}
	crop := image.Rect(0, 0, width, height)
	mostWidth, mostHeight, quality, by := scanMost, scanMost, 88, draw.Scaler(draw.ApproxBiLinear)
	if f.Purpose == Photo {
		crop = centred(width, height)
		mostWidth, mostHeight, quality, by = PhotoMostWidth, PhotoMostHeight, 90, draw.CatmullRom
	}
	small := scaled(picture, upright(from, crop, turn), crop, turn, mostWidth, mostHeight, by)
	f.MIME, f.Width, f.Height = JPEG, small.Bounds().Dx(), small.Bounds().Dy()
	var out bytes.Buffer
	for ; ; quality -= 10 {
		out.Reset()
		if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("encode picture: %w", err)
		}
		if f.Purpose != Photo || out.Len() <= photoMost || quality <= 50 {
			return out.Bytes(), nil
		}
	}
}

// pixelsOf looks at the size of a picture without decoding it.
//
// Fault: Invalid on "file", it is none or has too many pixels.
func pixelsOf(mime string, content []byte) (int64, error) {
	size := jpeg.DecodeConfig
	if mime == PNG {
		size = png.DecodeConfig
	}
	c, err := size(bytes.NewReader(content))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return 0, field("files.broken")
	}
	pixels := int64(c.Width) * int64(c.Height)
	if pixels > mostPixels {
		return 0, field("files.many_pixels", mostPixels/1_000_000)
	}
	return pixels, nil
}

// decode reads a picture whose size was looked at first, so that a small file
// cannot fill the memory.
func decode(mime string, content []byte) (image.Image, error) {
	if _, err := pixelsOf(mime, content); err != nil {
		return nil, err
	}
	full := jpeg.Decode
	if mime == PNG {
		full = png.Decode
	}
	picture, err := full(bytes.NewReader(content))
	if err != nil {
		return nil, field("files.broken")
	}
	return picture, nil
}

// centred is the largest part of the shape of a portrait about the middle of a
// picture, a little nearer to its top, where heads are.
func centred(width, height int) image.Rectangle {
	w, h := width, width*photoDown/photoAcross
	if h > height {
		w, h = height*photoAcross/photoDown, height
	}
	x, y := (width-w)/2, (height-h)/3
	return image.Rect(x, y, x+w, y+h)
}

// upright finds the part of the stored picture that an upright part shows.
func upright(stored, part image.Rectangle, turn int) image.Rectangle {
	w, h := stored.Dx(), stored.Dy()
	corner := func(x, y int) image.Point {
		switch turn {
		case 2:
			x = w - x
		case 3:
			x, y = w-x, h-y
		case 4:
			y = h - y
		case 5:
			x, y = y, x
		case 6:
			x, y = y, h-x
		case 7:
			x, y = w-y, h-x
		case 8:
			x, y = w-y, x
		}
		return image.Pt(x, y).Add(stored.Min)
	}
	a, b := corner(part.Min.X, part.Min.Y), corner(part.Max.X, part.Max.Y)
	return image.Rectangle{a, b}.Canon()
}

// scaled draws a part of a stored picture on white, upright and no larger than
// asked. It is never made larger.
func scaled(picture image.Image, stored, part image.Rectangle, turn, mostWidth, mostHeight int, by draw.Scaler) *image.RGBA {
	width, height := part.Dx(), part.Dy()
	if width > mostWidth {
		width, height = mostWidth, max(1, part.Dy()*mostWidth/part.Dx())
	}
	if height > mostHeight {
		width, height = max(1, part.Dx()*mostHeight/part.Dy()), mostHeight
	}
	lying := image.Rect(0, 0, width, height)
	if turn >= 5 {
		lying = image.Rect(0, 0, height, width)
	}
	near := shrunk(picture, stored, max(1, min(stored.Dx()/lying.Dx(), stored.Dy()/lying.Dy())))
	small := image.NewRGBA(lying)
	by.Scale(small, lying, near, near.Bounds(), draw.Src, nil)
	if turn == 1 {
		return small
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := upright(lying, image.Rect(x, y, x+1, y+1), turn).Min
			out.SetRGBA(x, y, small.RGBAAt(p.X, p.Y))
		}
	}
	return out
}

// shrunk draws a part of a picture on white, each dot the mean of times × times. It
// goes by strips: the scalers would need a hundred times the memory for a large
// picture.
func shrunk(picture image.Image, part image.Rectangle, times int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, part.Dx()/times, part.Dy()/times))
	strip := image.NewRGBA(image.Rect(0, 0, part.Dx(), times))
	for y := range out.Rect.Dy() {
		draw.Draw(strip, strip.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(strip, strip.Rect, picture, part.Min.Add(image.Pt(0, y*times)), draw.Over)
		for x := range out.Rect.Dx() {
			var sum [4]int
			for dy := range times {
				at := strip.PixOffset(x*times, dy)
				for i, v := range strip.Pix[at : at+4*times] {
					sum[i%4] += int(v)
				}
			}
			at := out.PixOffset(x, y)
			for i := range sum {
				out.Pix[at+i] = uint8(sum[i] / (times * times))
			}
		}
	}
	return out
}
