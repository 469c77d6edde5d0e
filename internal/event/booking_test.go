package event_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// slot is a booking of a bay, from and until a time from now on, that is stored or changed.
func (h *hall) slot(id string, bay int, from, until time.Duration, status club.BookingStatus) (r event.Rebooked) {
	h.t.Helper()
	h.write(func(tx *store.Tx) (err error) {
		r, err = h.put(tx, id, bay, from, until, status)
		return errors.Join(err, event.TakeBookings(h.t.Context(), tx, []event.Rebooked{r}, true))
	})
	return r
}

func (h *hall) put(tx *store.Tx, id string, bay int, from, until time.Duration, status club.BookingStatus) (r event.Rebooked, err error) {
	r.Old, err = tx.FindBookingByExternalID(h.t.Context(), store.FindBookingByExternalIDParams{Source: "test", ExternalID: id})
	r.Known = err == nil
	r.New = store.Booking{ID: club.NewBookingID(tx.Now), LocationID: h.location, BayID: h.bays[bay], StartsAt: tx.Now.Add(from), EndsAt: tx.Now.Add(until), Status: status}
	if r.Known {
		r.New.ID = r.Old.ID
	}
	_, err = tx.PutBooking(h.t.Context(), store.PutBookingParams{ID: r.New.ID, Source: "test", ExternalID: id, LocationID: h.location, BayID: r.New.BayID,
		StartsAt: r.New.StartsAt, EndsAt: r.New.EndsAt, Status: status, Sequence: 1, Now: tx.Now})
	return r, err
}

// gather lets the wait of incidents pass and gathers.
func (h *hall) gather() {
	h.t.Helper()
	h.clock.Advance(61 * time.Second)
	jobstest.Work(h.t, h.cluster, h.tenant, h.room.Gather)
	jobstest.Work(h.t, h.cluster, h.tenant, h.room.WorkOver)
}

func (h *hall) count(what string, args ...any) int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, "SELECT COUNT(*) FROM "+what, args...)
}

func TestBookingsThatShareABayAtATimeAreReportedOnceAndUntilOneMoves(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.slot("a", 1, time.Hour, 2*time.Hour, club.BookingConfirmed)
	h.slot("b", 1, 90*time.Minute, 3*time.Hour, club.BookingConfirmed)
	h.slot("a", 1, time.Hour, 2*time.Hour, club.BookingConfirmed) // told again
	h.gather()
	if n := h.count("events WHERE code = 'booking.overlap'"); n != 1 {
		t.Fatalf("%d overlaps", n)
	}
	if n := h.count("situations s JOIN bookings b ON b.id = s.booking_id WHERE b.external_id = 'b' AND s.title LIKE 'Two bookings overlap, Bay 1 at Northside: %'"); n != 1 || h.advanced != 1 {
		t.Errorf("%d situations, looked at %d times", n, h.advanced)
	}
	h.slot("b", 2, 90*time.Minute, 3*time.Hour, club.BookingConfirmed)
	h.gather()
	if h.over != 1 || h.count("situations WHERE cleared_at IS NULL") != 0 {
		t.Errorf("it ended %d times", h.over)
	}
	h.slot("b", 1, 90*time.Minute, 3*time.Hour, club.BookingConfirmed) // and back
	h.gather()
	if n := h.count("threads"); h.count("situations") != 2 || n != 1 {
		t.Errorf("it came back in %d threads", n)
	}
}

func TestWhatDoesNotShareABayIsNoOverlap(t *testing.T) {
	t.Parallel()
	for name, book := range map[string]func(*hall){
		"one after the other": func(h *hall) { h.slot("b", 1, 2*time.Hour, 3*time.Hour, club.BookingConfirmed) },
		"another bay":         func(h *hall) { h.slot("b", 2, time.Hour, 2*time.Hour, club.BookingConfirmed) },
		"cancelled":           func(h *hall) { h.slot("b", 1, time.Hour, 2*time.Hour, club.BookingCancelled) },
		"over by then": func(h *hall) {
			h.slot("b", 1, time.Hour, 2*time.Hour, club.BookingConfirmed)
			h.slot("a", 1, time.Hour, 2*time.Hour, club.BookingCancelled)
		},
		"long past": func(h *hall) {
			h.clock.Advance(3 * time.Hour)
			h.slot("b", 1, -2*time.Hour, -time.Hour, club.BookingConfirmed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			h.slot("a", 1, time.Hour, 2*time.Hour, club.BookingConfirmed)
			book(h)
			h.gather()
			if n := h.count("situations"); n != 0 {
				t.Errorf("%d situations", n)
			}
		})
	}
}

