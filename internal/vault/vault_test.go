package vault

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"pgregory.net/rapid"
)

func openTenant(t testing.TB, slug club.Slug) (*Vault, *Tenant) {
	t.Helper()
	v, err := Open(bytes.Repeat([]byte{7}, keySize))
	if err != nil {
		t.Fatal(err)
	}
	w, err := v.NewTenantKeyset(slug)
	if err != nil {
		t.Fatal(err)
	}
	ten, err := v.OpenTenant(w, slug)
	if err != nil {
		t.Fatal(err)
	}
	return v, ten
}

func subjectOf(t testing.TB, ten *Tenant) (club.SubjectID, []byte) {
	t.Helper()
	id := club.NewSubjectID(time.Now())
	w, err := ten.NewSubjectKey(id)
	if err != nil {
		t.Fatal(err)
	}
	return id, w
}

func TestSealedFieldOpensOnlyInItsOwnCell(t *testing.T) {
	t.Parallel()
	_, ten := openTenant(t, "north")
	id, key := subjectOf(t, ten)
	otherID, otherKey := subjectOf(t, ten)
	rapid.Check(t, func(t *rapid.T) {
		f := Field{Subject: id, Column: rapid.String().Draw(t, "column"), Row: rapid.String().Draw(t, "row")}
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		sealed, err := ten.Seal(key, f, text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ten.Open(key, f, sealed)
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("opened %q, %v", got, err)
		}
		for name, g := range map[string]Field{
			"row":     {id, f.Column, f.Row + "x"},
			"column":  {id, f.Column + "x", f.Row},
			"shifted": {id, f.Column + f.Row + "\x00", ""},
		} {
			if _, err := ten.Open(key, g, sealed); !errors.Is(err, errOpen) {
				t.Fatalf("another %s: %v", name, err)
			}
		}
		if _, err := ten.Open(otherKey, Field{otherID, f.Column, f.Row}, sealed); !errors.Is(err, errOpen) {
			t.Fatalf("another subject: %v", err)
		}
		if _, err := ten.Open(otherKey, f, sealed); err == nil {
			t.Fatal("opened with a key of another subject")
		}
		i := rapid.IntRange(0, len(sealed)*8-1).Draw(t, "bit")
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := ten.Open(key, f, bad); err == nil {
			t.Fatalf("opened with bit %d flipped", i)
		}
		cut := rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")
		if _, err := ten.Open(key, f, sealed[:cut]); err == nil {
			t.Fatalf("opened when cut to %d bytes", cut)
		}
	})
}

func TestSameTextSealedTwiceLooksDifferent(t *testing.T) {
	t.Parallel()
	_, ten := openTenant(t, "north")
	id, key := subjectOf(t, ten)
	f := Field{id, "messages.body", "msg_1"}
	a, _ := ten.Seal(key, f, []byte("bay 3 froze"))
	b, _ := ten.Seal(key, f, []byte("bay 3 froze"))
	if bytes.Equal(a, b) || bytes.Contains(a, []byte("froze")) {
		t.Error("a sealed text shows what it is")
	}
}

func TestTenantCannotOpenWhatIsAnothers(t *testing.T) {
	t.Parallel()
	v, north := openTenant(t, "north")
	w, _ := v.NewTenantKeyset("south")
	south, err := v.OpenTenant(w, "south")
	if err != nil {
		t.Fatal(err)
	}
	id, key := subjectOf(t, north)
	if _, err := south.Rewrap(id, key); !errors.Is(err, errOpen) {
		t.Errorf("south unwrapped north's subject key: %v", err)
	}
	secret, _ := north.SealSecret("twilio", []byte("token"))
	if _, err := south.OpenSecret("twilio", secret); !errors.Is(err, errOpen) {
		t.Errorf("south opened north's secret: %v", err)
	}
	if north.Index(IndexPhone, "+15551234567") == south.Index(IndexPhone, "+15551234567") {
		t.Error("two tenants share a blind index")
	}
	if _, err := v.OpenTenant(w, "north"); err == nil {
		t.Error("south's keyset opened as north's")
	}
}

