package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/store"
	"clubos/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// clerk may write bookings, everywhere or at some places.
func (h *house) clerk(at ...club.LocationID) identity.Principal {
	id := club.NewUserID(storetest.Start)
	return identity.Principal{Tenant: h.tenant.Slug, Actor: club.Actor{Kind: club.ActorUser, ID: id.String(), Name: "Kim"}, UserID: id, Role: club.RoleOperator, Locations: at}
}

func (h *house) file(f inbox.BookingFile, lines ...string) inbox.FileReport {
	h.t.Helper()
	f.Data = []byte("booking_id,location,bay,start,end,status,phone\n" + strings.Join(lines, "\n") + "\n")
	f.By = h.clerk().Actor
	done, err := h.inbox.ImportBookingFile(h.t.Context(), h.tenant, f)
	if err != nil {
		h.t.Fatal(err)
	}
	return done
}

const (
	lineOne = "B1,north,3,2026-12-01 18:00,2026-12-01 19:00,,"
	lineTwo = "B2,north,Bay 3,2026-12-01 20:00,2026-12-01 21:00,,415-555-0111"
)

func TestFileIsTakenByItsGoodLinesAndTheOthersAreNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	done := h.file(inbox.BookingFile{}, lineOne, "B3,north,99,2026-12-01 18:00,2026-12-01 19:00,,", lineTwo, "B4,north,3,never,2026-12-01 19:00,,")
	if !done.Applied || done.Created != 2 || done.Rejected != 2 || len(done.Lines) != 4 {
		t.Fatalf("%+v", done)
	}
	for i, column := range map[int]string{1: "bay", 3: "start"} {
		if f := done.Lines[i].Fault; f == nil || f.Column != column || f.Line != i+2 || f.Remedy == "" {
			t.Errorf("line %d: %+v", i+2, f)
		}
	}
	if n := h.count("SELECT COUNT(*) FROM bookings WHERE source = 'csv' AND bay_id = $1", h.bay.String()); n != 2 {
		t.Errorf("%d bookings", n)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'booking.created' AND actor LIKE 'user:%'"); n != 2 {
		t.Errorf("%d entries say who", n)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'booking_file.imported' AND actor LIKE 'user:%'"); n != 1 {
		t.Errorf("%d entries tell of the import", n)
	}
	again := h.file(inbox.BookingFile{}, lineOne, lineTwo)
	if again.Unchanged != 2 || again.Changes() != 0 || h.count("SELECT COUNT(*) FROM audit_entries WHERE action LIKE 'booking%'") != 3 {
		t.Errorf("the same file again: %+v", again)
	}
	moved := h.file(inbox.BookingFile{}, strings.Replace(lineOne, "18:00", "17:00", 1), "B2,,,,,cancelled,", "B9,,,,,cancelled,")
	if moved.Changed != 1 || moved.Cancelled != 1 || moved.Rejected != 1 {
		t.Errorf("changes: %+v", moved)
	}
}

func TestDryRunSaysWhatWouldHappenAndChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dry := h.file(inbox.BookingFile{DryRun: true}, lineOne, lineTwo)
	if dry.Applied || dry.Created != 2 || h.count("SELECT COUNT(*) FROM bookings") != 0 || h.count("SELECT COUNT(*) FROM subjects") != 0 {
		t.Errorf("%+v", dry)
	}
	if again := h.file(inbox.BookingFile{DryRun: true}, lineOne, lineTwo); again.Fingerprint() != dry.Fingerprint() {
		t.Error("the same file looks different the second time")
	}
	if done := h.file(inbox.BookingFile{}, lineOne, lineTwo); done.Created != dry.Created || done.Fingerprint() != dry.Fingerprint() {
		t.Errorf("done %+v", done)
	}
	if after := h.file(inbox.BookingFile{DryRun: true}, lineOne, lineTwo); after.Fingerprint() == dry.Fingerprint() || after.Unchanged != 2 {
		t.Errorf("afterwards %+v", after)
	}
}

func TestStrictFileIsTakenWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if done := h.file(inbox.BookingFile{Strict: true}, lineOne, "B3,north,99,2026-12-01 18:00,2026-12-01 19:00,,"); done.Applied || done.Rejected != 1 || h.count("SELECT COUNT(*) FROM bookings") != 0 {
		t.Errorf("%+v", done)
	}
	if done := h.file(inbox.BookingFile{Strict: true}, lineOne, lineTwo); !done.Applied || done.Created != 2 {
		t.Errorf("%+v", done)
	}
}

