package blob_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"qianshou/app/kit/blob"
)

var keys = blob.Credentials{AccessKey: "access", SecretKey: "secret-of-the-test"}

// bucket is a server that speaks S3, with one bucket.
func bucket(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("papers"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return "s3://" + strings.TrimPrefix(server.URL, "http://")
}

// Every store keeps what the interface promises.
func TestStores(t *testing.T) {
	for name, address := range map[string]string{
		"folder": t.TempDir(), "file": "file://" + filepath.Join(t.TempDir(), "deep", "files"),
		"bucket": bucket(t) + "/papers?tls=off", "prefix": bucket(t) + "/papers/forum/2027?tls=off&region=cn-north-1",
	} {
		t.Run(name, func(t *testing.T) {
			store, err := blob.Open(address, keys)
			if err != nil {
				t.Fatal(err)
			}
			ctx, key := t.Context(), blob.NewKey()
			if _, err := store.Get(ctx, key); !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("what nobody kept: %v", err)
			}
			for _, content := range [][]byte{bytes.Repeat([]byte{0, 1, 0xFF}, 700_000), {7}} {
				key := blob.NewKey()
				if err := store.Put(ctx, key, content); err != nil {
					t.Fatal(err)
				}
				if back, err := store.Get(ctx, key); err != nil || !bytes.Equal(back, content) {
					t.Errorf("%d bytes came back, %v; want %d", len(back), err, len(content))
				}
				if err := store.Put(ctx, key, []byte("other")); !errors.Is(err, blob.ErrTaken) {
					t.Errorf("a content was written over: %v", err)
				}
				for range 2 { // the second time it is gone already
					if err := store.Delete(ctx, key); err != nil {
						t.Error(err)
					}
				}
				if _, err := store.Get(ctx, key); !errors.Is(err, blob.ErrNotFound) {
					t.Errorf("what was deleted: %v", err)
				}
			}
			if err := store.Put(ctx, blob.NewKey(), make([]byte, blob.MaxSize+1)); !errors.Is(err, blob.ErrTooLarge) {
				t.Errorf("a content that is too large: %v", err)
			}
			for _, forged := range []string{"", "../../etc/passwd", "..", "a/b", strings.Repeat("a", 31) + "/", strings.ToUpper(key), key + "a"} {
				if err := store.Put(ctx, forged, nil); err == nil {
					t.Errorf("%q was taken as a key", forged)
				}
				if _, err := store.Get(ctx, forged); err == nil || errors.Is(err, blob.ErrNotFound) {
					t.Errorf("%q was looked up: %v", forged, err)
				}
				if err := store.Delete(ctx, forged); err == nil {
					t.Errorf("%q was deleted", forged)
				}
			}
		})
	}
}

// A folder holds nothing but whole contents, readable by us alone.
func TestFolderIsTidy(t *testing.T) {
	dir := t.TempDir()
	store, err := blob.Open(dir, blob.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	key := blob.NewKey()
	if err := store.Put(t.Context(), key, []byte("content")); err != nil {
		t.Fatal(err)
	}
	_ = store.Put(t.Context(), key, []byte("other")) // refused; leaves nothing behind
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(names) != 1 || names[0] != filepath.Join(dir, key[:2], key[2:]) {
		t.Fatalf("the folder holds %v, %v", names, err)
	}
	info, err := os.Stat(names[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
}

func TestAddressesThatCannotBe(t *testing.T) {
	server := bucket(t)
	for name, c := range map[string]struct {
		address string
		keys    blob.Credentials
	}{
		"no bucket":              {server + "?tls=off", keys},
		"an unknown bucket":      {server + "/other?tls=off", keys},
		"no keys":                {server + "/papers?tls=off", blob.Credentials{}},
		"an unknown scheme":      {"ftp://host/papers", keys},
		"tls neither on nor off": {server + "/papers?tls=maybe", keys},
	} {
		if _, err := blob.Open(c.address, c.keys); err == nil {
			t.Errorf("%s: the store was opened", name)
		}
	}
}
