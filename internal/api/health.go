package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// Health is how the club fares, part by part.
type Health struct {
	Status    string    `json:"status" enum:"ok,degraded" doc:"Degraded when a part is."`
	CheckedAt time.Time `json:"checked_at"`
	Engine    string    `json:"engine" enum:"sqlite,postgres"`
	Version   string    `json:"version"`
	Parts     []Part    `json:"parts" nullable:"false"`
	Vendors   []Vendor  `json:"vendors" nullable:"false"`
	Promises  []Promise `json:"promises" nullable:"false" doc:"How long things take, against what is promised. Those of the process that answered are for callers who may read settings."`
	Process   *Process  `json:"process,omitempty" doc:"The process that answered, for callers who may read settings."`
}

// Part is one part of the club.
type Part struct {
	Name    string           `json:"name"`
	Status  string           `json:"status" enum:"ok,degraded"`
	Summary string           `json:"summary" doc:"For people."`
	Counts  map[string]int64 `json:"counts,omitempty"`
}

// Vendor is one of the club's vendors.
type Vendor struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Connected bool   `json:"connected"`
	Breaker   string `json:"breaker,omitempty" enum:"closed,half-open,open" doc:"Whether calls go out, from the process that answered. Open: the vendor failed repeatedly, and calls are refused until it is tried again. Absent where the vendor is not called."`
	RetryInMS int64  `json:"retry_in_ms,omitempty" doc:"Of an open breaker: when a call may try."`
	Trouble   string `json:"trouble,omitempty" doc:"Why a person is needed, and what to do."`
}

func (a *api) registerHealth() {
	register(a, "get-health", func(ctx context.Context, c *call, _ *InClub) (*oneOut[Health], error) {
		out := &oneOut[Health]{Body: Health{Status: "ok", Engine: a.cfg.Cluster.Engine(), Version: a.cfg.Version}}
		start := time.Now()
		var r health.Report
		err := c.read(ctx, func(tx *store.Tx) (err error) {
			r, err = health.Look(ctx, tx, c.keys, a.cfg.Breakers, c.by.LocationScope())
			return err
		})
		if err != nil {
			return nil, err
		}
		out.Body.CheckedAt, out.Body.Vendors = r.At, showVendors(r.Vendors)
		var at *health.Process
		if a.cfg.Process != nil && c.by.Can(identity.SettingsRead) {
			known, err := a.cfg.Process(ctx)
			if err != nil {
				return nil, err
			}
			at, out.Body.Process = &known, showProcess(known)
		}
		out.Body.Promises = showPromises(health.Promises(r, at))
		out.Body.Parts = append([]Part{{Name: "database", Status: "ok", Summary: "answers", Counts: map[string]int64{"milliseconds": time.Since(start).Milliseconds()}}}, parts(r.Work)...)
		out.Body.Parts = append(out.Body.Parts, speedPart(r.Speed), vendorPart(r.Vendors))
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
		part("intake", w.TextsUnfiled > 0, map[string]int64{"kept": w.TextsKept, "unfiled": w.TextsUnfiled},
			"%d rows of texts are kept and yet to be filed, %d of them failed", w.TextsKept, w.TextsUnfiled),
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

// speedPart tells how quickly texts were decided on within the last hour.
func speedPart(s health.Speed) Part {
	p := Part{Name: "decisions", Status: "ok", Summary: "none within the last hour", Counts: map[string]int64{"decided": int64(s.Decisions)}}
	if s.Decisions == 0 {
		return p
	}
	for tier, n := range s.Tiers {
		p.Counts[string(tier)] = int64(n)
	}
	p.Counts["p50_ms"], p.Counts["p95_ms"], p.Counts["slowest_ms"] = s.P50.Milliseconds(), s.P95.Milliseconds(), s.Slowest.Milliseconds()
	p.Summary = fmt.Sprintf("%d within the last hour; half of them within %s of the last text, 95 %% within %s", s.Decisions, s.P50.Round(time.Millisecond), s.P95.Round(time.Millisecond))
	return p
}

func showVendors(all []health.Vendor) []Vendor {
	out := make([]Vendor, 0, len(all))
	for _, v := range all {
		out = append(out, Vendor{Name: v.Name, Title: v.Title, Connected: v.Connected, Breaker: string(v.Breaker.State), RetryInMS: v.Breaker.RetryIn.Milliseconds(), Trouble: v.Trouble})
	}
	return out
}

// vendorPart tells which vendors are connected and which of them fail. Without one that carries texts
// nobody can be answered.
func vendorPart(all []health.Vendor) Part {
	var on, ill []string
	texts := false
	for _, v := range all {
		if !v.Connected {
			continue
		}
		on = append(on, v.Title)
		texts = texts || v.Name == "openphone" || v.Name == "twilio"
		switch {
		case v.Trouble != "":
			ill = append(ill, v.Trouble)
		case !v.Well():
			ill = append(ill, v.Title+" does not answer")
		}
	}
	p := Part{Name: "vendors", Status: "ok", Summary: "connected: " + strings.Join(on, ", "), Counts: map[string]int64{"connected": int64(len(on)), "troubled": int64(len(ill))}}
	if !texts {
		ill = append([]string{"no vendor for texts is connected"}, ill...)
	}
	if len(ill) > 0 {
		p.Status, p.Summary = "degraded", strings.Join(ill, "; ")
	}
	return p
}
