package vault

import (
	"bytes"
	"testing"
)

func TestRingOpensATenantOnce(t *testing.T) {
	t.Parallel()
	v, err := Open(bytes.Repeat([]byte{7}, keySize))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRing(v)
	w, err := r.NewTenantKeyset("north")
	if err != nil {
		t.Fatal(err)
	}
	first, err := r.For("north", w)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.For("north", nil); again != first || err != nil {
		t.Errorf("opened again: %v", err)
	}
	if _, err := r.For("south", w); err == nil {
		t.Error("north's keyset opened for south")
	}
}
