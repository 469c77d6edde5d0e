package thread

import (
	"time"

	"clubos/internal/store"
)

// Continues reports whether what is said at an instant belongs to a conversation: nobody has settled it, or
// its last word is less than gap ago.
func Continues(t store.Thread, now time.Time, gap time.Duration) bool {
	return !t.Status.Settled() || now.Sub(LastWord(t)) < gap
}

// LastWord returns when either side last wrote.
func LastWord(t store.Thread) time.Time {
	last := t.CreatedAt
	for _, at := range []*time.Time{t.LastInAt, t.LastOutAt} {
		if at != nil && at.After(last) {
			last = *at
		}
	}
	return last
}
