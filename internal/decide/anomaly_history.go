package decide

import (
	"context"
	"fmt"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/pattern/anomaly"
	"clubos/internal/store"
)

// Histories are read afresh after historyKept, from at most historySize matters, and end where the last
// hour begins, which every decision reads for itself.
const (
	historyKept   = time.Hour
	historySize   = 2500
	historiesKept = 256
)

// histories keeps what is usual at places. A replica that has an older one differs by an hour of twelve
// weeks.
type histories struct {
	mu   sync.Mutex // guards kept
	kept map[historyKey]*usual
}

type historyKey struct {
	tenant   club.Slug
	location club.LocationID
}

// usual is what a place is compared with.
type usual struct {
	history *anomaly.History
	others  []string // the names of the club's other locations
	read    time.Time
}

func newHistories() *histories { return &histories{kept: map[historyKey]*usual{}} }

func (c *histories) at(ctx context.Context, tx *store.Tx, l store.Location) (*usual, error) {
	key := historyKey{tx.Tenant, l.ID}
	c.mu.Lock()
	u := c.kept[key]
	c.mu.Unlock()
	if u != nil && !tx.Now.Before(u.read) && tx.Now.Sub(u.read) < historyKept {
		return u, nil
	}
	u, err := readHistory(ctx, tx, l)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= historiesKept {
		c.dropOldest()
	}
	c.kept[key] = u
	return u, nil
}

func (c *histories) dropOldest() {
	var oldest historyKey
	for key, u := range c.kept {
		if o := c.kept[oldest]; o == nil || u.read.Before(o.read) {
			oldest = key
		}
	}
	delete(c.kept, oldest)
}

func readHistory(ctx context.Context, tx *store.Tx, l store.Location) (*usual, error) {
	policy := anomaly.DefaultPolicy()
	until := tx.Now.Add(-policy.Window)
	from := until.Add(-policy.History)
	u := &usual{read: tx.Now}
	if l.ID.IsZero() {
		u.history = anomaly.NewHistory(nil, until, until, time.UTC)
		return u, nil
	}
	rows, err := tx.FindMattersAt(ctx, store.FindMattersAtParams{LocationID: l.ID, Since: from, Until: until, Size: historySize})
	if err != nil {
		return nil, fmt.Errorf("read history of the place: %w", err)
	}
	events := make([]anomaly.Event, len(rows))
	for i, r := range rows {
		events[i] = anomaly.Event{Matter: r.Matter, Bay: r.BayID, Member: r.SubjectID, At: r.CreatedAt}
	}
	switch oldest := len(rows) - 1; {
	case oldest < 0:
		from = until
	case l.CreatedAt.After(from) || len(rows) == historySize:
		from = rows[oldest].CreatedAt // before that nothing is known
	}
	zone, err := time.LoadLocation(l.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	u.history = anomaly.NewHistory(events, from, until, zone)
	all, err := tx.FindLocations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read locations: %w", err)
	}
	for _, o := range all {
		if o.ID != l.ID && len(o.Name) >= 4 {
			u.others = append(u.others, o.Name)
		}
	}
	return u, nil
}
