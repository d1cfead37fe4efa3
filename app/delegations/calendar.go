package delegations

import (
	"strings"

	ics "github.com/arran4/golang-ical"

	"qianshou/app/events"
	"qianshou/app/kit/locale"
)

// calendar is the days of an event as an iCalendar file. It is the same for every
// guest, with nothing of theirs in it: calendars are shared. The event keeps its
// UID, and its SEQUENCE rises with each change, by which calendars know the newer
// one.
func (w *Letters) calendar(e events.Event, lang locale.Lang) []byte {
	cal := ics.NewCalendarFor("qianshou")
	cal.SetMethod(ics.MethodPublish)
	entry := cal.AddEvent(e.ID.String() + "@qianshou")
	entry.SetDtStampTime(w.Mail.Now().UTC())
	entry.SetSequence(e.Version)
	entry.SetAllDayStartAt(e.StartsOn)
	entry.SetAllDayEndAt(e.EndsOn.AddDate(0, 0, 1)) // the first day on which it is over
	entry.SetSummary(e.Title.In(lang))
	entry.SetStatus(ics.ObjectStatusConfirmed)
	entry.SetTimeTransparency(ics.TransparencyTransparent) // it fills no hour of the days
	if place := e.Place.In(lang); place != "" {
		entry.SetLocation(place)
	}
	if summary := strings.TrimSpace(e.Summary.In(lang)); summary != "" {
		entry.SetDescription(summary)
	}
	entry.SetURL(w.PublicURL + "/e/" + e.Slug)
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}
