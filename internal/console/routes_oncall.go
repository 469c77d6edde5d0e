package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/oncall"
	"clubos/internal/rota"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (c *console) onCallRoutes() []route {
	return []route{
		get("/oncall", identity.OnCallRead, func(v *visit) error { return showOnCall(v, http.StatusOK, onCallForms{}) }),
		post("/oncall/shifts", identity.OnCallWrite, addShift),
		post("/oncall/shifts/{id}/remove", identity.OnCallWrite, removeShift),
		post("/oncall/covers", identity.OnCallWrite, addCover),
		post("/oncall/covers/{id}/remove", identity.OnCallWrite, removeCover),
		post("/oncall/contact", signedIn, func(v *visit) error { return saveContact(v, v.p.UserID) }),
		post("/oncall/contacts/{id}", identity.UsersWrite, func(v *visit) error {
			id, err := pathID[club.UserID](v)
			if err != nil {
				return err
			}
			return saveContact(v, id)
		}),
	}
}

// onCallForms are the page's forms as they were typed, after an error.
type onCallForms struct {
	shift   page.ShiftForm
	cover   page.CoverForm
	contact page.ContactForm
	place   string
}

// week is the Monday with which the week on view begins: the n-th from now.
func week(now time.Time, zone *time.Location, n int) time.Time {
	local := now.In(zone)
	back := (int(local.Weekday()) + 6) % 7
	return time.Date(local.Year(), local.Month(), local.Day()-back+7*n, 0, 0, 0, 0, zone)
}

// maxWeeks is how far ahead and back the page goes.
const maxWeeks = 52

func showOnCall(v *visit, status int, forms onCallForms) error {
	users, err := v.users()
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(v.query("week"))
	n = min(max(n, -maxWeeks), maxWeeks)
	p := page.OnCallPage{Shift: forms.shift, Cover: forms.cover, May: v.p.Can(identity.OnCallWrite)}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "oncall", "On call")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		monday := week(tx.Now, f.Zone, n)
		r, err := oncall.Load(v.r.Context(), tx, monday.AddDate(0, 0, -1))
		if err != nil {
			return err
		}
		r = callable(r, users)
		p.Week = weekText(monday, monday.AddDate(0, 0, 6))
		p.Prev, p.Next = f.Query("oncall", "week", weekNumber(n-1)), f.Query("oncall", "week", weekNumber(n+1))
		for _, l := range f.locations {
			p.Places = append(p.Places, placeWeek(r, l, users, tx.Now, n))
		}
		v.rows(&p, f, r, users, tx.Now)
		all := "Every location"
		if !v.p.Everywhere() {
			all = "Choose a location"
		}
		p.Locations = f.places(club.LocationID(forms.place), all)
		return v.contacts(tx, &p, users, forms.contact)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(status, page.OnCall(p))
}

func weekText(from, to time.Time) string {
	if from.Month() == to.Month() {
		return from.Format("2") + "–" + to.Format("2 Jan")
	}
	return from.Format("2 Jan") + " – " + to.Format("2 Jan")
}

func weekNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// callable leaves out who cannot be called any more: the week shows their hours as the gaps that they are.
func callable(r rota.Rota, users map[club.UserID]identity.User) rota.Rota {
	gone := func(id club.UserID) bool { return users[id].Status == identity.UserDisabled || users[id].ID.IsZero() }
	r.Shifts = slices.DeleteFunc(r.Shifts, func(s rota.Shift) bool { return gone(s.User) })
	r.Covers = slices.DeleteFunc(r.Covers, func(c rota.Cover) bool { return gone(c.User) })
	return r
}

func namesOf(users map[club.UserID]identity.User, ids []club.UserID) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, users[id].Name)
	}
	return out
}

// placeWeek is a location's week, its days and times by the clocks of the place.
func placeWeek(r rota.Rota, l store.Location, users map[club.UserID]identity.User, now time.Time, n int) page.OnCallPlace {
	zone := zoneOf(l)
	monday := week(now, zone, n)
	out := page.OnCallPlace{Name: l.Name, Zone: zone.String(), Now: namesOf(users, r.OnCall(now, l.ID)), Gaps: len(r.Gaps(monday, monday.AddDate(0, 0, 7), l.ID))}
	for i := range 7 {
		from, until := monday.AddDate(0, 0, i), monday.AddDate(0, 0, i+1)
		day := page.OnCallDay{Label: from.Format("Mon 2"), Today: !now.Before(from) && now.Before(until)}
		for _, s := range r.Spans(from, until, l.ID) {
			day.Spans = append(day.Spans, page.OnCallSpan{From: s.Start.In(zone).Format("15:04"), Until: untilText(s.End.In(zone), until), Who: strings.Join(namesOf(users, s.Users), ", "), Now: !now.Before(s.Start) && now.Before(s.End)})
		}
		out.Days = append(out.Days, day)
	}
	return out
}

