package place

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Watch is how a device is looked at.
type Watch struct {
	Off   bool          // it is not looked at, and what its vendor reports of it is not taken in
	Every time.Duration // whole seconds; 0: as the club's settings say
}

// The bounds of a device's own interval.
const (
	MinWatch = 15 * time.Second
	MaxWatch = 24 * time.Hour
)

func (w Watch) check() error {
	switch {
	case w.Every == 0:
		return nil
	case w.Every < MinWatch || w.Every > MaxWatch:
		return club.Invalid("a device is looked at every %s to %s", club.Span(MinWatch), club.Span(MaxWatch))
	case w.Every%time.Second != 0:
		return club.Invalid("a device's interval is in whole seconds")
	}
	return nil
}

// FindWatches returns how devices are looked at, by device; one that is missing is looked at as the club's
// settings say.
func FindWatches(ctx context.Context, tx *store.Tx) (map[club.DeviceID]Watch, error) {
	rows, err := tx.FindDeviceWatches(ctx)
	if err != nil {
		return nil, fmt.Errorf("find how devices are watched: %w", err)
	}
	out := make(map[club.DeviceID]Watch, len(rows))
	for _, r := range rows {
		out[r.DeviceID] = Watch{Off: r.Off, Every: time.Duration(r.Seconds) * time.Second}
	}
	return out, nil
}

// setWatch stores how a device is looked at, and notes what has changed.
func setWatch(ctx context.Context, tx *store.Tx, id club.DeviceID, want *Watch, diff difference) error {
	if want == nil {
		return nil
	}
	if err := want.check(); err != nil {
		return err
	}
	all, err := FindWatches(ctx, tx)
	if err != nil {
		return err
	}
	have := all[id]
	if have == *want {
		return nil
	}
	was, next := have.String(), want.String()
	edit(diff, "watch", &was, &next)
	if err := tx.SetDeviceWatch(ctx, store.SetDeviceWatchParams{DeviceID: id, Seconds: int64(want.Every / time.Second), Off: want.Off, Now: tx.Now}); err != nil {
		return fmt.Errorf("set how a device is watched: %w", err)
	}
	return nil
}

// String says it in the record of changes.
func (w Watch) String() string {
	switch {
	case w.Off:
		return "off"
	case w.Every == 0:
		return "as the club"
	}
	return "every " + w.Every.String()
}
