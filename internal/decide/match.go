package decide

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// Matchers keeps what counts at each place for each set of live documents. A change of the documents has
// another stamp, so what is stale is never asked; it is dropped when room is needed. Places whose triggers
// are the same, as most are, share one matcher, and so do clubs.
type Matchers struct {
	mu   sync.Mutex // guards the fields below
	kept map[matcherKey]*placed
	// order lists the keys, oldest first.
	order   []matcherKey
	trained map[string]func() *pattern.Matcher // by version
	used    []string                           // versions, longest unused first
	warmed  map[club.Slug]time.Time            // when a club's were last looked after
}

const (
	placesKept   = 256
	matchersKept = 32 // of a few MB each
)

type matcherKey struct {
	tenant         club.Slug
	stamp, lessons string
	place          knowledge.Place
}

// placed is what counts at a place: the documents and the lessons, and their triggers and precedents.
type placed struct {
	choices map[string]knowledge.Choice // by slug
	lessons map[string]learn.Lesson     // by id
	// settled are what a matcher is trained on; recent came after the last training and count beside it.
	settled, recent []pattern.Trigger
	version, full   string // of settled, and of all
}

// NewMatchers returns an empty cache.
func NewMatchers() *Matchers {
	return &Matchers{kept: map[matcherKey]*placed{}, trained: map[string]func() *pattern.Matcher{}, warmed: map[club.Slug]time.Time{}}
}

// at returns what counts at a place, and a matcher for it.
func (c *Matchers) at(tenant club.Slug, set *knowledge.Set, lessons *learn.Lessons, place knowledge.Place) (*placed, *pattern.Matcher) {
	key := matcherKey{tenant, set.Stamp, lessons.Stamp, place}
	c.mu.Lock()
	p, ok := c.kept[key]
	if !ok {
		p = newPlaced(set.At(place), lessons.List)
		c.kept[key] = p
		c.order = append(c.order, key)
		if len(c.order) > placesKept {
			delete(c.kept, c.order[0])
			c.order = c.order[1:]
		}
	}
	matcher := c.onceLocked(p.version, func() *pattern.Matcher { return pattern.Train(p.settled) })
	if len(p.recent) > 0 {
		settled := matcher
		matcher = c.onceLocked(p.full, func() *pattern.Matcher { return settled().With(p.recent) })
	}
	c.mu.Unlock()
	return p, matcher()
}

// onceLocked returns the function that makes the matcher of a version once: the first call of it makes
// the matcher, others wait for that.
func (c *Matchers) onceLocked(version string, make func() *pattern.Matcher) func() *pattern.Matcher {
	if i := slices.Index(c.used, version); i >= 0 {
		c.used = slices.Delete(c.used, i, i+1)
	} else {
		c.trained[version] = sync.OnceValue(make)
	}
	c.used = append(c.used, version)
	if len(c.used) > matchersKept {
		delete(c.trained, c.used[0])
		c.used = c.used[1:]
	}
	return c.trained[version]
}

func newPlaced(choices []knowledge.Choice, lessons []learn.Lesson) *placed {
	p := &placed{choices: map[string]knowledge.Choice{}, lessons: map[string]learn.Lesson{}}
	for _, c := range choices {
		p.choices[c.Document.Slug] = c
		for _, t := range c.Document.Triggers {
			p.settled = append(p.settled, pattern.Trigger{Label: c.Document.Slug, Text: t.Text, Mode: pattern.Mode(t.Mode)})
		}
	}
	var precedents []pattern.Trigger
	for _, l := range lessons {
		p.lessons[l.Pattern.ID.String()] = l
		for _, text := range l.Texts {
			precedents = append(precedents, pattern.Trigger{Label: l.Pattern.ID.String(), Text: text})
		}
	}
	// Ids are in the order in which lessons were begun, so what was settled mostly stays so.
	slices.SortFunc(precedents, func(a, b pattern.Trigger) int {
		return cmp.Or(strings.Compare(a.Label, b.Label), strings.Compare(a.Text, b.Text))
	})
	n := settledOf(len(precedents))
	p.settled, p.recent = append(p.settled, precedents[:n]...), precedents[n:]
	p.version, p.full = pattern.Version(p.settled), pattern.Version(slices.Concat(p.settled, p.recent))
	return p
}

