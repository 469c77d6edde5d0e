package audit

import (
	"encoding/json"
	"time"

	"clubos/internal/club"
)

// LeastDays is for how many days entries are kept at least.
const LeastDays = 365

const retired = "audit.retired"

var retirer = club.System("retention")

// Retirement is the entry which says that some from before an instant are kept no longer. The instant is the beginning of
// a day (UTC). Only what such an entry covers may be absent from the log.
func Retirement(slug club.Slug, entries int64, before time.Time) Entry {
	return Entry{Actor: retirer, Action: retired, Object: slug.String(), Detail: map[string]any{"entries": entries, "before": before.UTC().Format(time.DateOnly)}}
}

// retiredBefore reads the instant of a Retirement. An entry that would have let younger ones go than a club may is none.
func retiredBefore(at time.Time, actor, detail string) (before time.Time, ok bool) {
	var d struct {
		Before string `json:"before"`
	}
	if actor != retirer.String() || json.Unmarshal([]byte(detail), &d) != nil {
		return before, false
	}
	before, err := time.Parse(time.DateOnly, d.Before)
	return before, err == nil && !before.After(at.AddDate(0, 0, -LeastDays))
}
