package club

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestIDsSortByTheTimeTheyWereMade(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)
	var ids []string
	for i := range 2000 {
		ids = append(ids, NewThreadID(at.Add(time.Duration(i)*time.Microsecond)).String())
	}
	if !slices.IsSorted(ids) {
		t.Error("ids made a microsecond apart do not sort by time")
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 2000 {
		t.Errorf("%d distinct ids of 2000", n)
	}
}

func TestParseIDTakesOnlyItsOwnKind(t *testing.T) {
	t.Parallel()
	id := NewThreadID(time.Now())
	if got, err := ParseID[threadKind](id.String()); err != nil || got != id {
		t.Fatalf("ParseID(%q) = %q, %v", id, got, err)
	}
	for _, bad := range []string{"", "thr_", id.String() + "0", NewBayID(time.Now()).String(), "thr_zzzzzzzzzzzzzzzzzzzzzzzzzz", "thr_0000000000000000000000000u"} {
		if _, err := ParseID[threadKind](bad); CodeOf(err) != CodeInvalid {
			t.Errorf("ParseID(%q): %v, want invalid", bad, err)
		}
	}
}

func TestEncode32MatchesTheTypeIDSpecification(t *testing.T) {
	t.Parallel()
	// The vector of the TypeID specification: UUID 01890a5d-ac96-774b-bcce-b302099a8057.
	u := [16]byte{0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80, 0x57}
	if got := encode32(u); got != "01h455vb4pex5vsknk084sn02q" {
		t.Errorf("encode32 = %s", got)
	}
}

func TestIDIsNullInSQLWhenZero(t *testing.T) {
	t.Parallel()
	if v, err := BayID("").Value(); v != nil || err != nil {
		t.Errorf("zero id stored as %v, %v", v, err)
	}
	id := BayID("bay_x")
	if err := id.Scan(nil); err != nil || !id.IsZero() {
		t.Errorf("NULL read as %q, %v", id, err)
	}
	if err := id.Scan([]byte("bay_y")); err != nil || id != "bay_y" {
		t.Errorf("bytes read as %q, %v", id, err)
	}
	if err := id.Scan(7); err == nil {
		t.Error("a number was read as an id")
	}
}

func TestThreadTableLeadsOnlyToKnownStatuses(t *testing.T) {
	t.Parallel()
	for _, from := range ThreadStatuses() {
		if _, ok := threadTable[from]; !ok {
			t.Errorf("%s has no row", from)
		}
		for ev, to := range threadTable[from] {
			if !slices.Contains(ThreadEvents(), ev) || !slices.Contains(ThreadStatuses(), to) {
				t.Errorf("%s --%s--> %s names something unknown", from, ev, to)
			}
		}
	}
}

func TestThreadHeldByPeopleStaysWithThemWhenTheMemberWrites(t *testing.T) {
	t.Parallel()
	for _, s := range ThreadStatuses() {
		next, err := s.Next(ThreadTextIn)
		switch {
		case s == ThreadMerged:
			if CodeOf(err) != CodeConflict {
				t.Errorf("a merged thread took a text: %s, %v", next, err)
			}
		case s.HeldByPeople():
			if next != s || err != nil {
				t.Errorf("%s became %s (%v) by a text", s, next, err)
			}
		case next != ThreadPending || err != nil:
			t.Errorf("%s became %s (%v) by a text, want pending", s, next, err)
		}
		if s != ThreadMerged {
			if to, err := s.Next(ThreadEscalate); to != ThreadEscalated || err != nil {
				t.Errorf("%s cannot be escalated: %v", s, err)
			}
		}
		if s.HeldByPeople() && s.Settled() {
			t.Errorf("%s is both held and settled", s)
		}
	}
}

func TestNothingRaisesATier(t *testing.T) {
	t.Parallel()
	for _, a := range append(Tiers(), "bogus") {
		for _, b := range append(Tiers(), "bogus") {
			got := a.Lower(b)
			if got.rank() < a.rank() || got.rank() < b.rank() {
				t.Errorf("%s lowered by %s is %s", a, b, got)
			}
		}
	}
}

func TestThresholdsAreInclusive(t *testing.T) {
	t.Parallel()
	th := DefaultThresholds()
	for c, want := range map[float64]Tier{1: TierAuto, .95: TierAuto, .9499: TierSuggest, .75: TierSuggest, .7499: TierApprove, .5: TierApprove, .4999: TierEscalate, 0: TierEscalate, -1: TierEscalate} {
		if got := th.Tier(c); got != want {
			t.Errorf("%g earns %s, want %s", c, got, want)
		}
	}
	if th.Validate() != nil || (Thresholds{High: .5, Medium: .75, Low: .5}).Validate() == nil {
		t.Error("Validate is wrong about the order of thresholds")
	}
}

