package ninjaone

import (
	"cmp"
	"context"
	"net/url"
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
}

// Activities lists what the vendor logged about a device since the given instant, newest first. It
// reads at most 2000 entries; there being more is an error.
func (c *Client) Activities(ctx context.Context, ref string, since time.Time) ([]club.DeviceActivity, error) {
	const op, size = "list activities", 200
	path, err := devicePath(op, ref)
	if err != nil {
		return nil, err
	}
	var out []club.DeviceActivity
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
			if at := instant(a.Time); at.Before(since) {
				older = true
			} else {
				out = append(out, club.DeviceActivity{ID: strconv.FormatInt(a.ID, 10), Type: strings.ToLower(a.Type), Status: a.status(), Detail: clip(a.Message), At: at})
			}
		}
		if older || len(page.Activities) < size {
			return out, nil
		}
		q.Set("olderThan", strconv.FormatInt(page.Activities[len(page.Activities)-1].ID, 10))
	}
	return nil, &club.VendorError{Vendor: Provider, Op: op, Reached: true, VendorCode: "too many activities to look through"}
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
