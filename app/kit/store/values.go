package store

import (
	"database/sql"
	"strings"

	"github.com/google/uuid"

	"qianshou/app/kit/ident"
)

// OrNull is a reference as its column holds it: NULL for none.
func OrNull(id ident.ID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != ident.Nil} }

// Literal takes their meaning from the signs of LIKE, so that what somebody typed
// is found as typed.
func Literal(typed string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(typed)
}

// ChangedOne tells whether a statement changed one row, as it should: the row may
// be gone, or be another since it was read.
func ChangedOne(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
