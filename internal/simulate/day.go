package simulate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
)

// DayConfig says how a simulated day goes by.
type DayConfig struct {
	// Seed decides who writes what when.
	Seed uint64
	// Texts is how many texts members send in a day. Default 60.
	Texts int
	// Length is how long the day lasts in real time. Default 8 min.
	Length time.Duration
	// Loop begins another day, with another seed, when one has ended.
	Loop bool
	// Renew is called before each further day of a loop: Populate again, so that there are bookings around
	// the present. It must not change members' numbers. Nil leaves the club as it is.
	Renew func(ctx context.Context) (*Club, error)
	// Press is how long the simulated operator looks at a proposal in Slack before approving it. Default
	// 6 s.
	Press time.Duration
	// Leave are words in the title of proposals that the simulated operator leaves to the person at the
	// console. Default "Refund" and "complaint"; an empty list that is not nil leaves nothing.
	Leave []string
	// Tell is called with each thing that happens, as one readable line without names and numbers. It is
	// called by one goroutine at a time. Nil tells nobody.
	Tell func(line string)

	// asked is who wrote about what on the days before, and when; nil: nobody.
	asked map[asking]time.Time
}

// asking is somebody with their trouble.
type asking struct{ phone, about string }

// Whoever asks the same again so soon says by it that they were not helped, and the club's machine takes it so. The
// days of a simulation follow one another within minutes; so nobody repeats themselves but where a bay keeps failing.
const (
	againTold = 2 * time.Hour  // after words
	againDone = 24 * time.Hour // after something was done
)

func (c DayConfig) withDefaults() DayConfig {
	c.Texts, c.Length, c.Press = cmp.Or(c.Texts, 60), cmp.Or(c.Length, 8*time.Minute), cmp.Or(c.Press, 6*time.Second)
	if c.Leave == nil {
		c.Leave = []string{"Refund", "complaint"}
	}
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	return c
}

// DayEvent is one text of a day, with what befalls the sender's bay just before.
type DayEvent struct {
	At     time.Duration // from the day's beginning
	Matter string        // what it is about
	Member int           // index in Club.Members; -1 is a stranger
	Phone  string
	Place  string // whose line is texted
	Bay    int    // of the sender's booking; 0 when there is none
	Say    string
	Media  bool
	Frozen bool // the bay freezes first
	Broken bool // and nothing brings it back
}

// matter is something members write about.
type matter struct {
	name    string
	booking BookingPick
	unknown bool
	weight  int
	frozen  bool
	broken  bool // it is the club's troubled bay, and it stays frozen
	media   bool
	device  bool     // a device of the bay is restarted: once a day per bay, or cooldowns decide
	door    bool     // a door opens: not again within a minute
	held    bool     // a person has the thread afterwards: the member is left alone
	say     []string // one is chosen; %d is the bay
	more    []string // often followed by one of these
}

// opening are the matters that every day begins with, in this order: whoever watches for two minutes has
// seen everything once.
func opening() []string {
	return []string{"wifi", "frozen", "door", "frozen again", "door without booking", "thanks", "refund", "injury", "hours", "side screens", "stranger asks"}
}

