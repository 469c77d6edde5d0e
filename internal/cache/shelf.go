package cache

import (
	"sync"
	"sync/atomic"

	"clubos/internal/store"
)

// shelf knows when a club's tables changed, counted in marks.
type shelf struct {
	mark atomic.Uint64 // of the last change

	mu    sync.RWMutex             // guards the fields below
	all   uint64                   // of the last change of everything
	table map[string]uint64        // of the last change of any row
	loose map[string]uint64        // of the last change of which it is not known to which rows
	rows  map[store.Touched]uint64 // of the last change of single rows
}

// mostRows bounds what is remembered of single rows. Beyond it, all of them count as changed.
const mostRows = 4096

func newShelf() *shelf {
	return &shelf{table: map[string]uint64{}, loose: map[string]uint64{}, rows: map[store.Touched]uint64{}}
}

// forget notes a change; nil is everything.
func (s *shelf) forget(changed []store.Touched) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mark := s.mark.Load() + 1
	if changed == nil {
		s.all = mark
	}
	if len(s.rows)+len(changed) > mostRows {
		for table := range s.table {
			s.loose[table] = mark
		}
		clear(s.rows)
	}
	for _, t := range changed {
		s.table[t.Table] = mark
		if t.Row == "" {
			s.loose[t.Table] = mark
		} else {
			s.rows[t] = mark
		}
	}
	s.mark.Store(mark) // last: whoever sees it finds the change noted
}

// since returns the mark of the last change of what is looked up.
func (s *shelf) since(l store.Lookup) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if l.Row != "" {
		return max(s.all, s.loose[l.Tables[0]], s.rows[store.Touched{Table: l.Tables[0], Row: l.Row}])
	}
	last := s.all
	for _, t := range l.Tables {
		last = max(last, s.table[t])
	}
	return last
}
