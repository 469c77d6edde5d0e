package act

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// Values returns what the texts of a decision may name (knowledge.Variables), read from its rows: the
// member, the place, the booking by the place's own clock, and the place's details. A value that is not
// known is left out. Secrets are there for members only.
func Values(ctx context.Context, tx *store.Tx, keys *vault.Tenant, d store.Decision) (map[string]string, error) {
	t, err := thread.Find(ctx, tx, d.ThreadID)
	if err != nil {
		return nil, err
	}
	person, err := people.Known(ctx, tx, keys, d.SubjectID)
	if err != nil {
		return nil, err
	}
	settings, err := setting.Known(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{"club_name": settings.ClubName, "club_phone": t.Line}
	if name := person.FirstName(); name != "" {
		out["member_first_name"] = name
	}
	if t.Provider == club.EventProvider {
		list, err := tx.FindSituationsOfThread(ctx, t.ID)
		if err != nil {
			return nil, fmt.Errorf("find situations: %w", err)
		}
		if len(list) > 0 {
			out["report"] = list[0].Title
		}
	}
	if d.LocationID.IsZero() {
		return out, nil
	}
	l, err := tx.Known().FindLocation(ctx, d.LocationID)
	if err != nil {
		return nil, fmt.Errorf("find location: %w", err)
	}
	out["location"] = l.Name
	known := details(l)
	for _, v := range knowledge.Variables() {
		if value := known[v.Name]; v.OfPlace && value != "" && (!v.Secret || person.Known()) {
			out[v.Name] = value
		}
	}
	if err := putBay(ctx, tx, d, out); err != nil {
		return nil, err
	}
	return out, putBooking(ctx, tx, d, l, out)
}

func putBay(ctx context.Context, tx *store.Tx, d store.Decision, out map[string]string) error {
	if !d.BayID.IsZero() {
		b, err := tx.Known().FindBay(ctx, d.BayID)
		if err != nil {
			return fmt.Errorf("find bay: %w", err)
		}
		out["bay"] = b.Name
	}
	door, _, err := findDoor(ctx, tx.Known(), d.LocationID, d.BayID)
	if err == nil && !door.ID.IsZero() {
		out["door"] = door.Name
	}
	return err
}

func putBooking(ctx context.Context, tx *store.Tx, d store.Decision, l store.Location, out map[string]string) error {
	if d.BookingID.IsZero() {
		return nil
	}
	b, err := tx.FindBooking(ctx, d.BookingID)
	if err != nil {
		return fmt.Errorf("find booking: %w", err)
	}
	zone, err := time.LoadLocation(l.TimeZone)
	if err != nil {
		return nil // a time by the wrong clock is worse than none
	}
	out["booking_start"], out["booking_end"] = b.StartsAt.In(zone).Format("3:04 pm"), b.EndsAt.In(zone).Format("3:04 pm")
	return nil
}

// details reads a location's details: a flat object. What is not a plain value is left out.
func details(l store.Location) map[string]string {
	var raw map[string]any
	if json.Unmarshal([]byte(l.Details), &raw) != nil {
		return nil
	}
	out := make(map[string]string, len(raw))
	for k, v := range raw {
		if s := plain(v); s != "" {
			out[k] = s
		}
	}
	return out
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
