package ninjaone

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
)

// SecretHeader is the header in which the vendor repeats the secret that its webhook was given.
const SecretHeader = "X-Webhook-Secret"

// minSecret is how long a secret must be that stands in for a signature.
const minSecret = 24

// Receive verifies and reads one webhook of the vendor's activities. The vendor signs nothing: it repeats a
// secret that was given to it. Unauthenticated when that is another one, or none is configured; Invalid when
// a genuine body cannot be read. A report without a code is of something that we do not use.
func (c *Client) Receive(header http.Header, body []byte, now time.Time) (club.DeviceReport, error) {
	if err := c.genuine(header.Get(SecretHeader)); err != nil {
		return club.DeviceReport{}, err
	}
	var a struct {
		activity
		DeviceID json.Number `json:"deviceId"`
	}
	if err := json.Unmarshal(body, &a); err != nil || a.ID == 0 {
		return club.DeviceReport{}, club.Invalid("the webhook is not the JSON that was expected")
	}
	r := club.DeviceReport{ID: strconv.FormatInt(a.ID, 10), Number: a.ID, Ref: a.DeviceID.String(), At: instant(a.Time)}
	if r.At.IsZero() || r.At.After(now) {
		r.At = now
	}
	kind, status := strings.ToUpper(a.Type), strings.ToUpper(a.StatusCode)
	switch {
	case kind == "CONDITION" && status == "TRIGGERED":
	case kind == "CONDITION" && status == "RESET", kind == "SYSTEM" && strings.HasSuffix(status, "ONLINE"):
		r.Over = true
	case kind == "SYSTEM" && strings.HasSuffix(status, "OFFLINE"):
	default:
		return r, nil
	}
	if kind == "SYSTEM" || down.MatchString(a.Source) || a.Source == "" && down.MatchString(a.Message) {
		r.Code = club.EventDeviceOffline
		return r, nil
	}
	r.Code, r.Detail = club.EventDeviceFault, clip(a.Source)
	for _, id := range []string{a.Series, a.Config, a.Source} {
		if r.Condition == "" {
			r.Condition = clip(id)
		}
	}
	return r, nil
}

// down names the conditions that are met while a device does not answer.
var down = regexp.MustCompile(`(?i)\b(offline|(device|agent|node|system|computer|server) (is )?down)\b`)

// genuine compares in constant time, whatever the lengths are.
func (c *Client) genuine(secret string) error {
	if len(c.secrets) == 0 {
		return club.Unauthenticated("no webhook secret is configured")
	}
	got, ok := sha256.Sum256([]byte(secret)), 0
	for _, s := range c.secrets {
		want := sha256.Sum256([]byte(s))
		ok |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	if ok != 1 {
		return club.Unauthenticated("the webhook's secret does not fit")
	}
	return nil
}
