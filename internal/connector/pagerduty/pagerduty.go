// Package pagerduty wakes whoever is on call at PagerDuty (Events API v2) and reads what people do with
// an incident there (webhooks v3).
//
// The vendor joins events by their dedup key: a trigger that is sent twice is one incident, and later
// events with the key acknowledge or resolve it. Safe for concurrent use.
package pagerduty

import (
	"context"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Provider is this vendor's name in errors.
const Provider = "pagerduty"

// Config describes one service of a PagerDuty account.
type Config struct {
	RoutingKey     string   // integration key of the service, 32 characters
	WebhookSecrets []string // of the webhook subscription; several while one is being rotated; none means that no webhook is accepted
	BaseURL        string   // default https://events.pagerduty.com
	Limits         connector.Limits
}

// Client sends events and receives webhooks.
type Client struct {
	http    *connector.Client
	key     string
	secrets []string
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = "https://events.pagerduty.com"
	}
	if len(cfg.RoutingKey) != 32 {
		return nil, club.Invalid("pagerduty: the integration key has 32 characters")
	}
	for i, s := range cfg.WebhookSecrets {
		if len(s) < 16 {
			return nil, club.Invalid("pagerduty: webhook secret %d is too short", i+1)
		}
	}
	h, err := connector.New(connector.Config{Vendor: Provider, BaseURL: cfg.BaseURL, Limits: cfg.Limits, Explain: explain}, deps)
	if err != nil {
		return nil, err
	}
	return &Client{http: h, key: cfg.RoutingKey, secrets: cfg.WebhookSecrets}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.Close() }

// Breaker returns the state of the breaker before the vendor.
func (c *Client) Breaker() connector.Breaker { return c.http.Breaker() }

// explain takes the vendor's word for the kind of failure; its sentences may quote the event.
func explain(_ int, body []byte) string {
	var e struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(body, &e) != nil || len(e.Status) > 40 {
		return ""
	}
	return e.Status
}

// Event is what happens to an incident. For acknowledge and resolve only Action and Key count.
type Event struct {
	Action   string // "trigger", "acknowledge" or "resolve"
	Key      string // dedup key, at most 255 characters
	Summary  string // at most 1024 characters are sent
	Source   string // where it happened; required
	Severity string // "critical", "error", "warning" or "info"
	Details  map[string]string
	Link     string // "" for none
}

type payload struct {
	Summary  string            `json:"summary"`
	Source   string            `json:"source"`
	Severity string            `json:"severity"`
	Details  map[string]string `json:"custom_details,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	Key        string   `json:"dedup_key"`
	Payload    *payload `json:"payload,omitempty"`
	Links      []link   `json:"links,omitempty"`
	Client     string   `json:"client,omitempty"`
	ClientURL  string   `json:"client_url,omitempty"`
}

// Send hands an event to the vendor, once. A 400 is Rejected for good; a 429 and a 5xx may be tried again.
func (c *Client) Send(ctx context.Context, e Event) error {
	body := event{RoutingKey: c.key, Action: e.Action, Key: e.Key}
	if e.Action == "trigger" {
		body.Payload = &payload{Summary: clip(e.Summary, 1024), Source: clip(e.Source, 255), Severity: e.Severity, Details: e.Details}
		body.Client = "ClubOS"
		if e.Link != "" {
			body.ClientURL, body.Links = e.Link, []link{{Href: e.Link, Text: "Open in ClubOS"}}
		}
	}
	var out struct {
		Status string `json:"status"`
	}
	op := "send " + e.Action
	res, err := c.http.Do(ctx, connector.Request{Op: op, Method: http.MethodPost, Path: "v2/enqueue", JSON: body, Into: &out})
	if err == nil && out.Status != "success" {
		return &club.VendorError{Vendor: Provider, Op: op, Reached: true, Retryable: true, Status: res.Status, VendorCode: clip(out.Status, 40)}
	}
	return err
}

func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
