// Package twilio sends and receives text messages through Twilio's Messages resource.
//
// The vendor takes no idempotency key and its webhooks carry no timestamp: a send whose answer was
// lost is looked for with [Client.Find], and a webhook that is played again is told by its message
// id. Safe for concurrent use.
package twilio

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Provider is this vendor's name in messages and errors.
const Provider = "twilio"

// OptedOut is the vendor's code for a recipient who has opted out: the caller records it as consent
// withdrawn.
const OptedOut = "21610"

// EmptyTwiML is the answer to a webhook that says: received, nothing to send back.
const EmptyTwiML = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`

// Config describes one Twilio account.
type Config struct {
	AccountSID          string
	AuthTokens          []string // the primary auth token first; others are accepted in signatures while it is rotated
	APIKey, APISecret   string   // when set, they sign in instead of the auth token
	MessagingServiceSID string   // when set, texts go through it and not from the line alone
	StatusCallback      string   // public URL for delivery reports; "" asks for none
	BaseURL             string   // default https://api.twilio.com
	Limits              connector.Limits
}

// Client sends, finds and receives texts.
type Client struct {
	cfg  Config
	http *connector.Client
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = "https://api.twilio.com"
	}
	user, pass := cfg.APIKey, cfg.APISecret
	if user == "" && len(cfg.AuthTokens) > 0 {
		user, pass = cfg.AccountSID, cfg.AuthTokens[0]
	}
	if !strings.HasPrefix(cfg.AccountSID, "AC") || url.PathEscape(cfg.AccountSID) != cfg.AccountSID {
		return nil, club.Invalid("twilio: the account SID must begin with AC")
	}
	if user == "" || pass == "" {
		return nil, club.Invalid("twilio: an auth token, or an API key with its secret, is missing")
	}
	for _, t := range cfg.AuthTokens {
		if t == "" {
			return nil, club.Invalid("twilio: an auth token is empty")
		}
	}
	h, err := connector.New(connector.Config{
		Vendor: Provider, BaseURL: cfg.BaseURL, Limits: cfg.Limits, Explain: explain,
		Header: http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+pass))}},
	}, deps)
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, http: h}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.Close() }

// Breaker returns the state of the breaker before the vendor.
func (c *Client) Breaker() connector.Breaker { return c.http.Breaker() }

// explain takes the vendor's code only: its sentences quote numbers.
func explain(_ int, body []byte) string {
	var e struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(body, &e) != nil || e.Code == 0 {
		return ""
	}
	return strconv.Itoa(e.Code)
}

type message struct {
	SID       string `json:"sid"`
	Body      string `json:"body"`
	From      string `json:"from"`
	To        string `json:"to"`
	Status    string `json:"status"`
	Direction string `json:"direction"`
	Created   string `json:"date_created"` // RFC 2822
	ErrorCode *int   `json:"error_code"`
	NumMedia  string `json:"num_media"`
}

// statusOf maps the vendor's status; ok is false for those that say nothing yet.
func statusOf(s string) (status club.MessageStatus, ok bool) {
	switch s {
	case "delivered", "read":
		return club.MessageDelivered, true
	case "undelivered", "failed", "canceled":
		return club.MessageFailed, true
	case "sent":
		return club.MessageSent, true
	}
	return club.MessageSent, false
}

func (c *Client) messages() string {
	return "2010-04-01/Accounts/" + c.cfg.AccountSID + "/Messages.json"
}

// Send hands a text to the vendor, once. A recipient who opted out is Rejected with [OptedOut].
func (c *Client) Send(ctx context.Context, m club.Outbound) (club.Receipt, error) {
	const op = "send text"
	if n := utf8.RuneCountInString(m.Text); n < 1 || n > 1600 {
		return club.Receipt{}, &club.VendorError{Vendor: Provider, Op: op, Rejected: true, VendorCode: "21617"}
	}
	form := url.Values{"To": {m.To}, "Body": {m.Text}}
	if c.cfg.MessagingServiceSID != "" {
		form.Set("MessagingServiceSid", c.cfg.MessagingServiceSID)
	} else {
		form.Set("From", m.From)
	}
	if c.cfg.StatusCallback != "" {
		form.Set("StatusCallback", c.cfg.StatusCallback)
	}
	var out message
	res, err := c.http.Do(ctx, connector.Request{Op: op, Method: http.MethodPost, Path: c.messages(), Form: form, Into: &out})
	if err != nil {
		return club.Receipt{}, err
	}
	if out.SID == "" {
		return club.Receipt{}, &club.VendorError{Vendor: Provider, Op: op, Reached: true, Status: res.Status, VendorCode: "no message id"}
	}
	status, _ := statusOf(out.Status)
	if status == club.MessageFailed {
		v := &club.VendorError{Vendor: Provider, Op: op, Reached: true, Rejected: true, Status: res.Status, VendorCode: out.Status}
		if out.ErrorCode != nil {
			v.VendorCode = strconv.Itoa(*out.ErrorCode)
		}
		return club.Receipt{}, v
	}
	return club.Receipt{ProviderMessageID: out.SID, Status: status}, nil
}

// skew is how far the vendor's clock, which stamps whole seconds, may lag ours.
const skew = 2 * time.Second

const (
	findPages     = 10  // bound how far a list is read before it is admitted that it cannot be said
	receivedPages = 100 // likewise
	mostMedia     = 10  // of a text, as the vendor has it
)

// Find looks for a text that may have been sent since the given instant. False without an error
// means that the vendor certainly has no such text; an error means that it could not say. A text
// that the vendor took and then could not deliver is found with [club.MessageFailed].
//
// The vendor filters lists by the date of sending, which a queued text does not have yet, so the
// list is asked for by recipient alone and read until it is older than the instant. Other lines may have
// said the same words to them; a messaging service picks the line itself, so then any line will do.
func (c *Client) Find(ctx context.Context, m club.Outbound, since time.Time) (club.Receipt, bool, error) {
	var found *club.Receipt
	err := c.list(ctx, "find text", m.To, findPages, since, func(got message, _ time.Time) (goOn bool) {
		line := c.cfg.MessagingServiceSID != "" || got.From == m.From
		if line && strings.HasPrefix(got.Direction, "outbound") && connector.SameText(got.Body, m.Text) {
			status, _ := statusOf(got.Status)
			found = &club.Receipt{ProviderMessageID: got.SID, Status: status}
			if status == club.MessageFailed && got.ErrorCode != nil {
				found.ErrorCode = strconv.Itoa(*got.ErrorCode)
			}
		}
		return found == nil
	})
	if found == nil || err != nil {
		return club.Receipt{}, false, err
	}
	return *found, true, nil
}

// Received lists the texts to a line that the vendor has had since the given instant, the oldest first. Of what came with
// them only the number is in the list; see Media. It calls a webhook once, unless the webhook's address asks for more, and never again later: what it
// could not bring is here. An error beside texts says that there may be older ones.
func (c *Client) Received(ctx context.Context, line string, since time.Time) ([]club.Inbound, error) {
	var list []club.Inbound
	err := c.list(ctx, "list texts", line, receivedPages, since, func(got message, at time.Time) bool {
		if got.Direction == "inbound" && got.From != "" && got.SID != "" {
			n, _ := strconv.Atoi(got.NumMedia)
			list = append(list, club.Inbound{Provider: Provider, ProviderMessageID: got.SID, From: got.From, To: got.To, Text: got.Body, Media: make([]club.Media, min(max(n, 0), mostMedia)), SentAt: at})
		}
		return true
	})
	slices.Reverse(list)
	return list, err
}

// Media lists what came with a text.
func (c *Client) Media(ctx context.Context, messageID string) ([]club.Media, error) {
	var out struct {
		List []struct {
			Type string `json:"content_type"`
			URI  string `json:"uri"`
		} `json:"media_list"`
	}
	if _, err := c.http.Do(ctx, connector.Request{Op: "list media", Path: strings.TrimSuffix(c.messages(), ".json") + "/" + url.PathEscape(messageID) + "/Media.json", Into: &out}); err != nil {
		return nil, err
	}
	var media []club.Media
	for _, m := range out.List[:min(len(out.List), mostMedia)] {
		media = append(media, club.Media{URL: c.cfg.BaseURL + strings.TrimSuffix(m.URI, ".json"), Type: m.Type})
	}
	return media, nil
}

// list goes through the texts to a number since an instant, the newest first, until each returns false, over so many pages at
// most. The instant is zero of a text whose date cannot be read, which counts as recent.
func (c *Client) list(ctx context.Context, op, to string, pages int, since time.Time, each func(message, time.Time) (goOn bool)) error {
	since = since.Add(-skew)
	r := connector.Request{Op: op, Path: c.messages(), Query: url.Values{"To": {to}, "PageSize": {"100"}}}
	for range pages {
		var out struct {
			Messages []message `json:"messages"`
			Next     string    `json:"next_page_uri"`
		}
		r.Into = &out
		if _, err := c.http.Do(ctx, r); err != nil {
			return err
		}
		recent := false
		for _, got := range out.Messages {
			at, err := time.Parse(time.RFC1123Z, got.Created)
			if err != nil {
				at = time.Time{}
			} else if at.Before(since) {
				continue
			}
			recent = true
			if !each(got, at) {
				return nil
			}
		}
		next, err := url.Parse(out.Next)
		if err != nil || out.Next == "" || !recent {
			return nil
		}
		r.Query = next.Query()
	}
	return &club.VendorError{Vendor: Provider, Op: op, Reached: true, VendorCode: "too many messages to look through"}
}
