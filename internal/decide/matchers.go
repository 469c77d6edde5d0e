package decide

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Matchers keeps what was trained. A club has one matcher, over all that it knows anywhere; what does not
// hold at a place is left out after the match. Clubs that know the same share it. A change of what is
// known has another version, so what is stale is never asked.
type Matchers struct {
	background bool

	mu     sync.Mutex // guards the fields below
	clubs  map[club.Slug]*known
	places map[placeKey]*placed
	// order lists the places, oldest first.
	order   []placeKey
	trained map[string]*training // by version
	used    []string             // versions, longest unused first
}

const (
	placesKept   = 256
	matchersKept = 32 // of a few MB each
)

type placeKey struct {
	tenant         club.Slug
	stamp, lessons string
	place          knowledge.Place
}

// placed is what holds at a place.
type placed struct {
	choices map[string]knowledge.Choice // by slug
	lessons map[string]learn.Lesson     // by id
}

// known is what a club knows, as a matcher is trained on it.
type known struct {
	stamp, lessons string
	// settled are what a matcher is trained on; recent came after the last training and count beside it.
	settled, recent []pattern.Trigger
	version, full   string // of settled, and of all
}

// training makes a matcher once.
type training struct {
	make func() *pattern.Matcher
	done chan struct{} // closed when it is made
}

// NewMatchers returns an empty cache. In the background, training runs beside the jobs, which ask again
// until it is done; else whoever asks first trains and the others wait.
func NewMatchers(background bool) *Matchers {
	return &Matchers{background: background, clubs: map[club.Slug]*known{}, places: map[placeKey]*placed{}, trained: map[string]*training{}}
}

// at returns what holds at a place, and the club's matcher; nil while that is trained in the background.
func (c *Matchers) at(tenant club.Slug, set *knowledge.Set, lessons *learn.Lessons, place knowledge.Place) (*placed, *pattern.Matcher) {
	key := placeKey{tenant, set.Stamp, lessons.Stamp, place}
	c.mu.Lock()
	p, ok := c.places[key]
	if !ok {
		p = newPlaced(set.At(place), lessons.List)
		c.places[key] = p
		c.order = append(c.order, key)
		if len(c.order) > placesKept {
			delete(c.places, c.order[0])
			c.order = c.order[1:]
		}
	}
	k := c.knownLocked(tenant, set, lessons)
	settled := c.trainingLocked(k.version, func() *pattern.Matcher { return pattern.Train(k.settled) })
	full := settled
	if len(k.recent) > 0 {
		full = c.trainingLocked(k.full, func() *pattern.Matcher { return settled.make().With(k.recent) })
	}
	c.mu.Unlock()
	if c.background && !full.isDone() {
		return p, nil
	}
	return p, full.make()
}

func (t *training) isDone() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

func (c *Matchers) knownLocked(tenant club.Slug, set *knowledge.Set, lessons *learn.Lessons) *known {
	k := c.clubs[tenant]
	if k == nil || k.stamp != set.Stamp || k.lessons != lessons.Stamp {
		k = newKnown(set, lessons)
		c.clubs[tenant] = k
	}
	return k
}

// trainingLocked returns the training of a version, and begins it in the background.
func (c *Matchers) trainingLocked(version string, train func() *pattern.Matcher) *training {
	t, ok := c.trained[version]
	if !ok {
		t = &training{done: make(chan struct{})}
		t.make = sync.OnceValue(func() *pattern.Matcher {
			defer close(t.done)
			return train()
		})
		c.trained[version] = t
		if c.background {
			go t.make()
		}
	}
	if i := slices.Index(c.used, version); i >= 0 {
		c.used = slices.Delete(c.used, i, i+1)
	}
	c.used = append(c.used, version)
	if len(c.used) > matchersKept {
		delete(c.trained, c.used[0])
		c.used = c.used[1:]
	}
	return t
}

func newPlaced(choices []knowledge.Choice, lessons []learn.Lesson) *placed {
	p := &placed{choices: map[string]knowledge.Choice{}, lessons: map[string]learn.Lesson{}}
	for _, c := range choices {
		p.choices[c.Document.Slug] = c
	}
	for _, l := range lessons {
		p.lessons[l.Pattern.ID.String()] = l
	}
	return p
}

func newKnown(set *knowledge.Set, lessons *learn.Lessons) *known {
	k := &known{stamp: set.Stamp, lessons: lessons.Stamp}
	seen, slugs := map[pattern.Trigger]bool{}, map[club.SOPID]string{}
	for _, e := range set.Entries {
		slugs[e.SOP] = e.Document.Slug
		for _, t := range e.Document.Triggers {
			if one := (pattern.Trigger{Label: e.Document.Slug, Text: t.Text, Mode: pattern.Mode(t.Mode)}); !seen[one] {
				seen[one] = true
				k.settled = append(k.settled, one)
			}
		}
	}
	// In an order of their own: clubs that know the same have the same model, whatever their ids.
	slices.SortFunc(k.settled, func(a, b pattern.Trigger) int {
		return cmp.Or(strings.Compare(a.Label, b.Label), strings.Compare(a.Text, b.Text), strings.Compare(string(a.Mode), string(b.Mode)))
	})
	var precedents []pattern.Trigger
	for _, p := range lessons.Precedents { // oldest first: what is settled stays so when more is learned
		label := p.Pattern.String()
		if !p.SOP.IsZero() {
			if label = slugs[p.SOP]; label == "" {
				continue // not live any more
			}
		}
		one := pattern.Trigger{Label: label, Text: p.Text}
		if p.Event != "" {
			one.Text, one.Mode = p.Event, pattern.Precedent
		}
		if !seen[one] {
			seen[one] = true
			precedents = append(precedents, one)
		}
	}
	n := settledOf(len(precedents))
	k.settled, k.recent = append(k.settled, precedents[:n]...), precedents[n:]
	k.version, k.full = pattern.Version(k.settled), pattern.Version(slices.Concat(k.settled, k.recent))
	return k
}

// settledMost bounds the precedents that a matcher is trained on. Beyond them a precedent counts by its
// likeness alone.
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

// Warm has the club's matcher trained, if it is not yet, without waiting for it.
func (d *Decider) Warm(ctx context.Context, tenant *store.Tenant) error {
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	_, err = d.trained(ctx, tenant, keys)
	return err
}

// trained reports whether the club's matcher is ready, and sees to it that it will be. Training takes a
// second: neither a transaction that writes nor a job's worker waits for it.
func (d *Decider) trained(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant) (ready bool, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		set, err := d.cfg.Library.Live(ctx, tx)
		if err != nil {
			return err
		}
		lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
		if err != nil {
			return err
		}
		_, matcher := d.matchers.at(tx.Tenant, set, lessons, knowledge.Place{})
		ready = matcher != nil
		return nil
	})
	return ready, err
}