func TestAnOverlapEndsWithItsTime(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.slot("a", 1, time.Hour, 2*time.Hour, club.BookingConfirmed)
	h.slot("b", 1, time.Hour, 2*time.Hour, club.BookingConfirmed)
	h.gather()
	h.clock.Advance(2 * time.Hour)
	if err := h.room.LookAtBookings(t.Context(), h.tenant); err != nil {
		t.Fatal(err)
	}
	h.gather()
	if h.over != 1 {
		t.Errorf("it ended %d times", h.over)
	}
}

func TestAnImportIsNoNewsAndItsOverlapsAreOneSituation(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"compared one by one": 15, "compared at once": 40} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			h.known = true // even where somebody wants to know of every booking
			h.write(func(tx *store.Tx) error {
				var list []event.Rebooked
				for i := range 2 * size { // every hour twice
					from := time.Duration(1+i/2) * time.Hour
					r, err := h.put(tx, fmt.Sprint(i), 1, from, from+time.Hour, club.BookingConfirmed)
					if err != nil {
						return err
					}
					list = append(list, r)
				}
				return event.TakeBookings(t.Context(), tx, list, true)
			})
			h.gather()
			if n := h.count("events WHERE code <> 'booking.overlap'"); n != 0 {
				t.Errorf("%d bookings are news", n)
			}
			if n := h.count("situations WHERE title = $1 AND booking_id IS NULL", fmt.Sprintf("%d pairs of bookings overlap, Bay 1 at Northside", size)); n != 1 || h.count("situations") != 1 {
				t.Errorf("%d situations of all", n)
			}
		})
	}
}

func TestWhatIsOrdinaryOpensASituationOnlyWhereSomethingKnownFits(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{false, true} {
		h := newHall(t)
		h.known = known
		h.slot("a", 1, time.Hour, 2*time.Hour, club.BookingConfirmed)
		h.slot("a", 1, 2*time.Hour, 3*time.Hour, club.BookingConfirmed)
		h.slot("a", 1, 2*time.Hour, 3*time.Hour, club.BookingCancelled)
		h.gather()
		want := 0
		if known {
			want = 3
		}
		if n := h.count("events"); n != 3 || h.count("situations") != want || h.count("events WHERE gathered_at IS NULL") != 0 {
			t.Errorf("known %t: %d events, %d situations", known, n, h.count("situations"))
		}
	}
}

// door enters a door and stores what it reported, so long ago.
func (h *hall) door(ref string, bay int, kind club.AccessKind, ago time.Duration) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		d, err := tx.FindDeviceByRef(h.t.Context(), store.FindDeviceByRefParams{Vendor: "unifi", VendorRef: ref})
		if err != nil {
			d = store.Device{ID: club.NewDeviceID(tx.Now), BayID: h.bays[bay]}
			err = tx.CreateDevice(h.t.Context(), store.CreateDeviceParams{ID: d.ID, LocationID: h.location, BayID: d.BayID, Kind: club.DeviceDoor, Name: ref, Vendor: "unifi", VendorRef: ref, CreatedAt: tx.Now})
		}
		id, at := club.NewAccessEventID(tx.Now), tx.Now.Add(-ago)
		_, put := tx.CreateAccessEvent(h.t.Context(), store.CreateAccessEventParams{ID: id, Vendor: "unifi", EventKey: id.String(), Kind: kind, DoorRef: ref, DeviceID: d.ID, LocationID: h.location,
			BayID: d.BayID, At: at, ReceivedAt: tx.Now, CorrelationID: tx.Correlation})
		return errors.Join(err, put)
	})
}

