package events

import (
	_ "embed"
	"strings"
)

// zonesFile is the list of time zones by country of the public-domain tz database,
// zone.tab: a line is a country's code and one of its zones.
//
//go:embed zones.tab
var zonesFile string

// TimeZone is a time zone and the country or region whose clocks keep it.
type TimeZone struct {
	Country string // two letters
	Name    string // Asia/Shanghai
}

// TimeZones are those that somebody may choose, in order of country.
var TimeZones = readTimeZones()

func readTimeZones() (list []TimeZone) {
	for line := range strings.Lines(zonesFile) {
		if country, name, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			list = append(list, TimeZone{country, name})
		}
	}
	return list
}

// onlyZone is the time zone of a country that has one alone, else empty. All of
// China keeps the time of Beijing.
func onlyZone(country string) string {
	if country == "CN" {
		return "Asia/Shanghai"
	}
	found := ""
	for _, z := range TimeZones {
		if z.Country == country {
			if found != "" {
				return ""
			}
			found = z.Name
		}
	}
	return found
}
