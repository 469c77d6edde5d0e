package place

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/store"
)

// Outage says that a bay or a device is out of order or under maintenance. The gate acts on no device
// that is; a bay is out of service meanwhile.
type Outage struct {
	Reason string
	Start  time.Time // zero: at once
	End    time.Time // zero: until somebody ends it
}

// TopicOutage is what Tx.Changed announces, with the id of the bay or device.
const TopicOutage = "outage"

// Current reports whether an outage holds at an instant.
func Current(o store.Outage, now time.Time) bool {
	return !now.Before(o.StartsAt) && (o.EndsAt == nil || now.Before(*o.EndsAt))
}

// FindOutages returns what is out of use or will be, by the id of the bay or device.
func FindOutages(ctx context.Context, tx *store.Tx) (map[string]store.Outage, error) {
	rows, err := tx.FindOutages(ctx)
	if err != nil {
		return nil, fmt.Errorf("find outages: %w", err)
	}
	out := make(map[string]store.Outage, len(rows))
	for _, o := range rows {
		if o.EndsAt == nil || tx.Now.Before(*o.EndsAt) {
			out[o.Object] = o
		}
	}
	return out, nil
}

func (o Outage) check(now time.Time) (store.Outage, error) {
	out := store.Outage{Reason: strings.TrimSpace(o.Reason), StartsAt: o.Start, CreatedAt: now}
	if n := utf8.RuneCountInString(out.Reason); n == 0 || n > 200 {
		return out, club.Invalid("say why, in 1 to 200 characters")
	}
	if o.Start.IsZero() {
		out.StartsAt = now
	}
	if o.End.IsZero() {
		return out, nil
	}
	if !o.End.After(out.StartsAt) || !o.End.After(now) {
		return out, club.Invalid("it must end after it begins, and not in the past")
	}
	out.EndsAt = &o.End
	return out, nil
}

// SetBayOutage takes a bay out of service, at once or in a window.
func SetBayOutage(ctx context.Context, tx *store.Tx, p identity.Principal, id club.BayID, o Outage) error {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return err
	}
	b, err := FindBay(ctx, tx, p, id)
	if err != nil {
		return err
	}
	if err := putOutage(ctx, tx, p, TopicBay, id.String(), o); err != nil {
		return err
	}
	if o.Start.After(tx.Now) {
		return nil
	}
	return setStatus(ctx, tx, p.Actor, b, BayOutOfService)
}

// EndBayOutage puts a bay back into service and drops what was planned.
func EndBayOutage(ctx context.Context, tx *store.Tx, p identity.Principal, id club.BayID) error {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return err
	}
	b, err := FindBay(ctx, tx, p, id)
	if err != nil {
		return err
	}
	if err := endOutage(ctx, tx, p.Actor, TopicBay, id.String()); err != nil {
		return err
	}
	return setStatus(ctx, tx, p.Actor, b, BayActive)
}

// SetDeviceOutage takes a device out of use, at once or in a window.
func SetDeviceOutage(ctx context.Context, tx *store.Tx, p identity.Principal, id club.DeviceID, o Outage) error {
	if err := admit(tx, p, identity.DevicesWrite); err != nil {
		return err
	}
	if _, err := FindDevice(ctx, tx, p, id); err != nil {
		return err
	}
	return putOutage(ctx, tx, p, TopicDevice, id.String(), o)
}

// EndDeviceOutage brings a device back into use.
func EndDeviceOutage(ctx context.Context, tx *store.Tx, p identity.Principal, id club.DeviceID) error {
	if err := admit(tx, p, identity.DevicesWrite); err != nil {
		return err
	}
	if _, err := FindDevice(ctx, tx, p, id); err != nil {
		return err
	}
	return endOutage(ctx, tx, p.Actor, TopicDevice, id.String())
}

func putOutage(ctx context.Context, tx *store.Tx, p identity.Principal, topic, object string, o Outage) error {
	row, err := o.check(tx.Now)
	if err != nil {
		return err
	}
	err = tx.PutOutage(ctx, store.PutOutageParams{Object: object, Reason: row.Reason, StartsAt: row.StartsAt, EndsAt: row.EndsAt, CreatedAt: tx.Now, CreatedBy: p.Actor.String()})
	if err != nil {
		return fmt.Errorf("store outage: %w", err)
	}
	tx.Changed(TopicOutage, object)
	return record(ctx, tx, p.Actor, topic, "out_of_use", object, map[string]any{"reason": row.Reason, "starts_at": row.StartsAt, "ends_at": row.EndsAt})
}

func endOutage(ctx context.Context, tx *store.Tx, by club.Actor, topic, object string) error {
	n, err := tx.DeleteOutage(ctx, object)
	if err != nil {
		return fmt.Errorf("end outage: %w", err)
	}
	if n == 0 {
		return nil
	}
	tx.Changed(TopicOutage, object)
	return record(ctx, tx, by, topic, "in_use_again", object, nil)
}

func setStatus(ctx context.Context, tx *store.Tx, by club.Actor, b store.Bay, to string) error {
	if b.Status == to {
		return nil
	}
	if _, err := tx.UpdateBay(ctx, store.UpdateBayParams{ID: b.ID, Name: b.Name, Status: to, UpdatedAt: next(tx.Now, b.UpdatedAt)}); err != nil {
		return fmt.Errorf("update bay: %w", err)
	}
	return record(ctx, tx, by, TopicBay, "updated", b.ID.String(), map[string]any{"status": []string{b.Status, to}})
}

// Register adds the job that begins and ends planned outages.
func Register(r *jobs.Registry) { r.Every("place.outages", time.Minute, KeepOutages) }

// KeepOutages takes bays out of service when their planned time has come, and puts what is over back.
func KeepOutages(ctx context.Context, tenant *store.Tenant) error {
	some := false
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindOutages(ctx)
		some = len(rows) > 0
		return err
	})
	if err != nil || !some {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindOutages(ctx)
		if err != nil {
			return err
		}
		bays, err := tx.FindAllBays(ctx)
		if err != nil {
			return fmt.Errorf("find bays: %w", err)
		}
		byID := make(map[string]store.Bay, len(bays))
		for _, b := range bays {
			byID[b.ID.String()] = b
		}
		for _, o := range rows {
			b, isBay := byID[o.Object]
			over := o.EndsAt != nil && !tx.Now.Before(*o.EndsAt)
			topic, to := TopicDevice, BayOutOfService
			if isBay {
				topic = TopicBay
			}
			if over {
				to = BayActive
				if err := endOutage(ctx, tx, club.System("place"), topic, o.Object); err != nil {
					return err
				}
			}
			if isBay && (over || Current(o, tx.Now)) {
				if err := setStatus(ctx, tx, club.System("place"), b, to); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
