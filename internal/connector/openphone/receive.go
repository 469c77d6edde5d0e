package openphone

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Receive verifies and reads one webhook, current or legacy. Unauthenticated when the signature does
// not fit or no secret is configured; Invalid when a signed body cannot be read. The public URL is
// not part of this vendor's signatures.
func (c *Client) Receive(header http.Header, _ string, body []byte, now time.Time) (club.Delivery, error) {
	if sig := header.Get("openphone-signature"); sig != "" && header.Get("webhook-signature") == "" {
		if err := c.verifyLegacy(sig, body, now); err != nil {
			return club.Delivery{}, err
		}
		return parse("", body)
	}
	id, _, err := c.keys.Verify(header, body, now)
	if err != nil {
		return club.Delivery{}, err
	}
	return parse(id, body)
}

func legacyKeys(keys []string) ([][]byte, error) {
	var out [][]byte
	for i, k := range keys {
		raw, err := base64.StdEncoding.DecodeString(k)
		if err != nil || len(raw) < 16 {
			return nil, club.Invalid("openphone: legacy webhook key %d is not at least 16 bytes in base64", i+1)
		}
		out = append(out, raw)
	}
	return out, nil
}

// verifyLegacy checks hmac;1;<unix ms>;<base64> over "<unix ms>.<body>"; several signatures are
// separated by commas.
func (c *Client) verifyLegacy(signatures string, body []byte, now time.Time) error {
	if len(c.legacy) == 0 {
		return club.Unauthenticated("no legacy webhook key is configured")
	}
	ok, stale := false, false
	for _, s := range strings.SplitN(signatures, ",", 10) {
		p := strings.Split(strings.TrimSpace(s), ";")
		if len(p) != 4 || p[0] != "hmac" || p[1] != "1" {
			continue
		}
		ms, err := strconv.ParseInt(p[2], 10, 64)
		if err != nil {
			continue
		}
		for _, key := range c.legacy {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(p[2] + "."))
			mac.Write(body)
			if connector.EqualMAC(p[3], base64.StdEncoding.EncodeToString(mac.Sum(nil))) {
				fresh := connector.Fresh(time.UnixMilli(ms), now) == nil
				ok, stale = ok || fresh, stale || !fresh
			}
		}
	}
	switch {
	case ok:
		return nil
	case stale:
		return club.Unauthenticated("the webhook's timestamp is more than five minutes off")
	}
	return club.Unauthenticated("the webhook's signature does not fit")
}

// event is the envelope of both generations. Its data is read only of the types that we use: what the
// vendor sends of calls, contacts and tasks may have any shape, and is acknowledged all the same.
type event struct {
	ID        code            `json:"id"`
	Object    json.RawMessage `json:"object"` // "event", or the whole event once more
	Type      code            `json:"type"`
	CreatedAt instant         `json:"createdAt"`
	Data      json.RawMessage `json:"data"`
}

// data covers both generations: the current one fills Resource and Context, the legacy one Object.
type data struct {
	Resource *resource       `json:"resource"`
	Object   json.RawMessage `json:"object"`
	Context  struct {
		PhoneNumberID        string   `json:"phoneNumberId"`
		SenderIdentifier     string   `json:"senderIdentifier"`
		RecipientIdentifiers []string `json:"recipientIdentifiers"`
	} `json:"context"`
}

type resource struct {
	message
	CreatedAt     instant         `json:"createdAt"` // before the message's own
	Object        json.RawMessage `json:"object"`
	PhoneNumberID string          `json:"phoneNumberId"`
	ErrorCode     code            `json:"errorCode"`
	Media         []struct {
		URL  string `json:"url"`
		Type string `json:"type"`
	} `json:"media"`
}

// code reads a word that is a string in some events and a number in others.
type code string

func (c *code) UnmarshalJSON(b []byte) error {
	if s := strings.Trim(string(b), `"`); s != "null" {
		*c = code(s)
	}
	return nil
}

// instant reads a time; one of another form is none, for no text is to be lost for it.
type instant struct{ time.Time }

func (i *instant) UnmarshalJSON(b []byte) error {
	if i.Time.UnmarshalJSON(b) != nil {
		i.Time = time.Time{}
	}
	return nil
}

// current is an event of the current generation about a message, read in one go.
type current struct {
	ID        code    `json:"id"`
	Type      code    `json:"type"`
	CreatedAt instant `json:"createdAt"`
	Data      *data   `json:"data"`
}