func TestKeysetOfAnotherMasterKeySaysSo(t *testing.T) {
	t.Parallel()
	v, _ := openTenant(t, "north")
	w, _ := v.NewTenantKeyset("north")
	other, _ := Open(bytes.Repeat([]byte{8}, keySize))
	_, err := other.OpenTenant(w, "north")
	if err == nil || !strings.Contains(err.Error(), v.KeyID()) || !strings.Contains(err.Error(), other.KeyID()) {
		t.Errorf("error %v does not name both keys", err)
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "text": []byte("x"), "no keys": []byte(`{"v":1,"kek":"` + v.KeyID() + `"}`), "next format": []byte(`{"v":2}`),
		"cut": w[:len(w)-9],
	} {
		if _, err := v.OpenTenant(bad, "north"); err == nil {
			t.Errorf("%s opened as a keyset", name)
		}
	}
	if _, err := Open(make([]byte, 16)); err == nil {
		t.Error("a master key of 16 bytes was taken")
	}
}

func TestErasedPersonCannotBeRead(t *testing.T) {
	t.Parallel()
	_, ten := openTenant(t, "north")
	id, key := subjectOf(t, ten)
	f := Field{id, "members.name", "mem_1"}
	sealed, _ := ten.Seal(key, f, []byte("Ada"))
	for _, gone := range [][]byte{nil, {}} {
		if _, err := ten.Open(gone, f, sealed); club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("open after erasure: %v", err)
		}
		if _, err := ten.Seal(gone, f, nil); club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("seal after erasure: %v", err)
		}
		if _, err := ten.Rewrap(id, gone); club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("rewrap after erasure: %v", err)
		}
	}
	if ten.keys.len() != 0 {
		t.Error("the erased person's key is still in memory")
	}
	again, _ := ten.NewSubjectKey(id)
	if _, err := ten.Open(again, f, sealed); !errors.Is(err, errOpen) {
		t.Errorf("a fresh key opened the old text: %v", err)
	}
}

func TestForgetDropsTheKeyFromMemory(t *testing.T) {
	t.Parallel()
	_, ten := openTenant(t, "north")
	id, key := subjectOf(t, ten)
	if _, err := ten.Seal(key, Field{Subject: id}, nil); err != nil || ten.keys.len() != 1 {
		t.Fatalf("%d keys cached, %v", ten.keys.len(), err)
	}
	if ten.Forget(id); ten.keys.len() != 0 {
		t.Error("still cached")
	}
}

func TestCacheIsBoundedAndKeepsWhatIsInUse(t *testing.T) {
	t.Parallel()
	c := newKeyCache(10)
	hot := &subjectKey{wrapped: []byte("hot")}
	c.put("sub_hot", hot)
	for i := range 1000 {
		c.put(club.SubjectID(fmt.Sprint("sub_", i)), &subjectKey{wrapped: []byte("x")})
		if c.find("sub_hot", []byte("hot")) != hot {
			t.Fatalf("the key in use was evicted at %d", i)
		}
		if n := c.len(); n > 20 {
			t.Fatalf("%d keys cached, want at most 20", n)
		}
	}
	if c.find("sub_hot", []byte("other wrapping")) != nil {
		t.Error("the cache answered for bytes it never unwrapped")
	}
}

func TestRotatedKeysStillOpenTheOldTexts(t *testing.T) {
	t.Parallel()
	v, _ := openTenant(t, "north")
	h, _ := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	root := make([]byte, keySize)
	before, err := newTenant("north", h, root)
	if err != nil {
		t.Fatal(err)
	}
	id, key := subjectOf(t, before)
	f := Field{id, "messages.body", "msg_1"}
	sealed, _ := before.Seal(key, f, []byte("hello"))
	secret, _ := before.SealSecret("slack", []byte("xoxb"))

	m := keyset.NewManagerFromHandle(h)
	n, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetPrimary(n); err != nil {
		t.Fatal(err)
	}
	h2, _ := m.Handle()
	w, err := v.wrap("north", h2, root)
	if err != nil {
		t.Fatal(err)
	}
	after, err := v.OpenTenant(w, "north")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := after.Open(key, f, sealed); err != nil || string(got) != "hello" {
		t.Errorf("after rotation of the keyset: %q, %v", got, err)
	}
	if got, err := after.OpenSecret("slack", secret); err != nil || string(got) != "xoxb" {
		t.Errorf("secret after rotation: %q, %v", got, err)
	}
	if after.Index(IndexEmail, "a@b.c") != before.Index(IndexEmail, "a@b.c") {
		t.Error("rotation changed the blind index")
	}
	rewrapped, err := after.Rewrap(id, key)
	if err != nil || bytes.Equal(rewrapped[:6], key[:6]) {
		t.Errorf("rewrapping kept the old key's id (%v)", err)
	}

	ring, _ := after.openRing(id, key)
	second, _ := after.wrapRing(id, append(ring, append([]byte{2}, bytes.Repeat([]byte{9}, keySize)...)...))
	if got, err := after.Open(second, f, sealed); err != nil || string(got) != "hello" {
		t.Errorf("after rotation of the subject's key: %q, %v", got, err)
	}
	if fresh, _ := after.Seal(second, f, nil); fresh[1] != 2 {
		t.Errorf("sealed with key %d, want the last one", fresh[1])
	}
}

