package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"qianshou/app/kit/seal"
)

func TestBox(t *testing.T) {
	secret := bytes.Repeat([]byte("k"), seal.KeySize)
	box, err := seal.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := box.Seal([]byte("TEST00001"), "travel_documents.number:1")
	if err != nil || bytes.Contains(sealed, []byte("TEST")) {
		t.Fatalf("sealed %q, %v", sealed, err)
	}
	if plain, err := box.Open(sealed, "travel_documents.number:1"); err != nil || string(plain) != "TEST00001" {
		t.Errorf("opened %q, %v", plain, err)
	}
	if _, err := box.Open(sealed, "travel_documents.number:2"); err == nil {
		t.Error("a value moved to another row was opened")
	}
	other, _ := seal.New(bytes.Repeat([]byte("x"), seal.KeySize))
	if _, err := other.Open(sealed, "travel_documents.number:1"); err == nil {
		t.Error("another secret opened it")
	}
	if !bytes.Equal(box.Index("passport", "A"), box.Index("passport", "A")) ||
		bytes.Equal(box.Index("passport", "A"), box.Index("birth", "A")) ||
		bytes.Equal(box.Index("passport", "A"), other.Index("passport", "A")) {
		t.Error("the blind index does not tell equals, kinds and secrets apart")
	}
	if _, err := seal.New([]byte("short")); err == nil {
		t.Error("a short secret was taken")
	}
}

// The whole life of a key: renewed beside the old one, used by another process
// that had not heard of it, and dropped.
func TestRingIsRenewed(t *testing.T) {
	secret := bytes.Repeat([]byte("k"), seal.KeySize)
	boxOf := func() *seal.Box {
		box, err := seal.New(secret)
		if err != nil {
			t.Fatal(err)
		}
		return box
	}
	box := boxOf()
	old, err := box.Seal([]byte("TEST00001"), "place")
	if err != nil {
		t.Fatal(err)
	}
	oldIndex := box.Index("passport", "A")

	renewed, err := box.Renewed()
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Take(renewed); err != nil {
		t.Fatal(err)
	}
	opens := func(box *seal.Box, sealed []byte, want string) {
		t.Helper()
		if plain, err := box.Open(sealed, "place"); err != nil || string(plain) != want {
			t.Errorf("opened %q, %v; want %q", plain, err, want)
		}
	}
	opens(box, old, "TEST00001")
	fresh, err := box.Seal([]byte("TEST00002"), "place")
	if err != nil || !bytes.HasPrefix(fresh, box.Prefix()) || bytes.HasPrefix(old, box.Prefix()) {
		t.Fatalf("the new key does not seal: %v", err)
	}
	opens(box, fresh, "TEST00002")
	if !bytes.Equal(box.Index("passport", "A"), oldIndex) {
		t.Error("the index changed before it was switched")
	}

	// Another process: it learns of the key when it meets it.
	other := boxOf()
	if _, err := other.Open(fresh, "place"); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("opened by a key it cannot know: %v", err)
	}
	other.OnUnknownKey(func() (seal.Ring, error) { return renewed, nil })
	opens(other, fresh, "TEST00002")

	switched, there, err := box.Switched()
	if err != nil || !there {
		t.Fatalf("there is an index key to switch to: %v, %v", there, err)
	}
	if err := box.Take(switched); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(box.Index("passport", "A"), oldIndex) {
		t.Error("the index is of the old key")
	}
	if _, there, _ = box.Switched(); there {
		t.Error("there is a further index key")
	}

	dropped, n, err := box.Dropped()
	if err != nil || n != 1 {
		t.Fatalf("%d keys dropped, %v", n, err)
	}
	if err := box.Take(dropped); err != nil {
		t.Fatal(err)
	}
	opens(box, fresh, "TEST00002")
	if _, err := box.Open(old, "place"); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("a dropped key opened: %v", err)
	}

	stranger, err := seal.New(bytes.Repeat([]byte("x"), seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Take(dropped); err == nil {
		t.Error("another secret read the ring")
	}
	if !bytes.Equal(box.Proof(), boxOf().Proof()) || bytes.Equal(box.Proof(), stranger.Proof()) {
		t.Error("the proof is not of the secret alone")
	}
}
