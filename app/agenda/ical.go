package agenda

import (
	"fmt"
	"strings"

	ics "github.com/arran4/golang-ical"

	"qianshou/app/kit/locale"
)

// Calendar is an iCalendar file of sessions in one language. Times are in UTC,
// so that it needs no zone definitions; a session keeps its UID for ever, and
// its SEQUENCE rises with each change, by which calendars know the newer one.
func (l Live) Calendar(lang locale.Lang, site string) string {
	cal := ics.NewCalendarFor("qianshou")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName(l.Event.Title.In(lang))
	cal.SetXWRTimezone(l.Event.TimeZone)
	cal.SetRefreshInterval("PT15M", ics.WithValue("DURATION"))
	cal.SetXPublishedTTL("PT15M")
	for _, i := range l.Items() {
		e := cal.AddEvent(i.ID.String() + "@qianshou")
		e.SetDtStampTime(l.AsOf.UTC())
		e.SetSequence(i.Version)
		e.SetStartAt(i.StartsAt.UTC())
		e.SetEndAt(i.EndsAt.UTC())
		e.SetSummary(i.Title.In(lang))
		e.SetStatus(ics.ObjectStatusConfirmed)
		if i.Cancelled {
			e.SetStatus(ics.ObjectStatusCancelled)
		}
		if at := i.at(); at != nil {
			e.SetLocation(strings.Trim(at.Name.In(lang)+", "+at.Venue.In(lang), ", "))
		}
		if text := i.description(lang); text != "" {
			e.SetDescription(text)
		}
		if site != "" {
			e.SetURL(fmt.Sprintf("%s/e/%s/agenda#%s", site, l.Event.Slug, i.Code))
		}
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

// at is where people gather: the room, or the meeting point of a visit.
func (i Item) at() *Place {
	if i.Room != nil {
		return i.Room
	}
	return i.MeetPoint
}

func (i Item) description(lang locale.Lang) string {
	var lines []string
	if !i.Note.Empty() {
		lines = append(lines, i.Note.In(lang))
	}
	for _, s := range i.Speakers {
		lines = append(lines, strings.Trim(s.Name.In(lang)+", "+s.Title.In(lang), ", "))
	}
	return strings.Join(lines, "\n")
}
