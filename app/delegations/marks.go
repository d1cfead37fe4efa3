package delegations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/seal"
	"qianshou/app/kit/store"
	"qianshou/app/kit/text"
)

// Marks are what somebody who is registered is known by again wherever they are
// written down: their address, and passports as keyed hashes.
type Marks struct {
	email     string
	passports []string
	box       *seal.Box
}

// MarksOf reads them of a registration.
//
// Fault: NotFound.
func MarksOf(ctx context.Context, q store.Querier, box *seal.Box, registration ident.ID) (Marks, error) {
	email, passports, err := marksOf(ctx, q, registration)
	if err != nil {
		return Marks{}, fmt.Errorf("read what somebody is known by: %w", err)
	}
	return Marks{email: email, passports: passports, box: box}, nil
}

// Are tells whether an address or a passport is theirs.
func (m Marks) Are(email string, p Passport) bool {
	if email, ok := text.Email(email); ok && m.email != "" && strings.EqualFold(email, m.email) {
		return true
	}
	index := passportIndex(m.box, Input{Passport: p})
	return index != nil && slices.Contains(m.passports, string(index))
}

// passportIndex is the keyed hash of a passport as somebody wrote it; nil without a
// number.
func passportIndex(box *seal.Box, in Input) []byte {
	in.clean()
	if in.Passport.Number == "" {
		return nil
	}
	return box.Index("passport", in.Passport.Issuer+":"+in.Passport.Number)
}
