// Package unifi opens and watches doors through the developer API of UniFi Access, which answers on
// the club's own network only, with a self-signed certificate that is pinned.
//
// The vendor takes no idempotency key. [Client.Unlock] hands it our key as extra data, which comes
// back in its log, so that [Client.Unlocked] can say afterwards whether a call whose answer was lost
// opened the door. Safe for concurrent use.
package unifi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Provider is this vendor's name in errors.
const Provider = "unifi"

// keyName is under which our key travels in "extra".
const keyName = "clubos_key"

// Config describes one console.
type Config struct {
	BaseURL        string // https://<console>:12445
	Token          string // of the developer API
	PinSHA256      string // of the console's certificate; "" only where a trusted authority signed it
	WebhookSecrets []string
	Limits         connector.Limits
}

// Client talks to one console.
type Client struct {
	http    *connector.Client
	secrets []string
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	if cfg.Token == "" {
		return nil, club.Invalid("unifi: the API token is missing")
	}
	for i, s := range cfg.WebhookSecrets {
		if len(s) < 8 {
			return nil, club.Invalid("unifi: webhook secret %d is too short", i+1)
		}
	}
	h, err := connector.New(connector.Config{
		Vendor: Provider, BaseURL: cfg.BaseURL, PinSHA256: cfg.PinSHA256, Limits: cfg.Limits,
		Header:  http.Header{"Authorization": {"Bearer " + cfg.Token}},
		Explain: func(_ int, body []byte) string { return codeOf(body) },
	}, deps)
	if err != nil {
		return nil, err
	}
	return &Client{http: h, secrets: cfg.WebhookSecrets}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.Close() }

// Breaker returns the state of the breaker before the vendor.
func (c *Client) Breaker() connector.Breaker { return c.http.Breaker() }

var codePattern = regexp.MustCompile(`^[A-Z0-9_]{1,60}$`)

func codeOf(body []byte) string {
	var e struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(body, &e) != nil || !codePattern.MatchString(e.Code) {
		return ""
	}
	return e.Code
}

// do makes a call and opens the envelope: the vendor says no with status 200 as well.
func (c *Client) do(ctx context.Context, r connector.Request, data any) error {
	var env struct {
		Code string          `json:"code"`
		Data json.RawMessage `json:"data"`
	}
	r.Path = "api/v1/developer/" + r.Path
	r.Into = &env
	res, err := c.http.Do(ctx, r)
	if err != nil {
		return err
	}
	fail := &club.VendorError{Vendor: Provider, Op: r.Op, Reached: true, Status: res.Status, VendorCode: codeOf(res.Body)}
	switch env.Code {
	case "SUCCESS":
	case "":
		fail.Err = errors.New("the answer has no code")
		return fail
	default:
		// "Something went wrong" leaves open what was done; every other code is a refusal.
		fail.Rejected = env.Code != "CODE_SYSTEM_ERROR" && env.Code != "CODE_UNKNOWN" && env.Code != "CODE_TIMEOUT"
		fail.Retryable = !fail.Rejected || env.Code == "CODE_DEVICE_DEVICE_OFFLINE" || env.Code == "CODE_DEVICE_DEVICE_BUSY"
		return fail
	}
	if data != nil {
		if err := json.Unmarshal(env.Data, data); err != nil {
			fail.Err = errors.New("the answer's data is not what was expected")
			return fail
		}
	}
	return nil
}

type door struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	FullName string `json:"full_name"`
	Bound    bool   `json:"is_bind_hub"`
	Lock     string `json:"door_lock_relay_status"`
	Position string `json:"door_position_status"`
}

func (d door) state(offline map[string]bool) club.DoorState {
	return club.DoorState{Ref: d.ID, Name: d.Name, Locked: d.Lock == "lock", Open: d.Position == "open", Online: d.Bound && !offline[d.ID]}
}

var refPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func doorPath(op, ref string) (string, error) {
	if !refPattern.MatchString(ref) {
		return "", &club.VendorError{Vendor: Provider, Op: op, Rejected: true, VendorCode: "not a valid door id"}
	}
	return "doors/" + ref, nil
}

// Door returns what the console says of one door.
func (c *Client) Door(ctx context.Context, ref string) (club.DoorState, error) {
	const op = "look at door"
	path, err := doorPath(op, ref)
	if err != nil {
		return club.DoorState{}, err
	}
	var d door
	if err := c.do(ctx, connector.Request{Op: op, Path: path}, &d); err != nil {
		return club.DoorState{}, err
	}
	offline, err := c.offline(ctx)
	if err != nil {
		return club.DoorState{}, err
	}
	return d.state(offline), nil
}

// Doors lists every door of the console.
func (c *Client) Doors(ctx context.Context) ([]club.DoorState, error) {
	var ds []door
	if err := c.do(ctx, connector.Request{Op: "list doors", Path: "doors"}, &ds); err != nil {
		return nil, err
	}
	offline, err := c.offline(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]club.DoorState, 0, len(ds))
	for _, d := range ds {
		out = append(out, d.state(offline))
	}
	return out, nil
}