func TestSecretsAreBoundToTheirNames(t *testing.T) {
	t.Parallel()
	_, ten := openTenant(t, "north")
	s, err := ten.SealSecret("ninjaone.client_secret", []byte("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ten.OpenSecret("ninjaone.client_secret", s); err != nil || string(got) != "s3cret" {
		t.Errorf("opened %q, %v", got, err)
	}
	if _, err := ten.OpenSecret("slack.token", s); !errors.Is(err, errOpen) {
		t.Errorf("opened under another name: %v", err)
	}
	for _, bad := range [][]byte{nil, {}, {2, 3}, {1}, s[:8]} {
		if _, err := ten.OpenSecret("ninjaone.client_secret", bad); err == nil {
			t.Errorf("%x opened", bad)
		}
	}
}

func TestBlindIndexIsStableAndKeepsKindsApart(t *testing.T) {
	t.Parallel()
	_, ten := openTenant(t, "north")
	a := ten.Index(IndexPhone, "x")
	if a != ten.Index(IndexPhone, "x") || a == ten.Index(IndexEmail, "x") || a == ten.Index(IndexPhone, "y") || len(a) != 43 {
		t.Error("blind index")
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown kind was indexed")
		}
	}()
	ten.Index("shoe size", "43")
}

func TestManyAtOnceSealAndOpen(t *testing.T) {
	t.Parallel()
	_, ten := openTenant(t, "north")
	ten.keys = newKeyCache(4)
	type person struct {
		id  club.SubjectID
		key []byte
	}
	var people []person
	for range 16 {
		id, key := subjectOf(t, ten)
		people = append(people, person{id, key})
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				p := people[(g*7+i)%len(people)]
				f := Field{p.id, "messages.body", fmt.Sprint(g, i)}
				s, err := ten.Seal(p.key, f, []byte("hi"))
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := ten.Open(p.key, f, s); err != nil || string(got) != "hi" {
					t.Errorf("%q, %v", got, err)
				}
				if i%50 == 0 {
					ten.Forget(p.id)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzOpenNeverPanicsOnForeignBytes(f *testing.F) {
	v, ten := openTenant(f, "north")
	id, key := subjectOf(f, ten)
	field := Field{id, "messages.body", "msg_1"}
	good, _ := ten.Seal(key, field, []byte("hello"))
	f.Add(good, key)
	f.Add([]byte{1, 1}, []byte{1})
	f.Fuzz(func(t *testing.T, sealed, wrapped []byte) {
		if p, err := ten.Open(key, field, sealed); err == nil && !bytes.Equal(sealed, good) {
			t.Fatalf("%x opened as %q", sealed, p)
		}
		if p, err := ten.Open(wrapped, field, good); err == nil && !bytes.Equal(wrapped, key) {
			t.Fatalf("%x unwrapped, and gave %q", wrapped, p)
		}
		_, _ = ten.OpenSecret("x", sealed)
		_, _ = v.OpenTenant(sealed, "north")
	})
}

func BenchmarkOpenCached(b *testing.B) {
	_, ten := openTenant(b, "north")
	id, key := subjectOf(b, ten)
	f := Field{id, "messages.body", "msg_01h455vb4pex5vsknk084sn02q"}
	s, _ := ten.Seal(key, f, bytes.Repeat([]byte("a"), 160))
	for b.Loop() {
		if _, err := ten.Open(key, f, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSealCached(b *testing.B) {
	_, ten := openTenant(b, "north")
	id, key := subjectOf(b, ten)
	f := Field{id, "messages.body", "msg_01h455vb4pex5vsknk084sn02q"}
	text := bytes.Repeat([]byte("a"), 160)
	for b.Loop() {
		if _, err := ten.Seal(key, f, text); err != nil {
			b.Fatal(err)
		}
	}
}
