package console

import (
	"net/http"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/place"
	"clubos/internal/store"
)

func (c *console) deviceRoutes() []route {
	return []route{
		get("/devices/new", identity.DevicesWrite, func(v *visit) error {
			return v.deviceForm(http.StatusOK, "", page.PlaceForm{Values: map[string]string{"location": v.query("location"), "bay": v.query("bay")}}, "")
		}),
		post("/devices", identity.DevicesWrite, createDevice),
		get("/devices/{id}", identity.DevicesWrite, showDevice),
		post("/devices/{id}", identity.DevicesWrite, changeDevice),
		post("/devices/{id}/archive", identity.DevicesWrite, archiveDevice),
		post("/devices/{id}/outage", identity.DevicesWrite, takeDeviceOut),
		post("/devices/{id}/outage/end", identity.DevicesWrite, bringDeviceBack),
	}
}

// deviceVendors are the connectors that reach devices.
var deviceVendors = []page.Option{{Value: "ninjaone", Label: "NinjaOne"}, {Value: "unifi", Label: "UniFi Access"}}

// deviceForm shows a device's form; a zero id is for one that is made.
func (v *visit) deviceForm(status int, id club.DeviceID, form page.PlaceForm, outage string) error {
	p := page.DevicePage{ID: id, Form: form}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		ctx := v.r.Context()
		f, err := v.frame(tx, "places", "New device")
		if err != nil {
			return err
		}
		p.Form.Action = f.At("devices")
		if !id.IsZero() {
			d, err := place.FindDevice(ctx, tx, v.p, id)
			if err != nil {
				return err
			}
			p.Form.Action, f.Title, p.Device = f.At("devices", id.String()), d.Name, devicesOf([]store.Device{d})[0]
			p.Form.Values["location"] = d.LocationID.String()
		}
		l, err := place.FindLocation(ctx, tx, v.p, idOf[club.LocationID](p.Form.Values["location"]))
		if err != nil {
			return err
		}
		f.Zone = zoneOf(l)
		p.Shell, p.Form.Values["location_name"], p.Back = f.Shell, l.Name, f.Query("places", "location", l.ID.String())
		outages, err := place.FindOutages(ctx, tx)
		if err != nil {
			return err
		}
		if o, ok := outages[id.String()]; ok {
			p.Device.Maintenance = place.Current(o, tx.Now)
		}
		p.Outage = v.outageForm(f, outages[id.String()], f.At("devices", id.String(), "outage"), outage)
		bays, err := place.FindBays(ctx, tx, v.p, l.ID)
		if err != nil {
			return err
		}
		p.Bay = page.Choices{Selected: p.Form.Values["bay"], Options: []page.Option{{Value: "", Label: "The whole location"}}}
		for _, b := range bays {
			p.Bay.Options = append(p.Bay.Options, page.Option{Value: b.ID.String(), Label: b.Name})
			if b.ID.String() == p.Form.Values["bay"] {
				p.Back = f.At("bays", b.ID.String())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Kind = page.Choices{Selected: p.Form.Values["kind"]}
	for _, k := range club.DeviceKinds() {
		p.Kind.Options = append(p.Kind.Options, page.Option{Value: string(k), Label: page.DeviceKindWord(k)})
	}
	p.Vendor = page.Choices{Selected: p.Form.Values["vendor"], Options: slices.Clone(deviceVendors)}
	if s := p.Vendor.Selected; s != "" && !slices.ContainsFunc(deviceVendors, func(o page.Option) bool { return o.Value == s }) {
		p.Vendor.Options = append(p.Vendor.Options, page.Option{Value: s, Label: s}) // of another origin; it stays
	}
	p.Watch = watchChoices(p.Form.Values["watch"])
	p.Flash = v.found().flash()
	return v.show(status, page.Device(p))
}

// watchOff is the form's word for a device that is not looked at.
const watchOff = "off"

// watchChoices are how often a device may be looked at; an interval of another origin stays.
func watchChoices(selected string) page.Choices {
	c := page.Choices{Selected: selected, Options: []page.Option{{Value: "", Label: "As often as the club’s settings say"}}}
	for _, d := range []time.Duration{place.MinWatch, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, place.MaxWatch} {
		c.Options = append(c.Options, page.Option{Value: d.String(), Label: "Every " + club.Span(d)})
	}
	c.Options = append(c.Options, page.Option{Value: watchOff, Label: "Not at all"})
	if !slices.ContainsFunc(c.Options, func(o page.Option) bool { return o.Value == selected }) {
		c.Options = append(c.Options, page.Option{Value: selected, Label: "Every " + selected})
	}
	return c
}

func watchValue(w place.Watch) string {
	switch {
	case w.Off:
		return watchOff
	case w.Every == 0:
		return ""
	}
	return w.Every.String()
}

func readWatch(value string) (place.Watch, error) {
	switch value {
	case "":
		return place.Watch{}, nil
	case watchOff:
		return place.Watch{Off: true}, nil
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return place.Watch{}, club.Invalid("this is not an interval")
	}
	return place.Watch{Every: d}, nil
}

func showDevice(v *visit) error { return v.deviceAgain(http.StatusOK, "") }

// deviceAgain shows a device as it is stored.
func (v *visit) deviceAgain(status int, outage string) error {
	id, err := pathID[club.DeviceID](v)
	if err != nil {
		return err
	}
	var d store.Device
	var w place.Watch
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		if d, err = place.FindDevice(v.r.Context(), tx, v.p, id); err != nil {
			return err
		}
		all, err := place.FindWatches(v.r.Context(), tx)
		w = all[id]
		return err
	})
	if err != nil {
		return err
	}
	return v.deviceForm(status, id, page.PlaceForm{Version: versionText(d.UpdatedAt), Values: map[string]string{"name": d.Name, "kind": string(d.Kind), "bay": d.BayID.String(), "vendor": d.Vendor, "vendor_ref": d.VendorRef, "watch": watchValue(w)}}, outage)
}