func matters() []matter {
	return []matter{
		{name: "wifi", booking: BookingNow, weight: 8, say: []string{"whats the wifi password?", "wifi?", "hey how do i get on the internet here", "wify pasword pls"},
			more: []string{"thanks!", "👍", "perfect ty", "Liked “The network is …”"}},
		{name: "frozen", device: true, booking: BookingNow, weight: 5, frozen: true, say: []string{"bay %d froze", "my screen is frozen", "trackman just froze on us, hole 12", "box %d is stuck", "sim locked up mid round"},
			more: []string{"awesome its back, thx", "thank you!!"}},
		{name: "frozen again", device: true, held: true, booking: BookingNow, frozen: true, broken: true, say: []string{"bay %d is frozen again"}},
		{name: "door", door: true, booking: BookingSoon, weight: 4, say: []string{"hey its locked and i have a tee time now", "the door won't open", "we're outside, can you let us in", "standing outside in the rain, door's not opening"},
			more: []string{"were in, thanks", "thx"}},
		{name: "locked out", door: true, booking: BookingNow, weight: 2, say: []string{"we stepped out and now we're locked out", "locked out, my stuff is inside"}},
		{name: "door without booking", held: true, booking: BookingNone, weight: 2, say: []string{"can you unlock the door please", "im at the front door let me in", "code isnt working at the door"}},
		{name: "refund", held: true, booking: BookingEnded, weight: 2, say: []string{"sim was down 40 minutes, can we get our money back", "you charged me twice, refund please", "We lost half an hour because of the restart and would like a refund."}},
		{name: "injury", held: true, booking: BookingNow, weight: 1, say: []string{"my buddy got hit in the head with a club hes bleeding", "she fell and cant get up, please help"}},
		{name: "unsafe", held: true, booking: BookingNow, weight: 1, say: []string{"do NOT unlock the door, a stranger is outside"}},
		{name: "hours", booking: BookingNone, weight: 4, say: []string{"are you open on thanksgiving?", "what are your hours", "can i come at 3am"}, more: []string{"great thanks", "ok"}},
		{name: "how long", booking: BookingLater, weight: 3, say: []string{"how long does 18 holes take for 3 of us", "is 2 hours enough for 2 people"}, more: []string{"ty!"}},
		{name: "prices", booking: BookingNone, weight: 3, say: []string{"how much for 2 hours", "is it per person or per bay", "whats the damage for an hour lol"}},
		{name: "clubs", booking: BookingLater, weight: 3, say: []string{"do you rent clubs", "got any lefty clubs", "we dont have clubs can we still come"}},
		{name: "parking", booking: BookingLater, weight: 3, say: []string{"where do I park", "parking?", "is parking free"}},
		{name: "sign in", booking: BookingNow, weight: 3, say: []string{"where do i scan the QR code", "how do i log in to trackman"}},
		{name: "side screens", device: true, booking: BookingNow, weight: 2, say: []string{"the side screen is black", "touchscreen next to the bay is dead"}},
		{name: "ball", booking: BookingNow, weight: 3, say: []string{"ball not registering", "its not picking up my shots", "hit 5 balls and only 2 showed up"}, more: []string{"that worked, thanks"}},
		{name: "sound", device: true, booking: BookingNow, weight: 1, say: []string{"no sound from the simulator in bay %d"}},
		{name: "noise", held: true, booking: BookingNow, weight: 1, say: []string{"the people in the next bay are really loud"}},
		{name: "cleaning", held: true, booking: BookingNow, weight: 2, say: []string{"out of paper towels in the restroom", "trash can is full"}},
		{name: "change", booking: BookingLater, weight: 3, say: []string{"can i move my booking to tomorrow", "need to push our time back an hour"}},
		{name: "cancel", booking: BookingLater, weight: 2, say: []string{"cant make it tonight, how do i cancel"}},
		{name: "extend", booking: BookingNow, weight: 2, say: []string{"can we add another hour", "not done yet, 3 holes left, can we stay longer"}},
		{name: "gift card", booking: BookingNone, weight: 2, say: []string{"do you sell gift cards", "how do i use my gift card"}},
		{name: "lost", held: true, booking: BookingEnded, weight: 2, say: []string{"i think i left my jacket in the bay", "anyone turn in a black glove?"}},
		{name: "praise", booking: BookingEnded, weight: 2, say: []string{"had a great time, you guys are awesome"}},
		{name: "complaint", held: true, booking: BookingEnded, weight: 1, say: []string{"this is ridiculous, third time this month something is broken"}},
		{name: "person", held: true, booking: BookingNone, weight: 1, say: []string{"can i talk to a real person please"}},
		{name: "stranger asks", unknown: true, weight: 2, say: []string{"hi do i need a reservation", "where are you located, is there parking", "do you offer lessons?"}},
		{name: "picture", held: true, booking: BookingNow, weight: 1, media: true, say: []string{""}},
		{name: "thanks", booking: BookingEnded, weight: 1, say: []string{"thanks so much for yesterday!", "thank you 🙏"}},
	}
}

// PlanDay lays out a day: who writes what, and when. The same club, instant and configuration give the
// same day.
func PlanDay(c *Club, now time.Time, cfg DayConfig) ([]DayEvent, error) {
	events, _, err := planDay(c, now, cfg)
	return events, err
}

// planDay is PlanDay with who has written about what so far, for the next day.
func planDay(c *Club, now time.Time, cfg DayConfig) ([]DayEvent, map[asking]time.Time, error) {
	cfg = cfg.withDefaults()
	r := rand.New(rand.NewPCG(cfg.Seed, 0x646179)) // must repeat by seed
	d := &dayPlan{r: r, c: c, now: now, used: map[int]int{}, restarts: map[string]bool{}, unlocked: map[string]time.Duration{}, asked: map[asking]time.Time{}}
	maps.Copy(d.asked, cfg.asked)
	gap := cfg.Length / time.Duration(cfg.Texts+1)
	first := opening()
	// Follow-ups come on top of their matters, so room is left for them by counting them too.
	for at, i := gap/2, 0; len(d.events) < cfg.Texts; i++ {
		name := ""
		if i < len(first) {
			name = first[i]
		}
		d.add(name, at, gap, cfg.Texts)
		at += gap/2 + time.Duration(r.Int64N(int64(gap)))
		if i > 20*cfg.Texts { // whoever could write has written
			if len(d.events) == 0 {
				return nil, nil, club.Unavailable(nil, "the club has too few members for a day")
			}
			break
		}
	}
	slices.SortStableFunc(d.events, func(a, b DayEvent) int { return cmp.Compare(a.At, b.At) })
	return fit(d.events, cfg.Length), d.asked, nil
}

// fit stretches or shortens the times so that the last text comes just before the end.
func fit(events []DayEvent, length time.Duration) []DayEvent {
	if len(events) == 0 {
		return events
	}
	last := events[len(events)-1].At
	for i := range events {
		events[i].At = time.Duration(float64(events[i].At) * 0.97 * float64(length) / float64(last))
	}
	return events
}

