package trial

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// happening is something that a seed has happen in the world.
type happening struct {
	at     time.Duration // after the beginning
	kind   happeningKind
	member int           // who writes; members and above: nobody who is known
	text   string        // what
	copies int           // how often it is delivered
	spread time.Duration // within what time
	who    int           // of the people at the desk
	nth    int           // picks one of those there are
	jump   time.Duration
	turns  int // after how many turns
}

type happeningKind string

const (
	writes   happeningKind = "writes"
	cancels  happeningKind = "cancels a booking"
	moves    happeningKind = "moves a booking"
	approves happeningKind = "approves"
	rejects  happeningKind = "rejects"
	vetoes   happeningKind = "rejects at the deadline"
	answers  happeningKind = "answers by hand"
	claims   happeningKind = "takes a conversation"
	handsOff happeningKind = "hands a conversation back"
	resolves happeningKind = "closes a conversation"
	jumps    happeningKind = "the clock jumps"
	crashes  happeningKind = "the process ends"
	away     happeningKind = "the database does not answer"
)

func (h happening) String() string {
	switch h.kind {
	case writes:
		return fmt.Sprintf("member %d writes %q, delivered %d times within %s", h.member, h.text, h.copies, h.spread)
	case cancels, moves:
		return fmt.Sprintf("member %d %s, told %d times within %s", h.member, h.kind, h.copies, h.spread)
	case jumps:
		return fmt.Sprintf("%s by %s", h.kind, h.jump)
	case crashes, away:
		return fmt.Sprintf("%s in %d turns", h.kind, h.turns)
	}
	return fmt.Sprintf("person %d %s (%d)", h.who, h.kind, h.nth)
}

// booking is what a member has booked.
type booked struct {
	member     int
	bay        int // of the member's place
	start, end time.Duration
}

// plan is what a seed decides beforehand.
type plan struct {
	begin  time.Time
	booked []booked
	rough  float64 // the share of calls to vendors that do not go as they should
	bold   boldness
	stormy bool // texts are kept when they come, and filed afterwards
	double bool // two replicas share the work
	list   []happening
}

// boldness is how sure a club must be to act: a procedure that has nothing to show for itself yet is proposed,
// announced, or carried out.
type boldness int

const (
	careful boldness = iota
	confident
	bold
)

func (b boldness) String() string { return []string{"careful", "confident", "bold"}[b] }

// threshold is a setting of the club's.
type threshold struct {
	key string
	at  float64
}

func (b boldness) settings() []threshold {
	return [][]threshold{{}, {{"confidence.low", 0.2}, {"confidence.medium", 0.3}}, {{"confidence.low", 0.1}, {"confidence.medium", 0.2}, {"confidence.high", 0.3}}}[b]
}

// texts are what members write, by how often.
var texts = []struct {
	weight int
	text   string
}{
	{12, "the door is locked and we have a booking"}, {8, "my screen is frozen"}, {5, "bay 1 froze"}, {3, "bay 2"}, {3, "can you turn on the lights"},
	{3, "what is the wifi password"}, {2, "how much is an hour"}, {2, "can i get a refund"}, {1, "someone is hurt"}, {2, "STOP"}, {1, "START"},
	{2, "human please"}, {2, "thanks!"}, {1, "hello?"}, {2, "still not working"}, {1, "qwerty asdf zxcv"}, {1, "do NOT unlock the door, a stranger is outside"},
}

// begins are days on which clocks do something at the club's place, and others.
var begins = []time.Time{
	time.Date(2025, time.March, 9, 5, 30, 0, 0, time.UTC),     // 1:30 local time; an hour is left out at 7:00
	time.Date(2025, time.November, 2, 4, 30, 0, 0, time.UTC),  // 0:30; an hour comes twice from 6:00
	time.Date(2028, time.February, 29, 3, 0, 0, 0, time.UTC),  // a leap day
	time.Date(2025, time.December, 31, 22, 0, 0, 0, time.UTC), // the year ends
	time.Date(2025, time.June, 12, 14, 0, 0, 0, time.UTC),
	time.Date(2025, time.September, 20, 23, 15, 0, 0, time.UTC),
}

// span is how long things happen.
const span = 100 * time.Minute

// newPlan decides what a seed has happen.
func newPlan(seed uint64) plan {
	r := rand.New(rand.NewPCG(seed, 1))
	p := plan{begin: begins[r.IntN(len(begins))].Add(time.Duration(r.IntN(3600)) * time.Second), rough: []float64{0, 0.1, 0.3}[r.IntN(3)], bold: boldness(r.IntN(3))}
	crowd := 1 + r.IntN(members) // few people, so that they get in each other's way
	for m := range crowd {
		if r.IntN(5) == 0 {
			continue
		}
		start := time.Duration(r.IntN(90)-45) * time.Minute
		p.booked = append(p.booked, booked{member: m, bay: m % 2, start: start, end: start + time.Duration(30+r.IntN(90))*time.Minute})
	}
	for range 3 + r.IntN(8) {
		p.list = append(p.list, p.draw(r, crowd))
	}
	slices.SortStableFunc(p.list, func(a, b happening) int { return int(a.at - b.at) })
	p.stormy, p.double = r.IntN(4) == 0, r.IntN(4) == 0
	return p
}

func (p plan) draw(r *rand.Rand, crowd int) happening {
	h := happening{at: time.Duration(r.Int64N(int64(span))), copies: 1, who: r.IntN(desks), nth: r.IntN(64), turns: 1 + r.IntN(40), member: r.IntN(crowd)}
	if r.IntN(3) == 0 { // close to others
		h.at = h.at.Truncate(20 * time.Minute)
	}
	if r.IntN(12) == 0 {
		h.member = members + r.IntN(2) // a stranger
	}
	if r.IntN(2) == 0 {
		h.copies, h.spread = 1+r.IntN(5), time.Duration(r.IntN(120))*time.Second
	}
	switch n := r.IntN(100); {
	case n < 52:
		h.kind, h.text = writes, drawText(r)
	case n < 56:
		h.kind = cancels
	case n < 59:
		h.kind, h.jump = moves, time.Duration(r.IntN(180)-90)*time.Minute
	case n < 65:
		h.kind = approves
	case n < 68:
		h.kind = rejects
	case n < 71:
		h.kind = vetoes
	case n < 75:
		h.kind = answers
	case n < 78:
		h.kind = claims
	case n < 81:
		h.kind = handsOff
	case n < 83:
		h.kind = resolves
	case n < 87:
		h.kind, h.jump = jumps, time.Duration(r.IntN(120)-60)*time.Minute
	case n < 95:
		h.kind = crashes
	default:
		h.kind = away
	}
	return h
}

func drawText(r *rand.Rand) string {
	sum := 0
	for _, t := range texts {
		sum += t.weight
	}
	n := r.IntN(sum)
	for _, t := range texts {
		if n -= t.weight; n < 0 {
			return t.text
		}
	}
	panic("BUG: no text was drawn")
}
