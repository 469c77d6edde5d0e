// Package vault keeps personal data and secrets unreadable at rest.
//
// Three layers of keys, each wrapped by the one above:
//
//	master key      CLUBOS_MASTER_KEY, or the file master.key in the data directory
//	tenant keyset   one per tenant: a Tink AES-256-GCM keyset and the root of its blind indexes
//	subject key     one per data subject: a member, or a sender whom nobody knows
//
// Names, numbers, addresses and message bodies are sealed with the subject's key. Deleting the one row
// that holds it makes them unreadable for good, in every table and in every backup that did not keep
// that row: this is how erasure works. Settings' secrets are sealed with the tenant keyset directly.
//
// The package holds no rows and does no I/O but for the master key's file; callers store what it
// returns. Nothing it returns in errors holds a key or a plaintext. All methods are safe for concurrent
// use.
//
// # Stored formats
//
//	tenant keyset   JSON: {"v":1,"kek":id of the master key,"aead":encrypted Tink keyset,"index":encrypted root}
//	subject key     0x01 | Tink ciphertext of (key number | 32 bytes)+, the last one seals; 5 bytes of Tink prefix name the tenant's key
//	sealed field    0x01 | key number | nonce (12) | AES-256-GCM ciphertext and tag
//	sealed secret   0x01 | Tink ciphertext
//	sealed stream   Tink streaming AEAD, AES-256-GCM in segments of 1 MiB
//
// Every layer names the key it was made with, so that each can be rotated by adding a key and wrapping
// again, while the old one still opens what it sealed.
package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"clubos/internal/club"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const (
	keySize       = 32 // bytes of every symmetric key here
	formatVersion = 1
)

// Vault wraps and opens tenants' keysets with the master key.
type Vault struct {
	kek       tink.AEAD
	kekID     string
	streamKey []byte
}

// Open returns the vault of a master key of 32 bytes.
func Open(masterKey []byte) (*Vault, error) {
	if len(masterKey) != keySize {
		return nil, fmt.Errorf("open vault: the master key has %d bytes, want %d", len(masterKey), keySize)
	}
	kek, err := subtle.NewAESGCM(masterKey)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	forStreams, err := streamKey(masterKey)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	sum := sha256.Sum256(append([]byte("clubos master key id\x00"), masterKey...))
	return &Vault{kek: kek, kekID: hex.EncodeToString(sum[:6]), streamKey: forStreams}, nil
}

// KeyID names the master key without telling it: 12 hexadecimal digits.
func (v *Vault) KeyID() string { return v.kekID }

// wrappedTenant is the stored form of a tenant's keys.
type wrappedTenant struct {
	Version int    `json:"v"`
	KEK     string `json:"kek"`
	AEAD    []byte `json:"aead"`
	Index   []byte `json:"index"`
}

// NewTenantKeyset makes the keys of a tenant and returns them wrapped. They are bound to slug: another
// tenant's row does not open with them.
func (v *Vault) NewTenantKeyset(slug club.Slug) (wrapped []byte, err error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset of tenant %s: %w", slug, err)
	}
	root := make([]byte, keySize)
	if _, err := rand.Read(root); err != nil {
		return nil, fmt.Errorf("make keyset of tenant %s: %w", slug, err)
	}
	return v.wrap(slug, h, root)
}

func (v *Vault) wrap(slug club.Slug, h *keyset.Handle, root []byte) ([]byte, error) {
	var buf bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), v.kek, tenantAAD("keyset", slug)); err != nil {
		return nil, fmt.Errorf("wrap keyset of tenant %s: %w", slug, err)
	}
	index, err := v.kek.Encrypt(root, tenantAAD("index", slug))
	if err != nil {
		return nil, fmt.Errorf("wrap index root of tenant %s: %w", slug, err)
	}
	return json.Marshal(wrappedTenant{Version: formatVersion, KEK: v.kekID, AEAD: buf.Bytes(), Index: index})
}

// OpenTenant opens what NewTenantKeyset returned. The error says so when the keyset was made under
// another master key, which is the usual mishap of a restored backup.
func (v *Vault) OpenTenant(wrapped []byte, slug club.Slug) (*Tenant, error) {
	var w wrappedTenant
	if err := json.Unmarshal(wrapped, &w); err != nil {
		return nil, fmt.Errorf("open keyset of tenant %s: not a wrapped keyset", slug)
	}
	if w.Version != formatVersion {
		return nil, fmt.Errorf("open keyset of tenant %s: format %d is not known to this version of ClubOS", slug, w.Version)
	}
	if w.KEK != v.kekID {
		return nil, fmt.Errorf("open keyset of tenant %s: it was made under master key %.12s, but the configured one is %s", slug, w.KEK, v.kekID)
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(w.AEAD)), v.kek, tenantAAD("keyset", slug))
	if err != nil {
		return nil, fmt.Errorf("open keyset of tenant %s: %w", slug, err)
	}
	root, err := v.kek.Decrypt(w.Index, tenantAAD("index", slug))
	if err != nil {
		return nil, fmt.Errorf("open index root of tenant %s: %w", slug, err)
	}
	return newTenant(slug, h, root)
}

func tenantAAD(what string, slug club.Slug) []byte {
	return bind("clubos tenant", what, string(slug))
}

// bind joins parts into associated data. Each part is preceded by its length, so that no two different
// lists of parts give the same bytes.
func bind(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	return appendBound(make([]byte, 0, n), parts...)
}

func appendBound(b []byte, parts ...string) []byte {
	for _, p := range parts {
		l := len(p)
		b = append(b, byte(l>>24), byte(l>>16), byte(l>>8), byte(l))
		b = append(b, p...)
	}
	return b
}
