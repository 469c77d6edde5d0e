package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"clubos/internal/club"
	"clubos/internal/vault"
)

// Head is what the club signs of its log at an instant: how many entries there are, and the root of their tree. As a note
// (https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint) it is
//
//	clubos/fairway/audit
//	1234
//	<root in base64>
//	at 2026-11-26T14:00:00.000000Z
//	after 1200
//
//	— clubos/fairway/audit <signature>
//
// after is the size of the head before it, so that none can be taken out. The first one's is 0.
type Head struct {
	Log   string    `json:"log"` // whose: the name of its key
	Size  int64     `json:"size"`
	Root  tlog.Hash `json:"root"`
	At    time.Time `json:"at"`
	After int64     `json:"after"`
}

const headTime = "2006-01-02T15:04:05.000000Z"

// logName is the first line of a club's heads, and the name of its key.
func logName(slug club.Slug) string { return "clubos/" + slug.String() + "/audit" }

func (h Head) text() string {
	return fmt.Sprintf("%s\n%d\n%s\nat %s\nafter %d\n", h.Log, h.Size, h.Root, h.At.UTC().Format(headTime), h.After)
}

// sign returns the head as a signed note.
func (h Head) sign(by note.Signer) (string, error) {
	signed, err := note.Sign(&note.Note{Text: h.text()}, by)
	if err != nil {
		return "", fmt.Errorf("sign head: %w", err)
	}
	return string(signed), nil
}

var errHead = errors.New("not a head of an audit log")

// openHead reads a signed note, and returns it with the signature of this key alone: others may have signed it too.
func openHead(signed string, key Key) (h Head, alone string, err error) {
	n, err := note.Open([]byte(signed), note.VerifierList(key))
	if err != nil {
		var other *note.UnverifiedNoteError
		if errors.As(err, &other) {
			return h, "", errors.New("it is not signed by this key")
		}
		return h, "", errors.New(strings.TrimPrefix(err.Error(), "note: "))
	}
	h.Log = key.Name()
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 6 {
		return h, "", errHead
	}
	var errs [5]error
	h.Size, errs[0] = strconv.ParseInt(lines[1], 10, 64)
	h.Root, errs[1] = tlog.ParseHash(lines[2])
	h.At, errs[2] = time.Parse("at "+headTime, lines[3])
	h.After, errs[3] = strconv.ParseInt(strings.TrimPrefix(lines[4], "after "), 10, 64)
	signature, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64)
	errs[4] = err
	if errors.Join(errs[:]...) != nil || h.Size < 1 || h.text() != n.Text {
		return h, "", errHead
	}
	return h, fmt.Sprintf("%s\n— %s %s\n", n.Text, h.Log, base64.StdEncoding.EncodeToString(signature)), nil
}

// Key is the public key of a club's audit log.
type Key struct {
	note.Verifier
	text string
}

// ParseKey reads a key as clubos audit key prints it.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	v, err := note.NewVerifier(text)
	if err != nil {
		return Key{}, club.Invalid("this is not the public key of an audit log, which looks like clubos/fairway/audit+1a2b3c4d+…")
	}
	return Key{Verifier: v, text: text}, nil
}

func (k Key) String() string { return k.text }

// signer signs heads with a club's own key.
type signer struct {
	Key
	private ed25519.PrivateKey
}

// Sign is that of note.Signer.
func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.private, msg), nil }

func newSigner(slug club.Slug, seed []byte) (signer, error) {
	if len(seed) != ed25519.SeedSize {
		return signer{}, errors.New("what is sealed is no key of an audit log")
	}
	s := signer{private: ed25519.NewKeyFromSeed(seed)}
	public, err := note.NewEd25519VerifierKey(logName(slug), s.private.Public().(ed25519.PublicKey))
	if err != nil {
		return s, fmt.Errorf("open the audit log's key: %w", err)
	}
	s.Key, err = ParseKey(public)
	return s, err
}

// keyCell is where the key is sealed for.
const keyCell = "audit_tree.signing_key"

// newKey makes the key of a club and returns it sealed.
func newKey(keys *vault.Tenant) (sealed []byte, err error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, fmt.Errorf("make the audit log's key: %w", err)
	}
	return keys.SealSecret(keyCell, seed)
}

func openKey(slug club.Slug, keys *vault.Tenant, sealed []byte) (signer, error) {
	seed, err := keys.OpenSecret(keyCell, sealed)
	if err != nil {
		return signer{}, err
	}
	return newSigner(slug, seed)
}
