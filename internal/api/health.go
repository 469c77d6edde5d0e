package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/integration"
	"clubos/internal/store"
)

// Health is how the club fares, part by part.
type Health struct {
	Status    string    `json:"status" enum:"ok,degraded" doc:"Degraded when a part is."`
	CheckedAt time.Time `json:"checked_at"`
	Engine    string    `json:"engine" enum:"sqlite,postgres"`
	Version   string    `json:"version"`
	Parts     []Part    `json:"parts" nullable:"false"`
}

// Part is one part of the club.
type Part struct {
	Name    string           `json:"name"`
	Status  string           `json:"status" enum:"ok,degraded"`
	Summary string           `json:"summary" doc:"For people."`
	Counts  map[string]int64 `json:"counts,omitempty"`
}

// troubleFor is how long a text or an action that went wrong shows in the report.
const troubleFor = 24 * time.Hour

func (a *api) registerHealth() {
	register(a, "get-health", func(ctx context.Context, c *call, _ *InClub) (*oneOut[Health], error) {
		out := &oneOut[Health]{Body: Health{Status: "ok", Engine: a.cfg.Cluster.Engine(), Version: a.cfg.Version}}
		start := time.Now()
		err := c.read(ctx, func(tx *store.Tx) error {
			out.Body.CheckedAt = tx.Now
			w, err := tx.CountWaitingWork(ctx, store.CountWaitingWorkParams{Scope: c.by.LocationScope(), Since: tx.Now.Add(-troubleFor), Now: tx.Now})
			if err != nil {
				return fmt.Errorf("count waiting work: %w", err)
			}
			vendors, err := integration.Describe(ctx, tx, c.keys)
			if err != nil {
				return err
			}
			out.Body.Parts = append(parts(w), vendorPart(vendors))
			return nil
		})
		if err != nil {
			return nil, err
		}
		out.Body.Parts = append([]Part{{Name: "database", Status: "ok", Summary: "answers", Counts: map[string]int64{"milliseconds": time.Since(start).Milliseconds()}}}, out.Body.Parts...)
		for _, p := range out.Body.Parts {
			if p.Status != "ok" {
				out.Body.Status = "degraded"
			}
		}
		return out, nil
	})
}

func parts(w store.CountWaitingWorkRow) []Part {
	part := func(name string, bad bool, counts map[string]int64, format string, args ...any) Part {
		p := Part{Name: name, Status: "ok", Summary: fmt.Sprintf(format, args...), Counts: counts}
		if bad {
			p.Status = "degraded"
		}
		return p
	}
	return []Part{
		part("texts", w.TextsTroubled > 0, map[string]int64{"queued": w.TextsQueued, "troubled": w.TextsTroubled},
			"%d on their way, %d failed or unconfirmed within a day", w.TextsQueued, w.TextsTroubled),
		part("actions", w.ExecutionsUnconfirmed > 0, map[string]int64{"unfinished": w.ExecutionsUnfinished, "unconfirmed": w.ExecutionsUnconfirmed},
			"%d under way, %d unconfirmed within a day", w.ExecutionsUnfinished, w.ExecutionsUnconfirmed),
		part("conversations", false, map[string]int64{"waiting": w.ThreadsWaiting, "proposals_open": w.ProposalsOpen},
			"%d wait for an answer, %d proposals are open", w.ThreadsWaiting, w.ProposalsOpen),
		part("escalations", w.EscalationsOverdue > 0, map[string]int64{"open": w.EscalationsOpen, "overdue": w.EscalationsOverdue},
			"%d are open, %d of them past their time", w.EscalationsOpen, w.EscalationsOverdue),
		part("devices", w.DevicesOffline > 0, map[string]int64{"seen": w.DevicesSeen, "offline": w.DevicesOffline},
			"%d of %d are offline", w.DevicesOffline, w.DevicesSeen),
	}
}

// vendorPart tells which vendors are connected. Without one that carries texts nobody can be answered.
func vendorPart(all []integration.Status) Part {
	var on []string
	texts := false
	for _, s := range all {
		if s.Connected {
			on = append(on, s.Vendor.Title)
			texts = texts || s.Vendor.Name == "openphone" || s.Vendor.Name == "twilio"
		}
	}
	p := Part{Name: "vendors", Status: "ok", Summary: "connected: " + strings.Join(on, ", "), Counts: map[string]int64{"connected": int64(len(on))}}
	if !texts {
		p.Status, p.Summary = "degraded", "no vendor for texts is connected"
	}
	return p
}