func (v *visit) deviceValues() map[string]string {
	out := map[string]string{}
	for _, k := range []string{"location", "name", "kind", "bay", "vendor", "vendor_ref", "watch"} {
		out[k] = v.field(k)
	}
	return out
}

func createDevice(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	values := v.deviceValues()
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		_, err := place.CreateDevice(v.r.Context(), tx, v.p, place.NewDevice{Location: idOf[club.LocationID](values["location"]), Bay: idOf[club.BayID](values["bay"]), Kind: club.DeviceKind(values["kind"]), Name: values["name"], Vendor: values["vendor"], VendorRef: values["vendor_ref"]})
		return err
	})
	if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeConflict {
		return v.deviceForm(statusOf(code), "", page.PlaceForm{Values: values, Problem: sentence(club.MessageOf(err))}, "")
	}
	if err != nil {
		return err
	}
	back := v.at("places")
	if bay := idOf[club.BayID](values["bay"]); bay != "" {
		back = v.at("bays", bay.String())
	}
	return v.done(back, values["name"]+" has been added.")
}

func changeDevice(v *visit) error {
	id, err := pathID[club.DeviceID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	seen, err := v.version()
	if err != nil {
		return err
	}
	values := v.deviceValues()
	name, kind, bay, vendor, ref := values["name"], club.DeviceKind(values["kind"]), idOf[club.BayID](values["bay"]), values["vendor"], values["vendor_ref"]
	watch, err := readWatch(values["watch"])
	if err == nil {
		err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
			_, err := place.UpdateDevice(v.r.Context(), tx, v.p, id, place.DeviceEdit{Name: &name, Kind: &kind, Bay: &bay, Vendor: &vendor, VendorRef: &ref, Watch: &watch, IfUpdatedAt: seen})
			return err
		})
	}
	if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeConflict {
		return v.deviceForm(statusOf(code), id, page.PlaceForm{Values: values, Version: v.field("version"), Problem: sentence(club.MessageOf(err))}, "")
	}
	if err != nil {
		return err
	}
	return v.done(v.at("devices", id.String()), "Saved.")
}

func archiveDevice(v *visit) error {
	id, err := pathID[club.DeviceID](v)
	if err != nil {
		return err
	}
	return v.inArchive("The device has been archived; under Places it can be restored.", func(tx *store.Tx, _ string) error { return place.ArchiveDevice(v.r.Context(), tx, v.p, id) })
}

func takeDeviceOut(v *visit) error {
	return v.inDevice("The device is out of use.", func(tx *store.Tx, id club.DeviceID) error {
		o, err := v.outage(tx, func() (club.LocationID, error) {
			d, err := place.FindDevice(v.r.Context(), tx, v.p, id)
			return d.LocationID, err
		})
		if err != nil {
			return err
		}
		return place.SetDeviceOutage(v.r.Context(), tx, v.p, id, o)
	})
}

func bringDeviceBack(v *visit) error {
	return v.inDevice("The device is back in use.", func(tx *store.Tx, id club.DeviceID) error { return place.EndDeviceOutage(v.r.Context(), tx, v.p, id) })
}

func (v *visit) inDevice(done string, fn func(*store.Tx, club.DeviceID) error) error {
	id, err := pathID[club.DeviceID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error { return fn(tx, id) })
	if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeConflict {
		return v.deviceAgain(statusOf(code), sentence(club.MessageOf(err)))
	}
	if err != nil {
		return err
	}
	return v.done(v.at("devices", id.String()), done)
}
