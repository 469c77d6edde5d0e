package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"clubos/internal/club"
)

const (
	nonceSize  = 12
	headerSize = 2 // version and key number
)

// Field says which cell of which row a sealed value stands in. A value opens only with the very Field
// it was sealed with, so that a ciphertext copied into another row, column or person's record is
// refused instead of read.
type Field struct {
	Subject club.SubjectID
	Column  string // "messages.body"
	Row     string // the row's id
}

// NewSubjectKey makes the key of a data subject and returns it wrapped by the tenant's keyset, for the
// subject's row.
func (t *Tenant) NewSubjectKey(subject club.SubjectID) (wrapped []byte, err error) {
	ring := make([]byte, 1+keySize)
	ring[0] = 1
	if _, err := rand.Read(ring[1:]); err != nil {
		return nil, fmt.Errorf("make key of %s: %w", subject, err)
	}
	return t.wrapRing(subject, ring)
}

func (t *Tenant) wrapRing(subject club.SubjectID, ring []byte) ([]byte, error) {
	if subject.IsZero() {
		panic("BUG: vault: a key for no subject")
	}
	c, err := t.aead.Encrypt(ring, t.subjectAAD(subject))
	if err != nil {
		return nil, fmt.Errorf("wrap key of %s: %w", subject, err)
	}
	return append([]byte{formatVersion}, c...), nil
}

func (t *Tenant) subjectAAD(subject club.SubjectID) []byte {
	return bind("clubos subject key", string(t.slug), string(subject))
}

// Rewrap wraps a subject's key again with the present primary key of the tenant's keyset.
func (t *Tenant) Rewrap(subject club.SubjectID, wrapped []byte) ([]byte, error) {
	ring, err := t.openRing(subject, wrapped)
	if err != nil {
		return nil, err
	}
	return t.wrapRing(subject, ring)
}

// Seal seals a plaintext for one cell with the subject's wrapped key, as it is stored in the subject's
// row. An empty key means the subject was erased: NotFound.
func (t *Tenant) Seal(wrapped []byte, f Field, plaintext []byte) ([]byte, error) {
	k, err := t.subjectKey(f.Subject, wrapped)
	if err != nil {
		return nil, err
	}
	out := make([]byte, headerSize+nonceSize, headerSize+nonceSize+len(plaintext)+k.primary.Overhead())
	out[0], out[1] = formatVersion, k.number
	if _, err := rand.Read(out[headerSize:]); err != nil {
		return nil, fmt.Errorf("seal %s: %w", f.Column, err)
	}
	return k.primary.Seal(out, out[headerSize:], plaintext, f.aad(out[:headerSize])), nil
}

// Open opens what Seal returned for the same cell. An empty key means the subject was erased: NotFound,
// and the key is dropped from memory too. Any other failure is internal.
//
// The key must come from the subject's row of the present transaction: that is what makes an erasure
// on one replica hold on all of them at once.
func (t *Tenant) Open(wrapped []byte, f Field, sealed []byte) ([]byte, error) {
	k, err := t.subjectKey(f.Subject, wrapped)
	if err != nil {
		return nil, err
	}
	if len(sealed) < headerSize+nonceSize || sealed[0] != formatVersion {
		return nil, fmt.Errorf("open %s of row %s: %w", f.Column, f.Row, errFormat)
	}
	g, ok := k.ciphers[sealed[1]]
	if !ok {
		return nil, fmt.Errorf("open %s of row %s: %w", f.Column, f.Row, errOpen)
	}
	nonce, body := sealed[headerSize:headerSize+nonceSize], sealed[headerSize+nonceSize:]
	p, err := g.Open(nil, nonce, body, f.aad(sealed[:headerSize]))
	if err != nil {
		return nil, fmt.Errorf("open %s of row %s: %w", f.Column, f.Row, errOpen)
	}
	return p, nil
}

// Forget drops a subject's unwrapped key from memory. Erasure calls it after the row is gone.
func (t *Tenant) Forget(subject club.SubjectID) { t.keys.drop(subject) }

func (f Field) aad(header []byte) []byte {
	b := make([]byte, 0, 160)
	b = append(b, header...)
	return appendBound(b, string(f.Subject), f.Column, f.Row)
}

// subjectKey is a subject's keys, ready for use.
type subjectKey struct {
	wrapped []byte // what it was unwrapped from: another wrapping is another key until proved the same
	number  byte
	primary cipher.AEAD
	ciphers map[byte]cipher.AEAD
}

func (t *Tenant) subjectKey(subject club.SubjectID, wrapped []byte) (*subjectKey, error) {
	if len(wrapped) == 0 {
		t.keys.drop(subject)
		return nil, club.NotFound("this person's data was erased")
	}
	if k := t.keys.find(subject, wrapped); k != nil {
		return k, nil
	}
	ring, err := t.openRing(subject, wrapped)
	if err != nil {
		return nil, err
	}
	k := &subjectKey{wrapped: append([]byte(nil), wrapped...), ciphers: make(map[byte]cipher.AEAD, len(ring)/(1+keySize))}
	for ; len(ring) > 0; ring = ring[1+keySize:] {
		block, err := aes.NewCipher(ring[1 : 1+keySize])
		if err != nil {
			return nil, fmt.Errorf("open key of %s: %w", subject, err)
		}
		g, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("open key of %s: %w", subject, err)
		}
		k.number, k.primary, k.ciphers[ring[0]] = ring[0], g, g
	}
	t.keys.put(subject, k)
	return k, nil
}

// openRing unwraps a subject's keys: one or more of (number, 32 bytes).
func (t *Tenant) openRing(subject club.SubjectID, wrapped []byte) ([]byte, error) {
	if len(wrapped) == 0 {
		return nil, club.NotFound("this person's data was erased")
	}
	if wrapped[0] != formatVersion {
		return nil, fmt.Errorf("open key of %s: %w", subject, errFormat)
	}
	ring, err := t.aead.Decrypt(wrapped[1:], t.subjectAAD(subject))
	if err != nil {
		return nil, fmt.Errorf("open key of %s: %w", subject, errOpen)
	}
	if len(ring) == 0 || len(ring)%(1+keySize) != 0 {
		return nil, fmt.Errorf("open key of %s: %w", subject, errFormat)
	}
	return ring, nil
}
