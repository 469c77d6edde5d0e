package decide

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/pattern/anomaly"
	"clubos/internal/phrase"
	"clubos/internal/store"
)

// recentMatters bounds how many of the latest decisions about a matter at a place, and about a person, are looked at.
const recentMatters = 300

// maxThreads bounds how many other conversations a finding names.
const maxThreads = 10

// sourceAnomaly is where findings stand among the facts.
const sourceAnomaly = "anomaly"

// notice looks for what is unusual about a plan and lowers its tier by that. Plain information that
// is safe to send is not held back by what asks for one step only.
func (d *Decider) notice(ctx context.Context, tx *store.Tx, m *matter, f found, p *plan, acts, safe bool) error {
	doc := f.choice.Document
	about := anomaly.Matter{Title: doc.Title, Entry: d.entry(doc), Acts: acts}
	about.Matter = doc.Title
	if f.entry != nil {
		about.Matter = f.entry.SOP.String()
	}
	if fresh, is := anomaly.New(f.confidence, f.candidate.Score, m.settings.Thresholds.Low, anomaly.DefaultPolicy()); is && fresh.Need == anomaly.NeedStep {
		m.findings = append(m.findings, fresh)
	}
	if m.lives && doc.Category == knowledge.CategoryEquipment && acts && slices.ContainsFunc(m.texts, func(t text) bool { return anomaly.SaysDead(t.reading.Text) }) {
		contrary := anomaly.Conflict(m.bay.Name + "'s computer is online, though the text calls something dead")
		contrary.Need = anomaly.NeedStep
		m.findings = append(m.findings, contrary)
	}
	if err := d.compare(ctx, tx, m, about); err != nil {
		return err
	}
	if err := d.findFaults(ctx, tx, m, doc, about.Entry); err != nil {
		return err
	}
	earned := p.tier
	for _, finding := range m.findings {
		if finding.Acting && !acts {
			continue
		}
		m.found(finding, tx.Now)
		h := club.Hold{By: club.HoldFinding, Key: string(finding.Kind), To: finding.Need.Ceiling(club.TierAuto)}
		switch {
		case finding.Need == anomaly.NeedNothing, safe && finding.Need == anomaly.NeedStep:
			continue
		case finding.Need == anomaly.NeedStep:
			h.Step, h.To = true, finding.Need.Ceiling(earned)
		}
		p.lower(h, finding.Words)
	}
	return nil
}

// noticeUnknown notes what is unusual about a matter that no procedure fits: a person sees it anyway.
func (d *Decider) noticeUnknown(ctx context.Context, tx *store.Tx, m *matter, list []found, p *plan) error {
	best := found{}
	if len(list) > 0 {
		best = list[0]
	}
	if fresh, is := anomaly.New(best.confidence, best.candidate.Score, m.settings.Thresholds.Low, anomaly.DefaultPolicy()); is {
		m.findings = append(m.findings, fresh)
	}
	about := anomaly.Matter{Title: p.title}
	about.Matter = p.title
	if err := d.compare(ctx, tx, m, about); err != nil {
		return err
	}
	for _, f := range m.findings {
		if !f.Acting {
			m.found(f, tx.Now)
		}
	}
	return nil
}

// compare sets the matter against what was decided at its place and about its member.
func (d *Decider) compare(ctx context.Context, tx *store.Tx, m *matter, about anomaly.Matter) error {
	for _, t := range m.texts {
		for _, hint := range anomaly.Hints(t.reading.Text) {
			if !slices.ContainsFunc(m.findings, func(f anomaly.Finding) bool { return f.Words == hint.Words }) {
				m.findings = append(m.findings, hint)
			}
		}
	}
	policy := anomaly.DefaultPolicy()
	rows, err := tx.FindRecentMatters(ctx, store.FindRecentMattersParams{LocationID: m.location.ID, Lately: tx.Now.Add(-policy.Window),
		SubjectID: m.thread.SubjectID, Day: tx.Now.Add(-24 * time.Hour), Matter: about.Matter, Size: recentMatters})
	if err != nil {
		return fmt.Errorf("read recent matters: %w", err)
	}
	recent := make([]anomaly.Event, len(rows))
	for i, r := range rows {
		recent[i] = anomaly.Event{Matter: r.Matter, Bay: r.BayID, Member: r.SubjectID, Thread: r.ThreadID, Booked: !r.BookingID.IsZero(), At: r.CreatedAt}
	}
	place, err := d.histories.at(ctx, tx, m.location)
	if err != nil {
		return err
	}
	about.Event = anomaly.Event{Matter: about.Matter, Bay: m.bay.ID, Member: m.thread.SubjectID, Thread: m.thread.ID, Booked: !m.booking.ID.IsZero(), At: tx.Now}
	m.findings = append(m.findings, place.history.Look(about, recent, policy)...)
	if !m.booking.ID.IsZero() {
		for _, name := range place.others {
			if m.names(name) {
				m.doubt("the text names %s, the booking is at %s", name, m.location.Name)
			}
		}
	}
	return nil
}

