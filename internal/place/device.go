package place

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// NewDevice describes a device to create.
type NewDevice struct {
	Location  club.LocationID
	Bay       club.BayID // zero: it serves the whole location
	Kind      club.DeviceKind
	Name      string
	Vendor    string // the connector that reaches it: "ninjaone", "unifi"
	VendorRef string // its id there; unique with the vendor
}

// DeviceEdit changes a device; nil leaves a field as it is. The location stays.
type DeviceEdit struct {
	Name        *string
	Kind        *club.DeviceKind
	Bay         *club.BayID // zero: the whole location
	Vendor      *string
	VendorRef   *string
	Watch       *Watch
	IfUpdatedAt time.Time
}

// FindDevice returns a device that p may see.
func FindDevice(ctx context.Context, tx *store.Tx, p identity.Principal, id club.DeviceID) (store.Device, error) {
	none := club.NotFound("there is no such device")
	if err := admit(tx, p, identity.DevicesRead); err != nil {
		return store.Device{}, err
	}
	d, err := tx.FindDevice(ctx, id)
	if missing(err) || err == nil && !p.AllowsLocation(d.LocationID) {
		return store.Device{}, none
	}
	return d, err
}

// FindDevices returns the devices that p may see, by location, kind and name; of one location or bay
// when they are given.
func FindDevices(ctx context.Context, tx *store.Tx, p identity.Principal, location club.LocationID, bay club.BayID) ([]store.Device, error) {
	if err := admit(tx, p, identity.DevicesRead); err != nil {
		return nil, err
	}
	all, err := tx.FindDevices(ctx)
	if err != nil {
		return nil, fmt.Errorf("find devices: %w", err)
	}
	return slices.DeleteFunc(all, func(d store.Device) bool {
		return !p.AllowsLocation(d.LocationID) || !location.IsZero() && d.LocationID != location || !bay.IsZero() && d.BayID != bay
	}), nil
}

// CreateDevice adds a device. It counts as offline until its vendor has been asked. Conflict when the
// vendor's id is taken.
func CreateDevice(ctx context.Context, tx *store.Tx, p identity.Principal, n NewDevice) (store.Device, error) {
	if err := admit(tx, p, identity.DevicesWrite); err != nil {
		return store.Device{}, err
	}
	if n.Location.IsZero() || !p.AllowsLocation(n.Location) {
		return store.Device{}, club.NotFound("there is no such location")
	}
	if _, err := tx.FindLocation(ctx, n.Location); missing(err) {
		return store.Device{}, club.NotFound("there is no such location")
	} else if err != nil {
		return store.Device{}, fmt.Errorf("find location: %w", err)
	}
	d := store.Device{ID: club.NewDeviceID(tx.Now), LocationID: n.Location, BayID: n.Bay, Kind: n.Kind, Name: n.Name, Vendor: n.Vendor, VendorRef: n.VendorRef, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	if err := checkDevice(ctx, tx, &d); err != nil {
		return d, err
	}
	err := tx.CreateDevice(ctx, store.CreateDeviceParams{ID: d.ID, LocationID: d.LocationID, BayID: d.BayID, Kind: d.Kind, Name: d.Name, Vendor: d.Vendor, VendorRef: d.VendorRef, CreatedAt: tx.Now})
	if store.IsUnique(err) {
		return d, errTaken()
	}
	if err != nil {
		return d, fmt.Errorf("create device: %w", err)
	}
	return d, record(ctx, tx, p.Actor, TopicDevice, "created", d.ID.String(),
		map[string]any{"location": d.LocationID, "bay": d.BayID, "kind": d.Kind, "vendor": d.Vendor, "vendor_ref": d.VendorRef})
}

func errTaken() error {
	return club.Conflict("another device has this vendor's id already")
}

// UpdateDevice edits a device.
func UpdateDevice(ctx context.Context, tx *store.Tx, p identity.Principal, id club.DeviceID, e DeviceEdit) (store.Device, error) {
	if err := admit(tx, p, identity.DevicesWrite); err != nil {
		return store.Device{}, err
	}
	d, err := FindDevice(ctx, tx, p, id)
	if err != nil {
		return d, err
	}
	if !e.IfUpdatedAt.IsZero() {
		if err := hold(tx.HoldDevice(ctx, store.HoldDeviceParams{ID: id, UpdatedAt: e.IfUpdatedAt})); err != nil {
			return d, err
		}
	}
	diff := difference{}
	edit(diff, "name", &d.Name, e.Name)
	edit(diff, "kind", &d.Kind, e.Kind)
	edit(diff, "bay", &d.BayID, e.Bay)
	edit(diff, "vendor", &d.Vendor, e.Vendor)
	edit(diff, "vendor_ref", &d.VendorRef, e.VendorRef)
	if err := checkDevice(ctx, tx, &d); err != nil {
		return d, err
	}
	if err := setWatch(ctx, tx, d.ID, e.Watch, diff); err != nil {
		return d, err
	}
	if len(diff) == 0 {
		return d, nil
	}
	d.UpdatedAt = next(tx.Now, d.UpdatedAt)
	_, err = tx.UpdateDevice(ctx, store.UpdateDeviceParams{ID: id, Name: d.Name, Kind: d.Kind, BayID: d.BayID, Vendor: d.Vendor, VendorRef: d.VendorRef, UpdatedAt: d.UpdatedAt})
	if store.IsUnique(err) {
		return d, errTaken()
	}
	if err != nil {
		return d, fmt.Errorf("update device: %w", err)
	}
	return d, record(ctx, tx, p.Actor, TopicDevice, "updated", d.ID.String(), diff)
}

func checkDevice(ctx context.Context, tx *store.Tx, d *store.Device) (err error) {
	if !slices.Contains(club.DeviceKinds(), d.Kind) {
		return club.Invalid("this is not a kind of device")
	}
	if d.Name, err = checkName("a device's name", d.Name); err != nil {
		return err
	}
	if d.Vendor, err = checkName("the vendor", d.Vendor); err != nil {
		return err
	}
	d.VendorRef = strings.TrimSpace(d.VendorRef)
	if d.VendorRef == "" || len(d.VendorRef) > maxRef {
		return club.Invalid("the vendor's id has 1 to %d bytes", maxRef)
	}
	if d.BayID.IsZero() {
		return nil
	}
	b, err := tx.FindBay(ctx, d.BayID)
	if missing(err) || err == nil && b.LocationID != d.LocationID {
		return club.Invalid("the location has no such bay")
	}
	return err
}
