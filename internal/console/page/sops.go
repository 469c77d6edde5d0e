package page

import (
	"time"

	"clubos/internal/club"
)

// SOPsPage is the library.
type SOPsPage struct {
	Shell
	Status   Choices
	Scope    Choices
	Category Choices
	Search   string
	Rows     []SOPRow
	Pager    Pager
	May      bool // edit
}

// SOPRow is an SOP in the library.
type SOPRow struct {
	ID        club.SOPID
	Slug      string
	Title     string
	Category  string
	Status    string // draft, shadow, live, archived
	Scope     string // "Everywhere", "Harbour", "Bay 3 · Harbour"
	Version   int
	Used      int // times in the last 30 days
	Worked    int // of those, how many had a good outcome
	Actions   []string
	Flags     []Word // why somebody should look at it
	UpdatedBy string
	UpdatedAt time.Time
}

// SOPPage is one SOP: what it says, its versions, a difference and how it has fared.
type SOPPage struct {
	Shell
	SOP           SOPRow
	Summary       string
	Triggers      []SOPTrigger
	Prerequisites []string
	Steps         []SOPStep
	Fallback      string
	Overrides     []Link // SOPs that this one overrides, or that override it
	Source        string // YAML of the version shown
	Shown         int    // the version shown
	Versions      []SOPVersionRow
	Diff          *Diff
	Uses          []SOPUse
	Effect        SOPEffect
	MayEdit       bool
	Key           string
}

// SOPEffect is how an SOP fared in the last 90 days.
type SOPEffect struct {
	Uses       int
	Known      int     // outcomes
	Success    float64 // share of good outcomes
	Overridden int
	Overrides  float64 // share of uses in which people did otherwise
	Resolved   float64 // share of uses that ended without a person
	Flags      []Word
	Overlaps   []Link
}

// SOPFlagWord names why somebody should look at an SOP.
func SOPFlagWord(flag string) Word {
	switch flag {
	case "stale":
		return Word{"Stale", ToneQuiet, "Nothing has been answered by it for 90 days."}
	case "failing":
		return Word{"Failing", ToneDanger, "Less than half of its outcomes were good."}
	case "disputed":
		return Word{"Disputed", ToneWarn, "People did otherwise more than five times, or in more than a fifth of its uses."}
	case "overlapping":
		return Word{"Overlapping", ToneWarn, "Another live SOP has triggers for the same situations."}
	}
	return Word{flag, ToneQuiet, ""}
}

// SOPTrigger is what sets an SOP off.
type SOPTrigger struct {
	Kind string // "exact", "words", "similar"
	Text string
}

// SOPStep is one step.
type SOPStep struct {
	Kind string // "reply", "action", "ask", "ticket", "escalate"
	Text string
	Note string
}

// SOPVersionRow is a version.
type SOPVersionRow struct {
	Number int
	Note   string
	By     string
	At     time.Time
	Live   bool
	Made   []SOPRelease // when it was made live, newest first
}

// SOPRelease is one time at which a version was made live.
type SOPRelease struct {
	Restored bool
	Reason   string
	By       string
	At       time.Time
}

// Diff is the difference between two versions.
type Diff struct {
	From, To int
	Lines    []DiffLine
}

// DiffLine is a line of a difference; Op is "+", "-" or "".
type DiffLine struct {
	Op   string
	Text string
}

// SOPUse is a decision that rested on the SOP.
type SOPUse struct {
	Decision   club.DecisionID
	Thread     club.ThreadID
	Snippet    string // masked
	Place      string
	Tier       club.Tier
	Confidence float64
	Result     Word
	At         time.Time
}

// SOPEditPage is the editor, for an SOP and for a new one.
type SOPEditPage struct {
	Shell
	Slug     string // "" for a new SOP
	Name     string
	Base     int    // the version it was begun from
	Source   string // YAML, as typed
	Note     string
	Problems []Problem
	Checked  bool // the source was checked and is sound
	Conflict string
	Actions  []CatalogueEntry
	Key      string
}

// Problem is what is wrong with a source, and where. Line 0 is the whole.
type Problem struct {
	Line  int
	Field string
	Text  string
	Tone  Tone // danger stops publishing, warn does not
}

// CatalogueEntry is an action that steps may name.
type CatalogueEntry struct {
	Name  club.ActionName
	Title string
	Risk  club.Risk
}
