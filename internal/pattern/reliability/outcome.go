package reliability

import (
	"math"
	"time"
)

// Source is how an outcome came to be known.
type Source string

// The sources of outcomes.
const (
	SourceVerified  Source = "verified"  // the device was seen to be well afterwards
	SourceReviewed  Source = "reviewed"  // a person looked at what was done alone, and found it right
	SourceHelped    Source = "helped"    // a person decided so by hand, and what was reported was over soon after
	SourceDecided   Source = "decided"   // a person decided so by hand
	SourceApproved  Source = "approved"  // a person approved what was proposed
	SourceEdited    Source = "edited"    // a person approved it in other words
	SourceSilent    Source = "silent"    // it was done alone, and nobody came back within a day
	SourceReopened  Source = "reopened"  // the member came back within a day: it had not helped
	SourceRejected  Source = "rejected"  // a person declined what was proposed
	SourceCorrected Source = "corrected" // a person decided otherwise
	SourceRefuted   Source = "refuted"   // a person looked at what was done alone, and found it wrong
	SourceFailed    Source = "failed"    // it was done and did not help: the second look failed
)

// Worth is what an outcome of a source counts.
type Worth struct {
	// Success is how right the decision was, in [0, 1].
	Success float64
	// Weight is how much a success counts, in [0, 1]. Failures count in full.
	Weight float64
	// Judged is set where the outcome is one person's opinion.
	Judged bool
	Why    string
}

// worths is the table of what outcomes count. The reasons are part of it.
var worths = map[Source]Worth{
	SourceVerified:  {1, 1, false, "a device does not flatter"},
	SourceReviewed:  {1, 1, true, "somebody looked on purpose, at a case chosen by chance"},
	SourceHelped:    {1, 1, true, "a person thought of it unasked, and a device showed that it helped"},
	SourceDecided:   {1, 0.8, true, "a person thought of it unasked, but nobody has seen yet whether it helped"},
	SourceApproved:  {1, 0.8, true, "a person agreed; agreeing is easier than thinking"},
	SourceEdited:    {0.8, 0.8, true, "the decision was right, its words were not"},
	SourceSilent:    {1, 0.25, false, "people who are not helped often say nothing"},
	SourceReopened:  {0, 1, false, "the member says that it did not help"},
	SourceRejected:  {0, 1, true, "a person says no"},
	SourceCorrected: {0, 1, true, "a person did something else"},
	SourceRefuted:   {0, 1, true, "somebody looked on purpose"},
	SourceFailed:    {0, 1, false, "a device does not flatter"},
}

// Worths returns what outcomes of each source count.
func Worths() map[Source]Worth {
	out := make(map[Source]Worth, len(worths))
	for s, w := range worths {
		out[s] = w
	}
	return out
}

// Known reports whether a source is one of the table's.
func (s Source) Known() bool { _, ok := worths[s]; return ok }

// Good reports whether an outcome of this source speaks for the decision.
func (s Source) Good() bool { return worths[s].Success > 0.5 }

// Success is how right a decision with such an outcome was, in [0, 1]; 0 for an unknown source.
func (s Source) Success() float64 { return worths[s].Success }

// Place is where a decision was carried out. Empty strings are "somewhere".
type Place struct{ Location, Bay string }

// Outcome is what came of one decision.
type Outcome struct {
	Source Source
	Person string // who judged it; "" where nobody did
	Place  Place
	At     time.Time
	// Match is how probable it was thought, when it was decided on, that the situation was the known one. 0:
	// certain, as where a person took the decision.
	Match float64
}

// match is what the outcome's decision expected.
func (o Outcome) match() float64 {
	if !(o.Match > 0 && o.Match < 1) {
		return 1
	}
	return o.Match
}

// part is what the outcome counts by itself.
func (o Outcome) part() Part {
	w := worths[o.Source]
	p := Part{Successes: w.Success * w.Weight, Failures: 1 - w.Success, Seen: 1}
	p.Expected = p.Total() * o.match()
	return p
}

// Tally sums the outcomes that one person judged (or that nobody did) at one place.
type Tally struct {
	Person   string
	Place    Place
	Part               // as they counted at At
	Outcomes int       // how many there were, whatever they counted
	At       time.Time // of the newest
}

// HalfLife is how long it takes for an outcome to count half: a club changes its devices, doors and habits
// over a year or two, and what is of one season comes back within a year.
const HalfLife = 365 * 24 * time.Hour

// Add counts an outcome in. It must be of the tally's person and place.
func (t Tally) Add(o Outcome) Tally {
	at := t.At
	if o.At.After(at) {
		at = o.At
	}
	t.Part = t.at(at).plus(o.part().times(aged(at.Sub(o.At))))
	t.Outcomes++
	t.At = at
	return t
}

// at is what the tally counts at an instant, aged.
func (t Tally) at(now time.Time) Part { return t.times(aged(now.Sub(t.At))) }

// countsAt is the same, as opinions where a person judged.
func (t Tally) countsAt(now time.Time) Counts {
	c := Counts{Part: t.at(now)}
	if t.Person != "" {
		c.Judged = c.Part
	}
	return c
}

func aged(by time.Duration) float64 {
	if by <= 0 {
		return 1
	}
	return math.Exp2(-by.Hours() / HalfLife.Hours())
}

// Record is all tallies of one decision within its epoch.
type Record []Tally

// Add counts an outcome in and returns the record with it, and the tally that changed. Outcomes of
// unknown sources change nothing.
func (r Record) Add(o Outcome) (Record, Tally) {
	if !o.Source.Known() {
		return r, Tally{}
	}
	if !worths[o.Source].Judged {
		o.Person = ""
	}
	for i, t := range r {
		if t.Person == o.Person && t.Place == o.Place {
			r[i] = t.Add(o)
			return r, r[i]
		}
	}
	t := Tally{Person: o.Person, Place: o.Place, At: o.At}.Add(o)
	return append(r, t), t
}

// Remove takes an outcome out that was counted in before, as if it had never been, and returns the
// tally that changed. The record is changed in place.
func (r Record) Remove(o Outcome) Tally {
	if !worths[o.Source].Judged {
		o.Person = ""
	}
	for i, t := range r {
		if t.Person != o.Person || t.Place != o.Place {
			continue
		}
		left := t.plus(o.part().times(-aged(t.At.Sub(o.At))))
		r[i].Part = Part{max(0, left.Successes), max(0, left.Failures), max(0, left.Expected), max(0, left.Seen)}
		r[i].Outcomes = max(0, t.Outcomes-1)
		return r[i]
	}
	return Tally{Person: o.Person, Place: o.Place, At: o.At}
}
