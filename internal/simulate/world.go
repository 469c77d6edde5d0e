package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// World is a running server with a synthetic club in it and the vendors' stand-ins around it. The
// server runs by the same clock as the stand-ins. Members, vendors and staff reach it by HTTP alone;
// the store is read to see what it has recorded, and written to change settings.
type World struct {
	// BaseURL is the server's address, like http://127.0.0.1:8080; webhooks go to BaseURL/hooks/….
	BaseURL string
	// Club is what Populate returned, with bookings laid around the present.
	Club *Club
	// Vendors are the stand-ins that the club is connected to.
	Vendors *vendor.Vendors
	// Tenant and Keys are the club's records and what opens them.
	Tenant *store.Tenant
	Keys   *vault.Tenant
	// Staff acts for the club's people through the API. Required by scenarios with such acts.
	Staff Operators
	// Clock defaults to the machine's.
	Clock club.Clock
}

// Operators acts through the club's API as one of its staff.
type Operators interface {
	// Operate returns nil when the API has done it; else an error whose club.CodeOf is the problem's code.
	Operate(ctx context.Context, as Staff, o Operation) error
}

// Operation is an act on a thread, or on its open proposal for DoApprove, DoEdit and DoReject, or on what was
// reported of a booking for DoRaise.
type Operation struct {
	Do       Do
	Thread   club.ThreadID
	Proposal club.ProposalID // zero when there is none open
	Booking  club.BookingID
	Report   club.EventID
	Words    string
	Key      string // idempotency key: repeats of one act have the same
}

func (w *World) now() time.Time {
	if w.Clock == nil {
		return club.SystemClock{}.Now()
	}
	return w.Clock.Now()
}

// hook is where a vendor posts its webhooks.
func (w *World) hook(name string) string {
	return w.BaseURL + "/hooks/" + w.Club.Slug.String() + "/" + name
}

// texting makes the webhook of a text to a location's line.
func (w *World) texting(l Location, wire string, in vendor.Incoming) vendor.Webhook {
	in.To = l.Line
	if l.Provider == "twilio" {
		return w.Vendors.SMS.Text(vendor.Twilio, w.hook("twilio"), in)
	}
	if wire == "" {
		wire = string(vendor.OpenPhone)
	}
	return w.Vendors.SMS.Text(vendor.Wire(wire), w.hook("openphone"), in)
}

// Deliver posts a member's text to a location's line and fails unless it is acknowledged.
func (w *World) Deliver(ctx context.Context, l Location, in vendor.Incoming) error {
	status, err := w.texting(l, "", in).Post(ctx)
	if err != nil {
		return fmt.Errorf("deliver text: %w", err)
	}
	if status/100 != 2 {
		return fmt.Errorf("deliver text: answered %d", status)
	}
	return nil
}

// set changes the club's settings.
func (w *World) set(ctx context.Context, values map[string]any) error {
	if len(values) == 0 {
		return nil
	}
	return w.Tenant.Write(ctx, func(tx *store.Tx) error {
		for _, key := range slices.Sorted(maps.Keys(values)) { // one by one, each of which must be valid beside the others
			raw, err := json.Marshal(values[key])
			if err != nil {
				return fmt.Errorf("encode setting: %w", err)
			}
			if err := setting.Put(ctx, tx, by(), key, raw); err != nil {
				return fmt.Errorf("set %s: %w", key, err)
			}
		}
		return nil
	})
}

// press presses the button of an action in the newest Slack post that carries value, as a user of Slack.
// NotFound when no post has such a button.
func (w *World) press(ctx context.Context, action, value, slackUser string) error {
	type block struct {
		Type     string
		Elements []struct {
			ActionID string `json:"action_id"`
			Value    string
		}
	}
	posts := w.Vendors.Slack.Messages()
	for i := len(posts) - 1; i >= 0; i-- {
		var blocks []block
		if json.Unmarshal(posts[i].Blocks, &blocks) != nil {
			continue
		}
		for _, b := range blocks {
			for _, e := range b.Elements {
				if e.ActionID == action && e.Value == value {
					return w.postPress(ctx, posts[i].TS, action, slackUser)
				}
			}
		}
	}
	return club.NotFound("no post in Slack has the button %s of %s", action, value)
}

func (w *World) postPress(ctx context.Context, ts, action, slackUser string) error {
	hook, err := w.Vendors.Slack.Press(w.hook("slack"), ts, action, slackUser)
	if err != nil {
		return fmt.Errorf("press %s: %w", action, err)
	}
	status, err := hook.Post(ctx)
	if err != nil {
		return fmt.Errorf("press %s: %w", action, err)
	}
	// Slack takes 200 for every press that was understood; a refusal is told to the person in words.
	if status/100 != 2 {
		return fmt.Errorf("press %s: answered %d", action, status)
	}
	return nil
}

// rebook reports a change of a booking as the club's booking system does.
func (w *World) rebook(ctx context.Context, p Player, r Rebooking) error {
	if p.Booking == nil {
		return fmt.Errorf("%s has no booking to change", p.Name)
	}
	b, m, now := *p.Booking, w.Club.Members[p.Member], w.now()
	event := "updated"
	if r.Cancel {
		event = "cancelled"
	} else {
		length := r.Last
		if length == 0 {
			length = time.Hour
		}
		b.Start = now.Add(r.In)
		b.End = b.Start.Add(length)
	}
	return w.postBooking(ctx, b.ExternalID, map[string]any{
		"event": event, "booking_id": b.ExternalID, "location": b.Location, "bay": fmt.Sprintf("Bay %d", b.Bay), "start": b.Start, "end": b.End, "occurred_at": now,
		"customer": map[string]string{"phone": m.Phone, "email": m.Email, "name": m.Name},
	})
}

// bookBeside reports a further booking, of nobody the club knows, at the time and bay of somebody's.
func (w *World) bookBeside(ctx context.Context, p Player) error {
	if p.Booking == nil {
		return fmt.Errorf("%s has no booking to share the bay of", p.Name)
	}
	b, now := *p.Booking, w.now()
	id := fmt.Sprintf("beside-%s-%d", b.ExternalID, now.UnixNano())
	return w.postBooking(ctx, id, map[string]any{
		"event": "created", "booking_id": id, "location": b.Location, "bay": fmt.Sprintf("Bay %d", b.Bay), "start": b.Start, "end": b.End, "occurred_at": now,
	})
}

// postBooking posts the signed webhook of a booking system.
func (w *World) postBooking(ctx context.Context, ref string, content map[string]any) error {
	body, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("encode booking: %w", err)
	}
	now := w.now()
	id := fmt.Sprintf("msg_%s-%d", ref, now.UnixNano())
	hook := vendor.Webhook{URL: w.hook("bookings"), Header: vendor.StandardSign(BookingSecret, id, now, body), Body: body}
	status, err := hook.Post(ctx)
	if err != nil {
		return fmt.Errorf("change booking: %w", err)
	}
	if status/100 != 2 {
		return fmt.Errorf("change booking: answered %d", status)
	}
	return nil
}
