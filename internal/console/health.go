package console

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/health"
	"clubos/internal/inbox"
	"clubos/internal/integration"
	"clubos/internal/store"
)

func showHealth(v *visit) error {
	ctx := v.r.Context()
	p := page.HealthPage{Overall: page.Word{Label: "All well", Tone: page.ToneOK}}
	var report health.Report
	var told map[string]time.Time
	err := v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "health", "Health")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		if err := v.placeHealth(tx, f, &p); err != nil {
			return err
		}
		r, err := health.Look(ctx, tx, v.keys, v.c.Breakers, v.p.LocationScope())
		if err != nil {
			return err
		}
		if err := workHealth(v, tx, r.Work, &p); err != nil {
			return err
		}
		p.Speed = speedReport(r.Speed)
		vendorHealth(v.slug, r.Vendors, &p)
		report = r
		if told, err = toldHealth(v, tx); err != nil {
			return err
		}
		if err := callHealth(v, tx, &p); err != nil {
			return err
		}
		p.Services = append([]page.ServiceRow{{Name: "Database", Detail: v.c.Cluster.Engine(), State: page.Word{Label: "Answers", Tone: page.ToneOK}, At: tx.Now}}, p.Services...)
		return v.feedHealth(tx, p.Now, &p)
	})
	if err != nil {
		return err
	}
	if err := promiseHealth(v, report, told, &p); err != nil { // not while a transaction is held: it asks every club's queue
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Health(p))
}

// feedHealth says how the reading of each calendar feed goes. Its address is a secret; where it is read
// from is not.
func (v *visit) feedHealth(tx *store.Tx, now time.Time, p *page.HealthPage) error {
	vendors, err := integration.Load(v.r.Context(), tx, v.keys)
	if err != nil {
		return err
	}
	if err := v.mailHealth(tx, vendors, now, p); err != nil {
		return err
	}
	coming, err := tx.FindComingSources(v.r.Context(), store.FindComingSourcesParams{Since: now, Pattern: "ical:%"})
	if err != nil {
		return fmt.Errorf("count bookings of feeds: %w", err)
	}
	ahead := map[string]int64{}
	for _, c := range coming {
		ahead[c.Source] = c.Bookings
	}
	for _, f := range vendors["bookings"].Feeds() {
		s, err := inbox.FindFeedState(v.r.Context(), tx, f.Name)
		if err != nil {
			return err
		}
		row := page.ServiceRow{Name: "Calendar feed " + f.Name, Detail: fmt.Sprintf("%s, %d bookings ahead", f.Host(), ahead["ical:"+f.Name]), State: page.Word{Label: "Read", Tone: page.ToneOK}, At: s.ReadAt}
		if f.Location != "" {
			row.Detail = f.Location + ", " + row.Detail
		}
		switch {
		case s.Failures > 0:
			row.State, row.Detail = page.Word{Label: "Fails", Tone: page.ToneDanger}, row.Detail+". "+s.Problem
		case s.Problem != "":
			row.State, row.Detail = page.Word{Label: "In part", Tone: page.ToneWarn}, row.Detail+". "+s.Problem
		case s.ReadAt.IsZero():
			row.State = page.Word{Label: "Not read yet", Tone: page.ToneQuiet}
		}
		p.Services = append(p.Services, row)
	}
	return nil
}

// mailHealth says of each line whether its texts had to be looked for at their vendor, for many mean that its webhook does
// not arrive.
func (v *visit) mailHealth(tx *store.Tx, vendors map[string]integration.Fields, now time.Time, p *page.HealthPage) error {
	if vendors["twilio"] == nil {
		return nil
	}
	lines, err := tx.Known().FindLines(v.r.Context())
	if err != nil {
		return fmt.Errorf("find lines: %w", err)
	}
	for _, l := range lines {
		if l.Provider != "twilio" {
			continue
		}
		s, err := inbox.FindMailState(v.r.Context(), tx, l.Number)
		if err != nil {
			return err
		}
		row := page.ServiceRow{Name: "Webhook of " + l.Number, Detail: "Twilio has no text that it did not bring.", State: page.Word{Label: "Brings all", Tone: page.ToneOK}}
		switch {
		case s.Until.IsZero():
			row.State, row.Detail = page.Word{Label: "Not read yet", Tone: page.ToneQuiet}, "What Twilio has received is read once a minute."
		case s.Found > 0:
			row.At, row.Detail = s.FoundAt, count(s.Found, "text was", "texts were")+" found at Twilio that it did not bring."
			if now.Sub(s.FoundAt) < 24*time.Hour {
				row.State, row.Detail = page.Word{Label: "Missed some", Tone: page.ToneWarn}, row.Detail+" Either ClubOS could not be reached, or the address that Twilio has of it is wrong."
			}
		}
		p.Services = append(p.Services, row)
	}
	return nil
}

