package anomaly

import (
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
)

// Matter is what is looked at.
type Matter struct {
	Event
	Title string // of the matter, for people
	Entry bool   // it is about getting in
	Acts  bool   // something would be done besides answering
}

// Look finds what is unusual about a matter, given what was decided lately: at its location within
// Policy.Window, and for its member within a day. It must not be among them.
func (h *History) Look(m Matter, recent []Event, p Policy) []Finding {
	var out []Finding
	others := h.lately(m, recent, p.BurstWindow, func(e Event) bool { return true })
	burst, bursts := h.burst(m, others, p)
	if bursts {
		out = append(out, burst)
	} else {
		out = append(out, h.frequency(m, recent, p)...)
	}
	if f, ok := same(m, recent, p); ok && !bursts {
		out = append(out, f)
	}
	if t := h.Time(m.Matter, m.At); m.Acts && t <= p.Time {
		out = append(out, Finding{Kind: KindTime, Need: NeedStep, P: t, Acting: true, Words: fmt.Sprintf("%q has never come at this hour of the week here (%s)", m.Title, chance(t))})
	}
	out = append(out, h.member(m, recent, p)...)
	return append(out, entry(m, recent, p)...)
}

// lately lists the first events of other members with the same matter within a span, oldest first.
func (h *History) lately(m Matter, recent []Event, span time.Duration, also func(Event) bool) []Event {
	var out []Event
	seen := map[club.SubjectID]bool{m.Member: true}
	for _, e := range Distinct(recent) {
		if e.Matter == m.Matter && m.At.Sub(e.At) <= span && !seen[e.Member] && also(e) {
			seen[e.Member] = true
			out = append(out, e)
		}
	}
	return out
}

func (h *History) burst(m Matter, others []Event, p Policy) (Finding, bool) {
	if len(others)+1 < p.BurstMembers {
		return Finding{}, false
	}
	c := h.Frequency(Series{Matter: m.Matter}, len(others), p.BurstWindow, m.At, p)
	if c.P > p.Burst {
		return Finding{}, false
	}
	f := Finding{Kind: KindBurst, Need: NeedStep, P: c.P, Words: fmt.Sprintf("%d members write about %q within %s (%s)", len(others)+1, m.Title, minutes(p.BurstWindow), Usual(c.Usual))}
	if m.Acts {
		f.Need = NeedApproval
	}
	for _, e := range others {
		if e.Thread != m.Thread {
			f.Threads = append(f.Threads, e.Thread)
		}
	}
	return f, true
}

// frequency looks at the location and at the bay; each has half of the level.
func (h *History) frequency(m Matter, recent []Event, p Policy) []Finding {
	for _, s := range []struct {
		series Series
		where  string
	}{{Series{Matter: m.Matter}, "here"}, {Series{m.Matter, m.Bay}, "at this bay"}} {
		if s.where != "here" && m.Bay.IsZero() {
			continue
		}
		others := h.lately(m, recent, p.Window, func(e Event) bool { return s.series.Bay.IsZero() || e.Bay == s.series.Bay })
		if c := h.Frequency(s.series, len(others), p.Window, m.At, p); c.P <= p.Frequency/2 {
			return []Finding{{Kind: KindFrequency, Need: NeedStep, P: c.P, Words: fmt.Sprintf("%q came %d times %s within %s (%s)", m.Title, len(others)+1, s.where, minutes(p.Window), Usual(c.Usual))}}
		}
	}
	return nil
}

// same sees that another member has just written about the same thing at the same place.
func same(m Matter, recent []Event, p Policy) (Finding, bool) {
	for _, e := range recent {
		if e.Matter != m.Matter || e.Member == m.Member || e.Thread == m.Thread || m.At.Sub(e.At) > p.Situation {
			continue
		}
		if e.Bay == m.Bay || e.Bay.IsZero() || m.Bay.IsZero() {
			return Finding{Kind: KindSituation, Words: fmt.Sprintf("another member wrote about the same %s ago", minutes(m.At.Sub(e.At))), Threads: []club.ThreadID{e.Thread}}, true
		}
	}
	return Finding{}, false
}

