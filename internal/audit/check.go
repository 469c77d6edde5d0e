package audit

import (
	"crypto/sha256"
	"fmt"
	"time"

	"clubos/internal/club"
)

// Finding is something that is not as it was signed.
type Finding struct {
	Position int64        `json:"position"` // in the log, from 0
	Entry    club.AuditID `json:"entry,omitempty"`
	What     string       `json:"what"`
}

func (f Finding) String() string {
	if f.Entry.IsZero() {
		return fmt.Sprintf("position %d: %s", f.Position, f.What)
	}
	return fmt.Sprintf("position %d, %s: %s", f.Position, f.Entry, f.What)
}

// mostFindings is how many findings are told one by one.
const mostFindings = 1000

// Report is what a verification came to.
type Report struct {
	Leaves   int64     `json:"leaves"`
	Entries  int64     `json:"entries"` // that are there
	Retired  int64     `json:"retired"` // that are kept no longer, as the log itself says
	Heads    int64     `json:"heads"`
	Newest   *Head     `json:"newest_head,omitempty"`
	Findings []Finding `json:"findings"`
	More     int64     `json:"more_findings,omitempty"` // beyond those
}

// OK reports whether nothing was found.
func (r Report) OK() bool { return len(r.Findings) == 0 }

func (r *Report) find(position int64, entry club.AuditID, format string, args ...any) {
	if len(r.Findings) == mostFindings {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{Position: position, Entry: entry, What: fmt.Sprintf(format, args...)})
}

// checker goes through a log from a head on: each leaf with its entry, and each head after the last leaf that it is about.
type checker struct {
	key    Key
	edge   edge
	next   int64 // position of the next leaf
	last   int64 // size of the head before
	kept   []Head
	lost   bool // the root is not what was signed, so that no later one can be
	absent []leaf
	report Report
}

// newChecker returns a checker that begins at a head, whose edge this is.
func newChecker(key Key, from edge) *checker {
	return &checker{key: key, edge: from, next: from.size, last: from.size, report: Report{Findings: []Finding{}}}
}

// keep has the log compared with a head that was kept elsewhere.
func (c *checker) keep(signed string) {
	h, _, err := openHead(signed, c.key)
	if err != nil {
		c.report.find(0, "", "the head that was kept: %v", err)
		return
	}
	c.kept = append(c.kept, h)
}

// leaf takes in the next leaf with the canonical text of its entry, nil where it is not there.
func (c *checker) leaf(l leaf, entry []byte) {
	c.report.Leaves++
	if l.position != c.next {
		c.report.find(c.next, l.id, "here stands the leaf of position %d", l.position)
		c.lost = true
	}
	c.next = l.position + 1
	switch {
	case entry == nil:
		c.absent = append(c.absent, l)
	case sha256.Sum256(entry) != l.digest:
		c.report.Entries++
		c.report.find(l.position, l.id, "the entry is not the one that got this place: one of the two was changed")
	default:
		c.report.Entries++
	}
	c.edge.add(l.hash())
	for _, h := range c.kept {
		if h.Size == c.edge.size && h.Root != c.edge.root() {
			c.report.find(h.Size-1, "", "the first %d entries are not those of the head that was kept, of %s", h.Size, h.At.UTC().Format(time.RFC3339))
		}
	}
}

// head takes in a head that is stored as one of so many leaves.
func (c *checker) head(size int64, signed string) {
	c.report.Heads++
	h, alone, err := openHead(signed, c.key)
	if err != nil {
		c.report.find(size-1, "", "the head of %d entries: %v", size, err)
		c.last = size
		return
	}
	root := c.edge.root()
	switch {
	case h.Size != size || alone != signed:
		c.report.find(size-1, "", "the head of %d entries was changed", size)
	case h.After != c.last:
		c.report.find(size-1, "", "before the head of %d entries stands that of %d, and not that of %d", size, c.last, h.After)
	case c.lost: // and told of
	case h.Size != c.edge.size:
		c.report.find(size-1, "", "the head is of %d entries, and here are %d", h.Size, c.edge.size)
		c.lost = true
	case h.Root != root:
		c.report.find(size-1, "", "the first %d entries are not those that were signed: something was changed from position %d on", size, c.last)
		c.lost = true
	}
	c.last = h.Size
	c.report.Newest = &h
}

// judge decides about the entries that are not there.
func (c *checker) judge(before time.Time) {
	for _, l := range c.absent {
		if l.at.Before(before) {
			c.report.Retired++
			continue
		}
		c.report.find(l.position, l.id, "the entry is missing, or its time was changed")
	}
	c.absent = nil
}

// end is called after the last leaf and head.
func (c *checker) end() {
	if c.last != c.edge.size {
		c.report.find(c.last, "", "the newest head is of %d entries, and there are leaves of %d", c.last, c.edge.size)
	}
	for _, h := range c.kept {
		if h.Size > c.edge.size {
			c.report.find(c.edge.size, "", "the log was cut off: the head that was kept, of %s, is of %d entries, and there are %d", h.At.UTC().Format(time.RFC3339), h.Size, c.edge.size)
		}
	}
}
