package cache

import (
	"sync"
	"sync/atomic"
)

// shelf knows when a club's tables changed, counted in marks.
type shelf struct {
	mark atomic.Uint64 // of the last change

	mu    sync.RWMutex // guards the fields below
	table map[string]uint64
	all   uint64 // of the last change of everything
}

func newShelf() *shelf { return &shelf{table: map[string]uint64{}} }

// forget notes a change of tables; nil is every table.
func (s *shelf) forget(tables []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mark := s.mark.Load() + 1
	if tables == nil {
		s.all = mark
	}
	for _, t := range tables {
		s.table[t] = mark
	}
	s.mark.Store(mark) // last: whoever sees it finds the change noted
}

// since returns the mark of the last change of any of the tables.
func (s *shelf) since(tables []string) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	last := s.all
	for _, t := range tables {
		last = max(last, s.table[t])
	}
	return last
}
