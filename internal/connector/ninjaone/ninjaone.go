// Package ninjaone reads and restarts the club's computers through NinjaOne, a remote monitoring and
// management (RMM) service.
//
// An accepted command is only queued: the vendor says yes for a device that is switched off as well.
// Whether anything happened is told by [Client.Activities] and a second look at [Client.Device].
// Safe for concurrent use.
package ninjaone

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Provider is this vendor's name in errors.
const Provider = "ninjaone"

// Config describes one NinjaOne account.
type Config struct {
	BaseURL      string // https://app.ninjarmm.com, or us2, eu, oc, ca; default app
	ClientID     string
	ClientSecret string
	// RefreshToken, when set, acts for the user who granted it (authorization code grant); running
	// scripts commonly needs that. Empty means the client's own credentials.
	RefreshToken string
	// Keeper keeps the tokens that descend from RefreshToken. Nil keeps them in memory: then no other
	// process may use the account, and a restart needs a token that is still good.
	Keeper Keeper
	// WebhookSecrets are the secrets that the account's webhook repeats; several are in force while one is
	// being rotated. Without one every webhook is refused.
	WebhookSecrets []string
	Scopes         []string       // default monitoring, management, control
	Rate           connector.Rate // default 60 calls a minute; the vendor publishes no limit
	Limits         connector.Limits
}

// Client talks to one account.
type Client struct {
	http    *connector.Client
	token   *tokens
	secrets []string
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	cfg.BaseURL = cmp.Or(cfg.BaseURL, "https://app.ninjarmm.com")
	if cfg.ClientID == "" || cfg.ClientSecret == "" {
		return nil, club.Invalid("ninjaone: the client id or its secret is missing")
	}
	for _, s := range cfg.WebhookSecrets {
		if len(s) < minSecret {
			return nil, club.Invalid("ninjaone: a webhook secret has at least %d characters", minSecret)
		}
	}
	if len(cfg.Scopes) == 0 {
		cfg.Scopes = []string{"monitoring", "management", "control"}
	}
	if cfg.Rate.Calls == 0 {
		cfg.Rate = connector.Rate{Calls: 60, Per: time.Minute, MaxWait: 2 * time.Second}
	}
	h, err := connector.New(connector.Config{Vendor: Provider, BaseURL: cfg.BaseURL, Limits: cfg.Limits, Rate: cfg.Rate, Explain: explain}, deps)
	if err != nil {
		return nil, err
	}
	return &Client{http: h, token: newTokens(cfg, h, deps), secrets: cfg.WebhookSecrets}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.Close() }

// Breaker returns the state of the breaker before the vendor.
func (c *Client) Breaker() connector.Breaker { return c.http.Breaker() }

var codePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`)

func explain(_ int, body []byte) string {
	var e struct {
		ResultCode string `json:"resultCode"`
		Error      string `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	if s := cmp.Or(e.ResultCode, e.Error); codePattern.MatchString(s) {
		return s
	}
	return ""
}

// do calls with a token. A token that the vendor no longer takes is replaced once: a 401 is a no, so
// the second call cannot act twice.
func (c *Client) do(ctx context.Context, r connector.Request) error {
	for attempt := 0; ; attempt++ {
		token, err := c.token.get(ctx)
		if err != nil {
			return notReached(err, r.Op)
		}
		r.Header = http.Header{"Authorization": {"Bearer " + token}}
		_, err = c.http.Do(ctx, r)
		if status(err) == http.StatusUnauthorized && attempt == 0 {
			c.token.drop(token)
			continue
		}
		return err
	}
}

type device struct {
	ID          int64   `json:"id"`
	DisplayName string  `json:"displayName"`
	SystemName  string  `json:"systemName"`
	Offline     bool    `json:"offline"`
	LastContact float64 `json:"lastContact"`
	Maintenance *struct {
		Status string  `json:"status"`
		Start  float64 `json:"start"`
		End    float64 `json:"end"`
	} `json:"maintenance"`
}

