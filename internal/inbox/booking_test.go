package inbox_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

func (h *house) book(c club.BookingChange) club.BookingID {
	h.t.Helper()
	id, err := h.inbox.Booking(h.t.Context(), h.tenant, "", c)
	if err != nil {
		h.t.Fatalf("book: %v", err)
	}
	return id
}

func (h *house) booking(id club.BookingID) store.Booking {
	h.t.Helper()
	var b store.Booking
	if err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) (err error) { b, err = tx.FindBooking(h.t.Context(), id); return err }); err != nil {
		h.t.Fatal(err)
	}
	return b
}

func change(id string, sequence int64) club.BookingChange {
	return club.BookingChange{Source: "webhook", ExternalID: id, Location: "north", Bay: "Bay 3", Start: storetest.Start, End: storetest.Start.Add(time.Hour), Sequence: sequence}
}

func TestBookingIsStoredWithPlaceAndHolder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.member("Ada Lovelace", ada)
	c := change("b1", 1)
	c.Phone = "(415) 555-0111"
	id := h.book(c)
	b := h.booking(id)
	if b.LocationID != h.place || b.BayID != h.bay || b.SubjectID != m.SubjectID || b.MemberID != m.ID || b.Status != club.BookingConfirmed || !b.StartsAt.Equal(c.Start) {
		t.Errorf("booking %+v", b)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'booking.created' AND object = $1", id.String()); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	for _, detail := range []string{"%0111%", "%Ada%"} {
		if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE $1", detail); n != 0 {
			t.Errorf("the audit log holds %s", detail)
		}
	}
}

func TestOlderChangeOfABookingIsIgnored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.book(change("b1", 5))
	later := change("b1", 7)
	later.End = later.End.Add(time.Hour)
	h.book(later)
	cancelled := change("b1", 6)
	cancelled.Cancelled = true
	if got := h.book(cancelled); got != id {
		t.Errorf("id %s, want %s", got, id)
	}
	if b := h.booking(id); b.Status != club.BookingConfirmed || !b.EndsAt.Equal(later.End) || b.Sequence != 7 {
		t.Errorf("booking %+v", b)
	}
	h.book(later)
	again := later
	again.Sequence = 9 // nothing but the number is different
	h.book(again)
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action LIKE 'booking.%'"); n != 2 {
		t.Errorf("%d audit entries", n)
	}
	h.book(club.BookingChange{Source: "webhook", ExternalID: "b1", Cancelled: true, Sequence: 10})
	if b := h.booking(id); b.Status != club.BookingCancelled || b.BayID != h.bay {
		t.Errorf("booking %+v", b)
	}
}

func TestNoShowStaysUntilTheBookingMoves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.book(change("b1", 1))
	storetest.Exec(t, h.tenant, "UPDATE bookings SET status = 'no_show'")
	h.book(change("b1", 2))
	if b := h.booking(id); b.Status != club.BookingNoShow {
		t.Errorf("status %s", b.Status)
	}
	moved := change("b1", 3)
	moved.End = moved.End.Add(time.Hour)
	h.book(moved)
	if b := h.booking(id); b.Status != club.BookingConfirmed {
		t.Errorf("status %s", b.Status)
	}
}

func TestBookingThatCannotBePlacedIsInvalidAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		change func(*club.BookingChange)
		says   string
	}{
		"location":        {func(c *club.BookingChange) { c.Location = "Mars" }, `"Mars"`},
		"bay":             {func(c *club.BookingChange) { c.Bay = "Bay 9" }, `"Bay 9"`},
		"bay in words":    {func(c *club.BookingChange) { c.Bay = "the big one" }, `"the big one"`},
		"no id":           {func(c *club.BookingChange) { c.ExternalID = " " }, "id"},
		"no end":          {func(c *club.BookingChange) { c.End = time.Time{} }, "end"},
		"ends first":      {func(c *club.BookingChange) { c.End = c.Start }, "end"},
		"unknown, cancel": {func(c *club.BookingChange) { c.Start, c.Cancelled = time.Time{}, true }, "not known"},
	} {
		b := change("x", 1)
		c.change(&b)
		_, err := h.inbox.Booking(t.Context(), h.tenant, "", b)
		if club.CodeOf(err) != club.CodeInvalid || !strings.Contains(club.MessageOf(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := h.count("SELECT COUNT(*) FROM bookings"); n != 0 {
		t.Errorf("%d bookings", n)
	}
}

func TestPlacesAreFoundByAnyOfTheirNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, c := range [][2]string{{"north", "3"}, {"NORTH SIDE", "bay 3"}, {h.place.String(), h.bay.String()}, {"", "#3"}, {"North", "Simulator 3"}} {
		b := change(string(rune('a'+i)), 1)
		b.Location, b.Bay = c[0], c[1]
		if got := h.booking(h.book(b)); got.LocationID != h.place || got.BayID != h.bay {
			t.Errorf("%q: %+v", c, got)
		}
	}
	b := change("none", 1)
	b.Bay = ""
	if got := h.booking(h.book(b)); !got.BayID.IsZero() {
		t.Errorf("bay %s", got.BayID)
	}
	h.write(func(tx *store.Tx) error {
		return tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: club.NewLocationID(tx.Now), Slug: "south", Name: "South", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now})
	})
	b.Location = ""
	if _, err := h.inbox.Booking(t.Context(), h.tenant, "", b); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("no location among two: %v", err)
	}
}