func TestFileThatCannotBeUsedAsAWholeSaysWhy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for want, f := range map[string]inbox.BookingFile{
		"csv or webhook": {Source: "guess", Data: []byte("booking_id,location,bay,start,end\n" + lineOne)},
		"empty":          {Data: []byte(" \n")},
	} {
		if _, err := h.inbox.ImportBookingFile(t.Context(), h.tenant, f); club.CodeOf(err) != club.CodeInvalid || !strings.Contains(club.MessageOf(err), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	storetest.Exec(t, h.tenant, "DELETE FROM bays")
	storetest.Exec(t, h.tenant, "DELETE FROM locations")
	f := inbox.BookingFile{Data: []byte("booking_id,location,bay,start,end,status,phone\n" + lineOne + "\n")}
	if _, err := h.inbox.ImportBookingFile(t.Context(), h.tenant, f); club.CodeOf(err) != club.CodeInvalid || !strings.Contains(club.MessageOf(err), "no locations yet") {
		t.Errorf("a club without places: %v", err)
	}
	if n := h.count("SELECT COUNT(*) FROM bookings"); n != 0 {
		t.Errorf("%d bookings", n)
	}
}

func TestSourcesOfBookingsAreNamedForPeople(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		inbox.SourceFile: "a file", inbox.SourceHand: "by hand", "webhook": "the booking system", "api": "the API", "ical:0192": "a calendar feed",
		"ical:": "ical:", strings.Repeat("x", 60): strings.Repeat("x", 40),
	} {
		if got := inbox.SourceName(source); got != want {
			t.Errorf("%q is called %q, want %q", source, got, want)
		}
	}
}

func TestBookingThatIsNotThereOrElsewhereIsNotFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, err := h.inbox.CreateBooking(t.Context(), h.tenant, h.clerk(), inbox.HandBooking{Location: h.place, Bay: h.bay, Start: storetest.Start, End: storetest.Start.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	nobody := h.clerk()
	nobody.Role = ""
	for who, c := range map[string]struct {
		by   identity.Principal
		id   club.BookingID
		want club.Code
	}{
		"a stranger's id":       {h.clerk(), club.NewBookingID(storetest.Start), club.CodeNotFound},
		"another place's clerk": {h.clerk(club.NewLocationID(storetest.Start)), b.ID, club.CodeNotFound},
		"who may do nothing":    {nobody, b.ID, club.CodeForbidden},
		"a clerk":               {h.clerk(), b.ID, ""},
	} {
		err := h.tenant.Read(t.Context(), func(tx *store.Tx) error {
			_, err := inbox.FindBooking(t.Context(), tx, c.by, c.id)
			return err
		})
		if (err == nil) != (c.want == "") || err != nil && club.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", who, err, c.want)
		}
	}
}

func TestOverlapsAreToldAndTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := change("w1", 1)
	c.Start = time.Date(2026, 12, 1, 20, 30, 0, 0, time.UTC)
	c.End = c.Start.Add(time.Hour)
	h.book(c)
	done := h.file(inbox.BookingFile{}, "B1,north,3,2026-12-01T18:00:00Z,2026-12-01T19:00:00Z,,", "B2,north,3,2026-12-01T18:30:00Z,2026-12-01T19:30:00Z,,",
		"B3,north,3,2026-12-01T21:00:00Z,2026-12-01T22:00:00Z,,", "B4,north,3,2026-12-01T22:00:00Z,2026-12-01T23:00:00Z,,")
	var got []string
	for _, l := range done.Lines {
		got = append(got, l.Overlaps)
	}
	if diff := cmp.Diff([]string{"line 3", "line 2", "a booking from the booking system", ""}, got); diff != "" || done.Created != 4 {
		t.Errorf("%d created (-want +got)\n%s", done.Created, diff)
	}
	if n := h.count("SELECT COUNT(*) FROM events WHERE code = 'booking.overlap'"); n == 0 {
		t.Error("no overlap is reported")
	}
}

func TestFileOfAPersonLimitedToSomePlacesTouchesNoOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	south, bay := club.NewLocationID(storetest.Start), club.NewBayID(storetest.Start)
	h.write(func(tx *store.Tx) error {
		if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: south, Slug: "south", Name: "South", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		return tx.CreateBay(t.Context(), store.CreateBayParams{ID: bay, LocationID: south, Number: 3, Name: "Bay 3", Status: "active", CreatedAt: tx.Now})
	})
	h.file(inbox.BookingFile{}, "B1,south,3,2026-12-01 18:00,2026-12-01 19:00,,")
	mine := h.clerk(h.place).AllowsLocation
	done := h.file(inbox.BookingFile{Allows: mine}, "B1,north,3,2026-12-01 18:00,2026-12-01 19:00,,", "B2,south,3,2026-12-01 18:00,2026-12-01 19:00,,", "B3,north,3,2026-12-01 18:00,2026-12-01 19:00,,")
	if done.Rejected != 2 || done.Created != 1 || h.count("SELECT COUNT(*) FROM bookings WHERE location_id = $1", south.String()) != 1 {
		t.Errorf("%+v", done)
	}
}

