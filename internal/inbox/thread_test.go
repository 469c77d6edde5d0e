package inbox_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// apply moves a thread as another room would.
func (h *house) apply(id club.ThreadID, m thread.Move) store.Thread {
	h.t.Helper()
	m.By = club.System("test")
	var th store.Thread
	h.write(func(tx *store.Tx) (err error) {
		if th, err = tx.FindThread(h.t.Context(), id); err != nil {
			return err
		}
		th, err = thread.Apply(h.t.Context(), tx, th, m)
		return err
	})
	return th
}

func TestTextContinuesTheThreadOrOpensOne(t *testing.T) {
	t.Parallel()
	soon, late := 5*time.Hour, 7*time.Hour // wait.episode is 6 h
	for name, c := range map[string]struct {
		events []club.ThreadEvent
		after  time.Duration
		same   bool
		status club.ThreadStatus
	}{
		"waiting, soon":               {nil, soon, true, club.ThreadPending},
		"waiting, much later":         {nil, late, true, club.ThreadPending},
		"asked, much later":           {[]club.ThreadEvent{club.ThreadTaken, club.ThreadAsked}, late, true, club.ThreadPending},
		"answered, soon":              {[]club.ThreadEvent{club.ThreadTaken, club.ThreadAnswered}, soon, true, club.ThreadPending},
		"answered, much later":        {[]club.ThreadEvent{club.ThreadTaken, club.ThreadAnswered}, late, false, club.ThreadPending},
		"resolved, soon":              {[]club.ThreadEvent{club.ThreadResolve}, soon, true, club.ThreadPending},
		"resolved, much later":        {[]club.ThreadEvent{club.ThreadResolve}, late, false, club.ThreadPending},
		"timed out, much later":       {[]club.ThreadEvent{club.ThreadTaken, club.ThreadAsked, club.ThreadExpire}, late, false, club.ThreadPending},
		"escalated, much later":       {[]club.ThreadEvent{club.ThreadEscalate}, late, true, club.ThreadEscalated},
		"taken by a person, later":    {[]club.ThreadEvent{club.ThreadClaimed}, late, true, club.ThreadInProgress},
		"merged into another, soon":   {[]club.ThreadEvent{club.ThreadMerge}, soon, false, club.ThreadPending},
		"answered by hand, next week": {[]club.ThreadEvent{club.ThreadHandReply}, 170 * time.Hour, true, club.ThreadManualOverride},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			first := h.deliver(text(ada, "the screen is black"))
			for _, ev := range c.events {
				h.apply(first.Thread, thread.Move{Event: ev})
			}
			h.clock.Advance(c.after)
			second := h.deliver(text(ada, "hello"))
			if (second.Thread == first.Thread) != c.same {
				t.Errorf("first in %s, second in %s", first.Thread, second.Thread)
			}
			th := h.thread(second.Thread)
			if th.Status != c.status {
				t.Errorf("status %s, want %s", th.Status, c.status)
			}
			if !c.same && (!th.EpisodeAt.Equal(h.clock.Now()) || th.Unread != 1) {
				t.Errorf("new thread %+v", th)
			}
		})
	}
}

func TestEpisodeBeginsAnewOnceTheSilenceAfterAHandReplyIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.deliver(text(ada, "refund please"))
	until := storetest.Start.Add(4 * time.Hour)
	bay := h.bay
	high := club.PriorityHigh
	h.apply(first.Thread, thread.Move{Event: club.ThreadHandReply, SilentUntil: &until, Bay: &bay, Priority: &high})

	h.clock.Advance(5 * time.Hour) // silent no longer, but of the same matter
	h.deliver(text(ada, "thanks"))
	if th := h.thread(first.Thread); !th.EpisodeAt.Equal(storetest.Start) || th.BayID != bay || th.Priority != high {
		t.Errorf("episode of %s begins at %s", th.ID, th.EpisodeAt)
	}
	now := h.clock.Advance(7 * time.Hour)
	h.deliver(text(ada, "bay 3 froze"))
	if th := h.thread(first.Thread); !th.EpisodeAt.Equal(now) || !th.BayID.IsZero() || th.Priority != club.PriorityNormal {
		t.Errorf("episode begins at %s, want %s; bay %q and priority %s of the matter before", th.EpisodeAt, now, th.BayID, th.Priority)
	}
}

func TestEmergencyWordRaisesThePriorityAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.deliver(text(ada, "bay 3 froze"))
	h.apply(r.Thread, thread.Move{Event: club.ThreadEscalate})
	h.deliver(text(ada, "there is a fire in the bay!"))
	if th := h.thread(r.Thread); th.Priority != club.PriorityEmergency || th.Status != club.ThreadEscalated {
		t.Errorf("thread %s is %s", th.Status, th.Priority)
	}
	h.deliver(text(ada, "it is out now"))
	if th := h.thread(r.Thread); th.Priority != club.PriorityEmergency {
		t.Errorf("a later text lowered the priority to %s", th.Priority)
	}
	h.apply(r.Thread, thread.Move{Event: club.ThreadResolve})
	h.deliver(text(ada, "thanks"))
	if th := h.thread(r.Thread); th.Priority != club.PriorityNormal {
		t.Errorf("thanks after an emergency was resolved are of priority %s", th.Priority)
	}
}

func TestTextContinuesTheOpenConversationHoweverLatelyAnOldOneWasTouched(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.deliver(text(ada, "bay 3 froze")).Thread
	h.apply(old, thread.Move{Event: club.ThreadResolve})
	h.clock.Advance(48 * time.Hour)
	open := h.deliver(text(ada, "how long do 18 holes take?")).Thread
	if open == old {
		t.Fatal("a new matter continued a settled thread")
	}
	for _, later := range []time.Duration{0, time.Minute} {
		storetest.Exec(t, h.tenant, "UPDATE threads SET updated_at = $1 WHERE id = $2", h.thread(open).UpdatedAt.Add(later), old.String())
		if r := h.deliver(text(ada, "hello?")); r.Thread != open {
			t.Errorf("a text went to the settled thread, which was touched %s later", later)
		}
	}
}

func TestNameThatDoesNotOpenLosesNoText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.member("Ada Lovelace", ada)
	storetest.Exec(t, h.tenant, "UPDATE members SET name = $1", []byte{9})
	for range 2 {
		if r := h.deliver(text(ada, "hi")); h.thread(r.Thread).MemberID != m.ID {
			t.Errorf("%+v", r)
		}
	}
}

func TestPlaceComesFromLineThenBookingThenHome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line, booking, member bool
		starts                time.Duration
		want                  string
	}{
		"line":                         {line: true, booking: true, member: true, want: "south"},
		"booking now":                  {booking: true, member: true, starts: -30 * time.Minute, want: "east"},
		"booking soon":                 {booking: true, member: true, starts: time.Hour, want: "east"},
		"booking tonight":              {booking: true, member: true, starts: 3 * time.Hour, want: "north"},
		"home":                         {member: true, want: "north"},
		"stranger":                     {want: ""},
		"stranger who booked by phone": {booking: true, want: "east"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			ids := map[string]club.LocationID{"north": h.place, "": ""}
			h.write(func(tx *store.Tx) error {
				for _, slug := range []string{"south", "east"} {
					ids[slug] = club.NewLocationID(tx.Now)
					if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: ids[slug], Slug: slug, Name: slug, TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
						return err
					}
				}
				var at club.LocationID
				if c.line {
					at = ids["south"]
				}
				return tx.PutLine(t.Context(), store.PutLineParams{Number: line, Provider: vendor, LocationID: at, CreatedAt: tx.Now})
			})
			if c.member {
				h.member("Ada Lovelace", ada)
			}
			if c.booking {
				start := storetest.Start.Add(c.starts)
				h.book(club.BookingChange{Source: "webhook", ExternalID: "b1", Location: "east", Start: start, End: start.Add(time.Hour), Phone: ada})
			}
			if th := h.thread(h.deliver(text(ada, "hi")).Thread); th.LocationID != ids[c.want] {
				t.Errorf("thread at %s, want %s %s", th.LocationID, c.want, ids[c.want])
			}
		})
	}
}

func TestEverySenderIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seen := map[club.ThreadID]string{}
	for _, from := range []string{"Anonymous", "72345", "", "+1", "a\x00b", "\xff\xfe", strings.Repeat("9", 5000), "💥"} {
		r := h.deliver(text(from, "hello"))
		if other, taken := seen[r.Thread]; taken {
			t.Errorf("%.20q and %.20q share a thread", from, other)
		}
		seen[r.Thread] = from
		if again := h.deliver(text(from, "hello")); again.Thread != r.Thread {
			t.Errorf("%.20q has two threads", from)
		}
		if th := h.thread(r.Thread); !th.MemberID.IsZero() || th.Unread != 2 {
			t.Errorf("%.20q: thread %+v", from, th)
		}
	}
}

