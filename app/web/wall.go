package web

import (
	"fmt"
	"math"
	"time"

	"github.com/gofiber/fiber/v2"

	"qianshou/app/agenda"
	"qianshou/app/projects"
)

// wallPage is the hall's big screen.
type wallPage struct {
	Page
	Wall       agenda.Wall
	OnNow      []agenda.Item // at most one
	Next       []agenda.Item
	Countdown  *agenda.Item // the next session of all
	Remaining  string       // 00:45
	Columns    [][]agenda.Arrival
	Rivers     []river
	NextChange time.Time
	Signings   projects.Signings
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
	now, next := w.Live.NowNext(p.Now, 3)
	m.OnNow, m.Next = now[:min(1, len(now))], next
	if len(next) > 0 {
		left := next[0].StartsAt.Sub(p.Now).Truncate(time.Minute)
		if len(now) == 0 { // it stands where the session under way would
			m.Next = next[1:]
		}
		m.Countdown, m.Remaining = &next[0], fmt.Sprintf("%02d:%02d", int(left.Hours()), int(left.Minutes())%60)
	}
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
