package pagerduty

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Change is what somebody did with an incident at PagerDuty.
type Change struct {
	ID   string // of the webhook's event; a second delivery has the same
	Type string // "incident.acknowledged", "incident.resolved", …
	Key  string // dedup key of the incident; "" when it has none
	Who  string // name of the person, "" when it was none
	At   time.Time
}

// Receive verifies and reads one webhook (v3). Unauthenticated when no signature fits or no secret is
// configured; Invalid when a signed body cannot be read. The signature covers no time of sending: whoever
// takes the change in must bear a second delivery.
func (c *Client) Receive(header http.Header, body []byte) (Change, error) {
	if err := c.verify(header, body); err != nil {
		return Change{}, err
	}
	var p struct {
		Event struct {
			ID       string    `json:"id"`
			Type     string    `json:"event_type"`
			Occurred time.Time `json:"occurred_at"`
			Agent    *struct {
				Type    string `json:"type"`
				Summary string `json:"summary"`
			} `json:"agent"`
			Data struct {
				IncidentKey string `json:"incident_key"`
			} `json:"data"`
		} `json:"event"`
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Event.ID == "" || p.Event.Type == "" {
		return Change{}, club.Invalid("the request is not the JSON that was expected")
	}
	ch := Change{ID: p.Event.ID, Type: p.Event.Type, Key: p.Event.Data.IncidentKey, At: p.Event.Occurred}
	if a := p.Event.Agent; a != nil && strings.HasPrefix(a.Type, "user") {
		ch.Who = a.Summary
	}
	return ch, nil
}

// verify checks X-PagerDuty-Signature: v1=<hex>, several separated by commas while a secret is rotated.
func (c *Client) verify(header http.Header, body []byte) error {
	if len(c.secrets) == 0 {
		return club.Unauthenticated("no webhook secret is configured")
	}
	ok := false
	for _, secret := range c.secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		want := "v1=" + hex.EncodeToString(mac.Sum(nil))
		for got := range strings.SplitSeq(header.Get("X-PagerDuty-Signature"), ",") {
			ok = connector.EqualMAC(strings.TrimSpace(got), want) || ok
		}
	}
	if !ok {
		return club.Unauthenticated("the request's signature does not fit")
	}
	return nil
}
