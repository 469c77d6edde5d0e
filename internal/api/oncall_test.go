package api

import (
	"net/http"
	"testing"

	"clubos/internal/club"
)

func TestEverybodyChangesHowTheyAreCalledThemselves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	path := w.at("/me/contact")
	var got Contact
	h.want(200, h.do(h.north.viewer, ask{method: "GET", path: path}), &got)
	if got.Email == "" || !got.ByEmail || got.Phone != "" {
		t.Errorf("who has said nothing is called by %+v", got)
	}
	mine := object{"phone": "+14155558181", "by_sms": true, "by_email": false, "quiet_from": "22:00", "quiet_until": "07:00", "time_zone": "Europe/London"}
	h.want(200, h.do(h.north.viewer, ask{method: "PUT", path: path, body: mine}), &got)
	h.want(200, h.do(h.north.viewer, ask{method: "GET", path: path}), &got)
	if got.Phone != "+14155558181" || !got.BySMS || got.ByEmail || got.QuietFrom != "22:00" || got.TimeZone != "Europe/London" {
		t.Errorf("stored %+v", got)
	}
	h.want(422, h.do(h.north.viewer, ask{method: "PUT", path: path, body: object{"phone": "twelve", "by_sms": true, "by_email": true}}), nil)
	h.want(409, h.do(h.north.atOnly, ask{method: "PUT", path: path, body: mine}), nil)
	if res := h.do(h.north.viewer, ask{method: "PUT", path: w.at("/users/" + w.user.String() + "/contact"), body: mine}); res.Code != http.StatusForbidden {
		t.Errorf("a viewer changes a colleague's: status %d", res.Code)
	}
	_, due := h.north.newcomer(club.RoleOperator) // has no password yet
	h.want(403, h.do(due, ask{method: "GET", path: path}), nil)
}
