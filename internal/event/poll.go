package event

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

const (
	// askWithin bounds a question to a vendor.
	askWithin = 15 * time.Second
	// ownRestart is how long after an act of ours a device may be away because of it.
	ownRestart = 10 * time.Minute
)

// Poll looks at the devices whose turn it is. A vendor that does not answer says nothing about them.
func (r *Room) Poll(ctx context.Context, tenant *store.Tenant) error {
	if len(r.cfg.Devices(tenant.Slug)) == 0 {
		return nil // nobody could say how the club's devices are
	}
	if err := r.release(ctx, tenant); err != nil {
		return err
	}
	for vendor, lister := range r.cfg.Devices(tenant.Slug) {
		if err := r.poll(ctx, tenant, vendor, lister); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) poll(ctx context.Context, tenant *store.Tenant, vendor string, lister Lister) error {
	keys, err := r.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	due := false
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.FindDueDevices(ctx, store.FindDueDevicesParams{Vendor: vendor, Now: tx.Now})
		due = len(list) > 0
		return wrap("find due devices", err)
	})
	if err != nil || !due {
		return err
	}
	asked, cancel := context.WithTimeout(ctx, askWithin)
	states, failed := lister.List(asked)
	cancel()
	if failed != nil {
		r.cfg.Log.WarnContext(ctx, "devices could not be looked at", "event.action", "event.poll", "organization.id", tenant.Slug.String(),
			"labels.vendor", vendor, "error.message", failed.Error())
	}
	byRef := make(map[string]club.DeviceState, len(states))
	for _, s := range states {
		byRef[s.Ref] = s
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		settings, err := setting.Known(ctx, tx)
		if err != nil {
			return err
		}
		list, err := tx.FindDueDevices(ctx, store.FindDueDevicesParams{Vendor: vendor, Now: tx.Now})
		if err != nil {
			return wrap("find due devices", err)
		}
		for _, d := range list {
			if err := next(ctx, tx, d, settings); err != nil {
				return err
			}
			state, known := byRef[d.VendorRef]
			if failed != nil || !known {
				continue
			}
			if _, err := tx.UpdateDeviceState(ctx, store.UpdateDeviceStateParams{ID: d.ID, Online: state.Online, SeenAt: &tx.Now}); err != nil {
				return wrap("store device's state", err)
			}
			open := OfflineKey(d.ID)
			if state.Online {
				if err := r.Clear(ctx, tx, keys, open); err != nil {
					return err
				}
				continue
			}
			if err := r.offline(ctx, tx, d, state, Report{Vendor: "poll", Key: fmt.Sprintf("%s@%d", open, tx.Now.UnixMicro())}); err != nil {
				return err
			}
		}
		return nil
	})
}

// release ends what was reported of devices that are watched no more.
func (r *Room) release(ctx context.Context, tenant *store.Tenant) error {
	var open []*string
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		open, err = tx.FindOpenUnwatched(ctx)
		return wrap("find states of devices that are not watched", err)
	})
	if err != nil || len(open) == 0 {
		return err
	}
	keys, err := r.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		for _, key := range open {
			if err := r.Clear(ctx, tx, keys, *key); err != nil {
				return err
			}
		}
		return nil
	})
}

// OfflineKey names the state of a device that is offline.
func OfflineKey(id club.DeviceID) string { return string(club.EventDeviceOffline) + ":" + id.String() }

// next sets when a device is looked at again.
func next(ctx context.Context, tx *store.Tx, d store.Device, s setting.Settings) error {
	w, err := tx.FindDeviceWatch(ctx, d.ID)
	if err != nil && !missing(err) {
		return wrap("find device's interval", err)
	}
	every := time.Duration(w.Seconds) * time.Second
	if every == 0 {
		every = s.WatchInterval
	}
	return wrap("set device's turn", tx.PutDeviceWatch(ctx, store.PutDeviceWatchParams{DeviceID: d.ID, Seconds: w.Seconds, DueAt: tx.Now.Add(every), UpdatedAt: tx.Now}))
}

// offline takes in, from whoever reports it, that a device is away, unless it was never there, is being worked on, or is away by our
// own doing.
func (r *Room) offline(ctx context.Context, tx *store.Tx, d store.Device, state club.DeviceState, rep Report) error {
	if d.SeenAt == nil || state.Maintenance {
		return nil
	}
	for _, object := range []string{d.ID.String(), d.BayID.String()} {
		if out, err := outOfUse(ctx, tx, object); err != nil || out {
			return err
		}
	}
	list, err := tx.FindUnfinishedOnDevice(ctx, d.ID)
	if err != nil {
		return wrap("find unfinished executions", err)
	}
	for _, x := range list {
		if tx.Now.Sub(x.CreatedAt) < ownRestart {
			return nil
		}
	}
	rep.Code, rep.Open, rep.Location, rep.Bay, rep.Device, rep.At = club.EventDeviceOffline, OfflineKey(d.ID), d.LocationID, d.BayID, d.ID, tx.Now
	if c := state.LastContact; !c.IsZero() && c.Before(rep.At) && c.After(*d.SeenAt) {
		rep.At = c
	}
	_, err = Take(ctx, tx, rep)
	return err
}
