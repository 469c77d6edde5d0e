package decide

import (
	"fmt"
	"slices"
	"sync"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
)

// Matchers keeps in memory what was trained. A club has one matcher, over all that it knows anywhere; what
// does not hold at a place is left out after the match. When what is known has changed, the matcher that
// is there goes on with what came counting by its likeness and without what was taken away, until a
// version that was trained on it is loaded. Clubs that are used least are put out when memory is short; a
// version loads again from its row.
type Matchers struct {
	background bool
	budget     int64
	trainings  *trainings

	mu     sync.Mutex // guards the fields below
	clubs  map[club.Slug]*standing
	uses   uint64 // counts, to tell who was used last
	places map[placeKey]*placed
	// order lists the places, oldest first.
	order   []placeKey
	asked   map[club.Slug]asked
	loading map[club.Slug]bool
}

// trainings are what was trained last, for whoever knows the same.
type trainings struct {
	most int

	mu      sync.Mutex           // guards the fields below
	trained map[string]*training // by version
	used    []string             // versions, longest unused first
	stood   map[stoodKey]*standing
}

// stoodKey is what a matcher follows from: what it was trained on, and what counts besides.
type stoodKey struct{ version, stamp, lessons string }

const (
	placesKept    = 256
	trainingsKept = 32
	// DefaultModelMemory bounds what the matchers of all clubs take together, in bytes.
	DefaultModelMemory = 256 << 20
	// triggerBytes is about what a trigger takes in a matcher beside the model.
	triggerBytes = 600
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

// standing is a club's matcher: the version that is loaded, and what it makes of what is known at present.
type standing struct {
	number int64 // of the version; 0: none, by likeness alone
	known  *known
	now    *pattern.Matcher
	bytes  int64
	used   uint64
}

// matcher is a matcher with the name under which decisions remember it.
type matcher struct {
	*pattern.Matcher
	name string
}

// training trains once.
type training struct {
	make func() *pattern.Trained
}

// NewMatchers returns an empty cache. In the background, a job trains and stores versions, and nobody waits
// for it; else whoever asks first trains and the others wait, and nothing is stored. Budget is in bytes;
// 0 means DefaultModelMemory.
func NewMatchers(background bool, budget int64) *Matchers {
	if budget == 0 {
		budget = DefaultModelMemory
	}
	most := trainingsKept
	if background { // a version's row has it
		most = 1
	}
	return newMatchers(background, budget, &trainings{most: most, trained: map[string]*training{}, stood: map[stoodKey]*standing{}})
}

func newMatchers(background bool, budget int64, t *trainings) *Matchers {
	return &Matchers{background: background, budget: budget, trainings: t, clubs: map[club.Slug]*standing{}, places: map[placeKey]*placed{}, asked: map[club.Slug]asked{}, loading: map[club.Slug]bool{}}
}

// Sibling returns an empty cache for another installation in this process, which need not train what c has
// trained.
func (c *Matchers) Sibling() *Matchers { return newMatchers(c.background, c.budget, c.trainings) }

// at returns what holds at a place, and the club's matcher; ok is false while there is none.
func (c *Matchers) at(tenant club.Slug, set *knowledge.Set, lessons *learn.Lessons, place knowledge.Place) (p *placed, m matcher, ok bool) {
	key := placeKey{tenant, set.Stamp, lessons.Stamp, place}
	c.mu.Lock()
	p, known := c.places[key]
	if !known {
		p = newPlaced(set.At(place), lessons.List)
		c.places[key] = p
		c.order = append(c.order, key)
		if len(c.order) > placesKept {
			delete(c.places, c.order[0])
			c.order = c.order[1:]
		}
	}
	c.mu.Unlock()
	m, ok = c.matcher(tenant, set, lessons)
	return p, m, ok
}

// matcher returns the club's matcher for what is known; ok is false when none is loaded.
func (c *Matchers) matcher(tenant club.Slug, set *knowledge.Set, lessons *learn.Lessons) (m matcher, ok bool) {
	c.mu.Lock()
	s := c.clubs[tenant]
	if !c.background {
		c.mu.Unlock()
		return c.trainedFor(tenant, s, set, lessons), true
	}
	if s == nil {
		c.mu.Unlock()
		return m, false
	}
	c.uses++
	s.used = c.uses
	if s.known.stamp == set.Stamp && s.known.lessons == lessons.Stamp {
		defer c.mu.Unlock()
		return s.matcher(), true
	}
	fresh := standing{now: s.now, number: s.number, bytes: s.bytes, used: s.used}
	c.mu.Unlock()
	fresh.of(newKnown(set, lessons))
	c.put(tenant, &fresh, s)
	return fresh.matcher(), true
}

// trainedFor is matcher where whoever asks first trains.
func (c *Matchers) trainedFor(tenant club.Slug, s *standing, set *knowledge.Set, lessons *learn.Lessons) matcher {
	if s == nil || s.known.stamp != set.Stamp || s.known.lessons != lessons.Stamp {
		fresh := &standing{}
		k := newKnown(set, lessons)
		if s != nil && s.known.version == k.version {
			fresh.now, fresh.bytes = s.now, s.bytes
		} else {
			fresh = c.trainings.stand(k)
		}
		fresh.of(k)
		c.put(tenant, fresh, nil)
		s = fresh
	}
	return matcher{s.now, s.now.Version()}
}

func (s *standing) of(k *known) { s.known, s.now = k, s.now.Of(k.all()) }

func (s *standing) matcher() matcher {
	if s.number == 0 {
		return matcher{s.now, "likeness " + s.now.Version()}
	}
	return matcher{s.now, fmt.Sprintf("v%d %s", s.number, s.now.Version())}
}

// put makes a standing the club's, if what it replaces is still there (nil: whatever is), and keeps to the
// budget.
func (c *Matchers) put(tenant club.Slug, s, instead *standing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if instead != nil && c.clubs[tenant] != instead {
		return
	}
	c.uses++
	s.used = c.uses
	c.clubs[tenant] = s
	for c.bytesLocked() > c.budget && len(c.clubs) > 1 {
		var oldest club.Slug
		for slug, o := range c.clubs {
			if slug != tenant && (oldest == "" || o.used < c.clubs[oldest].used) {
				oldest = slug
			}
		}
		delete(c.clubs, oldest)
	}
}

func (c *Matchers) bytesLocked() (n int64) {
	for _, s := range c.clubs {
		n += s.bytes
	}
	return n
}

// loaded returns which version a club's matcher is, and what is known as it was read last; ok is false when
// there is none.
func (c *Matchers) loaded(tenant club.Slug) (number int64, k *known, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.clubs[tenant]; s != nil {
		return s.number, s.known, true
	}
	return 0, nil, false
}

// stand returns a standing of its own for the asker, and makes the matcher once for all who know the same. What came
// after the training is not told by the version.
func (c *trainings) stand(k *known) *standing {
	if len(k.recent) > 0 {
		return stand(c.train(k.version, func() *pattern.Trained { return trainNow(k.settled) }), 0, k)
	}
	key := stoodKey{k.version, k.stamp, k.lessons}
	c.mu.Lock()
	s := c.stood[key]
	c.mu.Unlock()
	if s == nil {
		s = stand(c.train(k.version, func() *pattern.Trained { return trainNow(k.settled) }), 0, k)
		c.mu.Lock()
		if len(c.stood) >= c.most {
			clear(c.stood)
		}
		c.stood[key] = s
		c.mu.Unlock()
	}
	own := *s
	return &own
}

// train returns what was trained under a version, and trains it if need be. Whoever comes meanwhile waits.
func (c *trainings) train(version string, make func() *pattern.Trained) *pattern.Trained {
	c.mu.Lock()
	t, ok := c.trained[version]
	if !ok {
		t = &training{make: sync.OnceValue(make)}
		c.trained[version] = t
	}
	if i := slices.Index(c.used, version); i >= 0 {
		c.used = slices.Delete(c.used, i, i+1)
	}
	c.used = append(c.used, version)
	if len(c.used) > c.most {
		delete(c.trained, c.used[0])
		c.used = c.used[1:]
	}
	c.mu.Unlock()
	return t.make()
}

func (c *trainings) forget(version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.trained, version)
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
