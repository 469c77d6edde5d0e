package ninjaone

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
)

type activity struct {
	ID         int64   `json:"id"`
	Time       float64 `json:"activityTime"`
	Type       string  `json:"activityType"`
	StatusCode string  `json:"statusCode"`
	Result     string  `json:"activityResult"`
	Message    string  `json:"message"`
	Series     string  `json:"seriesUid"`
	Config     string  `json:"sourceConfigUid"`
	Source     string  `json:"sourceName"`
	Subject    string  `json:"subject"`
}

// Activities lists what the vendor logged about a device since the given instant, newest first. It
// reads at most 2000 entries; there being more is an error.
func (c *Client) Activities(ctx context.Context, ref string, since time.Time) ([]club.DeviceActivity, error) {
	const op, size = "list activities", 200
	path, err := devicePath(op, ref)
	if err != nil {
		return nil, err
	}
	var list []activity
	q := url.Values{"pageSize": {strconv.Itoa(size)}}
	for range 10 {
		var page struct {
			Activities []activity `json:"activities"`
		}
		if err := c.do(ctx, connector.Request{Op: op, Path: path + "/activities", Query: q, Into: &page}); err != nil {
			return nil, err
		}
		older := false
		for _, a := range page.Activities {
			if instant(a.Time).Before(since) {
				older = true
			} else {
				list = append(list, a)
			}
		}
		if older || len(page.Activities) < size {
			return c.told(ctx, path, list)
		}
		q.Set("olderThan", strconv.FormatInt(page.Activities[len(page.Activities)-1].ID, 10))
	}
	return nil, &club.VendorError{Vendor: Provider, Op: op, Reached: true, VendorCode: "too many activities to look through"}
}

// told writes the log as it is told, with the id of the script that an entry is of. The log itself names a script
// by its unique id and its name, never by the number that runs it: what may run on the device tells the number.
func (c *Client) told(ctx context.Context, devicePath string, list []activity) ([]club.DeviceActivity, error) {
	var may []script
	if slices.ContainsFunc(list, activity.ofScript) {
		var options struct {
			Scripts []script `json:"scripts"`
		}
		if err := c.do(ctx, connector.Request{Op: "list scripts", Path: devicePath + "/scripting/options", Into: &options}); err != nil {
			return nil, err
		}
		may = options.Scripts
	}
	out := make([]club.DeviceActivity, len(list))
	for i, a := range list {
		out[i] = club.DeviceActivity{ID: strconv.FormatInt(a.ID, 10), Type: strings.ToLower(a.Type), Status: a.status(), Script: a.script(may), Series: a.Series, Detail: clip(a.Message), At: instant(a.Time)}
	}
	return out, nil
}

// script is a script of the account's library, or a built-in action, that may be run on a device.
type script struct {
	Type string      `json:"type"`
	ID   json.Number `json:"id"`
	UID  string      `json:"uid"`
	Name string      `json:"name"`
}

// key is what [Client.RunScript] runs it by.
func (s script) key() string {
	if strings.EqualFold(s.Type, "ACTION") || s.ID == "" || s.ID == "0" {
		return s.UID
	}
	return s.ID.String()
}

func (a activity) ofScript() bool {
	kind := strings.ToUpper(a.Type)
	return (strings.Contains(kind, "SCRIPT") || strings.HasPrefix(kind, "ACTION")) && (a.Config != "" || a.Source != "" || a.Subject != "")
}

// script returns the id by which the entry's script is run: that of the one with its unique id, or of the only
// one with its name. "" where there is none, or more than one.
func (a activity) script(may []script) string {
	if !a.ofScript() {
		return ""
	}
	named := map[string]bool{}
	for _, s := range may {
		if a.Config != "" && strings.EqualFold(a.Config, s.UID) {
			return s.key()
		}
		for _, name := range []string{a.Source, a.Subject} {
			if s.Name != "" && (strings.EqualFold(name, s.Name) || strings.EqualFold(name, "Run "+s.Name)) {
				named[s.key()] = true
			}
		}
	}
	for key := range named {
		if len(named) == 1 {
			return key
		}
	}
	return ""
}

// status is one lower-case word or two: "start_requested", "started", "completed", "failed", ….
func (a activity) status() string {
	if a.StatusCode == "COMPLETED" && strings.HasPrefix(strings.ToUpper(a.Result), "FAIL") {
		return "failed"
	}
	return strings.ToLower(cmp.Or(a.StatusCode, "unknown"))
}

func clip(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