// member compares the member's day with days of members; each of two counts has half of the level.
func (h *History) member(m Matter, recent []Event, p Policy) []Finding {
	matters, bays := 0, []club.BayID(nil)
	y, d := m.At.In(h.zone).Year(), m.At.In(h.zone).YearDay()
	for _, e := range Distinct(append(slices.Clone(recent), m.Event)) {
		if local := e.At.In(h.zone); e.Member != m.Member || local.Year() != y || local.YearDay() != d {
			continue
		}
		matters++
		if !e.Bay.IsZero() && !slices.Contains(bays, e.Bay) {
			bays = append(bays, e.Bay)
		}
	}
	for _, t := range []struct {
		n, limit int
		days     []int
		words    string
	}{{matters, p.DayMatters, h.matters, "about %d matters"}, {len(bays), p.DayBays, h.bays, "from %d bays"}} {
		chanced, known := rank(t.days, t.n, p.Member/2)
		if t.n > 1 && (known && chanced <= p.Member/2 || !known && t.n >= t.limit) {
			f := Finding{Kind: KindMember, Need: NeedStep, Acting: true, Words: fmt.Sprintf("this member has written %s today, more than members do", fmt.Sprintf(t.words, t.n))}
			if known {
				f.P, f.Words = chanced, f.Words+" ("+chance(chanced)+")"
			}
			return []Finding{f}
		}
	}
	return nil
}

// entry sees who asks to get in again and again without a booking, and how many do.
func entry(m Matter, recent []Event, p Policy) []Finding {
	if !m.Entry || m.Booked {
		return nil
	}
	mine, numbers := 1, map[club.SubjectID]bool{m.Member: true}
	var threads []club.ThreadID
	for _, e := range recent {
		switch {
		case e.Matter != m.Matter || e.Booked:
		case e.Member == m.Member:
			mine++
		case m.At.Sub(e.At) <= p.BurstWindow && !numbers[e.Member]:
			numbers[e.Member] = true
			threads = append(threads, e.Thread)
		}
	}
	if mine >= p.Requests {
		return []Finding{{Kind: KindSecurity, Need: NeedPerson, Words: fmt.Sprintf("this number has asked to get in %d times within a day without a booking", mine)}}
	}
	if len(numbers) >= p.Numbers {
		return []Finding{{Kind: KindSecurity, Need: NeedApproval, Words: fmt.Sprintf("%d numbers without a booking ask to get in within %s", len(numbers), minutes(p.BurstWindow)), Threads: threads}}
	}
	return nil
}

// New judges how well a matter is known: by the probability that it is what it was taken for, and by how
// like its words are to something known.
func New(probability, similarity, least float64, p Policy) (Finding, bool) {
	switch {
	case probability < least:
		return Finding{Kind: KindNew, Need: NeedPerson, P: probability, Words: unknown(probability)}, true
	case similarity < p.Similarity:
		return Finding{Kind: KindNew, Need: NeedStep, P: probability, Words: fmt.Sprintf("the words are hardly like any known ones (%.0f %% alike)", 100*similarity)}, true
	}
	return Finding{}, false
}

// unknown says that nothing fits. What rounds to nothing is no figure for people.
func unknown(probability float64) string {
	if percent := fmt.Sprintf("%.0f", 100*probability); percent != "0" {
		return "nothing known fits well enough (the nearest with a probability of " + percent + " %)"
	}
	return "nothing known is like it"
}

// minutes says a length of time in words.
func minutes(d time.Duration) string {
	switch n := int(d.Round(time.Minute) / time.Minute); {
	case n <= 1:
		return "a minute"
	case n == 60:
		return "an hour"
	default:
		return fmt.Sprintf("%d minutes", n)
	}
}
