package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"clubos/internal/club"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// IndexKind keeps the blind indexes of different kinds of values apart.
type IndexKind string

// The kinds of blind indexes.
const (
	IndexPhone  IndexKind = "phone"   // E.164, see package phone
	IndexEmail  IndexKind = "email"   // lower case, without surrounding space
	IndexName   IndexKind = "name"    // lower case, words separated by one space
	IndexSignIn IndexKind = "sign_in" // whose attempts to sign in are counted: an account, an address
)

// Tenant seals and opens with one tenant's keys.
type Tenant struct {
	slug  club.Slug
	aead  tink.AEAD
	index map[IndexKind][]byte // derived keys; written by newTenant only
	keys  *keyCache
}

func newTenant(slug club.Slug, h *keyset.Handle, root []byte) (*Tenant, error) {
	a, err := aead.New(h)
	if err != nil {
		return nil, fmt.Errorf("open keyset of tenant %s: %w", slug, err)
	}
	t := &Tenant{slug: slug, aead: a, index: map[IndexKind][]byte{}, keys: newKeyCache(defaultCachedKeys)}
	for _, k := range []IndexKind{IndexPhone, IndexEmail, IndexName, IndexSignIn} {
		key, err := hkdf.Key(sha256.New, root, nil, "clubos blind index v1 "+string(k), keySize)
		if err != nil {
			return nil, fmt.Errorf("derive index key of tenant %s: %w", slug, err)
		}
		t.index[k] = key
	}
	return t, nil
}

// Index returns the blind index of a value that the caller has normalised: the same value gives the
// same 43 characters within a tenant and kind, and nobody without the key can tell which value it was.
// Look-ups compare indexes instead of values.
func (t *Tenant) Index(kind IndexKind, value string) string {
	key, ok := t.index[kind]
	if !ok {
		panic("BUG: vault: unknown kind of blind index " + string(kind))
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(value))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// SealSecret seals a secret of the settings (a vendor's token, say) under its name.
func (t *Tenant) SealSecret(name string, secret []byte) ([]byte, error) {
	c, err := t.aead.Encrypt(secret, t.secretAAD(name))
	if err != nil {
		return nil, fmt.Errorf("seal secret %s: %w", name, err)
	}
	return append([]byte{formatVersion}, c...), nil
}

// OpenSecret opens what SealSecret returned for the same name.
func (t *Tenant) OpenSecret(name string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != formatVersion {
		return nil, fmt.Errorf("open secret %s: %w", name, errFormat)
	}
	p, err := t.aead.Decrypt(sealed[1:], t.secretAAD(name))
	if err != nil {
		return nil, fmt.Errorf("open secret %s: %w", name, errOpen)
	}
	return p, nil
}

// SealRow seals what one cell of one row holds with the club's own key: for what cannot be sealed with a
// person's, because nobody has found out yet whose it is.
func (t *Tenant) SealRow(column, row string, plaintext []byte) ([]byte, error) {
	c, err := t.aead.Encrypt(plaintext, t.rowAAD(column, row))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", column, err)
	}
	return append([]byte{formatVersion}, c...), nil
}

// OpenRow opens what SealRow returned for the same cell.
func (t *Tenant) OpenRow(column, row string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != formatVersion {
		return nil, fmt.Errorf("open %s of row %s: %w", column, row, errFormat)
	}
	p, err := t.aead.Decrypt(sealed[1:], t.rowAAD(column, row))
	if err != nil {
		return nil, fmt.Errorf("open %s of row %s: %w", column, row, errOpen)
	}
	return p, nil
}

func (t *Tenant) rowAAD(column, row string) []byte {
	return bind("clubos row", string(t.slug), column, row)
}

func (t *Tenant) secretAAD(name string) []byte { return bind("clubos secret", string(t.slug), name) }

// What a ciphertext can be wrong by. Both are internal errors: a row was tampered with, moved or cut.
var (
	errFormat = errors.New("not a sealed value of a known format")
	errOpen   = errors.New("the sealed value does not belong here or was altered")
)

// Unreadable reports whether an error says that a sealed value does not open with its key: it never will.
func Unreadable(err error) bool { return errors.Is(err, errFormat) || errors.Is(err, errOpen) }