// settledMost bounds the precedents that a matcher is trained on, since a text waits for it. Beyond them a
// precedent counts by its likeness alone.
const settledMost = 200

// settledOf is how many of n precedents a matcher is trained on. It grows in steps of a quarter, so that
// a club that learns every day trains seldom, and every replica trains the same.
func settledOf(n int) int {
	settled := 0
	for step := 8; step <= min(n, settledMost); step += max(1, step/4) {
		settled = step
	}
	return settled
}

// warmEvery is how often it is looked whether a matcher must be trained.
const warmEvery = time.Second

// warm trains what a thread's decision will need, where something has changed: training takes a second,
// and a transaction that writes must not wait for it, because others wait for that one.
func (d *Decider) warm(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, id club.ThreadID) error {
	return tenant.Read(ctx, func(tx *store.Tx) error {
		if !d.matchers.cold(tx.Tenant, tx.Now) {
			return nil
		}
		th, err := thread.Find(ctx, tx, id)
		if err != nil {
			return err
		}
		set, err := d.cfg.Library.Live(ctx, tx)
		if err != nil {
			return err
		}
		lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
		if err != nil {
			return err
		}
		place := knowledge.Place{LocationID: th.LocationID}
		if !th.LocationID.IsZero() {
			l, err := tx.FindLocation(ctx, th.LocationID)
			if err != nil {
				return fmt.Errorf("find location: %w", err)
			}
			place.Location = l.Name
		}
		d.matchers.at(tx.Tenant, set, lessons, place)
		return nil
	})
}

// cold reports whether a club's matchers have not been looked after for a while; whoever asks does it.
func (c *Matchers) cold(tenant club.Slug, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, ok := c.warmed[tenant]; ok && now.Sub(last) < warmEvery && !now.Before(last) {
		return false
	}
	c.warmed[tenant] = now
	return true
}

// match weighs what is known at the place, live SOPs and lessons, against the texts.
func (d *Decider) match(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter) (plan, error) {
	set, err := d.cfg.Library.Live(ctx, tx)
	if err != nil {
		return plan{}, err
	}
	lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
	if err != nil {
		return plan{}, err
	}
	here, matcher := d.matchers.at(tx.Tenant, set, lessons, knowledge.Place{Location: m.location.Name, LocationID: m.location.ID, Bay: int(m.bay.Number)})
	result := matcher.Match(question(m), 5)
	list := make([]found, 0, len(result.Candidates))
	for _, c := range result.Candidates {
		list = append(list, here.found(set, c))
	}
	if m.asked != nil {
		if p, ok, err := d.resume(ctx, tx, m, set, list, result.Version); ok || err != nil {
			return p, err
		}
	}
	if p, ok, err := d.notFixed(ctx, tx, m); ok || err != nil {
		return p, err
	}
	return d.choose(ctx, tx, m, list, result.Version)
}

// found is a candidate with what would be done by it.
func (p *placed) found(set *knowledge.Set, c pattern.Candidate) found {
	if lesson, ok := p.lessons[c.Label]; ok {
		return found{lesson: &lesson, choice: knowledge.Choice{Document: taught(lesson)}, confidence: c.Confidence, candidate: club.Candidate{
			Pattern: lesson.Pattern.ID, Title: lesson.Pattern.Title, Scope: "global", Why: c.Why, Score: c.Score, Confidence: c.Confidence}}
	}
	choice := p.choices[c.Label]
	entry := set.Entries[choice.Index]
	return found{choice: choice, entry: &entry, confidence: c.Confidence, candidate: club.Candidate{
		SOP: entry.SOP, SOPVersion: int(entry.Version), Title: choice.Document.Title, Scope: string(choice.Document.Scope.Kind),
		Why: c.Why, Score: c.Score, Confidence: c.Confidence, Note: choice.Reason}}
}