// names reports whether a text names a location.
func (m *matter) names(location string) bool {
	name := phrase.Normalise(location)
	return slices.ContainsFunc(m.texts, func(t text) bool {
		_, after, found := strings.Cut(" "+t.reading.Text+" ", " "+name)
		return found && (after[0] < 'a' || after[0] > 'z')
	})
}

// found puts a finding among the facts, with the conversations that it is about.
func (m *matter) found(f anomaly.Finding, now time.Time) {
	if len(f.Threads) == 0 {
		m.fact(string(f.Kind), f.Words, sourceAnomaly, now)
		return
	}
	for i, th := range f.Threads[:min(len(f.Threads), maxThreads)] {
		value := f.Words
		if i > 0 {
			value = "same situation as this conversation"
		}
		m.facts = append(m.facts, club.Fact{Name: string(f.Kind), Value: value, Source: sourceAnomaly, At: now, Thread: th})
	}
}

// entry reports whether a procedure lets people in.
func (d *Decider) entry(doc knowledge.Document) bool {
	return slices.ContainsFunc(doc.Actions(), func(name club.ActionName) bool {
		a, ok := d.cfg.Catalogue.Find(name)
		return ok && a.Category == catalogue.CategoryAccess
	})
}

// findFaults puts what went wrong at the same place just before among the facts: a device's fault and a
// text about it are one situation. What failed once and would be done again is announced, not done.
func (d *Decider) findFaults(ctx context.Context, tx *store.Tx, m *matter, doc knowledge.Document, entry bool) error {
	if m.location.ID.IsZero() || len(doc.Actions()) == 0 && doc.Category != knowledge.CategoryEquipment && doc.Category != knowledge.CategoryAccess {
		return nil
	}
	list, err := tx.FindFaultsAt(ctx, store.FindFaultsAtParams{LocationID: m.location.ID, Since: tx.Now.Add(-anomaly.DefaultPolicy().Situation), Size: 20})
	if err != nil {
		return fmt.Errorf("read faults of the place: %w", err)
	}
	seen := map[string]bool{}
	for _, x := range list {
		again := slices.Contains(doc.Actions(), x.What)
		door := x.How == faultOfDoor
		switch {
		case !x.BayID.IsZero() && x.BayID != m.bay.ID, door && !entry, !door && x.BayID.IsZero() && !again:
			continue // of something else
		case door && !m.booking.ID.IsZero():
			continue // stands among what doors reported
		}
		what := d.title(x.What) + " " + failed(x.How) + " here"
		if door {
			what = "a door here " + reported(club.AccessKind(x.What))
		}
		if seen[what] {
			continue
		}
		seen[what] = true
		f := anomaly.Finding{Kind: anomaly.KindSituation, Words: what + " " + ago(tx.Now.Sub(x.At))}
		if again {
			f.Need, f.Acting = anomaly.NeedStep, true
		}
		m.findings = append(m.findings, f)
	}
	return nil
}

// failed says after an action's title what became of it.
func failed(how club.Outcome) string {
	switch how {
	case club.OutcomeTimeout:
		return "took too long"
	case club.OutcomeUnconfirmed:
		return "could not be confirmed"
	}
	return "failed"
}

// reported says after a door what it reported.
func reported(k club.AccessKind) string {
	if k == club.AccessDenied {
		return "denied access"
	}
	return "was " + k.Words()
}

// faultOfDoor marks a door's report among the faults of a place.
const faultOfDoor club.Outcome = "door"

func ago(d time.Duration) string { return count(max(1, int(d/time.Minute)), "minute") + " ago" }
