package decide

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/outbox"
	"clubos/internal/pattern/anomaly"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// text is one text that nothing has taken up yet.
type text struct {
	row     store.Message
	body    string
	reading phrase.Reading
}

// matter is everything one decision rests on, read in the transaction that decides.
type matter struct {
	thread   store.Thread
	person   people.Person // who is told: whoever wrote; of a report the holder, where one is known
	settings setting.Settings
	texts    []text
	masked   string            // the texts, masked, one per line
	asked    *act.Question     // what the member was asked and has not answered
	record   learn.Calibration // what became known of earlier matches
	refuted  *refuted          // what the member says was not what they asked for; nil: nothing

	location store.Location    // zero ID: unknown
	bay      store.Bay         // zero ID: unknown
	booking  store.Booking     // the one that is current; zero ID: none
	findings []anomaly.Finding // what is unusual: reasons why a person should look
	facts    []club.Fact
	reports  []store.FindEventsAroundRow // what devices and bookings reported here
	lives    bool                        // the bay's computer was seen to be well just now
	holder   outbox.Holder               // of what was reported
	tried    []club.ActionName           // what was done about it just now and came to nothing
}

// bookingMargin is how long before its start and after its end a booking is current: people come
// early and leave late.
const bookingMargin = 10 * time.Minute

// gather reads the matter of a thread. Its texts are those that nothing has taken up.
func gather(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, s setting.Settings) (*matter, error) {
	m := &matter{thread: th, settings: s}
	var err error
	if m.person, err = people.Known(ctx, tx, keys, th.SubjectID); err != nil {
		return nil, err
	}
	rows, err := tx.FindUnhandledMessages(ctx, th.ID)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	var masked []string
	for _, row := range rows {
		body, err := people.Open(keys, m.person.Subject, people.ColumnMessage, row.ID.String(), row.Body)
		if err != nil {
			return nil, err
		}
		m.texts = append(m.texts, text{row: row, body: body, reading: phrase.Read(body)})
		if row.Masked != "" {
			masked = append(masked, row.Masked)
		}
	}
	m.masked = strings.Join(masked, "\n")
	if m.asked, err = act.ParseQuestion(th.Awaiting); err != nil {
		return nil, err
	}
	if err := m.findBooking(ctx, tx); err != nil {
		return nil, err
	}
	if err := m.findPlace(ctx, tx); err != nil {
		return nil, err
	}
	if err := m.findOthers(ctx, tx); err != nil {
		return nil, err
	}
	if err := m.findDoors(ctx, tx); err != nil {
		return nil, err
	}
	if err := m.findReports(ctx, tx); err != nil {
		return nil, err
	}
	return m, m.findDevices(ctx, tx)
}

// findBooking takes the subject's booking that is current, the nearest one where several are.
func (m *matter) findBooking(ctx context.Context, tx *store.Tx) error {
	if m.person.Known() {
		m.fact("member", "known member", "members", m.person.Member.UpdatedAt)
	} else {
		m.fact("member", "unknown number", "members", tx.Now)
	}
	list, err := tx.FindBookingsAround(ctx, store.FindBookingsAroundParams{SubjectID: m.thread.SubjectID, Since: tx.Now.Add(-bookingMargin), Until: tx.Now.Add(24 * time.Hour)})
	if err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	for _, b := range list {
		if b.Status != club.BookingConfirmed {
			continue
		}
		if b.StartsAt.Add(-bookingMargin).After(tx.Now) {
			m.fact("next booking", "starts in "+club.Span(b.StartsAt.Sub(tx.Now)), "bookings", b.UpdatedAt)
			break
		}
		if m.booking.ID.IsZero() || b.StartsAt.After(m.booking.StartsAt) && !b.StartsAt.After(tx.Now) {
			m.booking = b
		}
	}
	if m.booking.ID.IsZero() {
		m.fact("booking", "none is current", "bookings", tx.Now)
	}
	return nil
}

// findPlace takes the location of the current booking, else the thread's, else the member's home, and
// the bay that the texts choose among its bays, else the booking's, else the one known from before.
func (m *matter) findPlace(ctx context.Context, tx *store.Tx) error {
	id := m.thread.LocationID
	if !m.booking.ID.IsZero() {
		id = m.booking.LocationID
	}
	if id.IsZero() {
		id = m.person.Member.HomeLocationID
	}
	if id.IsZero() {
		m.fact("location", "unknown", "threads", tx.Now)
		return nil
	}
	var err error
	if m.location, err = tx.Known().FindLocation(ctx, id); err != nil {
		return fmt.Errorf("read location: %w", err)
	}
	m.fact("location", m.location.Name, "locations", m.location.UpdatedAt)
	booked, err := m.bayOf(ctx, tx, m.booking.BayID)
	if err != nil {
		return err
	}
	if !m.booking.ID.IsZero() {
		m.fact("booking", orUnknown(booked.Name)+", "+club.Hours(m.booking.StartsAt, m.booking.EndsAt, m.location.TimeZone), "bookings", m.booking.UpdatedAt)
	}
	switch named := m.namedBays(); {
	case len(named) > 1:
		m.doubt("the text names several bays")
	case len(named) == 1:
		bay, err := tx.FindBayByNumber(ctx, store.FindBayByNumberParams{LocationID: m.location.ID, Number: int64(named[0])})
		if missing(err) {
			m.doubt("the text names bay %d, which %s does not have", named[0], m.location.Name)
			return nil
		}
		if err != nil {
			return fmt.Errorf("read bay: %w", err)
		}
		m.bay = bay
		m.fact("bay", bay.Name+", named in the text", "text", tx.Now)
		if !booked.ID.IsZero() && booked.ID != bay.ID {
			m.doubt("the text names %s, the booking is for %s", bay.Name, booked.Name)
		}
	case !booked.ID.IsZero():
		m.bay = booked
		m.fact("bay", booked.Name+", from the booking", "bookings", m.booking.UpdatedAt)
	case !m.thread.BayID.IsZero():
		if m.bay, err = m.bayOf(ctx, tx, m.thread.BayID); err != nil {
			return err
		}
		if m.bay.LocationID != m.location.ID {
			m.bay = store.Bay{} // from an earlier matter at another place
			return nil
		}
		m.fact("bay", m.bay.Name+", known from before", "threads", m.thread.UpdatedAt)
	}
	return nil
}