func TestErrorsShowOnlyWhatIsSafe(t *testing.T) {
	t.Parallel()
	cause := errors.New("password=hunter2")
	err := fmt.Errorf("open door: %w", Unavailable(cause, "the door controller does not answer"))
	if CodeOf(err) != CodeUnavailable || MessageOf(err) != "the door controller does not answer" || !errors.Is(err, cause) {
		t.Errorf("code %s, message %q", CodeOf(err), MessageOf(err))
	}
	if CodeOf(cause) != CodeInternal || MessageOf(cause) != MessageOf(errors.New("x")) || CodeOf(nil) != "" {
		t.Error("an error without a code is not internal")
	}
}

func TestTicketsReopenButNeverSkipTheBoard(t *testing.T) {
	t.Parallel()
	if !TicketClosed.CanBecome(TicketOpen) || TicketClosed.CanBecome(TicketResolved) || TicketOpen.CanBecome(TicketOpen) {
		t.Error("ticket table is wrong")
	}
	for _, s := range TicketStatuses() {
		for _, to := range ticketTable[s] {
			if !slices.Contains(TicketStatuses(), to) {
				t.Errorf("%s leads to unknown %s", s, to)
			}
		}
	}
}

func TestParsersNameWhatIsAllowed(t *testing.T) {
	t.Parallel()
	if _, err := ParseSlug("northside"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "a", "North", "a-b", "1ab", "x'; DROP", "public.t", "abcdefghijklmnopqrstuvwxyzabcdefg"} {
		if _, err := ParseSlug(bad); CodeOf(err) != CodeInvalid {
			t.Errorf("slug %q accepted", bad)
		}
	}
	if _, err := ParseRole("root"); CodeOf(err) != CodeInvalid {
		t.Error("role root accepted")
	}
	if p, err := ParsePriority("high"); p.Rank() != 1 || err != nil {
		t.Error("high is not second")
	}
	if _, err := ParseThreadStatus("done"); CodeOf(err) != CodeInvalid {
		t.Error("status done accepted")
	}
	if a, ok := ParseActor(System("decide").String()); !ok || a.Kind != ActorSystem || a.ID != "decide" || a.IsPerson() {
		t.Error("actor does not round-trip")
	}
}

func TestAClockThatCreepsIsNeverReadTwiceAtOneInstant(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := NewManualClock(at)
	c.Creep(time.Microsecond)
	first, second := c.Now(), c.Now()
	c.Creep(0)
	if third := c.Now(); !first.Equal(at) || second.Sub(first) != time.Microsecond || third.Sub(second) != time.Microsecond || !c.Now().Equal(third) {
		t.Errorf("read %s, %s, %s", first, second, third)
	}
}

func TestClockKeepsMicrosecondsInUTC(t *testing.T) {
	t.Parallel()
	now := SystemClock{}.Now()
	if now.Location() != time.UTC || now.Nanosecond()%1000 != 0 {
		t.Errorf("%v is not UTC in microseconds", now)
	}
	c := NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 1, time.FixedZone("x", 3600)))
	if got := c.Advance(time.Hour); !got.Equal(c.Now()) || got.Location() != time.UTC {
		t.Error("manual clock")
	}
	if got := MicroUSD(-1_500_000).String(); got != "-$1.500000" {
		t.Error(got)
	}
}

func TestASpanIsSaidInItsTwoLargestUnits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Hour: "0 s", 0: "0 s", 400 * time.Millisecond: "0 s", 40 * time.Second: "40 s", 59*time.Second + 600*time.Millisecond: "1 min", 3*time.Minute + 20*time.Second: "3 min",
		59*time.Minute + 40*time.Second: "1 h", time.Hour: "1 h", 17*time.Hour + 2*time.Minute: "17 h 2 min", 24 * time.Hour: "1 day", 26*time.Hour + 10*time.Minute: "1 day 2 h",
		47*time.Hour + 20*time.Minute: "1 day 23 h", 47*time.Hour + 40*time.Minute: "2 days", 52 * time.Hour: "2 days 4 h", 14 * 24 * time.Hour: "14 days",
	} {
		if got := Span(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestHoursAreThoseOfThePlace(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 7, 1, 19, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{"America/Chicago": "14:30–16:00", "UTC": "19:30–21:00", "nowhere": "19:30–21:00"} {
		if got := Hours(from, from.Add(90*time.Minute), zone); got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
}
