package identity

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"clubos/internal/club"

	"github.com/alexedwards/argon2id"
)

// The password rules.
const (
	PasswordMinLength = 12  // characters
	PasswordMaxLength = 128 // characters
	PasswordMaxAge    = 90 * 24 * time.Hour
)

// CheckPassword returns nil if the password keeps the rules, else one Invalid that names every rule it
// breaks. email is the account's own; a password that contains it is refused.
func CheckPassword(password, email string) error {
	var wants []string
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		wants = append(wants, "be plain text")
	case n < PasswordMinLength:
		wants = append(wants, fmt.Sprintf("have at least %d characters (it has %d)", PasswordMinLength, n))
	case n > PasswordMaxLength:
		wants = append(wants, fmt.Sprintf("have at most %d characters (it has %d)", PasswordMaxLength, n))
	}
	if !strings.ContainsFunc(password, unicode.IsDigit) {
		wants = append(wants, "contain a number")
	}
	if !strings.ContainsFunc(password, isSpecial) {
		wants = append(wants, "contain a special character, such as - or !")
	}
	if name, _, _ := strings.Cut(strings.ToLower(email), "@"); len(name) >= 4 && strings.Contains(strings.ToLower(password), name) {
		wants = append(wants, "not contain your e-mail address")
	}
	if len(wants) > 0 {
		return club.Invalid("the password must %s", strings.Join(wants, ", and "))
	}
	return nil
}

func isSpecial(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && unicode.IsPrint(r) }

// passwordDue reports whether a password set at the instant must be changed by now.
func passwordDue(changedAt *time.Time, now time.Time) bool {
	return changedAt == nil || now.Sub(*changedAt) > PasswordMaxAge
}

// Hasher hashes and verifies passwords by argon2id with 19 MiB, 2 passes and 1 lane: about 40 ms of one
// core. It runs few at once, so that a flood of sign-ins can exhaust neither memory nor cores.
type Hasher struct {
	slots chan struct{}
	dummy string // verified against when there is nothing to verify, so that time does not tell
}

func argonParams() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// NewHasher returns a Hasher that works on at most concurrency passwords at once. 0 means as many as
// there are cores.
func NewHasher(concurrency int) (*Hasher, error) {
	if concurrency <= 0 {
		concurrency = runtime.GOMAXPROCS(0)
	}
	token, err := randomToken()
	if err != nil {
		return nil, err
	}
	dummy, err := argon2id.CreateHash(token, argonParams())
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	return &Hasher{slots: make(chan struct{}, concurrency), dummy: dummy}, nil
}

// Hash returns the hash to store for a password. Unavailable when ctx ends while it waits its turn.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	hash, err := argon2id.CreateHash(password, argonParams())
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// Verify reports whether the password has the hash. An empty hash matches nothing, but takes as long.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	if len(password) > PasswordMaxLength*utf8.UTFMax {
		password, known = "", false
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	return ok && known, nil
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return club.Unavailable(ctx.Err(), "too many people are signing in at once; please try again")
	}
}

func (h *Hasher) leave() { <-h.slots }