// findOthers sees that somebody else has the bay by now, alone or besides the member: what is done there
// is done to them.
func (m *matter) findOthers(ctx context.Context, tx *store.Tx) error {
	if m.bay.ID.IsZero() {
		return nil
	}
	list, err := tx.FindBookingsOfBay(ctx, store.FindBookingsOfBayParams{BayID: m.bay.ID, Since: tx.Now, Until: tx.Now.Add(time.Microsecond)})
	if err != nil {
		return fmt.Errorf("read bookings of the bay: %w", err)
	}
	for _, b := range list {
		if b.Status == club.BookingConfirmed && b.SubjectID != m.thread.SubjectID {
			if m.booking.BayID == m.bay.ID && underWay(m.booking, tx.Now) {
				m.doubt("%s has two bookings at the moment", m.bay.Name)
			} else {
				m.doubt("%s is booked by somebody else at the moment", m.bay.Name)
			}
			return nil
		}
	}
	return nil
}

func underWay(b store.Booking, now time.Time) bool {
	return !now.Before(b.StartsAt) && now.Before(b.EndsAt)
}

func (m *matter) bayOf(ctx context.Context, tx *store.Tx, id club.BayID) (store.Bay, error) {
	if id.IsZero() {
		return store.Bay{}, nil
	}
	bay, err := tx.Known().FindBay(ctx, id)
	if err != nil {
		return bay, fmt.Errorf("read bay: %w", err)
	}
	return bay, nil
}

// namedBays lists the distinct bays that the texts name. A bare number counts only as the answer to
// our question for the bay.
func (m *matter) namedBays() []int {
	var out []int
	seen := map[int]bool{}
	for _, t := range m.texts {
		named := t.reading.Bays
		if len(named) == 0 && t.reading.Number > 0 && m.asked != nil && m.asked.Expect == knowledge.ExpectBay {
			named = []int{t.reading.Number}
		}
		for _, n := range named {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

func (m *matter) findDevices(ctx context.Context, tx *store.Tx) error {
	if m.bay.ID.IsZero() {
		return nil
	}
	devices, err := tx.FindDevicesOfBay(ctx, m.bay.ID)
	if err != nil {
		return fmt.Errorf("read devices: %w", err)
	}
	for _, d := range devices {
		if d.SeenAt == nil {
			continue
		}
		state := "offline"
		if d.Online {
			state = "online"
			m.lives = m.lives || d.Kind == club.DevicePC && tx.Now.Sub(*d.SeenAt) <= doorReports
		}
		m.fact("device", d.Name+" "+state, d.Vendor, *d.SeenAt)
	}
	return nil
}

// doorReports is how long a door's report has to do with what a member writes.
const doorReports = 15 * time.Minute

// findDoors notes what the doors of a member's present booking reported of late. It is evidence for people
// and moves nothing: a report does not say who stood there.
func (m *matter) findDoors(ctx context.Context, tx *store.Tx) error {
	if m.booking.ID.IsZero() || m.booking.LocationID != m.location.ID {
		return nil
	}
	list, err := tx.FindAccessEvents(ctx, store.FindAccessEventsParams{LocationID: m.location.ID, BayID: m.booking.BayID, Since: tx.Now.Add(-doorReports), Size: 10})
	if err != nil {
		return fmt.Errorf("read what doors reported: %w", err)
	}
	seen := map[string]bool{}
	for _, e := range list {
		if what := e.DoorName + " " + e.Kind.Words(); e.Kind != club.AccessOther && !seen[what] {
			seen[what] = true
			m.fact("door", what, e.Vendor, e.At)
		}
	}
	return nil
}

// doubt notes data that contradict each other.
func (m *matter) doubt(format string, args ...any) {
	m.findings = append(m.findings, anomaly.Conflict(fmt.Sprintf(format, args...)))
}

func (m *matter) fact(name, value, source string, at time.Time) {
	m.facts = append(m.facts, club.Fact{Name: name, Value: value, Source: source, At: at})
}

// latest returns when the newest text came.
func (m *matter) latest() time.Time { return m.texts[len(m.texts)-1].row.CreatedAt }

// lateAfter is how long after it was sent a text is answered as if its sender still waited for that. Vendors go on for a
// day to bring what we could not take, and much has changed by then.
const lateAfter = 15 * time.Minute

// late returns how long after it was sent the latest of the texts came, where that is long; 0 otherwise.
func (m *matter) late() (most time.Duration) {
	for _, t := range m.texts {
		if t.row.SentAt != nil {
			most = max(most, t.row.CreatedAt.Sub(*t.row.SentAt))
		}
	}
	if most < lateAfter {
		return 0
	}
	return most
}

// every reports whether f holds for all texts.
func (m *matter) every(f func(text) bool) bool {
	for _, t := range m.texts {
		if !f(t) {
			return false
		}
	}
	return true
}

// first returns the first text for which f holds.
func (m *matter) first(f func(text) bool) (text, bool) {
	for _, t := range m.texts {
		if f(t) {
			return t, true
		}
	}
	return text{}, false
}

func orUnknown(s string) string {
	if s == "" {
		return "no bay named"
	}
	return s
}
