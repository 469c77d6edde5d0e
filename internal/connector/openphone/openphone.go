// Package openphone sends and receives text messages through Quo, the vendor that was called
// OpenPhone until September 2025. It speaks the current API (api.quo.com, a version header, Standard
// Webhooks signatures) and the legacy one (api.openphone.com/v1, openphone-signature).
//
// The vendor takes no idempotency key, so Send is made at most once per message and [Client.Find]
// answers afterwards whether a send whose answer was lost went out. Safe for concurrent use.
package openphone

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Provider is this vendor's name in messages and errors.
const Provider = "openphone"

// MaxText is the longest text the vendor takes, in characters.
const MaxText = 1600

// Config describes one Quo workspace.
type Config struct {
	APIKey         string
	Legacy         bool     // speak to the API of before 2026-03-30
	BaseURL        string   // default https://api.quo.com, legacy https://api.openphone.com/v1
	Version        string   // of the API; default 2026-03-30; not sent in legacy mode
	WebhookSecrets []string // whsec_…; several while one is being rotated; none means that no current webhook is accepted
	LegacyKeys     []string // base64 keys of legacy webhooks; likewise
	UserID         string   // the Quo user who is shown as the sender; "" means the workspace's default
	Limits         connector.Limits
}

// Client sends, finds and receives texts.
type Client struct {
	cfg    Config
	http   *connector.Client
	keys   *connector.Keys
	legacy [][]byte

	mu    sync.Mutex        // guards lines
	lines map[string]string // E.164 number → phone number id
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = "https://api.quo.com"
		if cfg.Legacy {
			cfg.BaseURL = "https://api.openphone.com/v1"
		}
	}
	if cfg.Version == "" {
		cfg.Version = "2026-03-30"
	}
	if cfg.APIKey == "" {
		return nil, club.Invalid("openphone: the API key is missing")
	}
	header := http.Header{"Authorization": {cfg.APIKey}} // raw: the vendor takes no "Bearer"
	if !cfg.Legacy {
		header.Set("Quo-Api-Version", cfg.Version)
	}
	c := &Client{cfg: cfg, lines: map[string]string{}}
	var err error
	if c.keys, err = connector.NewKeys(cfg.WebhookSecrets); err != nil {
		return nil, err
	}
	if c.legacy, err = legacyKeys(cfg.LegacyKeys); err != nil {
		return nil, err
	}
	c.http, err = connector.New(connector.Config{
		Vendor: Provider, BaseURL: cfg.BaseURL, Header: header, Limits: cfg.Limits, Explain: explain,
		Rate: connector.Rate{Calls: 10, Per: time.Second, MaxWait: 3 * time.Second}, // the vendor's own limit per key
	}, deps)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.Close() }

// Breaker returns the state of the breaker before the vendor.
func (c *Client) Breaker() connector.Breaker { return c.http.Breaker() }