func untilText(end, midnight time.Time) string {
	if end.Equal(midnight) {
		return "24:00"
	}
	return end.Format("15:04")
}

// rows lists shifts and covers, and who may be put on call.
func (v *visit) rows(p *page.OnCallPage, f frame, r rota.Rota, users map[club.UserID]identity.User, now time.Time) {
	may := func(at club.LocationID) bool {
		return p.May && (v.p.Everywhere() || !at.IsZero() && v.p.AllowsLocation(at))
	}
	for _, s := range r.Shifts {
		if v.p.AllowsLocation(s.Location) {
			p.Shifts = append(p.Shifts, page.ShiftRow{ID: s.ID, Who: users[s.User].Name, When: s.From.String() + "–" + s.Until.String(), Days: daysText(s.Days), Where: orText(f.locationName(s.Location), "Everywhere"), May: may(s.Location)})
		}
	}
	for _, c := range r.Covers {
		if !c.End.After(now) || !v.p.AllowsLocation(c.Location) {
			continue
		}
		zone := r.Zones[c.Location]
		if zone == nil {
			zone = f.Zone
		}
		instead := "everybody"
		if !c.InsteadOf.IsZero() {
			instead = orText(users[c.InsteadOf].Name, "a former user")
		}
		p.Covers = append(p.Covers, page.CoverRow{ID: c.ID, Who: users[c.User].Name, For: instead, When: c.Start.In(zone).Format("Mon 2 Jan 15:04") + " – " + c.End.In(zone).Format("Mon 2 Jan 15:04"), Where: orText(f.locationName(c.Location), "Everywhere"), Under: !now.Before(c.Start), May: may(c.Location)})
	}
	for _, u := range users {
		if u.Status != identity.UserDisabled && u.Role != club.RoleViewer {
			p.People = append(p.People, page.Option{Value: u.ID.String(), Label: u.Name})
		}
	}
	slices.SortFunc(p.People, func(a, b page.Option) int { return strings.Compare(a.Label, b.Label) })
}

func daysText(d rota.Days) string {
	switch d.String() {
	case rota.EveryDay.String():
		return "every day"
	case "mon,tue,wed,thu,fri":
		return "Monday to Friday"
	case "sat,sun":
		return "weekends"
	}
	var out []string
	for _, n := range d.Names() {
		out = append(out, capital(n))
	}
	return strings.Join(out, ", ")
}

// contacts shows how the reader is called and, to those who manage users, how everybody is.
func (v *visit) contacts(tx *store.Tx, p *page.OnCallPage, users map[club.UserID]identity.User, typed page.ContactForm) error {
	for id, u := range users {
		self := id == v.p.UserID
		if !self && (!v.p.Can(identity.UsersWrite) || u.Status == identity.UserDisabled || u.Role == club.RoleViewer) {
			continue
		}
		c, err := oncall.FindContact(v.r.Context(), tx, v.keys, v.p, id)
		switch club.CodeOf(err) {
		case "":
		case club.CodeForbidden, club.CodeNotFound:
			continue // an owner's, or one of another place
		default:
			return err
		}
		form := page.ContactForm{ID: id, Name: u.Name, Self: self, Phone: c.Phone, Email: c.Email, BySMS: c.BySMS, ByEmail: c.ByEmail, Ways: waysText(c.Ways())}
		if c.Quiet != nil {
			form.QuietFrom, form.QuietUntil, form.Zone = c.Quiet.From.String(), c.Quiet.Until.String(), c.Quiet.Zone
		}
		if typed.ID == id {
			typed.Name, typed.Self, typed.Ways = form.Name, form.Self, form.Ways
			form = typed
		}
		p.Contacts = append(p.Contacts, form)
	}
	slices.SortFunc(p.Contacts, func(a, b page.ContactForm) int {
		if a.Self != b.Self {
			if a.Self {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name+a.ID.String(), b.Name+b.ID.String())
	})
	return nil
}

func waysText(ways []string) string {
	switch len(ways) {
	case 0:
		return ""
	case 2:
		return "Text and mail"
	}
	if ways[0] == setting.BySMS {
		return "Text"
	}
	return "Mail"
}

// refused shows the page again with what was typed, when the fault is one that the person can mend.
func refused(v *visit, err error, fill func(problem string) onCallForms) error {
	switch code := club.CodeOf(err); code {
	case club.CodeInvalid, club.CodeConflict, club.CodeForbidden:
		return showOnCall(v, statusOf(code), fill(sentence(club.MessageOf(err))))
	}
	return err
}

// location is the chosen one; none is every location.
func (v *visit) location() (club.LocationID, error) {
	typed := v.field("location")
	id := idOf[club.LocationID](typed)
	if typed != "" && id.IsZero() {
		return "", club.Invalid("There is no such location.")
	}
	return id, nil
}

func addShift(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	err := func() error {
		days, err := rota.ParseDays(v.r.PostForm["day"]...)
		if err != nil {
			return err
		}
		from, err := rota.ParseClock(v.field("from"))
		if err != nil {
			return err
		}
		until, err := rota.ParseClock(v.field("until"))
		if err != nil {
			return err
		}
		at, err := v.location()
		if err != nil {
			return err
		}
		return v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
			_, err := oncall.CreateShift(v.r.Context(), tx, v.p, rota.Shift{User: idOf[club.UserID](v.field("user")), Location: at, Days: days, From: from, Until: until})
			return err
		})
	}()
	if err == nil {
		return v.done(v.at("oncall"), "Shift added.")
	}
	return refused(v, err, func(problem string) onCallForms {
		return onCallForms{place: v.field("location"), shift: page.ShiftForm{User: v.field("user"), From: v.field("from"), Until: v.field("until"), Days: v.r.PostForm["day"], Error: problem}}
	})
}

