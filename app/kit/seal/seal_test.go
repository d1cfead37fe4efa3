package seal_test

import (
	"bytes"
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
