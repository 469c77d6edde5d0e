package api

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/place"
	"clubos/internal/store"
)

// Device is a device of a bay or of a whole location.
type Device struct {
	ID         string     `json:"id"`
	LocationID string     `json:"location_id"`
	BayID      string     `json:"bay_id,omitempty" doc:"Absent: it serves the whole location."`
	Kind       string     `json:"kind" enum:"pc,tracker,display,door,hub,network,lighting"`
	Name       string     `json:"name"`
	Vendor     string     `json:"vendor"`
	VendorRef  string     `json:"vendor_ref"`
	Online     bool       `json:"online" doc:"As the vendor said at seen_at."`
	SeenAt     *time.Time `json:"seen_at,omitempty" doc:"Absent: the vendor was never asked."`
	StateSince *time.Time `json:"state_since,omitempty" doc:"Since when it has been online or offline, as far as it was seen."`
	Watch      Watch      `json:"watch"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

// Watch is how a device is looked at.
type Watch struct {
	Off          bool  `json:"off" doc:"It is not looked at, and nothing is taken in of it."`
	EverySeconds int64 `json:"every_seconds" minimum:"0" maximum:"86400" doc:"0: as the club's settings say; else 15 or more."`
}

// watchedDevice is a device with how it is looked at.
type watchedDevice struct {
	store.Device
	watch place.Watch
}

// watched adds to devices how they are looked at.
func watched(ctx context.Context, tx *store.Tx, list ...store.Device) ([]watchedDevice, error) {
	all, err := place.FindWatches(ctx, tx)
	out := make([]watchedDevice, len(list))
	for i, d := range list {
		out[i] = watchedDevice{d, all[d.ID]}
	}
	return out, err
}

// oneWatched is watched for what finds or changes a single device.
func oneWatched(ctx context.Context, tx *store.Tx, d store.Device, err error) (watchedDevice, error) {
	if err != nil {
		return watchedDevice{}, err
	}
	list, err := watched(ctx, tx, d)
	return list[0], err
}

func showDevice(d watchedDevice) (Device, error) {
	return Device{StateSince: utc(d.StateSince), Watch: Watch{Off: d.watch.Off, EverySeconds: int64(d.watch.Every / time.Second)}, ID: d.ID.String(), LocationID: d.LocationID.String(), BayID: d.BayID.String(), Kind: string(d.Kind), Name: d.Name, Vendor: d.Vendor, VendorRef: d.VendorRef,
		Online: d.Online, SeenAt: utc(d.SeenAt), CreatedAt: d.CreatedAt.UTC(), UpdatedAt: d.UpdatedAt.UTC()}, nil
}

func versionOfDevice(d watchedDevice) string { return etagAt(d.UpdatedAt) }

type listDevices struct {
	Paging
	Location string `query:"location" doc:"Of this location and its bays."`
	Bay      string `query:"bay" doc:"Of this bay."`
}

type newDevice struct {
	InClub
	Body struct {
		LocationID string `json:"location_id"`
		BayID      string `json:"bay_id,omitempty"`
		Kind       string `json:"kind" enum:"pc,tracker,display,door,hub,network,lighting"`
		Name       string `json:"name"`
		Vendor     string `json:"vendor" example:"ninjaone"`
		VendorRef  string `json:"vendor_ref" doc:"Its id at the vendor; unique with the vendor."`
	}
}

type editDevice struct {
	ByID
	Edit
	Body struct {
		BayID     *string `json:"bay_id,omitempty" doc:"Empty: the whole location."`
		Kind      *string `json:"kind,omitempty" enum:"pc,tracker,display,door,hub,network,lighting"`
		Name      *string `json:"name,omitempty"`
		Vendor    *string `json:"vendor,omitempty"`
		VendorRef *string `json:"vendor_ref,omitempty"`
		Watch     *Watch  `json:"watch,omitempty"`
	}
}

func (a *api) registerDevices() {
	register(a, "list-devices", func(ctx context.Context, c *call, in *listDevices) (out *pageOut[Device], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := place.FindDevices(ctx, tx, c.by, club.LocationID(in.Location), club.BayID(in.Bay))
			if err != nil {
				return err
			}
			list, err := watched(ctx, tx, all...)
			if err != nil {
				return err
			}
			out, err = cut(in.Paging, list, func(d watchedDevice) string { return d.ID.String() }, showDevice)
			return err
		})
		return out, err
	})
	register(a, "get-device", func(ctx context.Context, c *call, in *ByID) (*oneOut[Device], error) {
		return one(ctx, c.read, showDevice, versionOfDevice, func(tx *store.Tx) (watchedDevice, error) {
			d, err := place.FindDevice(ctx, tx, c.by, club.DeviceID(in.ID))
			return oneWatched(ctx, tx, d, err)
		})
	})
	register(a, "create-device", func(ctx context.Context, c *call, in *newDevice) (*madeOut[Device], error) {
		b := in.Body
		out, err := one(ctx, c.write, showDevice, versionOfDevice, func(tx *store.Tx) (watchedDevice, error) {
			d, err := place.CreateDevice(ctx, tx, c.by, place.NewDevice{Location: club.LocationID(b.LocationID), Bay: club.BayID(b.BayID), Kind: club.DeviceKind(b.Kind), Name: b.Name, Vendor: b.Vendor, VendorRef: b.VendorRef})
			return oneWatched(ctx, tx, d, err)
		})
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/devices", out.Body.ID, out.ETag, out.Body), nil
	})
	register(a, "update-device", func(ctx context.Context, c *call, in *editDevice) (*oneOut[Device], error) {
		was, err := in.instant()
		if err != nil {
			return nil, err
		}
		b := in.Body
		var watch *place.Watch
		if b.Watch != nil {
			watch = &place.Watch{Off: b.Watch.Off, Every: time.Duration(b.Watch.EverySeconds) * time.Second}
		}
		return one(ctx, c.write, showDevice, versionOfDevice, func(tx *store.Tx) (watchedDevice, error) {
			d, err := place.UpdateDevice(ctx, tx, c.by, club.DeviceID(in.ID), place.DeviceEdit{Name: b.Name, Kind: as[club.DeviceKind](b.Kind), Bay: as[club.BayID](b.BayID),
				Vendor: b.Vendor, VendorRef: b.VendorRef, Watch: watch, IfUpdatedAt: was})
			return oneWatched(ctx, tx, d, err)
		})
	})
}
