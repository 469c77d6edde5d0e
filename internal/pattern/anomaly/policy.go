package anomaly

import "time"

// Policy is what counts as unusual. The zero value is not usable; see DefaultPolicy.
type Policy struct {
	// Frequency, Burst, Time and Member are levels: how often each fires while nothing has changed, per
	// decision (Member: per member and day).
	Frequency, Burst, Time, Member float64
	// Window is how far back a matter's frequency is counted, BurstWindow how far back a burst is.
	Window, BurstWindow time.Duration
	// BurstMembers is the least number of members in a burst.
	BurstMembers int
	// Situation is how long a fault and a text, or two texts, may lie apart and be one situation.
	Situation time.Duration
	// History is how far back a place's history goes, and Enough how many weeks of it make a rate.
	History time.Duration
	Enough  int
	// ShrinkHours is how many hours of the same hour of all days an hour of the week is worth.
	ShrinkHours float64
	// PriorRate is how many matters of one kind an hour a place is taken to have while there is too little
	// history, and PriorHours what that is worth.
	PriorRate, PriorHours float64
	// Requests is how many requests to get in without a booking, within a day, bring a person.
	Requests int
	// Numbers is how many numbers without a booking may ask for one door within BurstWindow.
	Numbers int
	// DayMatters and DayBays are a member's day that is unusual while there is too little history.
	DayMatters, DayBays int
	// Similarity is how like a text must be to something known to be called the same.
	Similarity float64
}

// DefaultPolicy returns the constants and so the whole of what may be tuned:
//
//	Frequency     0.001     one decision in a thousand waits for a person without need
//	Burst         0.001     the same
//	Time          0.01      it costs one step, and many first times are harmless
//	Member        0.01      one member's day in a hundred
//	Window        60 min    a slow pile-up; shorter ones are bursts
//	BurstWindow   10 min    how long members take to notice that something is out
//	BurstMembers  3         two are a coincidence that people see for themselves
//	Situation     15 min    a member walks to the door, waits, and writes
//	History       12 weeks  a season; older habits are other habits
//	Enough        4         fewer weeks say little about one hour of the week
//	ShrinkHours   4         as much as the least history that counts
//	PriorRate     0.25      one of a kind in four hours, more than a quiet place has
//	PriorHours    4         gone after a month
//	Requests      3         whoever is refused twice knows the answer
//	Numbers       3         a party of two may both write
//	DayMatters    8         a round goes wrong a few times at most
//	DayBays       3         a member moves once, perhaps twice
//	Similarity    0.20      below it, texts share little but their letters
func DefaultPolicy() Policy {
	return Policy{
		Frequency: 0.001, Burst: 0.001, Time: 0.01, Member: 0.01,
		Window: time.Hour, BurstWindow: 10 * time.Minute, BurstMembers: 3, Situation: 15 * time.Minute,
		History: 12 * week, Enough: 4, ShrinkHours: 4, PriorRate: 0.25, PriorHours: 4,
		Requests: 3, Numbers: 3, DayMatters: 8, DayBays: 3, Similarity: 0.20,
	}
}

const (
	week  = 7 * 24 * time.Hour
	hours = 168 // in a week
)