func (d device) state() club.DeviceState {
	return club.DeviceState{
		Ref: strconv.FormatInt(d.ID, 10), Name: cmp.Or(d.DisplayName, d.SystemName), Online: !d.Offline,
		Maintenance: d.Maintenance != nil && !strings.EqualFold(d.Maintenance.Status, "pending"), LastContact: instant(d.LastContact),
	}
}

// instant reads Unix seconds with a fraction.
func instant(s float64) time.Time {
	if s <= 0 || math.IsNaN(s) || s > 1e11 {
		return time.Time{}
	}
	return time.UnixMicro(int64(s * 1e6)).UTC()
}

// Device returns what the vendor says of one device.
func (c *Client) Device(ctx context.Context, ref string) (club.DeviceState, error) {
	const op = "look at device"
	path, err := devicePath(op, ref)
	if err != nil {
		return club.DeviceState{}, err
	}
	var d device
	if err := c.do(ctx, connector.Request{Op: op, Path: path, Into: &d}); err != nil {
		return club.DeviceState{}, err
	}
	return d.state(), nil
}

// Devices lists every device of the account.
func (c *Client) Devices(ctx context.Context) ([]club.DeviceState, error) {
	const size, most = 200, 100
	var out []club.DeviceState
	q := url.Values{"pageSize": {strconv.Itoa(size)}}
	for range most {
		var page []device
		if err := c.do(ctx, connector.Request{Op: "list devices", Path: "v2/devices", Query: q, Into: &page}); err != nil {
			return nil, err
		}
		for _, d := range page {
			out = append(out, d.state())
		}
		if len(page) < size {
			return out, nil
		}
		q.Set("after", strconv.FormatInt(page[len(page)-1].ID, 10))
	}
	return nil, &club.VendorError{Vendor: Provider, Op: "list devices", Reached: true, VendorCode: "more devices than are believable"}
}

// Reboot queues a restart of the device. Forced does not wait for programs to close. The reason is
// kept in the vendor's log; our execution's key belongs into it.
func (c *Client) Reboot(ctx context.Context, ref, reason string, forced bool) error {
	const op = "reboot device"
	path, err := devicePath(op, ref)
	if err != nil {
		return err
	}
	mode := "NORMAL"
	if forced {
		mode = "FORCED"
	}
	return c.do(ctx, connector.Request{Op: op, Method: http.MethodPost, Path: path + "/reboot/" + mode, JSON: map[string]string{"reason": reason}})
}

var numeric = regexp.MustCompile(`^[0-9]{1,18}$`)
var uuid = regexp.MustCompile(`^[0-9a-fA-F-]{36}$`)

// RunScript queues a script on the device, as the system user. A numeric id names a script of the
// account's library, a UUID one of the vendor's built-in actions.
func (c *Client) RunScript(ctx context.Context, ref, scriptID, parameters string) error {
	const op = "run script"
	path, err := devicePath(op, ref)
	if err != nil {
		return err
	}
	body := map[string]any{"parameters": parameters, "runAs": "system"}
	switch {
	case numeric.MatchString(scriptID):
		body["type"], body["id"] = "SCRIPT", json.Number(scriptID)
	case uuid.MatchString(scriptID):
		body["type"], body["uid"] = "ACTION", scriptID
	default:
		return refuse(op, "script id")
	}
	return c.do(ctx, connector.Request{Op: op, Method: http.MethodPost, Path: path + "/script/run", JSON: body})
}

func devicePath(op, ref string) (string, error) {
	if !numeric.MatchString(ref) {
		return "", refuse(op, "device id")
	}
	return "v2/device/" + ref, nil
}

// refuse is for what we do not even send.
func refuse(op, what string) error {
	return &club.VendorError{Vendor: Provider, Op: op, Rejected: true, VendorCode: "not a valid " + what}
}
