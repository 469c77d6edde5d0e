package event

import (
	"context"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Reported takes in what a device's vendor reports unasked, once, and in agreement with what is seen by
// looking: an outage that both tell of is one event, and whichever first sees its end ends it. It says why a
// report was not used; "" when it was.
func (r *Room) Reported(ctx context.Context, tenant *store.Tenant, vendor string, rep club.DeviceReport) (unused string, err error) {
	if rep.Code != club.EventDeviceOffline && rep.Code != club.EventDeviceFault {
		return "an activity of a kind that we do not use", nil
	}
	keys, err := r.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return "", err
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.FindDeviceByRef(ctx, store.FindDeviceByRefParams{Vendor: vendor, VendorRef: rep.Ref})
		if missing(err) {
			unused = "a device that the club has not entered"
			return nil
		}
		if err != nil {
			return wrap("find device", err)
		}
		w, err := tx.FindDeviceWatch(ctx, d.ID)
		if err != nil && !missing(err) {
			return wrap("find how the device is watched", err)
		}
		if w.Off {
			unused = "a device that is not watched"
			return nil
		}
		n, err := tx.TakeActivity(ctx, store.TakeActivityParams{StateKey: stateKey(d.ID, rep), Number: rep.Number, At: rep.At})
		if err != nil {
			return wrap("note the vendor's activity", err)
		}
		if n == 0 {
			unused = "a newer activity has overtaken it"
			tx.Relies()
			return nil
		}
		if rep.Code == club.EventDeviceFault {
			return r.fault(ctx, tx, d, vendor, rep, func(open string) error { return r.Clear(ctx, tx, keys, open) })
		}
		if _, err := tx.UpdateDeviceState(ctx, store.UpdateDeviceStateParams{ID: d.ID, Online: rep.Over, SeenAt: &tx.Now}); err != nil {
			return wrap("store device's state", err)
		}
		if rep.Over {
			return r.Clear(ctx, tx, keys, OfflineKey(d.ID))
		}
		return r.offline(ctx, tx, d, club.DeviceState{LastContact: rep.At}, Report{Vendor: vendor, Key: rep.ID})
	})
	return unused, err
}

// stateKey names the lasting state of a device that a report is about.
func stateKey(id club.DeviceID, rep club.DeviceReport) string {
	if rep.Code == club.EventDeviceFault {
		return fmt.Sprintf("%s:%s:%s", rep.Code, id, rep.Condition)
	}
	return OfflineKey(id)
}

// fault takes in that a condition of the vendor's monitoring is met, or is met no more.
func (r *Room) fault(ctx context.Context, tx *store.Tx, d store.Device, vendor string, rep club.DeviceReport, clear func(open string) error) error {
	open := stateKey(d.ID, rep)
	if rep.Over {
		return clear(open)
	}
	for _, object := range []string{d.ID.String(), d.BayID.String()} {
		if out, err := outOfUse(ctx, tx, object); err != nil || out {
			return err
		}
	}
	_, err := Take(ctx, tx, Report{Code: rep.Code, Vendor: vendor, Key: rep.ID, Open: open, Detail: rep.Detail, Location: d.LocationID, Bay: d.BayID, Device: d.ID, At: rep.At})
	return err
}