func removeShift(v *visit) error {
	id, err := pathID[club.ShiftID](v)
	if err != nil {
		return err
	}
	if err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error { return oncall.DeleteShift(v.r.Context(), tx, v.p, id) }); err != nil {
		return err
	}
	return v.done(v.at("oncall"), "Shift removed.")
}

// localTime reads what a browser sends of a date and time, by the clocks of a place.
func localTime(what, typed string, zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation("2006-01-02T15:04", typed, zone)
	if err != nil {
		return at, club.Invalid("%s is not a date and a time", what)
	}
	return at, nil
}

func addCover(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		at, err := v.location()
		if err != nil {
			return err
		}
		r, err := oncall.Load(v.r.Context(), tx, tx.Now)
		if err != nil {
			return err
		}
		zone := r.Zones[at]
		if zone == nil {
			zone = r.Zone
		}
		if zone == nil {
			zone = time.UTC
		}
		start, err := localTime("the beginning", v.field("start"), zone)
		if err != nil {
			return err
		}
		end, err := localTime("the end", v.field("end"), zone)
		if err != nil {
			return err
		}
		_, err = oncall.CreateCover(v.r.Context(), tx, v.p, rota.Cover{User: idOf[club.UserID](v.field("user")), InsteadOf: idOf[club.UserID](v.field("for")), Location: at, Start: start, End: end})
		return err
	})
	if err == nil {
		return v.done(v.at("oncall"), "Cover added.")
	}
	return refused(v, err, func(problem string) onCallForms {
		return onCallForms{place: v.field("location"), cover: page.CoverForm{User: v.field("user"), For: v.field("for"), Start: v.field("start"), End: v.field("end"), Error: problem}}
	})
}

func removeCover(v *visit) error {
	id, err := pathID[club.CoverID](v)
	if err != nil {
		return err
	}
	if err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error { return oncall.DeleteCover(v.r.Context(), tx, v.p, id) }); err != nil {
		return err
	}
	return v.done(v.at("oncall"), "Cover removed.")
}

func saveContact(v *visit, id club.UserID) error {
	if err := v.parse(); err != nil {
		return err
	}
	e := oncall.ContactEdit{Phone: v.field("phone"), Email: v.field("email"), BySMS: v.field("by_sms") != "", ByEmail: v.field("by_email") != "", QuietFrom: v.field("quiet_from"), QuietUntil: v.field("quiet_until")}
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		_, err := oncall.SaveContact(v.r.Context(), tx, v.keys, v.p, id, e)
		return err
	})
	if err == nil {
		return v.done(v.at("oncall"), "Saved; it counts from the next call on.")
	}
	return refused(v, err, func(problem string) onCallForms {
		return onCallForms{contact: page.ContactForm{ID: id, Phone: e.Phone, Email: e.Email, BySMS: e.BySMS, ByEmail: e.ByEmail, QuietFrom: e.QuietFrom, QuietUntil: e.QuietUntil, Error: problem}}
	})
}

// callHealth says of whom could not be called of late.
func callHealth(v *visit, tx *store.Tx, p *page.HealthPage) error {
	rows, err := v.c.Desk.FindTroubledCalls(v.r.Context(), tx, v.p)
	if err != nil {
		return err
	}
	row := page.ServiceRow{Name: "Calls to people", Detail: "Everybody who was to be called in the last 24 hours could be", State: page.Word{Label: "Well", Tone: page.ToneOK}, At: tx.Now}
	if len(rows) > 0 {
		row.Detail = fmt.Sprintf("%d of the last 24 hours in trouble; the last one: %s", len(rows), rows[0].Trouble)
		row.State, row.At = page.Word{Label: "In trouble", Tone: page.ToneWarn}, rows[0].UpdatedAt
	}
	for _, r := range rows {
		if r.Status == "open" {
			row.State = page.Word{Label: "Somebody is not called", Tone: page.ToneDanger}
			p.Worsen(page.Word{Label: "People cannot be called", Tone: page.ToneDanger})
		}
	}
	p.Services = append(p.Services, row)
	return nil
}
