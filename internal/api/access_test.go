package api

import (
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// report stores what a door reported, some minutes ago.
func (c *clubIn) report(kind club.AccessKind, at club.LocationID, bay club.BayID, door club.DeviceID, minutes int) club.AccessEventID {
	c.h.t.Helper()
	c.h.n++
	var id club.AccessEventID
	c.write(func(tx *store.Tx) error {
		id = club.NewAccessEventID(tx.Now)
		_, err := tx.CreateAccessEvent(c.h.t.Context(), store.CreateAccessEventParams{ID: id, Vendor: "unifi", EventKey: fmt.Sprint(c.h.n), Kind: kind, VendorType: "access.door", DoorRef: "ref",
			DeviceID: door, LocationID: at, BayID: bay, At: tx.Now.Add(-time.Duration(minutes) * time.Minute), ReceivedAt: tx.Now, CorrelationID: tx.Correlation})
		return err
	})
	return id
}

func TestWhatDoorsReportedIsListedByPageAndFilter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	n := h.north
	w := n.world(n.alpha) // has one of its own, at this moment
	denied := n.report(club.AccessDenied, n.alpha, w.bay, w.device, 30)
	forced := n.report(club.AccessForced, n.alpha, "", "", 20)
	held := n.report(club.AccessHeldOpen, n.beta, "", "", 10)
	unknown := n.report(club.AccessForced, "", "", "", 5)
	devices, _ := n.key([]identity.Permission{identity.DevicesRead})

	list := func(cred, query string) (out []string) {
		t.Helper()
		cursor := ""
		for {
			var got Page[AccessEvent]
			h.want(200, h.do(cred, ask{method: "GET", path: w.at("/access-events?limit=2" + query + cursor)}), &got)
			for _, e := range got.Items {
				out = append(out, e.ID)
			}
			if got.NextCursor == "" {
				return out
			}
			cursor = "&cursor=" + got.NextCursor
		}
	}
	at := func(minutes int) string {
		return h.clock.Now().Add(-time.Duration(minutes) * time.Minute).Format(time.RFC3339Nano)
	}
	all := []club.AccessEventID{w.access, unknown, held, forced, denied}
	for _, tc := range []struct {
		name, cred, query string
		want              []club.AccessEventID
	}{
		{"everything, latest first", devices, "", all},
		{"of two kinds", devices, "&kind=forced,held_open", []club.AccessEventID{unknown, held, forced}},
		{"of a location", devices, "&location=" + n.beta.String(), []club.AccessEventID{held}},
		{"of a bay", devices, "&bay=" + w.bay.String(), []club.AccessEventID{denied}},
		{"of a door", devices, "&device=" + w.device.String(), []club.AccessEventID{denied}},
		{"since an instant", devices, "&since=" + at(10), []club.AccessEventID{w.access, unknown, held}},
		{"until an instant", devices, "&until=" + at(10), []club.AccessEventID{forced, denied}},
		{"for whom one location is open", n.atOnly, "", []club.AccessEventID{w.access, forced, denied}},
		{"of another location than one's own", n.atOnly, "&location=" + n.beta.String(), nil},
	} {
		if got := list(tc.cred, tc.query); fmt.Sprint(got) != fmt.Sprint(texts(tc.want)) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	var got Page[AccessEvent]
	h.want(200, h.do(devices, ask{method: "GET", path: w.at("/access-events?device=" + w.device.String())}), &got)
	if e := got.Items[0]; e.Device != "PC "+secret || e.Kind != "denied" || e.LocationID != n.alpha.String() || e.BayID != w.bay.String() || e.DoorRef != "ref" {
		t.Errorf("%+v", e)
	}
	h.want(422, h.do(devices, ask{method: "GET", path: w.at("/access-events?kind=opened,ajar")}), nil)
	h.want(422, h.do(devices, ask{method: "GET", path: w.at("/access-events?cursor=x")}), nil)
}
