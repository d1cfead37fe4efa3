package web

import "fmt"

// The drawing at the head of a public page, in its own units: a line for each
// delegation comes down from above, one for each district rises from below, and
// they flow on as one bundle. It is drawn from the event's own numbers.
const (
	heroWidth, heroHeight = 1440, 500
	heroJoin              = 1130 // where the lines have become one bundle
	heroMiddle            = 236
	heroGap               = 4.8 // between two lines of the bundle
	heroSpread            = 13  // between two lines at the edge
)

// hero answers the paths of the drawing.
func hero(delegations, districts int) (paths []string) {
	bundle := func(i int) float64 { return heroMiddle + (float64(i)-float64(delegations+districts-1)/2)*heroGap }
	line := func(fromX float64, fromY int, y float64) string {
		return fmt.Sprintf("M%.0f %dC%.0f %.0f %d %.1f %d %.1fS%d %.1f %d %.1f", fromX, fromY, fromX+230, float64(fromY)+(y-float64(fromY))*.55,
			heroJoin-300, y, heroJoin, y, heroWidth-120, y+9, heroWidth, y-6)
	}
	for i := range delegations {
		paths = append(paths, line(640+float64(delegations-1-i)*heroSpread, 0, bundle(i)))
	}
	for i := range districts {
		paths = append(paths, line(700+float64(i)*heroSpread, heroHeight, bundle(delegations+i)))
	}
	return paths
}