func TestHolderIsFoundByNumberElseByAddressElseNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var shared []store.Member
	h.write(func(tx *store.Tx) error {
		for _, n := range []people.NewMember{{Name: "Ada", Phone: ada, Email: "ada@example.com"}, {Name: "Bob", Phone: bob, Email: "us@example.com"}, {Name: "Eve", Phone: "+14155550133", Email: "us@example.com"}} {
			m, err := people.Create(t.Context(), tx, h.keys, club.System("test"), n)
			if err != nil {
				return err
			}
			shared = append(shared, m)
		}
		return nil
	})
	for name, c := range map[string]struct {
		phone, email string
		want         club.MemberID
		subject      bool
	}{
		"number":                     {bob, "ada@example.com", shared[1].ID, true},
		"address":                    {"", "Ada@Example.com ", shared[0].ID, true},
		"useless number and address": {"ext. 5", "ada@example.com", shared[0].ID, true},
		"shared address":             {"", "us@example.com", "", false},
		"unknown address":            {"", "nobody@example.com", "", false},
		"stranger's number":          {"+14155550144", "", "", true},
		"nothing":                    {"", "", "", false},
	} {
		b := change(name, 1)
		b.Phone, b.Email = c.phone, c.email
		if got := h.booking(h.book(b)); got.MemberID != c.want || got.SubjectID.IsZero() == c.subject {
			t.Errorf("%s: member %q, subject %q", name, got.MemberID, got.SubjectID)
		}
	}
	b := change("number", 2)
	if got := h.booking(h.book(b)); got.MemberID != shared[1].ID {
		t.Error("a change that names nobody took the holder away")
	}
	b = change("number", 3)
	b.Email = "guest@example.com"
	if got := h.booking(h.book(b)); !got.SubjectID.IsZero() || !got.MemberID.IsZero() {
		t.Error("a booking that was passed on still belongs to who had it")
	}
}

func TestBookingByAnErasedPersonsNumberIsAStrangers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.member("Ada", ada)
	storetest.Exec(t, h.tenant, "UPDATE subjects SET wrapped_key = NULL, phone = NULL")
	c := change("b1", 1)
	c.Phone = ada
	if b := h.booking(h.book(c)); b.SubjectID == m.SubjectID || b.SubjectID.IsZero() || !b.MemberID.IsZero() {
		t.Errorf("booking %+v", b)
	}
}

func TestSecondDeliveryOfABookingEventIsKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, err := h.inbox.Booking(t.Context(), h.tenant, "whd_1", change("b1", 1))
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.inbox.Booking(t.Context(), h.tenant, "whd_1", change("b1", 1))
	if err != nil || again != first {
		t.Errorf("%s, %v", again, err)
	}
	bad := change("b2", 1)
	bad.Location = "Mars"
	if _, err := h.inbox.Booking(t.Context(), h.tenant, "whd_2", bad); club.CodeOf(err) != club.CodeInvalid {
		t.Error(err)
	}
	if _, err := h.inbox.Booking(t.Context(), h.tenant, "whd_2", change("b2", 1)); err != nil {
		t.Errorf("after the mistake was mended: %v", err)
	}
}

