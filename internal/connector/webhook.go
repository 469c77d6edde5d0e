package connector

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Tolerance is how far a webhook's timestamp may be from our clock, either way.
const Tolerance = 5 * time.Minute

// Keys are the secrets of one signed webhook. Several are in force while a secret is being rotated.
type Keys struct {
	hooks []*standardwebhooks.Webhook
}

// NewKeys reads secrets of the form whsec_<base64>. Invalid, without repeating the secret, when one
// is not of that form or shorter than 16 bytes. No secret at all is allowed here: such Keys refuse
// everything.
func NewKeys(secrets []string) (*Keys, error) {
	k := &Keys{}
	for i, s := range secrets {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil || len(raw) < 16 {
			return nil, club.Invalid("webhook secret %d is not whsec_ followed by at least 16 bytes in base64", i+1)
		}
		h, err := standardwebhooks.NewWebhookRaw(raw)
		if err != nil {
			return nil, club.Invalid("webhook secret %d cannot be used", i+1)
		}
		k.hooks = append(k.hooks, h)
	}
	return k, nil
}

// Verify checks the Standard Webhooks signature (https://www.standardwebhooks.com) of body and
// returns the delivery's id and time. Unauthenticated when no secret is configured, a header is
// missing, the time is off by more than [Tolerance], or no signature fits.
func (k *Keys) Verify(header http.Header, body []byte, now time.Time) (id string, at time.Time, err error) {
	if k == nil || len(k.hooks) == 0 {
		return "", time.Time{}, club.Unauthenticated("no webhook secret is configured")
	}
	sec, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if err != nil {
		return "", time.Time{}, club.Unauthenticated("the webhook has no valid timestamp")
	}
	at = time.Unix(sec, 0).UTC()
	if err := Fresh(at, now); err != nil {
		return "", time.Time{}, err
	}
	ok := false
	for _, h := range k.hooks {
		ok = h.VerifyIgnoringTimestamp(body, header) == nil || ok
	}
	if !ok {
		return "", time.Time{}, club.Unauthenticated("the webhook's signature does not fit")
	}
	return header.Get("webhook-id"), at, nil
}

// Fresh is Unauthenticated when at is further than [Tolerance] from now.
func Fresh(at, now time.Time) error {
	if d := now.Sub(at); d > Tolerance || d < -Tolerance {
		return club.Unauthenticated("the webhook's timestamp is more than five minutes off")
	}
	return nil
}

// EqualMAC compares two signatures in constant time.
func EqualMAC(got, want string) bool { return hmac.Equal([]byte(got), []byte(want)) }
