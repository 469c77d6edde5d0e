package inbox

import (
	"sync"
	"time"

	"clubos/internal/club"
)

// unfiled knows which texts this process has kept for later, so that what must not overtake them waits.
type unfiled struct {
	mu   sync.Mutex // guards the fields below
	rows map[club.ArrivalID]*keptRow
	keys map[string]*awaited
}

// keptRow is a row of texts that are not filed yet.
type keptRow struct {
	keys      []string // of its texts
	committed bool
}

// awaited is what of a key is not filed yet.
type awaited struct {
	texts int
	filed chan struct{} // closed when all are
}

func newUnfiled() *unfiled {
	return &unfiled{rows: map[club.ArrivalID]*keptRow{}, keys: map[string]*awaited{}}
}

// add notes a row, before its transaction commits: somebody else may file it the moment it does.
func (u *unfiled) add(id club.ArrivalID, keys []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.rows[id] = &keptRow{keys: keys}
	for _, k := range keys {
		a := u.keys[k]
		if a == nil {
			a = &awaited{filed: make(chan struct{})}
			u.keys[k] = a
		}
		a.texts++
	}
}

// commit notes that rows are stored.
func (u *unfiled) commit(ids []club.ArrivalID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, id := range ids {
		if r := u.rows[id]; r != nil {
			r.committed = true
		}
	}
}

// drop forgets rows that are filed, or whose transaction failed.
func (u *unfiled) drop(ids []club.ArrivalID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, id := range ids {
		r := u.rows[id]
		if r == nil {
			continue
		}
		delete(u.rows, id)
		for _, k := range r.keys {
			a := u.keys[k]
			if a.texts--; a.texts == 0 {
				delete(u.keys, k)
				close(a.filed)
			}
		}
	}
}

// stored returns the rows that are stored.
func (u *unfiled) stored() []club.ArrivalID {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []club.ArrivalID
	for id, r := range u.rows {
		if r.committed {
			out = append(out, id)
		}
	}
	return out
}

// any reports whether anything is not filed yet.
func (u *unfiled) any() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.rows) > 0
}

// of returns a channel that is closed when the texts of a key are filed; nil when they are.
func (u *unfiled) of(key string) <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	if a := u.keys[key]; a != nil {
		return a.filed
	}
	return nil
}

// one returns a channel that is closed when the texts of some key are filed; nil when all are.
func (u *unfiled) one() <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, a := range u.keys {
		return a.filed
	}
	return nil
}

// instants hands out the instants of ids, which go up even when the clock stands: the texts of one
// transaction share its own.
type instants struct {
	mu   sync.Mutex // guards last
	last time.Time
}

// after returns now, or the next instant for which no id was made yet.
func (m *instants) after(now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.After(m.last) {
		now = m.last.Add(time.Microsecond)
	}
	m.last = now
	return now
}
