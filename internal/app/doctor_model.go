package app

import (
	"encoding/json"
	"fmt"
	"time"
)

// examineModel looks at the versions of a club's matcher; it returns what checkup.add takes.
func examineModel(f clubFacts, now time.Time) (part, state, detail, advice string) {
	part = "matcher"
	fault := ""
	for _, m := range f.models {
		if m.Kept == 0 {
			continue
		}
		if m.Fault != "" {
			fault = fmt.Sprintf("version %d cannot be used: %s", m.Number, m.Fault)
			continue
		}
		var on struct {
			Triggers   int   `json:"triggers"`
			Precedents int64 `json:"precedents"`
		}
		if err := json.Unmarshal([]byte(m.TrainedOn), &on); err != nil {
			return part, "fail", fmt.Sprintf("the description of version %d cannot be read", m.Number), "see the log of the database"
		}
		detail = fmt.Sprintf("version %d, trained %s ago by %s on %d triggers and %d precedents, %.1f MiB in memory; %d precedents since then count beside it",
			m.Number, now.Sub(m.TrainedAt).Round(time.Minute), m.Engine, on.Triggers, on.Precedents, float64(m.SizeBytes)/(1<<20), max(0, f.learned-on.Precedents))
		if fault != "" {
			return part, "warn", fault + "; in use is " + detail, "look at the disk and the database: stored bytes have changed"
		}
		return part, "ok", detail, ""
	}
	if fault != "" {
		return part, "fail", fault + "; until another is trained, texts are compared by likeness alone", "start the server: it trains another; and look at the disk and the database"
	}
	if f.live == 0 {
		return part, "ok", "nothing to train on yet", ""
	}
	return part, "warn", "no version is trained yet", "none needed: a running server trains one when the first text comes"
}
