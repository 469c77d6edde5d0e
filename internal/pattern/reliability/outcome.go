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
	// Weight is how much a success counts, in [0, 1]. Failures always count in full.
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
}

// Tally sums the outcomes that one person judged (or that nobody did) at one place.
type Tally struct {
	Person    string
	Place     Place
	Successes float64 // as they counted at At
	Failures  float64
	Outcomes  int // how many there were, whatever they counted
	At        time.Time
}

// halfLife is how long it takes for a success to count half: a club changes its devices, doors and
// habits over a year or two.
const halfLife = 180 * 24 * time.Hour

// Add counts an outcome in. It must be of the tally's person and place.
func (t Tally) Add(o Outcome) Tally {
	w := worths[o.Source]
	at := t.At
	if o.At.After(at) {
		at = o.At
	}
	c := t.countsAt(at)
	t.Successes = c.Successes + w.Success*w.Weight*aged(at.Sub(o.At))
	t.Failures = c.Failures + 1 - w.Success
	t.Outcomes++
	t.At = at
	return t
}

// countsAt is what the tally counts at an instant, with its successes aged.
func (t Tally) countsAt(now time.Time) Counts {
	return Counts{Successes: t.Successes * aged(now.Sub(t.At)), Failures: t.Failures}
}

func aged(by time.Duration) float64 {
	if by <= 0 {
		return 1
	}
	return math.Exp2(-by.Hours() / halfLife.Hours())
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
	w := worths[o.Source]
	if !w.Judged {
		o.Person = ""
	}
	for i, t := range r {
		if t.Person != o.Person || t.Place != o.Place {
			continue
		}
		r[i].Successes = max(0, t.Successes-w.Success*w.Weight*aged(t.At.Sub(o.At)))
		r[i].Failures = max(0, t.Failures-(1-w.Success))
		r[i].Outcomes = max(0, t.Outcomes-1)
		return r[i]
	}
	return Tally{Person: o.Person, Place: o.Place, At: o.At}
}