func (v *visit) placeHealth(tx *store.Tx, f frame, p *page.HealthPage) error {
	devices, err := tx.FindDevices(v.r.Context())
	if err != nil {
		return fmt.Errorf("find devices: %w", err)
	}
	counts, err := tx.CountOpenThreadsByLocation(v.r.Context())
	if err != nil {
		return fmt.Errorf("count threads: %w", err)
	}
	for _, l := range f.locations {
		h := page.PlaceHealth{Name: l.Name, State: page.Word{Label: "Well", Tone: page.ToneOK}}
		unknown := 0
		for _, d := range devices {
			if d.LocationID != l.ID {
				continue
			}
			h.Total++
			if d.Online {
				h.Online++
			}
			if d.SeenAt == nil {
				unknown++
			}
		}
		for _, c := range counts {
			if c.LocationID == l.ID {
				h.Open = int(c.Threads)
			}
		}
		switch {
		case h.Online+unknown < h.Total:
			h.State = page.Word{Label: "Devices offline", Tone: page.ToneWarn}
			p.Worsen(h.State)
		case h.Online < h.Total:
			h.State = page.Word{Label: "Not asked yet", Tone: page.ToneQuiet}
		}
		p.Places = append(p.Places, h)
	}
	return nil
}

// workHealth says what waits, and for whom.
func workHealth(v *visit, tx *store.Tx, w store.CountWaitingWorkRow, p *page.HealthPage) error {
	stat := func(label string, n int64, sub string, tone page.Tone) {
		s := page.Stat{Label: label, Value: fmt.Sprint(n)}
		if n > 0 {
			s.Sub, s.Tone = sub, tone
		}
		p.Stats = append(p.Stats, s)
	}
	stat("Members waiting", w.ThreadsWaiting, "for an answer", page.ToneQuiet)
	stat("Calls for a person", w.EscalationsOpen, "nobody has seen them yet", page.ToneDanger)
	stat("Proposals open", w.ProposalsOpen, "wait for a yes or no", page.ToneMachine)
	stat("Texts in trouble, 24 h", w.TextsTroubled, "failed, or may not have gone out", page.ToneWarn)
	stat("Actions unconfirmed, 24 h", w.ExecutionsUnconfirmed, "somebody should look", page.ToneWarn)
	doors, err := tx.CountAccessAlarms(v.r.Context(), store.CountAccessAlarmsParams{Scope: v.p.LocationScope(), Since: tx.Now.Add(-24 * time.Hour)})
	if err != nil {
		return fmt.Errorf("count door alarms: %w", err)
	}
	stat("Doors forced or held open, 24 h", doors, "somebody should look", page.ToneWarn)
	stat("Texts not filed yet", w.TextsKept, "acknowledged, and yet to be put into conversations", page.ToneQuiet)
	stat("Texts in no conversation", w.TextsUnfiled, "filing them failed; it is tried again", page.ToneDanger)
	if w.TextsUnfiled > 0 {
		p.Worsen(page.Word{Label: "Texts cannot be filed", Tone: page.ToneDanger})
	}
	stat("Texts on their way", w.TextsQueued, "to members", page.ToneQuiet)
	stat("Actions under way", w.ExecutionsUnfinished, "not yet looked at again", page.ToneQuiet)
	if w.EscalationsOverdue > 0 {
		p.Worsen(page.Word{Label: "People wait too long", Tone: page.ToneDanger})
	}
	return nil
}

func speedReport(s health.Speed) page.SpeedReport {
	out := page.SpeedReport{Decisions: s.Decisions, P50: s.P50, P95: s.P95, Slowest: s.Slowest, Partial: s.Partial}
	for _, t := range []club.Tier{club.TierAuto, club.TierSuggest, club.TierApprove, club.TierEscalate} {
		if n := s.Tiers[t]; n > 0 {
			out.Tiers = append(out.Tiers, page.TierShare{Tier: page.TierWord(t), Count: n})
		}
	}
	return out
}

// vendorHealth says how each vendor fares, the connected ones first.
func vendorHealth(slug club.Slug, all []health.Vendor, p *page.HealthPage) {
	var idle []page.ServiceRow
	for _, w := range all {
		row := page.ServiceRow{Name: w.Title, Detail: strings.ReplaceAll(w.Help, "<club>", slug.String()), State: page.Word{Label: "Connected", Tone: page.ToneOK}}
		switch {
		case !w.Connected:
			row.State = page.Word{Label: "Not connected", Tone: page.ToneQuiet}
			idle = append(idle, row)
			continue
		case w.Trouble != "":
			row.State, row.Detail = page.Word{Label: "Needs a person", Tone: page.ToneDanger}, w.Trouble
			p.Worsen(page.Word{Label: w.Title + " needs a person", Tone: page.ToneDanger})
		case w.Breaker.State == health.BreakerOpen:
			row.State, row.Detail = page.Word{Label: "Does not answer", Tone: page.ToneDanger}, "It failed repeatedly; calls wait and go out again once it answers."
			if w.Breaker.RetryIn > 0 {
				row.Detail += " The next try is in " + page.Span(max(w.Breaker.RetryIn, time.Second)) + "."
			}
			p.Worsen(page.Word{Label: w.Title + " does not answer", Tone: page.ToneWarn})
		case w.Breaker.State == health.BreakerHalfOpen:
			row.State, row.Detail = page.Word{Label: "Being tried", Tone: page.ToneWarn}, "It failed repeatedly; one call tries whether it answers again."
		case w.Breaker.State == health.BreakerClosed:
			row.State = page.Word{Label: "Answers", Tone: page.ToneOK}
		}
		p.Vendors = append(p.Vendors, row)
	}
	p.Vendors = append(p.Vendors, idle...)
}
