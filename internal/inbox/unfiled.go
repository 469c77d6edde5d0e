package inbox

import (
	"maps"
	"slices"
	"sync"
	"time"

	"clubos/internal/club"
)

// unfiled knows which texts this process has kept for later, so that what must not overtake them waits.
type unfiled struct {
	mu   sync.Mutex // guards the fields below
	rows map[club.ArrivalID]*keptRow
	keys map[string]*awaited
	// hurried are the keys that somebody waits for.
	hurried map[string]bool
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
	return &unfiled{rows: map[club.ArrivalID]*keptRow{}, keys: map[string]*awaited{}, hurried: map[string]bool{}}
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
			u.filed(k)
		}
	}
}

// filed notes that a text of a key is filed. u.mu is held.
func (u *unfiled) filed(key string) {
	a := u.keys[key]
	if a.texts--; a.texts == 0 {
		delete(u.keys, key)
		delete(u.hurried, key)
		close(a.filed)
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

// len returns how many rows are not filed yet.
func (u *unfiled) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.rows)
}

// press is of for somebody who must not wait: texts of the key are filed before all others.
func (u *unfiled) press(key string) <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	a := u.keys[key]
	if a == nil {
		return nil
	}
	u.hurried[key] = true
	return a.filed
}

// pressed reports whether somebody must not wait.
func (u *unfiled) pressed() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.hurried) > 0
}

// pressing returns the keys for which somebody must not wait, and the stored rows with texts of theirs.
func (u *unfiled) pressing() (keys map[string]bool, rows []club.ArrivalID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.hurried) == 0 {
		return nil, nil
	}
	for id, r := range u.rows {
		if r.committed && slices.ContainsFunc(r.keys, func(k string) bool { return u.hurried[k] }) {
			rows = append(rows, id)
		}
	}
	return maps.Clone(u.hurried), rows
}

// take notes that the texts of some keys are filed and are in these rows no more.
func (u *unfiled) take(rows []club.ArrivalID, keys map[string]bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, id := range rows {
		r := u.rows[id]
		if r == nil {
			continue
		}
		var rest []string
		for _, k := range r.keys {
			if keys[k] {
				u.filed(k)
			} else {
				rest = append(rest, k)
			}
		}
		if r.keys = rest; len(rest) == 0 {
			delete(u.rows, id)
		}
	}
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