// offline names the doors whose hub does not answer. A token that may not see devices (view:device)
// leaves that unknown, and then only the console's own word on binding counts.
func (c *Client) offline(ctx context.Context) (map[string]bool, error) {
	var groups []json.RawMessage // of devices, or of lists of devices
	err := c.do(ctx, connector.Request{Op: "list devices", Path: "devices", Query: url.Values{"refresh": {"true"}}}, &groups)
	var v *club.VendorError
	if errors.As(err, &v) && v.Rejected {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	type hub struct {
		Location string `json:"location_id"`
		Online   *bool  `json:"is_online"`
	}
	out := map[string]bool{}
	for _, g := range groups {
		var hubs []hub
		if json.Unmarshal(g, &hubs) != nil {
			var one hub
			if json.Unmarshal(g, &one) != nil {
				continue
			}
			hubs = []hub{one}
		}
		for _, h := range hubs {
			if h.Online != nil && !*h.Online && h.Location != "" {
				out[h.Location] = true
			}
		}
	}
	return out, nil
}

// Unlock opens the door for as long as the console is set to. The key goes along and is found again
// by Unlocked; the actor's name is shown in the console's log.
func (c *Client) Unlock(ctx context.Context, ref, key, actorName string) error {
	const op = "unlock door"
	path, err := doorPath(op, ref)
	if err != nil {
		return err
	}
	if actorName == "" {
		actorName = "ClubOS"
	}
	return c.do(ctx, connector.Request{Op: op, Method: http.MethodPut, Path: path + "/unlock", JSON: map[string]any{
		"actor_id": "clubos", "actor_name": actorName, "extra": map[string]string{keyName: key},
	}}, nil)
}

// Lock ends every unlocking of the door at once, timed and scheduled ones too, until the console's own
// schedule begins its next period.
func (c *Client) Lock(ctx context.Context, ref string) error {
	const op = "lock door"
	path, err := doorPath(op, ref)
	if err != nil {
		return err
	}
	return c.do(ctx, connector.Request{Op: op, Method: http.MethodPut, Path: path + "/lock_rule", JSON: map[string]any{"type": "lock_now"}}, nil)
}

// Unlocked reports whether the console's log since the given instant has an unlocking with our key.
// False without an error means that the log has none; an error that the log could not be read whole.
func (c *Client) Unlocked(ctx context.Context, ref, key string, since time.Time) (bool, error) {
	const op, size = "read door log", 100
	if len(key) < 8 {
		return false, &club.VendorError{Vendor: Provider, Op: op, Rejected: true, VendorCode: "key too short to look for"}
	}
	if _, err := doorPath(op, ref); err != nil {
		return false, err
	}
	quoted, err := json.Marshal(key)
	if err != nil {
		return false, err
	}
	body := map[string]any{"topic": "door_openings", "since": since.Add(-skew).Unix()}
	for page := 1; page <= 20; page++ {
		var raw json.RawMessage
		q := url.Values{"page_num": {strconv.Itoa(page)}, "page_size": {strconv.Itoa(size)}}
		if err := c.do(ctx, connector.Request{Op: op, Method: http.MethodPost, Path: "system/logs", Query: q, JSON: body}, &raw); err != nil {
			return false, err
		}
		hits, err := logHits(raw)
		if err != nil {
			return false, &club.VendorError{Vendor: Provider, Op: op, Reached: true, Err: err}
		}
		for _, h := range hits {
			if bytes.Contains(h, quoted) && !refused(h) {
				return true, nil
			}
		}
		if len(hits) < size {
			return false, nil
		}
	}
	return false, &club.VendorError{Vendor: Provider, Op: op, Reached: true, VendorCode: "too many log entries to look through"}
}

// skew is how far the console's clock may lag ours.
const skew = time.Minute

// logHits reads the entries, which are the data itself or its "hits". An entry stays as it came: its
// layout differs between versions, and only our key is looked for.
func logHits(raw json.RawMessage) ([]json.RawMessage, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		var box struct {
			Hits []json.RawMessage `json:"hits"`
		}
		if json.Unmarshal(raw, &box) != nil {
			return nil, errors.New("the log is not what was expected")
		}
		list = box.Hits
	}
	for i, h := range list {
		var b bytes.Buffer
		if json.Compact(&b, h) == nil {
			list[i] = b.Bytes()
		}
	}
	return list, nil
}

// refused reports whether an entry says that the door stayed shut.
func refused(hit json.RawMessage) bool {
	var h struct {
		Source struct {
			Event struct {
				Result string `json:"result"`
			} `json:"event"`
		} `json:"_source"`
	}
	_ = json.Unmarshal(hit, &h)
	return h.Source.Event.Result == "BLOCKED" || h.Source.Event.Result == "FAIL"
}
