package console

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/place"
	"clubos/internal/store"
)

func (c *console) bayRoutes() []route {
	return []route{
		get("/bays/new", identity.PlacesWrite, func(v *visit) error { return v.newBay(http.StatusOK, page.PlaceForm{}) }),
		post("/bays", identity.PlacesWrite, createBay),
		get("/bays/{id}", identity.PlacesRead, func(v *visit) error { return showBay(v, http.StatusOK, "", "") }),
		post("/bays/{id}", identity.PlacesWrite, changeBay),
		post("/bays/{id}/outage", identity.PlacesWrite, takeBayOut),
		post("/bays/{id}/outage/end", identity.PlacesWrite, bringBayBack),
		post("/bays/{id}/action", identity.ActionsExecute, actAtBay),
	}
}

// showBay shows a bay. problem and outage are what was wrong with its forms.
func showBay(v *visit, status int, problem, outage string) error {
	id, err := pathID[club.BayID](v)
	if err != nil {
		return err
	}
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.BayPage
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "places", "Bay")
		if err != nil {
			return err
		}
		b, err := place.FindBay(v.r.Context(), tx, v.p, id)
		if err != nil {
			return err
		}
		l, err := tx.FindLocation(v.r.Context(), b.LocationID)
		if err != nil {
			return fmt.Errorf("find location: %w", err)
		}
		f.Zone, f.Title = zoneOf(l), b.Name
		p.Shell, p.Location, p.LocationID = f.Shell, l.Name, l.ID
		p.May, p.MayDevices, p.MayBook = v.p.Can(identity.PlacesWrite), v.p.Can(identity.DevicesWrite), v.p.Can(identity.BookingsWrite)
		around, err := v.aroundBays(tx)
		if err != nil {
			return err
		}
		p.Bay, p.Building = around.block(f, l, b), around.ofLocation[l.ID]
		p.Edit = page.PlaceForm{Values: map[string]string{"name": b.Name}, Version: versionText(b.UpdatedAt), Action: f.At("bays", id.String()), Object: id.String(), Problem: problem}
		if problem != "" {
			p.Edit.Values["name"] = v.field("name")
		}
		p.Outage = v.outageForm(f, around.outages[id.String()], f.At("bays", id.String(), "outage"), outage)
		if v.p.Can(identity.ActionsExecute) {
			if p.Bay.Actions, err = v.bayButtons(tx, l, b); err != nil {
				return err
			}
		}
		return v.bayPast(tx, f, users, b, &p)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(status, page.Bay(p))
}

// bayButtons are the actions that the catalogue has for a bay, as a thread's page offers them.
func (v *visit) bayButtons(tx *store.Tx, l store.Location, b store.Bay) ([]page.ActionButton, error) {
	s := scene{location: l, bay: b}
	devices, err := place.FindDevices(v.r.Context(), tx, v.p, l.ID, "")
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		if d.BayID.IsZero() || d.BayID == b.ID {
			s.devices = append(s.devices, d)
		}
	}
	return v.buttons(s), nil
}

// bayPast reads today's bookings and what has happened at a bay.
func (v *visit) bayPast(tx *store.Tx, f frame, users map[club.UserID]identity.User, b store.Bay, p *page.BayPage) error {
	ctx := v.r.Context()
	if v.p.Can(identity.BookingsRead) {
		from := midnight(f.Now.In(f.Zone))
		rows, err := tx.FindBookingsOfDay(ctx, store.FindBookingsOfDayParams{Reach: from.Add(-24 * time.Hour).UTC(), Since: from.UTC(), Until: from.AddDate(0, 0, 1).UTC(), Scope: v.p.LocationScope(), Bay: b.ID.String(), Size: 100})
		if err != nil {
			return fmt.Errorf("find bookings: %w", err)
		}
		for _, r := range rows {
			row, err := v.bookingRow(f, r)
			if err != nil {
				return err
			}
			p.Bookings = append(p.Bookings, row)
		}
	}
	if v.p.Can(identity.DecisionsRead) {
		done, err := tx.FindExecutionsOfBay(ctx, store.FindExecutionsOfBayParams{BayID: b.ID, Size: 15})
		if err != nil {
			return fmt.Errorf("find executions: %w", err)
		}
		for _, x := range done {
			row := v.execution(f, users, x)
			row.Target = b.Name
			p.Executions = append(p.Executions, row)
		}
	}
	if !v.p.Can(identity.ThreadsRead) {
		return nil
	}
	threads, err := tx.FindThreadsOfBay(ctx, store.FindThreadsOfBayParams{BayID: b.ID, Since: f.Now.AddDate(0, 0, -30), Size: 10})
	if err != nil {
		return fmt.Errorf("find threads: %w", err)
	}
	var rows []desk.ThreadRow
	for _, t := range threads {
		who, err := people.Find(ctx, tx, v.keys, t.SubjectID)
		if err != nil {
			return err
		}
		rows = append(rows, desk.ThreadRow{Thread: t, Member: t.MemberID, Name: who.Name, Phone: who.Phone, Location: p.Location, Bay: b.Name})
	}
	p.Threads, err = v.threadRows(tx, rows, users)
	return err
}

