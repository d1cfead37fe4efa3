// Package clock hands the time to services, so that a test can stop it.
package clock

import "time"

// Clock answers the present instant.
type Clock func() time.Time

// System is the machine's clock in UTC at microseconds, the precision that
// PostgreSQL keeps.
func System() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// At returns a clock that stands still at an RFC 3339 instant. It panics when
// the text is not one, since only tests and fixed data write it.
func At(instant string) Clock {
	t, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return t.UTC() }
}
