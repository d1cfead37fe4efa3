// Package ident makes identifiers. They are opaque: nothing may be read from
// one but that it is the same as another.
package ident

import (
	"encoding/binary"
	"errors"
	"sync/atomic"

	"github.com/google/uuid"
)

// ID identifies one row. Its zero value is no row.
type ID = uuid.UUID

// Nil is no row.
var Nil = uuid.Nil

var errNotID = errors.New("not an id")

// Source makes a new ID at each call.
type Source func() ID

// New makes a UUIDv7, which sorts by the time it was made and so keeps
// PostgreSQL's indexes dense.
func New() ID { return uuid.Must(uuid.NewV7()) }

// Sequence returns a Source that counts 1, 2, 3 …, for tests that compare IDs.
func Sequence() Source {
	var n atomic.Uint64
	return func() ID {
		var id ID
		binary.BigEndian.PutUint64(id[8:], n.Add(1))
		id[6], id[8] = 0x70, id[8]|0x80
		return id
	}
}

// Parse reads the text form. It refuses everything but the 36-character form,
// so that one ID has one address.
func Parse(s string) (ID, error) {
	id, err := uuid.Parse(s)
	if err != nil || id.String() != s {
		return Nil, errNotID
	}
	return id, nil
}
