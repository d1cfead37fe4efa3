// Package blob keeps contents by key: in a folder, or in a bucket that speaks S3.
// It knows nothing of what they are; whoever uses it seals them first.
package blob

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// MaxSize is the largest content that is kept or read, in bytes.
const MaxSize = 64 << 20

// ErrNotFound says that no content is kept under a key.
var ErrNotFound = errors.New("no content under this key")

// ErrTooLarge says that a content is larger than MaxSize.
var ErrTooLarge = fmt.Errorf("a content is larger than %d bytes", MaxSize)

// ErrTaken says that something is kept under a key already: contents are never
// written over.
var ErrTaken = errors.New("a content is kept under this key already")

// Store keeps contents. A content is there whole or not at all.
type Store interface {
	// Put keeps a content under a key that NewKey made.
	Put(ctx context.Context, key string, content []byte) error
	// Get answers the content of a key, or ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)
	// Delete forgets a content. Deleting what is not there is no error.
	Delete(ctx context.Context, key string) error
}

// Credentials open a bucket.
type Credentials struct{ AccessKey, SecretKey string }

// Open opens the store of an address:
//
//	file:///var/lib/qianshou/files, or a path
//	s3://host[:port]/bucket[/prefix][?region=R][&tls=off]
//
// A folder is made when it is missing; a bucket must be there.
func Open(address string, c Credentials) (Store, error) {
	if !strings.Contains(address, "://") {
		return openFolder(address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of the files: %w", err)
	}
	switch u.Scheme {
	case "file":
		return openFolder(u.Path)
	case "s3":
		return openBucket(u, c)
	}
	return nil, fmt.Errorf("files cannot be kept at %s://; it is file:// or s3://", u.Scheme)
}

// NewKey makes a key that nobody can guess: 160 random bits.
func NewKey() string {
	random := make([]byte, 20)
	_, _ = rand.Read(random) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(random))
}

var wellFormed = regexp.MustCompile(`^[a-z2-7]{32}$`)

// check refuses a key that NewKey did not make, so that no key leads out of the
// store.
func check(key string) error {
	if !wellFormed.MatchString(key) {
		return errors.New("this is not the key of a content")
	}
	return nil
}
