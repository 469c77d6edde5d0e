package console

import (
	"fmt"
	"time"

	"clubos/internal/console/page"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// toldHealth returns which of what is not as promised people have been told of, and when.
func toldHealth(v *visit, tx *store.Tx) (map[string]time.Time, error) {
	rows, err := tx.FindAlarms(v.r.Context())
	if err != nil {
		return nil, fmt.Errorf("find alarms: %w", err)
	}
	out := map[string]time.Time{}
	for _, row := range rows {
		if row.ToldAt != nil {
			out[row.Name] = *row.ToldAt
		}
	}
	return out, nil
}

// promiseHealth says which promises hold. The process is shown to those who look after the club.
func promiseHealth(v *visit, r health.Report, told map[string]time.Time, p *page.HealthPage) error {
	var at *health.Process
	if v.c.Process != nil && v.p.Can(identity.SettingsRead) {
		known, err := v.c.Process(v.r.Context())
		if err != nil {
			return err
		}
		at, p.Process = &known, processReport(known, p)
	}
	for _, pr := range health.Promises(r, at) {
		row := page.PromiseRow{Title: pr.Title, About: "the last hour, this club", Promise: fmt.Sprintf("%d %% within %s", pr.Share, page.Took(pr.Within)),
			Count: pr.Count, P50: pr.P50, Took: pr.Took, P99: pr.P99, State: page.Word{Label: "Kept", Tone: page.ToneOK}}
		if pr.Here {
			row.About = fmt.Sprintf("the last %d minutes, this server", int(pr.Over/time.Minute))
		}
		if at, ok := told[pr.Name]; ok {
			row.Told = at
		}
		switch {
		case pr.Count == 0:
			row.State = page.Word{Label: "Nothing measured", Tone: page.ToneQuiet}
		case !pr.Kept():
			row.State = page.Word{Label: "Missed", Tone: page.ToneWarn}
			p.Worsen(page.Word{Label: "Slower than promised", Tone: page.ToneWarn})
		}
		p.Promises = append(p.Promises, row)
	}
	for _, t := range []page.Traffic{{Title: "Texts read", Count: r.Speed.Texts}, {Title: "Decisions", Count: r.Speed.Decisions}, {Title: "Actions", Count: r.Speed.Actions.Count}, {Title: "Replies", Count: r.Speed.Replies}} {
		t.Minute = float64(t.Count) / r.Speed.Over.Minutes()
		p.Traffic = append(p.Traffic, t)
	}
	return nil
}

// classTitles are the classes of requests in words.
var classTitles = map[string]string{"emergency": "Texts that speak of danger", "ingest": "Texts and vendors' reports", "operator": "Pages", "api": "Programs", "bulk": "Files and replays"}

// queueTitles are the queues of jobs in words.
var queueTitles = map[string]string{"default": "Inward work", "vendor": "Calls to vendors", "overflow": "Beyond a club’s pace", "periodic": "Looking after all clubs"}

func processReport(s health.Process, p *page.HealthPage) *page.ProcessReport {
	out := &page.ProcessReport{Minutes: health.TimedOver, Waiting: fmt.Sprintf("%d of %d requests at a time, %d wait", s.Running, s.Places, s.Waiting)}
	for _, c := range s.Classes {
		out.Classes = append(out.Classes, page.ClassRow{Title: orText(classTitles[c.Class], c.Class), Admitted: c.Admitted, Refused: c.Refused})
	}
	if s.Pressure > 0 {
		p.Worsen(page.Word{Label: "Short of processor time or memory", Tone: page.ToneWarn})
	}
	mib := func(b float64) string { return fmt.Sprintf("%.0f MiB", b/(1<<20)) }
	share := func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) }
	out.Uses = append(out.Uses, useRow("Processor time", s.CPU, share), useRow("Memory", s.Memory, mib))
	if s.Pool.Limit > 0 {
		out.Uses = append(out.Uses, useRow("Database connections", s.Pool, func(f float64) string { return fmt.Sprintf("%.0f", f) }))
	}
	hits := page.UseRow{Title: "Cache", Share: -1, Value: "nothing was asked", State: page.Word{Label: "Idle", Tone: page.ToneQuiet}}
	if s.CacheUsed {
		hits = page.UseRow{Title: "Cache", Share: s.CacheHits, Value: share(s.CacheHits) + " answered without the database", State: page.Word{Label: "Answers", Tone: page.ToneOK}}
	}
	if s.Redis == "away" {
		hits.State = page.Word{Label: "Redis does not answer", Tone: page.ToneWarn}
		p.Worsen(hits.State)
	}
	out.Uses = append(out.Uses, hits)
	if s.Replicas > 0 {
		value := "this one alone"
		if s.Replicas > 1 {
			value = fmt.Sprintf("%d, this one among them", s.Replicas)
		}
		out.Uses = append(out.Uses, page.UseRow{Title: "Servers", Share: -1, Value: value, State: page.Word{Label: "Alive", Tone: page.ToneOK}})
	}
	for _, q := range s.Queues {
		row := page.QueueRow{Title: orText(queueTitles[q.Name], q.Name), Due: q.Due, Running: q.Running, Later: q.Later, Oldest: q.Oldest, State: page.Word{Label: "Well", Tone: page.ToneOK}}
		if q.Late() {
			row.State = page.Word{Label: "Waits too long", Tone: page.ToneDanger}
			p.Worsen(page.Word{Label: "Work waits too long", Tone: page.ToneDanger})
		}
		out.Queues = append(out.Queues, row)
	}
	return out
}

// useRow says how much is used of what has a limit, or has none.
func useRow(title string, u health.Use, words func(float64) string) page.UseRow {
	row := page.UseRow{Title: title, Value: words(u.Now) + ", no limit", Share: -1, State: page.Word{Label: "Well", Tone: page.ToneOK}}
	if u.Limit > 0 {
		row.Value, row.Share = words(u.Now)+" of "+words(u.Limit), u.Now/u.Limit
		if u.Now > u.Limit {
			row.State = page.Word{Label: "Above its limit", Tone: page.ToneWarn}
		}
	}
	return row
}
