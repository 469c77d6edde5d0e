// Package bookings takes in bookings from whatever system the club uses: a signed webhook in a
// format of our own (which Zapier, Make and the like can send), or an iCalendar feed. Files are read by
// package booking.
//
// A feed seldom names a person: a booking without phone and e-mail proves that a slot is taken, not
// by whom. Safe for concurrent use.
package bookings

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Sources of bookings, in [club.BookingChange].
const (
	SourceWebhook = "webhook"
	SourceICal    = "ical"
)

// Webhook receives signed booking events.
type Webhook struct{ keys *connector.Keys }

// NewWebhook takes the secrets (whsec_…) that are in force. Without any, every event is refused.
func NewWebhook(secrets []string) (*Webhook, error) {
	keys, err := connector.NewKeys(secrets)
	if err != nil {
		return nil, err
	}
	return &Webhook{keys: keys}, nil
}

// payload is the wire format of POST /hooks/bookings.
type payload struct {
	Event      string    `json:"event"` // created, updated, cancelled
	BookingID  string    `json:"booking_id"`
	Location   string    `json:"location"`
	Bay        string    `json:"bay"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	Status     string    `json:"status"`      // confirmed (default) or cancelled
	OccurredAt time.Time `json:"occurred_at"` // when it happened; default: when it was sent
	Customer   struct {
		Phone string `json:"phone"`
		Email string `json:"email"`
		Name  string `json:"name"`
	} `json:"customer"`
}

// Receive verifies and reads one event, and returns the delivery's id for deduplication.
// Unauthenticated when the signature (Standard Webhooks) does not fit; Invalid, saying what to mend,
// when a signed body cannot be used.
func (w *Webhook) Receive(header http.Header, body []byte, now time.Time) (deliveryID string, b club.BookingChange, err error) {
	id, sent, err := w.keys.Verify(header, body, now)
	if err != nil {
		return "", b, err
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return "", b, club.Invalid("the event is not the JSON that was expected; times are written like 2026-11-26T18:00:00-05:00")
	}
	switch p.Event {
	case "created", "updated", "cancelled":
	default:
		return "", b, club.Invalid("event must be created, updated or cancelled")
	}
	if p.OccurredAt.IsZero() {
		p.OccurredAt = sent
	}
	b = club.BookingChange{
		Source: SourceWebhook, ExternalID: p.BookingID, Location: p.Location, Bay: p.Bay, Start: utc(p.Start), End: utc(p.End),
		Cancelled: p.Event == "cancelled" || isCancelled(p.Status), Phone: p.Customer.Phone, Email: p.Customer.Email, Name: p.Customer.Name,
		Sequence: p.OccurredAt.UnixMicro(),
	}
	return id, b, check(b)
}

// check reports what keeps a booking from being used. A cancellation needs nothing but its id.
func check(b club.BookingChange) error {
	switch {
	case strings.TrimSpace(b.ExternalID) == "":
		return club.Invalid("the booking has no id")
	case b.Cancelled && b.Start.IsZero() && b.End.IsZero():
		return nil
	case b.Start.IsZero() || b.End.IsZero():
		return club.Invalid("the booking needs a start and an end")
	case !b.End.After(b.Start):
		return club.Invalid("the booking ends before it starts")
	}
	return nil
}

func isCancelled(status string) bool {
	s := strings.ToLower(strings.TrimSpace(status))
	return s == "cancelled" || s == "canceled"
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