func TestImportTakesWhatIsGoodAndNamesTheRest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bad := change("b2", 1)
	bad.Bay = "Bay 77"
	done, err := h.inbox.ImportBookings(t.Context(), h.tenant, []club.BookingChange{change("b1", 1), bad, change("b3", 1)})
	if err != nil || done.Taken != 2 || len(done.Refused) != 1 || done.Refused[0].Row != 1 || !strings.Contains(done.Refused[0].Err.Error(), "Bay 77") {
		t.Errorf("%+v, %v", done, err)
	}
}

// calendar is a feed that says what it is told to.
type calendar struct {
	changes []club.BookingChange
	same    bool
	err     error
}

func (c *calendar) Fetch(context.Context) ([]club.BookingChange, bool, error) {
	return c.changes, c.same, c.err
}

func TestFeedIsReadAndSaysHowItFares(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cal := &calendar{}
	for i, id := range []string{"u1", "u2", "u3", "u4", "u5"} {
		c := change(id, 0)
		c.Start = storetest.Start.Add(time.Duration(i+1) * time.Hour)
		c.End = c.Start.Add(time.Hour)
		cal.changes = append(cal.changes, c)
	}
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler), Feeds: func(context.Context, *store.Tenant) ([]inbox.Feed, error) {
		return []inbox.Feed{{Name: "skedda", Calendar: cal}}, nil
	}})
	t.Cleanup(in.Close)
	poll := func() inbox.FeedState {
		t.Helper()
		if err := in.PollFeeds(t.Context(), h.tenant); err != nil {
			t.Fatal(err)
		}
		var s inbox.FeedState
		if err := h.tenant.Read(t.Context(), func(tx *store.Tx) (err error) { s, err = inbox.FindFeedState(t.Context(), tx, "skedda"); return err }); err != nil {
			t.Fatal(err)
		}
		return s
	}
	standing := func() int { return h.count("SELECT COUNT(*) FROM bookings WHERE status = 'confirmed'") }

	reported := func() int { return h.count("SELECT COUNT(*) FROM events") }
	if s := poll(); s.Taken != 5 || s.Problem != "" || !s.ReadAt.Equal(storetest.Start) || standing() != 5 {
		t.Errorf("%+v, %d bookings", s, standing())
	}
	if n := reported(); n != 0 {
		t.Errorf("%d bookings that the feed had from the beginning are news", n)
	}
	all := cal.changes
	cal.changes, cal.same = nil, true
	if s := poll(); s.Taken != 5 || s.Problem != "" || standing() != 5 {
		t.Errorf("unchanged: %+v, %d bookings", s, standing())
	}
	cal.same = false
	if s := poll(); !strings.Contains(s.Problem, "empty") || s.Failures != 1 || standing() != 5 {
		t.Errorf("empty: %+v, %d bookings", s, standing())
	}
	cal.err = &club.VendorError{Vendor: "bookings", Op: "read feed", Status: 503}
	if s := poll(); !strings.Contains(s.Problem, "503") || s.Failures != 2 {
		t.Errorf("down: %+v", s)
	}
	cal.err = &club.VendorError{Vendor: "bookings", Op: "read feed", Err: errors.New("no route")}
	if s := poll(); !strings.Contains(s.Problem, "cannot be reached") || s.Failures != 3 {
		t.Errorf("away: %+v", s)
	}
	cal.err = errors.New("bug")
	if s := poll(); s.Failures != 4 || s.Problem == "" {
		t.Errorf("bug: %+v", s)
	}
	bad := change("u9", 0)
	bad.Bay = "Bay 99"
	cal.err, cal.changes = nil, append(all[1:], bad)
	if s := poll(); s.Failures != 0 || s.Refused != 1 || !strings.Contains(s.Problem, "Bay 99") || standing() != 4 {
		t.Errorf("one gone, one bad: %+v, %d bookings", s, standing())
	}
	if n := h.count("SELECT COUNT(*) FROM events e JOIN bookings b ON b.id = e.booking_id WHERE e.code = 'booking.cancelled' AND b.external_id = 'u1'"); n != 1 || reported() != 1 {
		t.Errorf("%d of %d reports are of the one that is gone", n, reported())
	}
}