func TestOneNumberInTwoFormsIsOneSender(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.deliver(text(ada, "one")), h.deliver(text("(415) 555-0111", "two"))
	if a.Thread != b.Thread {
		t.Errorf("threads %s and %s", a.Thread, b.Thread)
	}
}

func TestLinesOfTheClubHaveThreadsOfTheirOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := text(ada, "hi")
	d.Inbound.To = "+14155550199"
	if a, b := h.deliver(text(ada, "hi")), h.deliver(d); a.Thread == b.Thread {
		t.Error("texts to two lines share a thread")
	}
}

func TestTextOfSomebodyWhoSaidStopIsStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.deliver(text(ada, "STOP"))
	h.write(func(tx *store.Tx) error {
		th, err := tx.FindThread(t.Context(), r.Thread)
		if err != nil {
			return err
		}
		_, err = people.SetConsent(t.Context(), tx, club.System("test"), th.SubjectID, club.ConsentWithdrawn, "text STOP")
		return err
	})
	if again := h.deliver(text(ada, "actually, one question")); again.Thread != r.Thread || again.Message.IsZero() {
		t.Errorf("%+v", again)
	}
}

func TestTextOfAnErasedPersonIsAStrangers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.member("Ada Lovelace", ada)
	r := h.deliver(text(ada, "hi"))
	storetest.Exec(t, h.tenant, "UPDATE subjects SET wrapped_key = NULL, phone = NULL")
	again := h.deliver(text(ada, "hi again"))
	th := h.thread(again.Thread)
	if again.Thread == r.Thread || !th.MemberID.IsZero() {
		t.Errorf("thread %+v", th)
	}
	if _, body := h.message(again.Message); body != "hi again" {
		t.Errorf("body %q", body)
	}
}

func TestMediaAndEmptyTextsAreShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := text(ada, "")
	d.Inbound.Media = []club.Media{{URL: "https://vendor.example/a\x00.jpg", Type: "image/jpeg"}}
	r := h.deliver(d)
	if m, _ := h.message(r.Message); !strings.Contains(m.Media, "image/jpeg") {
		t.Errorf("media %s", m.Media)
	}
	if th := h.thread(r.Thread); th.Snippet != "[attachment]" {
		t.Errorf("snippet %q", th.Snippet)
	}
	h.deliver(text(ada, "  "))
	if th := h.thread(r.Thread); th.Snippet != "[empty text]" {
		t.Errorf("snippet %q", th.Snippet)
	}
	h.deliver(text(ada, strings.Repeat("שלום ", 320)))
	if th := h.thread(r.Thread); len([]rune(th.Snippet)) != 120 {
		t.Errorf("snippet of %d characters", len([]rune(th.Snippet)))
	}
}

func TestVendorsIdsOfAnyFormAreToldApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, id := range []string{"a\x00", "a\x01", "\xff", strings.Repeat("x", 9000), strings.Repeat("x", 9001)} {
		d := text(ada, "hi")
		d.ID, d.Inbound.ProviderMessageID = id, id
		if r := h.deliver(d); r.Duplicate {
			t.Errorf("%.10q was taken for another", id)
		}
		if r := h.deliver(d); !r.Duplicate {
			t.Errorf("%.10q was stored twice", id)
		}
	}
	bare := text(ada, "no message id")
	bare.Inbound.ProviderMessageID = ""
	if a, b := h.deliver(bare), h.deliver(bare); a.Duplicate || !b.Duplicate {
		t.Errorf("by delivery alone: %+v, %+v", a, b)
	}
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 6 {
		t.Errorf("%d messages", n)
	}
}

func TestDeliveryKnownByItsIDAloneNeverLosesAText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := text(ada, "first")
	h.deliver(d)
	other := text(ada, "second")
	other.ID = d.ID // a vendor that numbers its deliveries anew
	if r := h.deliver(other); r.Duplicate || r.Message.IsZero() {
		t.Errorf("%+v", r)
	}
}

func TestOtherEventsAreIgnoredByName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.deliver(club.Delivery{ID: "EV", Ignored: "call.completed"})
	if r != (inbox.Result{Ignored: "event of type call.completed"}) {
		t.Errorf("%+v", r)
	}
}