// taught is a lesson as a document: what is done, and a person where it does not work.
func taught(l learn.Lesson) knowledge.Document {
	doc := knowledge.Document{Slug: l.Pattern.ID.String(), Title: l.Pattern.Title, Category: knowledge.CategoryInformation, Status: knowledge.StatusLive, Steps: l.Steps}
	if len(doc.Actions()) > 0 {
		doc.Fallback = []knowledge.Step{{Escalate: "what people did before did not work"}}
	}
	return doc
}

// question is the text that is matched: everything that says something.
func question(m *matter) string {
	var parts []string
	for _, t := range m.texts {
		if !silent(t) && t.row.Masked != "" {
			parts = append(parts, t.row.Masked)
		}
	}
	return strings.Join(parts, "\n")
}

// resume reads the texts as the answer to what was asked: the procedure that asked goes on, as sure
// as it was. A text that is clearly about something else is not an answer.
func (d *Decider) resume(ctx context.Context, tx *store.Tx, m *matter, set *knowledge.Set, list []found, model string) (plan, bool, error) {
	if len(list) > 0 && (list[0].entry == nil || list[0].entry.SOP != m.asked.SOP) && list[0].confidence >= m.settings.Thresholds.Medium && len(m.namedBays()) == 0 {
		return plan{}, false, nil
	}
	asked, err := tx.FindDecision(ctx, m.asked.Decision)
	if err != nil {
		return plan{}, false, err
	}
	for i, e := range set.Entries {
		if e.SOP != m.asked.SOP {
			continue
		}
		answered := m.asked.Expect == knowledge.ExpectBay && !m.bay.ID.IsZero() && len(m.namedBays()) == 1 || m.asked.Expect == knowledge.ExpectText || m.answersYesNo()
		if !answered {
			p := escalation("unclear answer", "The answer is not clear", "we asked the member something and cannot read the answer")
			p.model = model
			return p, true, nil
		}
		if m.asked.Expect != knowledge.ExpectBay { // such a question ends its procedure: to go on would be to begin again
			p := escalation("answered", e.Document.Title, fmt.Sprintf("the member has answered what %q asked", e.Document.Title))
			p.model, p.confidence = model, asked.Confidence
			return p, true, nil
		}
		candidate := club.Candidate{SOP: e.SOP, SOPVersion: int(e.Version), Title: e.Document.Title, Scope: string(e.Document.Scope.Kind), Why: "answers our question", Score: 1, Confidence: asked.Confidence}
		f := found{choice: knowledge.Choice{Index: i, Document: e.Document}, entry: &e, confidence: asked.Confidence, candidate: candidate}
		p, err := d.choose(ctx, tx, m, []found{f}, model)
		return p, true, err
	}
	return plan{}, false, nil // the procedure is not live any more: match afresh
}

// notFixed sees that the member says it still does not work after we acted in this matter: doing the
// same again is no answer.
func (d *Decider) notFixed(ctx context.Context, tx *store.Tx, m *matter) (plan, bool, error) {
	if _, no := m.first(func(t text) bool { return t.reading.No }); !no {
		return plan{}, false, nil
	}
	done, err := tx.FindExecutionsOfThread(ctx, store.FindExecutionsOfThreadParams{ThreadID: m.thread.ID, Limit: 1})
	if err != nil {
		return plan{}, false, err
	}
	if len(done) == 0 || done[0].CreatedAt.Before(m.thread.EpisodeAt) {
		return plan{}, false, nil
	}
	p := escalation(learn.RuleNotFixed, "It still does not work", "the member says it still does not work after "+words(string(done[0].Action)))
	p.priority = club.PriorityHigh
	return p, true, nil
}
