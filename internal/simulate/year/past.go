package year

import (
	"context"
	"errors"
	"time"

	"clubos/internal/decide"
)

// Past is a time that a club is to have behind it.
type Past struct {
	Config
	// Dir is the club's data directory, in which it lives on.
	Dir string
	// Password is everybody's.
	Password string
}

// errThere is said of a club that lives already: it has whatever past it has.
var errThere = errors.New("the club is there")

// rest is how long before the present a past ends: whatever was begun has then come to its end.
const rest = 26 * time.Hour

// Leave lives the days up to a day before an instant, as Run does, and leaves the club in its data directory
// for a server to go on with. Nothing runs unasked, and nothing is under way any more. What people taught is
// found by its likeness; the server that goes on trains on it. It returns how many matters came up: none where
// the club is there already.
func Leave(ctx context.Context, p Past, until time.Time) (int, error) {
	p.Config = p.withDefaults()
	p.Begin, p.Learning, p.NoDrift = until.Add(-rest).AddDate(0, 0, -p.Days), p.Days, true
	w := newWorld(p.Config)
	w.matchers, w.password, w.stays = decide.NewMatchers(true, 0), p.Password, true
	err := w.open(ctx, p.Dir)
	if err == nil {
		err = w.live(ctx)
	}
	if errors.Is(err, errThere) {
		err = nil
	}
	return len(w.matters), errors.Join(err, w.close())
}