// explain takes the vendor's code and the names of the fields it disliked. Its sentences are left
// out: they quote the request, which holds a member's number and words.
func explain(_ int, body []byte) string {
	var e struct {
		Code   string `json:"code"`
		Errors []struct {
			Path string `json:"path"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	parts := []string{}
	for _, s := range append([]string{e.Code}, paths(e.Errors)...) {
		if s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

func paths(errs []struct {
	Path string `json:"path"`
}) []string {
	var out []string
	for _, e := range errs[:min(len(errs), 3)] {
		out = append(out, e.Path)
	}
	return out
}

// message is a text as the API shows it.
type message struct {
	ID        string    `json:"id"`
	From      string    `json:"from"`
	To        addresses `json:"to"`
	Text      string    `json:"text"`
	Body      string    `json:"body"` // legacy name of text
	Direction string    `json:"direction"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"createdAt"`
}

func (m message) text() string {
	if m.Text == "" {
		return m.Body
	}
	return m.Text
}

// addresses reads "to", which is a list in some versions and one string in others.
type addresses []string

func (a *addresses) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		if *a = nil; one != "" {
			*a = addresses{one}
		}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// Send hands a text to the vendor, once. A text of no or more than 1600 characters is refused here.
func (c *Client) Send(ctx context.Context, m club.Outbound) (club.Receipt, error) {
	const op = "send text"
	if n := utf8.RuneCountInString(m.Text); n < 1 || n > MaxText {
		return club.Receipt{}, &club.VendorError{Vendor: Provider, Op: op, Rejected: true, VendorCode: "text length"}
	}
	body := map[string]any{"content": m.Text, "from": m.From, "to": []string{m.To}}
	if c.cfg.UserID != "" {
		body["userId"] = c.cfg.UserID
	}
	var out struct {
		Data message `json:"data"`
	}
	res, err := c.http.Do(ctx, connector.Request{Op: op, Method: http.MethodPost, Path: "messages", JSON: body, Into: &out})
	if err != nil {
		return club.Receipt{}, err
	}
	if out.Data.ID == "" {
		return club.Receipt{}, &club.VendorError{Vendor: Provider, Op: op, Reached: true, Status: res.Status, VendorCode: "no message id"}
	}
	if s := statusOf(out.Data.Status); s == club.MessageFailed {
		return club.Receipt{}, &club.VendorError{Vendor: Provider, Op: op, Reached: true, Rejected: true, Status: res.Status, VendorCode: "undelivered"}
	}
	return receipt(out.Data), nil
}

func receipt(m message) club.Receipt {
	return club.Receipt{ProviderMessageID: m.ID, Status: statusOf(m.Status)}
}

func statusOf(s string) club.MessageStatus {
	switch s {
	case "delivered":
		return club.MessageDelivered
	case "undelivered", "failed":
		return club.MessageFailed
	}
	return club.MessageSent
}

// skew is how far the vendor's clock may lag ours when it stamps what we sent.
const skew = 2 * time.Second

// pages bounds how far Find reads before it admits that it cannot say.
const pages = 10

// Find looks for a text that may have been sent since the given instant. False without an error
// means that the vendor certainly has no such text; an error means that it could not say. A text
// that the vendor took and then could not deliver is found with [club.MessageFailed].
func (c *Client) Find(ctx context.Context, m club.Outbound, since time.Time) (club.Receipt, bool, error) {
	const op = "find text"
	line, err := c.line(ctx, m.From)
	if err != nil {
		return club.Receipt{}, false, err
	}
	since = since.Add(-skew)
	q := url.Values{"phoneNumberId": {line}, "participants": {m.To}, "createdAfter": {since.UTC().Format(time.RFC3339)}, "maxResults": {"50"}}
	for range pages {
		var out struct {
			Data          []message `json:"data"`
			NextCursor    string    `json:"nextCursor"`
			NextPageToken string    `json:"nextPageToken"`
		}
		if _, err := c.http.Do(ctx, connector.Request{Op: op, Path: "messages", Query: q, Into: &out}); err != nil {
			return club.Receipt{}, false, err
		}
		for _, got := range out.Data {
			if got.Direction == "outgoing" && !got.CreatedAt.Before(since) && connector.SameText(got.text(), m.Text) {
				return receipt(got), true, nil
			}
		}
		switch {
		case out.NextCursor != "":
			q.Set("after", out.NextCursor)
		case out.NextPageToken != "":
			q.Set("pageToken", out.NextPageToken)
		default:
			return club.Receipt{}, false, nil
		}
	}
	return club.Receipt{}, false, &club.VendorError{Vendor: Provider, Op: op, Reached: true, VendorCode: "too many messages to look through"}
}

// line returns the id of one of our numbers, which lists ask for. It is looked up once.
func (c *Client) line(ctx context.Context, from string) (string, error) {
	if strings.HasPrefix(from, "PN") {
		return from, nil
	}
	c.mu.Lock()
	id := c.lines[from]
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	const op = "list numbers"
	var out struct {
		Data []struct {
			ID     string `json:"id"`
			Number string `json:"number"`
		} `json:"data"`
	}
	if _, err := c.http.Do(ctx, connector.Request{Op: op, Path: "phone-numbers", Into: &out}); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range out.Data {
		c.lines[n.Number] = n.ID
	}
	if id = c.lines[from]; id == "" {
		return "", &club.VendorError{Vendor: Provider, Op: op, Reached: true, VendorCode: "our line is not among the workspace's numbers"}
	}
	return id, nil
}
