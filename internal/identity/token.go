package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"clubos/internal/club"
)

// How long proofs last.
const (
	SessionMaxAge  = 8 * time.Hour    // from sign-in, whatever happens
	SessionMaxIdle = 2 * time.Hour    // without a request
	LinkMaxAge     = 15 * time.Minute // of a sign-in link, which works once
)

const tokenLength = 43 // base64url of 32 bytes

func randomToken() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// hashToken is what is stored of a token. Plain SHA-256 is enough: 256 random bits cannot be guessed,
// so there is nothing for a slow hash to slow down.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// newProof makes a session or link token. It begins with the tenant, so that a face knows whose
// database to ask before anything is proved.
func newProof(tenant club.Slug) (string, error) {
	t, err := randomToken()
	if err != nil {
		return "", err
	}
	return tenant.String() + "." + t, nil
}

// TokenTenant returns the tenant that a session or link token claims to belong to. It proves nothing.
func TokenTenant(token string) (club.Slug, bool) {
	s, secret, ok := strings.Cut(token, ".")
	if !ok || len(secret) != tokenLength {
		return "", false
	}
	slug, err := club.ParseSlug(s)
	return slug, err == nil
}

const keyMark = "clubos_"

// newKeyToken makes an API key: clubos_<tenant>_<id>_<secret>. The mark lets scanners of leaked secrets
// know one when they see it.
func newKeyToken(tenant club.Slug, id club.APIKeyID) (token, prefix string, err error) {
	secret, err := randomToken()
	if err != nil {
		return "", "", err
	}
	prefix = keyMark + tenant.String() + "_" + strings.TrimPrefix(id.String(), "key_")
	return prefix + "_" + secret, prefix, nil
}

// KeyTenant returns the tenant that an API key claims to belong to. It proves nothing.
func KeyTenant(token string) (club.Slug, bool) {
	rest, ok := strings.CutPrefix(token, keyMark)
	if !ok {
		return "", false
	}
	parts := strings.SplitN(rest, "_", 3) // a secret may contain an underscore
	if len(parts) != 3 || len(parts[1]) != 26 || len(parts[2]) != tokenLength {
		return "", false
	}
	slug, err := club.ParseSlug(parts[0])
	return slug, err == nil
}

// BearerToken returns the credential of an Authorization: Bearer header.
func BearerToken(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.TrimSpace(token)
	return token, token != ""
}

// Cookies writes and reads the session cookie.
//
// Over HTTPS it is __Host-clubos: Secure, for this host and path / only, which no sister domain can
// overwrite. Browsers refuse that name over plain HTTP, so that an installation reached at
// http://localhost sets PlainHTTP and gets the cookie "clubos", which is not Secure. PlainHTTP is for
// loopback addresses only; the configuration's check refuses it elsewhere.
type Cookies struct {
	PlainHTTP bool
}

func (c Cookies) name() string {
	if c.PlainHTTP {
		return "clubos"
	}
	return "__Host-clubos"
}

// Session returns the cookie that carries a session's token until it expires.
func (c Cookies) Session(token string, expires time.Time) *http.Cookie {
	return &http.Cookie{Name: c.name(), Value: token, Path: "/", Expires: expires, Secure: !c.PlainHTTP, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// Clear returns the cookie that removes the session's.
func (c Cookies) Clear() *http.Cookie {
	k := c.Session("", time.Unix(0, 0))
	k.MaxAge = -1
	return k
}

// Token returns the session token of a request. A second cookie of the name means that somebody else
// planted one: then there is none.
func (c Cookies) Token(r *http.Request) (string, bool) {
	found := r.CookiesNamed(c.name())
	if len(found) != 1 || found[0].Value == "" {
		return "", false
	}
	return found[0].Value, true
}