type dayPlan struct {
	r        *rand.Rand
	c        *Club
	now      time.Time
	used     map[int]int // how often a member has come up
	strange  int
	events   []DayEvent
	restarts map[string]bool          // by bay
	unlocked map[string]time.Duration // by location: when its door was last asked for
	asked    map[asking]time.Time
}

// repeats reports whether somebody has written about a matter's trouble a short while ago.
func (d *dayPlan) repeats(phone string, m matter) bool {
	last, ok := d.asked[asking{phone, m.about()}]
	if m.device || m.door {
		return ok && d.now.Sub(last) < againDone
	}
	return ok && d.now.Sub(last) < againTold
}

// about is a matter's trouble: what one procedure is for.
func (m matter) about() string {
	if m.door || strings.HasPrefix(m.name, "door") {
		return "door"
	}
	return m.name
}

// add puts a matter into the day; "" chooses one by weight. It adds nothing when nobody fits or a device
// would be asked too often.
func (d *dayPlan) add(name string, at, gap time.Duration, most int) {
	m := d.choose(name)
	e, ok := d.cast(m)
	if !ok {
		return
	}
	bay := fmt.Sprint(e.Place, e.Bay)
	last, asked := d.unlocked[e.Place]
	if m.device && d.restarts[bay] || m.door && asked && at-last < time.Minute {
		return
	}
	if m.device {
		d.restarts[bay] = true
	}
	if m.door {
		d.unlocked[e.Place] = at
	}
	d.asked[asking{e.Phone, m.about()}] = d.now.Add(at)
	if d.used[e.Member]++; m.held {
		d.used[e.Member] += often
	}
	e.At, e.Matter, e.Media, e.Frozen, e.Broken = at, m.name, m.media, m.frozen, m.broken
	e.Say = m.say[d.r.IntN(len(m.say))]
	if i := slices.Index([]byte(e.Say), '%'); i >= 0 {
		e.Say = fmt.Sprintf(e.Say, e.Bay)
	}
	d.events = append(d.events, e)
	if len(m.more) > 0 && len(d.events) < most && d.r.IntN(3) > 0 {
		e.At, e.Matter, e.Frozen = at+3*gap+time.Duration(d.r.Int64N(int64(3*gap))), m.name+", afterwards", false
		e.Say = m.more[d.r.IntN(len(m.more))]
		d.events = append(d.events, e)
	}
}

func (d *dayPlan) choose(name string) matter {
	all := matters()
	total := 0
	for _, m := range all {
		if m.name == name {
			return m
		}
		total += m.weight
	}
	n := d.r.IntN(total)
	for _, m := range all {
		if n -= m.weight; n < 0 {
			return m
		}
	}
	return all[0]
}

// cast finds somebody for a matter who has come up least so far.
func (d *dayPlan) cast(m matter) (DayEvent, bool) {
	if m.unknown {
		return d.stranger(m), true
	}
	for most := 1; most <= often; most++ {
		taken := map[int]bool{}
		for i := range d.c.Members {
			// Some are passed over at first, so that another day is about other people.
			taken[i] = d.used[i] >= most || most < often && d.r.IntN(3) == 0 || !m.broken && d.repeats(d.c.Members[i].Phone, m)
		}
		want := Pick{Booking: m.booking}
		if m.broken {
			place, bay, ok := d.c.Troubled()
			if !ok {
				return DayEvent{}, false
			}
			want.Location, want.Bay = place.Name, bay.Number
		}
		p, ok := d.c.pick(want, d.now, taken)
		if !ok {
			continue
		}
		e := DayEvent{Member: p.Member, Phone: p.Phone, Place: p.Place.Name}
		if p.Booking != nil {
			e.Bay = p.Booking.Bay
		}
		return e, true
	}
	if m.booking == BookingNone && !m.held { // what anybody may want to know
		return d.stranger(m), true
	}
	return DayEvent{}, false
}

// stranger is the next number that belongs to no member and has not asked this before.
func (d *dayPlan) stranger(m matter) DayEvent {
	e := DayEvent{Member: -1, Place: d.c.Locations[d.r.IntN(len(d.c.Locations))].Name}
	for ok := true; ok; ok = d.repeats(e.Phone, m) {
		d.strange++
		e.Phone = strangerNumber(100 + d.strange)
	}
	return e
}

// Troubled is the bay that keeps failing: that of the last booking that runs at Now. The day's other matters
// take the first that fits, so that it is left for this one.
func (c *Club) Troubled() (Location, Bay, bool) {
	for _, b := range slices.Backward(c.Bookings) {
		if b.Member < 0 || b.Cancelled || !BookingNow.fits(b, c.Now) {
			continue
		}
		if bay, ok := c.FindBay(b.Location, b.Bay); ok {
			place, _ := c.FindLocation(b.Location)
			return place, bay, true
		}
	}
	return Location{}, Bay{}, false
}

// often is how many matters of one day a member has at most.
const often = 3
