package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"clubos/internal/demo"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

const (
	consoles    = 6 // people with the inbox before them
	lookEvery   = time.Second
	textsPerDay = 60
)

// measureCache counts what a day of the demo club reads from the database, with everything read afresh and
// with what was read kept.
func measureCache(ctx context.Context, cfg Config, r *Report) error {
	without, err := dayOf(ctx, cfg, true)
	if err != nil {
		return err
	}
	with, err := dayOf(ctx, cfg, false)
	if err != nil {
		return err
	}
	r.add(Measure{Name: "cache_reads_without", Title: fmt.Sprintf("reads in a day of %d texts, %d consoles open, nothing kept", textsPerDay, consoles), Value: float64(without.Reads), Better: Less},
		Measure{Name: "cache_reads_with", Title: "… with what was read kept", Value: float64(with.Reads), Better: Less},
		Measure{Name: "cache_spared", Title: "… fewer", Value: 100 * (1 - float64(with.Reads)/float64(max(1, without.Reads))), Unit: "%", Better: More, Target: bound(70)})
	r.Reads = compareReads(without, with)
	return nil
}

// ReadsOf is how often a query was asked of the database in a day.
type ReadsOf struct {
	Query   string `json:"query"`
	Without int64  `json:"without"` // with nothing kept
	With    int64  `json:"with"`    // with what was read kept
}

// compareReads lists the queries of both days, those first that still read most.
func compareReads(without, with store.Counts) []ReadsOf {
	var out []ReadsOf
	for query, n := range without.ReadsOf {
		out = append(out, ReadsOf{query, n, with.ReadsOf[query]})
	}
	for query, n := range with.ReadsOf {
		if _, known := without.ReadsOf[query]; !known {
			out = append(out, ReadsOf{query, 0, n})
		}
	}
	slices.SortFunc(out, func(a, b ReadsOf) int {
		return cmp.Or(cmp.Compare(b.With, a.With), cmp.Compare(b.Without, a.Without), strings.Compare(a.Query, b.Query))
	})
	return out
}

// readsShown is how many queries people are shown; machines are told of all.
const readsShown = 25

// writeReads writes which queries still read most.
func (r Report) writeReads(w io.Writer) error {
	if len(r.Reads) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\nREADS MOST\tNOTHING KEPT\tKEPT\t")
	for _, q := range r.Reads[:min(readsShown, len(r.Reads))] {
		fmt.Fprintf(t, "%s\t%d\t%d\t\n", q.Query, q.Without, q.With)
	}
	return t.Flush()
}

// dayOf plays a day and returns what it asked of the database.
func dayOf(ctx context.Context, cfg Config, afresh bool) (c store.Counts, err error) {
	d, err := demo.Start(ctx, demo.Config{DatabaseURL: cfg.DatabaseURL, Seed: 24, Quick: true, NoCache: afresh, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	w, err := d.World()
	if err != nil {
		return c, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	for range consoles {
		client, err := signedIn(ctx, d)
		if err != nil {
			return c, err
		}
		wg.Go(func() { follow(ctx, client, d.URL+"/c/"+d.Club.Slug.String()+"/inbox") })
	}
	before := d.App.Cluster.Counts()
	err = simulate.RunDay(ctx, w, simulate.DayConfig{Seed: 24, Length: cfg.Duration, Texts: textsPerDay})
	c = d.App.Cluster.Counts()
	stop()
	wg.Wait()
	c.Reads, c.Writes, c.Answered = c.Reads-before.Reads, c.Writes-before.Writes, c.Answered-before.Answered
	for query, n := range before.ReadsOf {
		c.ReadsOf[query] -= n
	}
	return c, err
}

// signedIn returns a browser of the owner's.
func signedIn(ctx context.Context, d *demo.Demo) (*http.Client, error) {
	owner, ok := d.Club.FindStaff("owner")
	if !ok {
		return nil, errors.New("BUG: the demo club has no owner")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	form := url.Values{"email": {owner.Email}, "password": {demo.Password}}
	_, err = fetch(ctx, client, http.MethodPost, d.URL+"/c/"+d.Club.Slug.String()+"/sign-in", form)
	return client, err
}

// follow looks at a page again and again until ctx ends.
func follow(ctx context.Context, client *http.Client, page string) {
	for pause(ctx, lookEvery) == nil {
		_, _ = fetch(ctx, client, http.MethodGet, page, nil)
	}
}

func fetch(ctx context.Context, client *http.Client, method, at string, form url.Values) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, at, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}
