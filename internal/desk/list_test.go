package desk_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// crowd makes n threads of all kinds and returns them as they are stored.
func (h *house) crowd(n int, rnd *rand.Rand) []store.Thread {
	h.t.Helper()
	words := []string{"bay 3 froze", "100% sure", "a_b c", `back\slash`, "WiFi password", "ordinary"}
	places := []club.LocationID{"", h.a, h.b}
	owners := []club.UserID{"", h.ann.UserID, h.bob.UserID}
	var out []store.Thread
	for range n {
		th := h.thread(places[rnd.IntN(3)], words[rnd.IntN(len(words))])
		h.write(func(tx *store.Tx) (err error) {
			th.Status = club.ThreadStatuses()[rnd.IntN(9)]
			th.AssignedTo, th.Unread = owners[rnd.IntN(3)], rnd.Int64N(2)
			th, err = thread.Save(h.t.Context(), tx, th)
			return err
		})
		if rnd.IntN(3) > 0 {
			h.clock.Advance(time.Millisecond) // else: several threads of one instant
		}
		out = append(out, th)
	}
	slices.SortFunc(out, func(a, b store.Thread) int {
		return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), strings.Compare(b.ID.String(), a.ID.String()))
	})
	return out
}

// naive says what a filter means.
func naive(all []store.Thread, p identity.Principal, f desk.Filter) []club.ThreadID {
	out := []club.ThreadID{}
	for _, t := range all {
		if p.AllowsLocation(t.LocationID) && (len(f.Status) == 0 || slices.Contains(f.Status, t.Status)) && (f.Location == "" || t.LocationID == f.Location) &&
			(!f.Mine || t.AssignedTo == p.UserID) && (!f.Unread || t.Unread > 0) && holds(t.Snippet, f.Query) {
			out = append(out, t.ID)
		}
	}
	return out
}

// holds says what a query means: its words begin words of the text.
func holds(text, query string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	for _, w := range words(query) {
		if !slices.ContainsFunc(words(text), func(have string) bool { return strings.HasPrefix(have, w) }) {
			return false
		}
	}
	return query == "" || len(words(query)) > 0
}

// pages reads all pages of a list.
func (h *house) pages(p identity.Principal, f desk.Filter) (ids []club.ThreadID) {
	h.t.Helper()
	ids = []club.ThreadID{}
	for range 100 {
		h.read(func(tx *store.Tx) error {
			rows, next, err := h.desk.FindThreads(h.t.Context(), tx, p, f)
			for _, r := range rows {
				ids = append(ids, r.Thread.ID)
			}
			f.Cursor = next
			return err
		})
		if f.Cursor == "" {
			return ids
		}
	}
	h.t.Fatal("the pages do not end")
	return nil
}