func TestNobodyCameIsReportedOnceAndOnlyWhereItCanBeKnown(t *testing.T) {
	t.Parallel()
	const house, own = "Front door", "Bay door"
	for name, c := range map[string]struct {
		before func(*hall)
		want   int
	}{
		"no door reports entries":              {func(*hall) {}, 0},
		"a door that last reported a year ago": {func(h *hall) { h.door(house, 0, club.AccessGranted, 365*24*time.Hour) }, 0},
		"nobody was at the door":               {func(h *hall) { h.door(house, 0, club.AccessGranted, 24*time.Hour) }, 1},
		"somebody was at the door": {func(h *hall) {
			h.door(house, 0, club.AccessGranted, 24*time.Hour)
			h.door(house, 0, club.AccessGranted, 15*time.Minute)
		}, 0},
		"somebody was denied": {func(h *hall) {
			h.door(house, 0, club.AccessGranted, 24*time.Hour)
			h.door(house, 0, club.AccessDenied, 15*time.Minute)
		}, 0},
		"somebody came, but not to the bay": {func(h *hall) {
			h.door(own, 1, club.AccessOpened, 24*time.Hour)
			h.door(house, 0, club.AccessGranted, 15*time.Minute)
		}, 1},
		"it is not looked": {func(h *hall) {
			h.door(house, 0, club.AccessGranted, 24*time.Hour)
			h.write(func(tx *store.Tx) error {
				return setting.PutValue(t.Context(), tx, club.System("test"), "monitor.no_show", "0s")
			})
		}, 0},
		"the bay is out of use": {func(h *hall) {
			h.door(house, 0, club.AccessGranted, 24*time.Hour)
			h.outage(h.bays[1].String())
		}, 0},
		"the holder has texted": {func(h *hall) {
			h.door(house, 0, club.AccessGranted, 24*time.Hour)
			h.write(func(tx *store.Tx) error {
				s, err := people.Subject(t.Context(), tx, h.keys, "+14155550111")
				if err != nil {
					return err
				}
				th := club.NewThreadID(tx.Now)
				if err := tx.CreateThread(t.Context(), store.CreateThreadParams{ID: th, SubjectID: s.ID, Provider: "twilio", Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
					return err
				}
				_, err = tx.CreateMessage(t.Context(), store.CreateMessageParams{ID: club.NewMessageID(tx.Now), ThreadID: th, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: "twilio",
					Status: club.MessageReceived, Body: []byte("x"), Masked: "running late", Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now})
				return err
			})
			storetest.Exec(h.t, h.tenant, "UPDATE bookings SET subject_id = (SELECT id FROM subjects)")
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			h.slot("a", 1, 0, time.Hour, club.BookingConfirmed)
			h.slot("later", 2, time.Hour, 2*time.Hour, club.BookingConfirmed)
			h.clock.Advance(19 * time.Minute)
			c.before(h)
			for range 3 {
				if err := h.room.LookAtBookings(t.Context(), h.tenant); err != nil {
					t.Fatal(err)
				}
				h.clock.Advance(2 * time.Minute)
			}
			if n := h.count("events WHERE code = 'booking.no_show'"); n != c.want {
				t.Errorf("reported %d times", n)
			}
			h.gather()
			if n := h.count("situations"); n != 0 {
				t.Errorf("%d situations, although nothing known fits", n)
			}
		})
	}
}

func TestWhatNobodyTookUpIsForgottenAfterAMonth(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.slot("a", 1, time.Hour, 2*time.Hour, club.BookingConfirmed) // ordinary
	h.slot("b", 1, time.Hour, 2*time.Hour, club.BookingConfirmed) // overlaps
	h.gather()
	h.clock.Advance(31 * 24 * time.Hour)
	if err := h.room.Prune(t.Context(), h.tenant); err != nil {
		t.Fatal(err)
	}
	if n := h.count("events WHERE code = 'booking.overlap'"); n != 1 || h.count("events") != 1 {
		t.Errorf("%d of %d events", n, h.count("events"))
	}
}