// parse reads an event. Nearly all are texts of the current generation; what turns out to be something else is
// read again, with as few expectations as can be.
func parse(deliveryID string, body []byte) (club.Delivery, error) {
	var c current
	if json.Unmarshal(body, &c) == nil && c.Data != nil && c.Data.Resource != nil && strings.HasPrefix(string(c.Type), "message.") {
		return deliver(deliveryID, event{ID: c.ID, Type: c.Type, CreatedAt: c.CreatedAt}, func() (resource, error) { return c.Data.message(), nil })
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return club.Delivery{}, club.Invalid("the webhook is not the JSON that was expected")
	}
	if e.Type == "" && isObject(e.Object) {
		inner := e.Object
		e = event{}
		if err := json.Unmarshal(inner, &e); err != nil {
			return club.Delivery{}, club.Invalid("the webhook's inner object cannot be read")
		}
	}
	if e.Type == "" {
		return club.Delivery{}, club.Invalid("the webhook has no type")
	}
	return deliver(deliveryID, e, e.resource)
}

// deliver returns what an event says; message reads the one that it is about.
func deliver(deliveryID string, e event, message func() (resource, error)) (club.Delivery, error) {
	if deliveryID == "" {
		deliveryID = string(e.ID)
	}
	d := club.Delivery{ID: deliveryID}
	status, reports := map[code]club.MessageStatus{"message.delivered": club.MessageDelivered, "message.failed": club.MessageFailed, "message.undelivered": club.MessageFailed}[e.Type]
	if !reports && e.Type != "message.received" {
		d.Ignored = string(e.Type[:min(len(e.Type), 80)])
		return d, nil
	}
	r, err := message()
	switch {
	case err != nil:
	case reports:
		d.Report, err = report(e, r, status)
	case r.Direction == "outgoing": // our own text, come back: never a member's
		d.Ignored = string(e.Type)
	default:
		d.Inbound, err = inbound(deliveryID, r)
	}
	if err != nil {
		return club.Delivery{}, err
	}
	return d, nil
}

// resource returns the message that an event is about, with the addresses of either generation.
func (e event) resource() (r resource, err error) {
	unreadable := club.Invalid("the webhook's message cannot be read")
	var d data
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		return r, unreadable
	}
	switch {
	case d.Resource != nil:
		r = d.message()
	case isObject(d.Object):
		if json.Unmarshal(d.Object, &r) != nil {
			return r, unreadable
		}
		if r.ID == "" && isObject(r.Object) {
			inner := r.Object
			r = resource{}
			if json.Unmarshal(inner, &r) != nil {
				return r, unreadable
			}
		}
	}
	return r, nil
}

// message is the resource with the addresses that stand beside it.
func (d *data) message() resource {
	r := *d.Resource
	r.From, r.PhoneNumberID = d.Context.SenderIdentifier, d.Context.PhoneNumberID
	r.To = d.Context.RecipientIdentifiers
	return r
}

func isObject(raw json.RawMessage) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) }

func inbound(deliveryID string, r resource) (*club.Inbound, error) {
	if r.ID == "" || r.From == "" {
		return nil, club.Invalid("the webhook's message has no id or no sender")
	}
	in := &club.Inbound{
		Provider: Provider, ProviderMessageID: r.ID, DeliveryID: deliveryID,
		From: r.From, To: r.PhoneNumberID, Text: r.text(), SentAt: r.CreatedAt.UTC(),
	}
	// In a group text only the line's id says which of the recipients we are.
	if len(r.To) == 1 || in.To == "" && len(r.To) > 0 {
		in.To = r.To[0]
	}
	for _, m := range r.Media {
		in.Media = append(in.Media, club.Media{URL: m.URL, Type: m.Type})
	}
	return in, nil
}

func report(e event, r resource, status club.MessageStatus) (*club.DeliveryReport, error) {
	if r.ID == "" {
		return nil, club.Invalid("the webhook's message has no id")
	}
	rep := &club.DeliveryReport{Provider: Provider, ProviderMessageID: r.ID, Status: status, ErrorCode: string(r.ErrorCode), Text: r.text(), Line: r.From, At: e.CreatedAt.UTC()}
	if len(r.To) > 0 {
		rep.To = r.To[0]
	}
	return rep, nil
}