// Lesson 33: filters did nothing, and lists showed the oldest rows.
func TestLesson33EveryCombinationOfFiltersMeansWhatItSays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	all := h.crowd(60, rnd)
	for _, p := range []identity.Principal{h.ann, h.only} {
		for mask := range 32 {
			for _, size := range []int{7, 200} {
				f := desk.Filter{Size: size, Mine: mask&1 > 0, Unread: mask&2 > 0}
				if mask&4 > 0 {
					f.Status = []club.ThreadStatus{club.ThreadEscalated, club.ThreadPending, club.ThreadStatuses()[rnd.IntN(9)]}
				}
				if mask&8 > 0 {
					f.Location = []club.LocationID{h.a, h.b}[rnd.IntN(2)]
				}
				if mask&16 > 0 {
					f.Query = []string{"froze", "%", "_", `\`, "wifi", "a_b", "100%", "fro", "roze", "FROZE bay"}[rnd.IntN(10)]
				}
				if diff := gocmp.Diff(naive(all, p, f), h.pages(p, f)); diff != "" {
					t.Errorf("%s, %+v (-want +got):\n%s", p.Actor.Name, f, diff)
				}
			}
		}
	}
}

// Lesson 32: unread counts were wrong.
func TestLesson32CountsAreThoseOfTheLists(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := h.crowd(40, rand.New(rand.NewPCG(3, 4)))
	for _, p := range []identity.Principal{h.ann, h.only} {
		for _, at := range []club.LocationID{"", h.a} {
			var c desk.Counts
			h.read(func(tx *store.Tx) (err error) { c, err = h.desk.CountThreads(t.Context(), tx, p, at); return err })
			if got := len(naive(all, p, desk.Filter{Location: at})); int(c.All) != got {
				t.Errorf("%d of %d threads", c.All, got)
			}
			if got := len(naive(all, p, desk.Filter{Location: at, Unread: true})); int(c.Unread) != got {
				t.Errorf("%d unread, want %d", c.Unread, got)
			}
			if got := len(naive(all, p, desk.Filter{Location: at, Mine: true})); int(c.Mine) != got {
				t.Errorf("%d mine, want %d", c.Mine, got)
			}
			for _, s := range club.ThreadStatuses() {
				if got := len(naive(all, p, desk.Filter{Location: at, Status: []club.ThreadStatus{s}})); int(c.Status[s]) != got {
					t.Errorf("%d %s, want %d", c.Status[s], s, got)
				}
			}
		}
	}
}

func TestThreadIsFoundByOldWordsByNameAndByNumber(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "the left screen flickers")
	h.text(th, "hello?")
	member := h.person
	h.write(func(tx *store.Tx) (err error) {
		h.person, err = people.Subject(t.Context(), tx, h.keys, "+14155550123")
		return err
	})
	stranger := h.thread(h.b, "who holds bay 1")
	h.person = member
	for query, want := range map[string][]club.ThreadID{"FLICKERS": {th.ID}, "zelda": {th.ID}, "quist zelda": {th.ID}, "(415) 555-2671": {th.ID}, "+14155550123": {stranger.ID},
		"zeld": {}, "no such words": {}, "zelda@example.com": {}, "flick": {th.ID}, "screen LEF": {th.ID}, "left? (screen)": {th.ID}, "licker": {}, "flickers hello": {}, "?!": {}, "\"left\" OR *": {}} {
		if diff := gocmp.Diff(want, h.pages(h.ann, desk.Filter{Query: query})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	if got := h.pages(h.only, desk.Filter{Query: "+14155550123"}); len(got) != 0 {
		t.Error("a number leads to another place's thread")
	}
	h.read(func(tx *store.Tx) error {
		rows, _, err := h.desk.FindThreads(t.Context(), tx, h.ann, desk.Filter{Query: "zelda"})
		if err != nil || rows[0].Name != memberName || rows[0].Phone != memberPhone || rows[0].Location != "Northside" || rows[0].Member.IsZero() {
			t.Errorf("row %+v, %v", rows, err)
		}
		rows, _, err = h.desk.FindThreads(t.Context(), tx, h.ann, desk.Filter{Query: "holds"})
		if err != nil || rows[0].Name != "" || rows[0].Phone != "+14155550123" || !rows[0].Member.IsZero() {
			t.Errorf("row of a stranger %+v, %v", rows, err)
		}
		return nil
	})
}

func TestErasedPersonIsListedWithoutNameOrNumber(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "hi")
	storetest.Exec(t, h.tenant, "UPDATE subjects SET wrapped_key = NULL")
	h.read(func(tx *store.Tx) error {
		rows, _, err := h.desk.FindThreads(t.Context(), tx, h.ann, desk.Filter{})
		if err != nil || len(rows) != 1 || rows[0].Name != "" || rows[0].Phone != "" {
			t.Errorf("rows %+v, %v", rows, err)
		}
		d, err := h.desk.FindThreadDetail(t.Context(), tx, h.ann, th.ID)
		if err != nil || d.Messages[0].Text != people.Erased {
			t.Errorf("detail %+v, %v", d.Messages, err)
		}
		return nil
	})
	// What a person must know still reaches people.
	if got := h.escalate(h.find(th.ID), desk.Reason{Text: "x", TellMember: true}); got.Status != club.ThreadEscalated {
		t.Error("an erased person's thread cannot be escalated")
	}
}

func TestBadCursorAndMissingRightsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.read(func(tx *store.Tx) error {
		for _, c := range []string{"x", "!!", "MTIz", "YS5i", "MTIu"} {
			_, _, err := h.desk.FindThreads(t.Context(), tx, h.ann, desk.Filter{Cursor: c})
			want(t, err, club.CodeInvalid)
			_, _, err = h.desk.FindTickets(t.Context(), tx, h.ann, desk.TicketFilter{Cursor: c})
			want(t, err, club.CodeInvalid)
		}
		key := identity.Principal{Tenant: h.tenant.Slug, Actor: club.Actor{Kind: club.ActorAPIKey, ID: "key_1"}, Scopes: []identity.Permission{identity.ThreadsRead}}
		rows, _, err := h.desk.FindThreads(t.Context(), tx, key, desk.Filter{Mine: true})
		if err != nil || len(rows) != 0 {
			t.Errorf("a key's own threads: %v, %v", rows, err)
		}
		key.Scopes = nil
		_, _, err = h.desk.FindThreads(t.Context(), tx, key, desk.Filter{})
		want(t, err, club.CodeForbidden)
		_, err = h.desk.CountThreads(t.Context(), tx, key, "")
		want(t, err, club.CodeForbidden)
		_, err = h.desk.FindThreadDetail(t.Context(), tx, key, "thr_1")
		want(t, err, club.CodeForbidden)
		_, err = h.desk.FindOverdueEscalations(t.Context(), tx, key)
		want(t, err, club.CodeForbidden)
		_, _, err = h.desk.FindTickets(t.Context(), tx, key, desk.TicketFilter{})
		want(t, err, club.CodeForbidden)
		_, err = h.desk.FindTicketBoard(t.Context(), tx, key, desk.TicketFilter{}, 10)
		want(t, err, club.CodeForbidden)
		return nil
	})
}

func TestPageOfAThreadShowsAllThatBelongsToIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.thread(h.a, "an older matter")
	foreign := h.thread(h.b, "elsewhere")
	th := h.thread(h.a, "bay 3 froze")
	h.write(func(tx *store.Tx) (err error) {
		th.BayID = h.bay
		if th, err = thread.Save(t.Context(), tx, th); err != nil {
			return err
		}
		for i, bay := range []club.BayID{h.bay, ""} {
			if err := tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: h.a, BayID: bay, Kind: club.DevicePC, Name: fmt.Sprint(i), Vendor: "ninjaone", VendorRef: fmt.Sprint(i), CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
	now := h.clock.Now()
	for i, from := range []time.Time{now.Add(-time.Hour), now.Add(-48 * time.Hour), now.Add(11 * time.Hour)} {
		storetest.Exec(t, h.tenant, `INSERT INTO bookings (id, source, external_id, location_id, bay_id, subject_id, starts_at, ends_at, status, sequence, created_at, updated_at)
			VALUES ($1, 'test', $1, $2, $3, $4, $5, $6, 'confirmed', 1, $7, $7)`, fmt.Sprint("bkg_", i), h.a.String(), h.bay.String(), h.person.ID.String(), from, from.Add(2*time.Hour), now)
	}
	h.propose(th, club.TierApprove, nil)
	h.execution(th, club.OutcomeFailed, "x")
	th = h.escalate(th, desk.Reason{Text: "x"})
	if _, err := h.desk.CreateTicket(t.Context(), h.tenant, h.ann, desk.NewTicket{Thread: th.ID}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Second)
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "we look at it", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	h.read(func(tx *store.Tx) error {
		d, err := h.desk.FindThreadDetail(t.Context(), tx, h.only, th.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d.Person.Name != memberName || d.Location.Name != "Northside" || d.Bay.Name != "Bay 3" || len(d.Messages) != 2 || d.Messages[0].Text != "bay 3 froze" || d.Messages[1].Text != "we look at it" || d.More {
			t.Errorf("person %q at %s, %s; messages %+v", d.Person.Name, d.Location.Name, d.Bay.Name, d.Messages)
		}
		if len(d.Decisions) != 1 || len(d.Proposals) != 1 || len(d.Executions) != 1 || d.Escalation == nil || len(d.Tickets) != 1 || len(d.Bookings) != 2 || len(d.BayBookings) != 2 || len(d.Devices) != 2 {
			t.Errorf("%d decisions, %d proposals, %d executions, escalation %v, %d tickets, %d and %d bookings, %d devices", len(d.Decisions), len(d.Proposals), len(d.Executions), d.Escalation, len(d.Tickets), len(d.Bookings), len(d.BayBookings), len(d.Devices))
		}
		if len(d.Others) != 1 || d.Others[0].ID != other.ID {
			t.Errorf("others %v, and not %s", d.Others, foreign.ID)
		}
		msgs, more, err := h.desk.FindMessages(t.Context(), tx, h.ann, th.ID, "", 1)
		if err != nil || !more || len(msgs) != 1 || msgs[0].Text != "we look at it" {
			t.Errorf("the first page is %v, %v, %v", msgs, more, err)
		}
		msgs, more, err = h.desk.FindMessages(t.Context(), tx, h.ann, th.ID, msgs[0].ID, 1)
		if err != nil || more || len(msgs) != 1 || msgs[0].Text != "bay 3 froze" {
			t.Errorf("the second page is %v, %v, %v", msgs, more, err)
		}
		return nil
	})
}