func TestBookingByHandIsCheckedAuditedAndByVersion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.member("Ada Lovelace", ada)
	p := h.clerk()
	from := storetest.Start.Add(time.Hour)
	b, err := h.inbox.CreateBooking(t.Context(), h.tenant, p, inbox.HandBooking{Location: h.place, Bay: h.bay, Start: from, End: from.Add(time.Hour), Phone: ada})
	if err != nil || h.booking(b.ID).MemberID != m.ID || h.booking(b.ID).Source != inbox.SourceHand {
		t.Fatalf("%+v, %v", b, err)
	}
	taken := inbox.HandBooking{Location: h.place, Bay: h.bay, Start: from.Add(30 * time.Minute), End: from.Add(2 * time.Hour)}
	if _, err := h.inbox.CreateBooking(t.Context(), h.tenant, p, taken); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("a taken bay: %v", err)
	}
	taken.Overlap = true
	if _, err := h.inbox.CreateBooking(t.Context(), h.tenant, p, taken); err != nil {
		t.Errorf("knowingly: %v", err)
	}
	seen := h.booking(b.ID).UpdatedAt
	later := inbox.HandBooking{Location: h.place, Start: from, End: from.Add(2 * time.Hour), IfUpdatedAt: seen}
	if b, err = h.inbox.UpdateBooking(t.Context(), h.tenant, p, b.ID, later); err != nil || !b.BayID.IsZero() || h.booking(b.ID).MemberID != m.ID {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := h.inbox.UpdateBooking(t.Context(), h.tenant, p, b.ID, inbox.HandBooking{Location: h.place, Start: from, End: from.Add(time.Hour), IfUpdatedAt: seen}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("an old version: %v", err)
	}
	if _, err := h.inbox.SetBookingStatus(t.Context(), h.tenant, p, b.ID, club.BookingCancelled, "ill", time.Time{}); err != nil || h.booking(b.ID).Status != club.BookingCancelled {
		t.Errorf("cancel: %v", err)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE object = $1 AND actor = $2", b.ID.String(), p.Actor.String()); n != 3 {
		t.Errorf("%d entries", n)
	}
	viewer := p
	viewer.Role = club.RoleViewer
	if _, err := h.inbox.CreateBooking(t.Context(), h.tenant, viewer, taken); club.CodeOf(err) != club.CodeForbidden {
		t.Errorf("a viewer: %v", err)
	}
	elsewhere := h.clerk(club.NewLocationID(storetest.Start))
	if _, err := h.inbox.SetBookingStatus(t.Context(), h.tenant, elsewhere, b.ID, club.BookingConfirmed, "", time.Time{}); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("of another place: %v", err)
	}
	for name, bad := range map[string]inbox.HandBooking{
		"no place": {Start: from, End: from.Add(time.Hour)}, "ends first": {Location: h.place, Start: from, End: from}, "too long": {Location: h.place, Start: from, End: from.Add(25 * time.Hour)},
		"nobody": {Location: h.place, Start: from, End: from.Add(time.Hour), Email: "nobody@example.com"},
	} {
		if _, err := h.inbox.CreateBooking(t.Context(), h.tenant, p, bad); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestChangeByHandStandsUntilTheSourceSaysSomethingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	told := change("u1", 0) // a feed without sequence numbers
	told.Start, told.End = storetest.Start.Add(2*time.Hour), storetest.Start.Add(3*time.Hour)
	id := h.book(told)
	byHand := inbox.HandBooking{Location: h.place, Bay: h.bay, Start: told.Start, End: told.End.Add(time.Hour)}
	if _, err := h.inbox.UpdateBooking(t.Context(), h.tenant, h.clerk(), id, byHand); err != nil {
		t.Fatal(err)
	}
	h.book(told)
	if b := h.booking(id); !b.EndsAt.Equal(byHand.End) {
		t.Errorf("the source repeated itself and won: ends %s", b.EndsAt)
	}
	moved := told
	moved.Start = told.Start.Add(15 * time.Minute)
	h.book(moved)
	if b := h.booking(id); !b.StartsAt.Equal(moved.Start) || !b.EndsAt.Equal(told.End) {
		t.Errorf("the source's change was lost: %s to %s", b.StartsAt, b.EndsAt)
	}
	if n := h.count("SELECT COUNT(*) FROM booking_edits"); n != 0 {
		t.Errorf("%d edits left", n)
	}
}

func TestLargeFileIsTakenInTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lines := make([]string, 2000)
	for i := range lines {
		day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i/20)
		lines[i] = fmt.Sprintf("B%d,north,3,%sT%02d:00:00Z,%sT%02d:50:00Z,,", i, day.Format(time.DateOnly), i%20, day.Format(time.DateOnly), i%20)
	}
	if done := h.file(inbox.BookingFile{}, lines...); done.Created != len(lines) || done.Rejected != 0 {
		t.Errorf("%d created, %d rejected", done.Created, done.Rejected)
	}
}