func (v *visit) newBay(status int, form page.PlaceForm) error {
	p := page.PlaceFormPage{Form: form}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "places", "New bay")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		if p.Form.Values == nil {
			p.Form.Values = map[string]string{"location": v.query("location")}
		}
		l, err := place.FindLocation(v.r.Context(), tx, v.p, idOf[club.LocationID](p.Form.Values["location"]))
		if err != nil {
			return err
		}
		p.Form.Values["location_name"] = l.Name
		p.Form.Action, p.Form.Back = f.At("bays"), f.Query("places", "location", l.ID.String())
		if p.Form.Values["number"] != "" || form.Problem != "" {
			return nil
		}
		bays, err := place.FindBays(v.r.Context(), tx, v.p, l.ID)
		if err != nil {
			return err
		}
		next := int64(1)
		for _, b := range bays {
			next = max(next, b.Number+1)
		}
		p.Form.Values["number"] = strconv.FormatInt(next, 10)
		return nil
	})
	if err != nil {
		return err
	}
	return v.show(status, page.BayNew(p))
}

func createBay(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	values := map[string]string{"location": v.field("location"), "number": v.field("number"), "name": v.field("name")}
	number, err := strconv.ParseInt(values["number"], 10, 64)
	if err != nil {
		number = 0 // refused with the sentence that says which are good
	}
	var made store.Bay
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) (err error) {
		made, err = place.CreateBay(v.r.Context(), tx, v.p, place.NewBay{Location: idOf[club.LocationID](values["location"]), Number: number, Name: values["name"]})
		return err
	})
	if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeConflict {
		return v.newBay(statusOf(code), page.PlaceForm{Values: values, Problem: sentence(club.MessageOf(err))})
	}
	if err != nil {
		return err
	}
	return v.done(v.at("bays", made.ID.String()), made.Name+" has been added.")
}

func changeBay(v *visit) error {
	return v.inBay(func(tx *store.Tx, id club.BayID) error {
		seen, err := v.version()
		if err != nil {
			return err
		}
		name := v.field("name")
		_, err = place.UpdateBay(v.r.Context(), tx, v.p, id, place.BayEdit{Name: &name, IfUpdatedAt: seen})
		return err
	}, "Saved.", func(status int, problem string) error { return showBay(v, status, problem, "") })
}

func takeBayOut(v *visit) error {
	return v.inBay(func(tx *store.Tx, id club.BayID) error {
		o, err := v.outage(tx, func() (club.LocationID, error) {
			b, err := place.FindBay(v.r.Context(), tx, v.p, id)
			return b.LocationID, err
		})
		if err != nil {
			return err
		}
		return place.SetBayOutage(v.r.Context(), tx, v.p, id, o)
	}, "The bay is out of use.", func(status int, problem string) error { return showBay(v, status, "", problem) })
}

func bringBayBack(v *visit) error {
	return v.inBay(func(tx *store.Tx, id club.BayID) error { return place.EndBayOutage(v.r.Context(), tx, v.p, id) }, "The bay is back in use.",
		func(status int, problem string) error { return showBay(v, status, "", problem) })
}

// inBay changes the bay of the address and says so on its page, or shows the page again with what was
// wrong.
func (v *visit) inBay(fn func(*store.Tx, club.BayID) error, done string, again func(int, string) error) error {
	id, err := pathID[club.BayID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) error { return fn(tx, id) })
	if code := club.CodeOf(err); code == club.CodeInvalid || code == club.CodeConflict {
		return again(statusOf(code), sentence(club.MessageOf(err)))
	}
	if err != nil {
		return err
	}
	return v.done(v.at("bays", id.String()), done)
}

// actAtBay asks the gate for an action. What it acts on is found by the gate; the form only says what the
// person saw, and when that is no longer so, nothing is done.
func actAtBay(v *visit) error {
	id, err := pathID[club.BayID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	back := v.at("bays", id.String())
	a, ok := v.c.Catalogue.Find(club.ActionName(v.field("action")))
	if !ok || !a.Physical() {
		return club.Invalid("There is no such action.")
	}
	location, b, err := v.offeredAtBay(id, a)
	switch {
	case err != nil:
		return err
	case b == nil:
		return v.warn(back, "Nothing was done: the bay’s devices have changed. Please look again.")
	case b.Confirm != "" && v.field("confirmed") != "yes":
		return v.warn(back, "Nothing was done: please confirm it first.")
	}
	ground, err := v.ground()
	if err != nil {
		return v.warn(back, sentence(club.MessageOf(err)))
	}
	key := v.field("key")
	fresh, err := v.first(key)
	if err != nil {
		return err
	}
	if !fresh {
		return v.done(back, "That was asked for already; what came of it stands under “What was done”.")
	}
	_, no, err := v.c.Engine.RequestAt(v.r.Context(), v.tenant, v.p.Actor, location, id, a.Name, ground)
	switch {
	case err != nil && (club.CodeOf(err) == club.CodeConflict || club.CodeOf(err) == club.CodeInvalid):
		v.release(key)
		return v.warn(back, sentence(club.MessageOf(err)))
	case err != nil:
		return err
	case no != "":
		return v.warn(back, "Refused: "+strings.TrimSuffix(no, ".")+". Nothing was done.")
	}
	return v.done(back, a.Title+": under way. It counts as done once a second look has shown it.")
}

// offeredAtBay returns the button that the bay's page offers for an action on the posted target at
// present; nil when it does not.
func (v *visit) offeredAtBay(id club.BayID, a catalogue.Action) (at club.LocationID, b *page.ActionButton, err error) {
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		bay, err := place.FindBay(v.r.Context(), tx, v.p, id)
		if err != nil {
			return err
		}
		l, err := tx.FindLocation(v.r.Context(), bay.LocationID)
		if err != nil {
			return fmt.Errorf("find location: %w", err)
		}
		at = l.ID
		buttons, err := v.bayButtons(tx, l, bay)
		for _, have := range buttons {
			if have.Name == a.Name && have.Target == v.field("target") && have.Disabled == "" {
				b = &have
			}
		}
		return err
	})
	return at, b, err
}
