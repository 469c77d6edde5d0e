package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/place"
	"clubos/internal/store"
)

func (c *console) placeEditRoutes() []route {
	return []route{
		get("/places/new", identity.PlacesWrite, func(v *visit) error {
			return v.locationForm(http.StatusOK, "", page.PlaceForm{Values: map[string]string{}})
		}),
		post("/places", identity.PlacesWrite, createLocation),
		post("/places/archive", identity.PlacesWrite, archivePlace),
		post("/places/restore", identity.PlacesWrite, restorePlace),
		get("/places/{id}/edit", identity.PlacesWrite, editLocation),
		post("/places/{id}/edit", identity.PlacesWrite, changeLocation),
	}
}

func (v *visit) locationForm(status int, id club.LocationID, form page.PlaceForm) error {
	p := page.PlaceFormPage{Form: form}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "places", "New location")
		if err != nil {
			return err
		}
		if !id.IsZero() {
			f.Title = "Edit " + f.locationName(id)
		}
		p.Shell, p.Form.Back, p.Form.Action, p.Form.Object = f.Shell, f.At("places"), f.At("places"), id.String()
		if !id.IsZero() {
			p.Form.Action = f.At("places", id.String(), "edit")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show(status, page.LocationForm(p))
}

func editLocation(v *visit) error {
	id, err := pathID[club.LocationID](v)
	if err != nil {
		return err
	}
	var l store.Location
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) (err error) {
		l, err = place.FindLocation(v.r.Context(), tx, v.p, id)
		return err
	})
	if err != nil {
		return err
	}
	return v.locationForm(http.StatusOK, id, page.PlaceForm{Version: versionText(l.UpdatedAt), Values: map[string]string{"name": l.Name, "time_zone": l.TimeZone, "details": detailLines(place.Details(l))}})
}

// detailLines writes details as people edit them.
func detailLines(details map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(details)) {
		fmt.Fprintf(&b, "%s: %s\n", k, strings.ReplaceAll(details[k], "\n", " "))
	}
	return b.String()
}

// parseDetails reads details as people write them.
func parseDetails(text string) (map[string]string, error) {
	out := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		k, value, ok := strings.Cut(line, ":")
		k = strings.TrimSpace(k)
		if !ok || k == "" {
			return nil, club.Invalid("line %d of the details is not like “wifi_name: Guests”", i+1)
		}
		if _, twice := out[k]; twice {
			return nil, club.Invalid("the details name %s twice", k)
		}
		out[k] = strings.TrimSpace(value)
	}
	return out, nil
}

func (v *visit) locationValues() map[string]string {
	return map[string]string{"name": v.field("name"), "slug": v.field("slug"), "time_zone": v.field("time_zone"), "details": v.text("details")}
}

func createLocation(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	values := v.locationValues()
	slug := values["slug"]
	if slug == "" {
		slug = slugOf(values["name"])
	}
	details, err := parseDetails(values["details"])
	if err == nil {
		err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
			_, err := place.CreateLocation(v.r.Context(), tx, v.p, place.NewLocation{Slug: slug, Name: values["name"], TimeZone: values["time_zone"], Details: details})
			return err
		})
	}
	if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeConflict {
		return v.locationForm(statusOf(code), "", page.PlaceForm{Values: values, Problem: sentence(club.MessageOf(err))})
	}
	if err != nil {
		return err
	}
	return v.done(v.at("places"), values["name"]+" has been added.")
}

// slugOf makes a short name from a name.
func slugOf(name string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == ' ', r == '-', r == '_':
			return '-'
		}
		return -1
	}, strings.ToLower(name))
	return strings.Trim(slug[:min(len(slug), 40)], "-")
}

func changeLocation(v *visit) error {
	id, err := pathID[club.LocationID](v)
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
	values := v.locationValues()
	details, err := parseDetails(values["details"])
	if err == nil {
		name, zone := values["name"], values["time_zone"]
		err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
			_, err := place.UpdateLocation(v.r.Context(), tx, v.p, id, place.LocationEdit{Name: &name, TimeZone: &zone, Details: details, IfUpdatedAt: seen})
			return err
		})
	}
	if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeConflict {
		return v.locationForm(statusOf(code), id, page.PlaceForm{Values: values, Version: v.field("version"), Problem: sentence(club.MessageOf(err))})
	}
	if err != nil {
		return err
	}
	return v.done(v.at("places"), "Saved.")
}

func archivePlace(v *visit) error {
	return v.inArchive("It has been archived; under Places it can be restored.", func(tx *store.Tx, object string) error {
		ctx := v.r.Context()
		if strings.HasPrefix(object, "loc_") {
			return place.ArchiveLocation(ctx, tx, v.p, idOf[club.LocationID](object))
		}
		return place.ArchiveBay(ctx, tx, v.p, idOf[club.BayID](object))
	})
}

func restorePlace(v *visit) error {
	return v.inArchive("It is back.", func(tx *store.Tx, object string) error { return place.Restore(v.r.Context(), tx, v.p, object) })
}

func (v *visit) inArchive(done string, fn func(*store.Tx, string) error) error {
	if err := v.parse(); err != nil {
		return err
	}
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error { return fn(tx, v.field("object")) })
	switch club.CodeOf(err) {
	case "":
		return v.done(v.at("places"), done)
	case club.CodeConflict:
		return v.warn(v.at("places"), sentence(club.MessageOf(err)))
	}
	return err
}

// outageForm is the form that takes something out of use, with what is set at present.
func (v *visit) outageForm(f frame, o store.Outage, action, problem string) page.OutageForm {
	out := page.OutageForm{Action: action, Zone: f.Zone.String(), Problem: problem}
	if o.Object != "" {
		out.Current, out.Reason = outageText(f, o), o.Reason
	}
	if problem != "" {
		out.Reason, out.Start, out.End = v.field("reason"), v.field("start"), v.field("end")
	}
	return out
}

// outageText says why something is out of use, and when.
func outageText(f frame, o store.Outage) string {
	text := o.Reason
	if o.StartsAt.After(f.Now) {
		text += ", from " + o.StartsAt.In(f.Zone).Format("Mon 2 Jan 15:04 MST")
	}
	if o.EndsAt != nil {
		text += ", until " + o.EndsAt.In(f.Zone).Format("Mon 2 Jan 15:04 MST")
	}
	return capital(text)
}

// outage reads a posted outage in the time zone of a location.
func (v *visit) outage(tx *store.Tx, where func() (club.LocationID, error)) (place.Outage, error) {
	o := place.Outage{Reason: v.field("reason")}
	at, err := where()
	if err != nil {
		return o, err
	}
	l, err := tx.FindLocation(v.r.Context(), at)
	if err != nil {
		return o, fmt.Errorf("find location: %w", err)
	}
	for field, to := range map[string]*time.Time{"start": &o.Start, "end": &o.End} {
		value := v.field(field)
		if value == "" {
			continue
		}
		t, err := time.ParseInLocation("2006-01-02T15:04", value, zoneOf(l))
		if err != nil {
			return o, club.Invalid("the times are written like 2026-11-26T18:00")
		}
		*to = t.UTC()
	}
	return o, nil
}
