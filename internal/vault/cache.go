package vault

import (
	"bytes"
	"sync"

	"clubos/internal/club"
)

// defaultCachedKeys bounds one tenant's unwrapped keys in memory to between this and twice as many
// (about 1 kB each): the people who wrote lately.
const defaultCachedKeys = 2048

// keyCache remembers unwrapped subject keys. It holds two generations: a hit in the old one moves the
// key to the young one, and when the young one is full the old one is dropped. That keeps what is in
// use at the price of two map look-ups, without a list to relink on every hit.
type keyCache struct {
	limit int

	mu         sync.Mutex // guards both maps
	young, old map[club.SubjectID]*subjectKey
}

func newKeyCache(limit int) *keyCache {
	return &keyCache{limit: limit, young: map[club.SubjectID]*subjectKey{}}
}

// find returns the key only if it was unwrapped from these very bytes.
func (c *keyCache) find(subject club.SubjectID, wrapped []byte) *subjectKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.young[subject]
	if !ok {
		if k, ok = c.old[subject]; ok {
			delete(c.old, subject)
			c.putLocked(subject, k)
		}
	}
	if !ok || !bytes.Equal(k.wrapped, wrapped) {
		return nil
	}
	return k
}

func (c *keyCache) put(subject club.SubjectID, k *subjectKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.old, subject)
	c.putLocked(subject, k)
}

func (c *keyCache) putLocked(subject club.SubjectID, k *subjectKey) {
	if len(c.young) >= c.limit {
		c.old, c.young = c.young, make(map[club.SubjectID]*subjectKey, c.limit)
	}
	c.young[subject] = k
}

func (c *keyCache) drop(subject club.SubjectID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.young, subject)
	delete(c.old, subject)
}

func (c *keyCache) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.young) + len(c.old)
}