func TestRemovedFeedGivesItsComingBookingsUpAndNamesSurviveTheirNeighbours(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cal := func(id string, hour int) *calendar {
		past, coming := change(id+"-past", 0), change(id+"-coming", 0)
		past.Start = storetest.Start.Add(-3 * time.Hour)
		past.End = past.Start.Add(time.Hour)
		coming.Start = storetest.Start.Add(time.Duration(hour) * time.Hour)
		coming.End = coming.Start.Add(time.Hour)
		return &calendar{changes: []club.BookingChange{past, coming}}
	}
	first, second := cal("a", 2), cal("b", 4)
	feeds := []inbox.Feed{{Name: "feed1", Calendar: first}, {Name: "feed2", Calendar: second}, {Name: "feed3", Calendar: cal("c", 6)}}
	var loading error
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler), Feeds: func(context.Context, *store.Tenant) ([]inbox.Feed, error) { return feeds, loading }})
	t.Cleanup(in.Close)
	standing := func(name string) int {
		return h.count("SELECT COUNT(*) FROM bookings WHERE status = 'confirmed' AND source = $1", "ical:"+name)
	}
	if err := in.PollFeeds(t.Context(), h.tenant); err != nil || standing("feed2") != 2 {
		t.Fatalf("%d, %v", standing("feed2"), err)
	}
	// Named by themselves from here on: the bookings go along, and those of the third are no one's.
	feeds = []inbox.Feed{{Name: "cal-1", Calendar: first}, {Name: "cal-2", Calendar: second}}
	if err := in.PollFeeds(t.Context(), h.tenant); err != nil || standing("cal-1") != 2 || standing("cal-2") != 2 || standing("feed3") != 1 {
		t.Errorf("%d %d %d, %v", standing("cal-1"), standing("cal-2"), standing("feed3"), err)
	}
	if n := h.count("SELECT COUNT(*) FROM bookings"); n != 6 {
		t.Errorf("%d bookings", n)
	}
	// The first is removed: the second keeps its name and its bookings.
	feeds = feeds[1:]
	if err := in.PollFeeds(t.Context(), h.tenant); err != nil || standing("cal-1") != 1 || standing("cal-2") != 2 {
		t.Errorf("%d %d, %v", standing("cal-1"), standing("cal-2"), err)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'booking.cancelled' AND CAST(detail AS TEXT) LIKE '%was removed%'"); n != 2 {
		t.Errorf("%d entries tell why", n)
	}
	if n := h.count("SELECT COUNT(*) FROM settings WHERE key LIKE 'state.feed.%'"); n != 1 {
		t.Errorf("%d states", n)
	}
	// That feeds are not known is no reason to cancel anything.
	feeds, loading = nil, club.Unavailable(nil, "not loaded")
	if err := in.PollFeeds(t.Context(), h.tenant); err == nil || standing("cal-2") != 2 {
		t.Errorf("%d, %v", standing("cal-2"), err)
	}
}

func TestBookingsAreListedBySubjectBayAndPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.member("Ada", ada)
	var ids []club.BookingID
	for i := range 4 {
		c := change(string(rune('a'+i)), 1)
		c.Start = storetest.Start.Add(time.Duration(i) * time.Hour)
		c.End, c.Phone = c.Start.Add(time.Hour), ada
		ids = append(ids, h.book(c))
	}
	h.book(club.BookingChange{Source: "webhook", ExternalID: "d", Cancelled: true, Sequence: 2})
	err := h.tenant.Read(t.Context(), func(tx *store.Tx) error {
		from, to := storetest.Start.Add(time.Hour), storetest.Start.Add(4*time.Hour)
		around, err := tx.FindBookingsAround(t.Context(), store.FindBookingsAroundParams{SubjectID: m.SubjectID, Since: from, Until: to})
		if err != nil || len(around) != 2 || around[0].ID != ids[1] {
			t.Errorf("around: %d, %v", len(around), err)
		}
		bay, err := tx.FindBookingsOfBay(t.Context(), store.FindBookingsOfBayParams{BayID: h.bay, Since: from, Until: to})
		if err != nil || len(bay) != 2 {
			t.Errorf("of the bay: %d, %v", len(bay), err)
		}
		place := h.place.String()
		page, err := tx.FindBookingsPage(t.Context(), store.FindBookingsPageParams{Since: storetest.Start, Until: to, Location: &place, Size: 2})
		if err != nil || len(page) != 2 || page[0].ID != ids[0] {
			t.Errorf("page: %d, %v", len(page), err)
		}
		after := page[1].ID.String()
		next, err := tx.FindBookingsPage(t.Context(), store.FindBookingsPageParams{Since: storetest.Start, Until: to, After: &after, Size: 10})
		if err != nil || len(next) != 2 || next[0].ID != ids[2] {
			t.Errorf("next page: %d, %v", len(next), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
