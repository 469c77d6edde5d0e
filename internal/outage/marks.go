package outage

import (
	"context"
	"time"

	"github.com/redis/rueidis"

	"clubos/internal/redis"
)

// takenFor is how long a replica has to tell somebody whom it has taken: longer than a try.
const takenFor = 20 * time.Second

// Marks are what replicas tell each other in Redis of who is told. Where Redis does not answer, each replica tells for
// itself: twice is better than never. Nil marks are those of a process that shares nothing.
type Marks struct {
	client *redis.Client
	space  string
}

// NewMarks returns the marks in a Redis, under keys that begin with space; nil without one.
func NewMarks(client *redis.Client, space string) *Marks {
	if client == nil {
		return nil
	}
	return &Marks{client, space}
}

func (m *Marks) key(mark string) string { return m.space + ":outage:" + mark }

// take reports whether this replica is to tell somebody at this moment.
func (m *Marks) take(ctx context.Context, mark string) bool {
	if m == nil {
		return true
	}
	r, err := m.client.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
		return []rueidis.Completed{b.Set().Key(m.key(mark)).Value("taken").Nx().Px(takenFor).Build()}
	})
	return err != nil || !rueidis.IsRedisNil(r[0].Error())
}

// drop gives back what was taken: somebody could not be told.
func (m *Marks) drop(ctx context.Context, mark string) {
	if m != nil {
		_, _ = m.client.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
			return []rueidis.Completed{b.Del().Key(m.key(mark)).Build()}
		})
	}
}

// keep says that somebody has been told and is not to be told again for a while.
func (m *Marks) keep(ctx context.Context, mark string, lasts time.Duration) {
	if m != nil {
		_, _ = m.client.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
			return []rueidis.Completed{b.Set().Key(m.key(mark)).Value("told").Px(lasts).Build()}
		})
	}
}
