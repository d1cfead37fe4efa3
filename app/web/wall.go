package web

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/agenda"
	"qianshou/app/projects"
)

// wallPage is the hall's big screen.
type wallPage struct {
	Page
	Wall       agenda.Wall
	OnNow      []agenda.Item // what goes on, as much of it as can be read from afar
	MoreNow    int           // how much else does
	Soon       []agenda.Item // what starts next, while nothing goes on
	Next       []agenda.Item
	Countdown  []agenda.Item // the next sessions of all: one, or several that start together
	Remaining  string        // 00:45
	Columns    [][]agenda.Arrival
	Rivers     []river
	NextChange time.Time
	Signings   projects.Signings
}

// How many sessions the big screen has room for: side by side, and in the list of
// what comes.
const (
	wallNow  = 4
	wallNext = 3
)

// Cards is what stands on top: what goes on, or what starts next.
func (p wallPage) Cards() []agenda.Item {
	if len(p.OnNow) > 0 {
		return p.OnNow
	}
	return p.Soon
}

// river is the line of one delegation in the drawing: from its name at the left
// into the bundle at the right. The drawing says who comes and who is here; it
// says nothing of where the cities lie.
type river struct {
	agenda.Arrival
	Path string
	X, Y int
}

func (s *Server) wall(c *fiber.Ctx) error {
	w, err := s.Agenda.Wall(c.UserContext(), event(c).ID)
	if err != nil {
		return err
	}
	p := newWallPage(s.page(c), w)
	if p.Signings, err = s.Projects.Signings(c.UserContext(), event(c).ID, event(c).Zone); err != nil {
		return err
	}
	if c.Query("fragment") == "wall" {
		return s.render(c, "wall/_show", p)
	}
	return s.render(c, "wall/show", p)
}

func newWallPage(p Page, w agenda.Wall) wallPage {
	m := wallPage{Page: p, Wall: w, NextChange: nextChange(w.Live, p.Now)}
	now, next := w.Live.NowNext(p.Now, wallNext)
	if first := slices.IndexFunc(now, agenda.Item.Frame); first > 0 { // a desk that is open all day is no news beside what goes on
		now = now[:first]
	}
	m.OnNow, m.MoreNow = now[:min(wallNow, len(now))], max(0, len(now)-wallNow)
	if len(next) > 0 {
		together := 1
		for together < len(next) && next[together].StartsAt.Equal(next[0].StartsAt) {
			together++
		}
		left := next[0].StartsAt.Sub(p.Now).Truncate(time.Minute)
		m.Countdown, m.Remaining = next[:together], fmt.Sprintf("%02d:%02d", int(left.Hours()), int(left.Minutes())%60)
		if len(now) == 0 { // they stand where the sessions under way would
			m.Soon, next = next[:min(wallNow, together)], next[together:]
		}
	}
	m.Next = next[:min(len(next), wallNext)]
	half := (len(w.Delegations) + 1) / 2
	if half > 0 {
		m.Columns = [][]agenda.Arrival{w.Delegations[:half], w.Delegations[half:]}
	}
	m.Rivers = rivers(w.Delegations)
	return m
}

// The drawing's size in its own units; views/wall/_show.html has the same.
const (
	riverWidth, riverHeight = 1340, 840
	riverFrom               = 320 // where lines leave the names
	riverTo                 = 1180
)

// rivers draws one line for each delegation into one bundle, in the order of
// the list.
func rivers(all []agenda.Arrival) (lines []river) {
	step := float64(riverHeight-80) / math.Max(1, float64(len(all)-1))
	for i, a := range all {
		y := 40 + float64(i)*step
		if len(all) == 1 {
			y = riverHeight / 2
		}
		end := riverHeight/2 + (float64(i)-float64(len(all)-1)/2)*6
		lines = append(lines, river{a, fmt.Sprintf("M%d %.0fC%d %.0f %d %.1f %d %.1fH%d", riverFrom, y, riverFrom+380, y, riverTo-420, end, riverTo-100, end, riverTo), riverFrom, int(y)})
	}
	return lines
}
