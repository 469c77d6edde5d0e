// Package slack posts alerts with buttons to Slack and reads what people press.
//
// It takes the block types of slack-go and makes its calls itself, so that they have this program's
// limits and account of failure. A Slack user is not yet an operator: whoever receives an
// [Interaction] looks up who that is and what they may do. Safe for concurrent use.
package slack

import (
	"context"
	"net/http"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"

	slackgo "github.com/slack-go/slack"
)

// Provider is this vendor's name in errors.
const Provider = "slack"

// Config describes one Slack app in one workspace.
type Config struct {
	BotToken       string   // xoxb-…
	SigningSecrets []string // of the app; several while one is being rotated; none means that no button is accepted
	BaseURL        string   // default https://slack.com/api
	Limits         connector.Limits
}

// Client posts and receives.
type Client struct {
	http    *connector.Client
	secrets []string
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = "https://slack.com/api"
	}
	if cfg.BotToken == "" {
		return nil, club.Invalid("slack: the bot token is missing")
	}
	for i, s := range cfg.SigningSecrets {
		if len(s) < 16 {
			return nil, club.Invalid("slack: signing secret %d is too short", i+1)
		}
	}
	h, err := connector.New(connector.Config{
		Vendor: Provider, BaseURL: cfg.BaseURL, Limits: cfg.Limits,
		Header: http.Header{"Authorization": {"Bearer " + cfg.BotToken}},
	}, deps)
	if err != nil {
		return nil, err
	}
	return &Client{http: h, secrets: cfg.SigningSecrets}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.Close() }

// Breaker returns the state of the breaker before the vendor.
func (c *Client) Breaker() connector.Breaker { return c.http.Breaker() }

// Message is what is posted. Text is shown in notifications and where blocks cannot be; without
// blocks it is the message.
type Message struct {
	Text   string
	Blocks []slackgo.Block
}

// Post writes a message into a channel and returns its ts, by which it can be updated.
func (c *Client) Post(ctx context.Context, channel string, m Message) (ts string, err error) {
	out, err := c.do(ctx, "post message", "chat.postMessage", body(channel, m))
	if err != nil {
		return "", err
	}
	return out.TS, nil
}

// Update replaces a message.
func (c *Client) Update(ctx context.Context, channel, ts string, m Message) error {
	b := body(channel, m)
	b["ts"] = ts
	_, err := c.do(ctx, "update message", "chat.update", b)
	return err
}

func body(channel string, m Message) map[string]any {
	// An empty list, not none: an update without blocks would leave the old buttons in place.
	blocks := m.Blocks
	if blocks == nil {
		blocks = []slackgo.Block{}
	}
	return map[string]any{"channel": channel, "text": m.Text, "blocks": blocks, "unfurl_links": false}
}

type answer struct {
	OK    bool   `json:"ok"`
	Error string `json:"error"`
	TS    string `json:"ts"`
}

// do makes a call; the vendor says no with status 200 and ok false.
func (c *Client) do(ctx context.Context, op, method string, b map[string]any) (answer, error) {
	var out answer
	res, err := c.http.Do(ctx, connector.Request{Op: op, Method: http.MethodPost, Path: method, JSON: b, Into: &out})
	if err != nil || out.OK {
		return out, err
	}
	fail := &club.VendorError{Vendor: Provider, Op: op, Reached: true, Rejected: true, Status: res.Status, VendorCode: out.Error}
	switch out.Error {
	case "ratelimited", "rate_limited":
		fail.Retryable, fail.RetryAfter = true, time.Second
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout", "":
		fail.Retryable, fail.Rejected = true, false
	}
	return out, fail
}
