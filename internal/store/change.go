package store

import (
	"sync"

	"clubos/internal/club"
)

// Change is a hint that something of a club has changed: "thread", its id.
type Change struct {
	Tenant club.Slug `json:"t"`
	Topic  string    `json:"k"`
	ID     string    `json:"id"`
}

// hub hands changes to this process's subscribers.
type hub struct {
	mu   sync.Mutex // guards subs
	subs map[club.Slug]map[chan Change]struct{}
}

func newHub() *hub { return &hub{subs: map[club.Slug]map[chan Change]struct{}{}} }

func (h *hub) subscribe(slug club.Slug) (<-chan Change, func()) {
	ch := make(chan Change, 64)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs[slug] == nil {
		h.subs[slug] = map[chan Change]struct{}{}
	}
	h.subs[slug][ch] = struct{}{}
	var once sync.Once
	return ch, func() {
		once.Do(func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.subs[slug], ch)
			close(ch)
		})
	}
}

func (h *hub) publish(changes []Change) {
	if len(changes) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range changes {
		for ch := range h.subs[c.Tenant] {
			select {
			case ch <- c:
			default: // full: the reader has hints enough to look again
			}
		}
	}
}
