package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// sweepEvery is how often identity clears what has expired.
const sweepEvery = time.Hour

// Server is a running installation.
type Server struct {
	app      *App
	http     *http.Server
	listener net.Listener
	draining atomic.Bool
	drained  chan struct{} // closed when requests are taken no more
	failed   chan error

	metrics   *http.Server // nil: nobody scrapes
	metricsAt string

	stopFinding context.CancelFunc // ends the look-out for clubs that were made since the start
	finding     sync.WaitGroup
	seen        map[club.Slug]time.Time // of SQLite, when kept texts are looked for once more; zero: they were. Of the look-out alone
	looked      int                     // clubs that were looked at for kept texts; of the look-out alone

	mu     sync.Mutex // guards warmed
	warmed map[club.Slug]bool
}

// findEvery is how often clubs are looked for that another process has made or resumed.
const (
	findEvery  = store.RosterAge
	findWithin = 10 * time.Second
)

// Start opens every club, starts the jobs and listens. It fails loudly: what cannot be started ends
// everything. Stop ends it.
func (a *App) Start(ctx context.Context) (*Server, error) {
	recs, err := a.Cluster.FindTenants(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.prepare(ctx, recs); err != nil {
		return nil, err
	}
	s := &Server{app: a, seen: map[club.Slug]time.Time{}, failed: make(chan error, 1), drained: make(chan struct{}), warmed: map[club.Slug]bool{}}
	handler, err := a.handler(s)
	if err != nil {
		return nil, err
	}
	if s.listener = a.Config.Listener; s.listener == nil {
		var lc net.ListenConfig
		if s.listener, err = lc.Listen(ctx, "tcp", a.Config.Listen); err != nil {
			return nil, fmt.Errorf("listen on %s: %w", a.Config.Listen, err)
		}
	}
	if err := a.runner.Start(ctx); err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	if err := s.serveMetrics(ctx); err != nil {
		return nil, errors.Join(err, s.listener.Close(), a.runner.Stop(ctx))
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn),
	}
	go func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	findCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stopFinding = stop
	s.finding.Go(func() { s.find(findCtx) })
	s.finding.Go(func() { a.watch(findCtx) })
	if a.Config.Steps == nil { // a club that is stepped through lives on another clock
		s.finding.Go(func() { a.outage.Run(findCtx) })
	}
	if err := s.resume(ctx, recs); err != nil { // it is tried again when clubs are looked for
		a.Log.ErrorContext(ctx, "kept texts cannot be filed", "event.action", "server.start", "event.outcome", "failure", "error.message", err.Error())
	}
	var warming sync.WaitGroup
	for i, rec := range recs {
		warming.Add(1)
		s.warm(findCtx, rec.Slug, i < warmAtStart, warming.Done)
	}
	s.finding.Go(func() {
		warming.Wait()
		a.rest()
	})
	a.Log.InfoContext(ctx, "serving", "event.action", "server.start", "url.full", "http://"+s.Addr(), "labels.engine", a.Cluster.Engine(), "labels.clubs", len(recs))
	return s, nil
}

// openAtOnce is how many clubs are opened side by side.
const openAtOnce = 8

// prepare brings the schemas of clubs up to date and loads their vendors, without which a job would take a club
// for one that has none.
func (a *App) prepare(ctx context.Context, recs []store.TenantRecord) error {
	old, err := a.Cluster.Outdated(ctx, recs)
	if err != nil {
		return fmt.Errorf("look at the clubs' schemas: %w", err)
	}
	for _, rec := range old {
		if _, err := a.Cluster.Migrate(ctx, rec.Slug, store.Latest); err != nil {
			return fmt.Errorf("bring the schema of %s up to date: %w", rec.Slug, err)
		}
	}
	errs := make([]error, openAtOnce)
	var opening sync.WaitGroup
	for worker := range openAtOnce {
		opening.Go(func() {
			for i := worker; i < len(recs) && errs[worker] == nil; i += openAtOnce {
				errs[worker] = a.vendors.open(ctx, recs[i].Slug)
			}
		})
	}
	opening.Wait()
	return errors.Join(errs...)
}

// Addr is the address that the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Failed receives the error that ended the listener, if one did.
func (s *Server) Failed() <-chan error { return s.failed }

// AddTenant serves a club that was made, or resumed, after the start. One that is served already costs
// nothing.
func (s *Server) AddTenant(ctx context.Context, slug club.Slug) error {
	if err := s.app.vendors.open(ctx, slug); err != nil {
		return err
	}
	return s.app.runner.AddTenant(ctx, slug)
}

// find serves the clubs that the command line, or another replica, has made or resumed since the start.
func (s *Server) find(ctx context.Context) {
	again := time.NewTicker(findEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			tryCtx, cancel := context.WithTimeout(ctx, findWithin)
			served, err := s.addNew(tryCtx)
			if err != nil && ctx.Err() == nil {
				s.app.Log.ErrorContext(tryCtx, "new clubs cannot be served", "event.action", "server.find", "event.outcome", "failure", "error.message", err.Error())
			}
			cancel()
			for _, slug := range served {
				s.warm(ctx, slug, true, func() {})
			}
		}
	}
}

// addNew returns the clubs that are served.
func (s *Server) addNew(ctx context.Context) ([]club.Slug, error) {
	recs, err := s.app.Cluster.FindTenants(ctx)
	if err != nil {
		return nil, err
	}
	var served []club.Slug
	errs := []error{s.resume(ctx, s.turn(recs))}
	for _, rec := range recs {
		if rec.Status == store.StatusActive {
			served = append(served, rec.Slug)
			errs = append(errs, s.AddTenant(ctx, rec.Slug))
		} else {
			errs = append(errs, s.app.vendors.open(ctx, rec.Slug))
		}
	}
	return served, errors.Join(errs...)
}

// resumeAtOnce is how many clubs are looked at for kept texts in one look-out: each costs a transaction.
const resumeAtOnce = 64

// resumeAgain is how long after the first look at a club's file another process's kept texts are looked for once more: those
// that had failed there are due again by then. Of its own the one process that a file has knows.
const resumeAgain = 65 * time.Second

// unknown returns the clubs of SQLite that are new here, and those that are to be looked at once more.
func (s *Server) unknown(recs []store.TenantRecord) (out []store.TenantRecord) {
	now := s.app.Cluster.Clock().Now()
	for _, rec := range recs {
		due, known := s.seen[rec.Slug]
		switch {
		case !known:
			s.seen[rec.Slug] = now.Add(resumeAgain)
		case due.IsZero() || now.Before(due):
			continue
		default:
			s.seen[rec.Slug] = time.Time{}
		}
		out = append(out, rec)
	}
	return out
}

// turn returns the clubs whose turn it is to be looked at for kept texts, all of them where there are few.
func (s *Server) turn(recs []store.TenantRecord) []store.TenantRecord {
	if s.app.Cluster.Engine() == "sqlite" {
		return s.unknown(recs)
	}
	if len(recs) <= resumeAtOnce {
		return recs
	}
	from := s.looked % len(recs)
	s.looked += resumeAtOnce
	to := min(from+resumeAtOnce, len(recs))
	return append(recs[from:to:to], recs[:resumeAtOnce-(to-from)]...)
}

// resume has the texts filed that an earlier process, or a replica that is gone, has only kept; a suspended
// club's as well.
func (s *Server) resume(ctx context.Context, recs []store.TenantRecord) error {
	var errs []error
	for _, rec := range recs {
		tenant, err := s.app.Cluster.AnyTenant(ctx, rec.Slug)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.app.Inbox.Resume(tenant)
	}
	return errors.Join(errs...)
}

// Stop drains: readiness ends, and jobs are taken no more; after the configured delay no new requests are
// either. What is under way ends; what is not done then is left for another replica or the next start.
// It waits at most the configured time and may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	if s.draining.Swap(true) {
		return nil
	}
	s.app.Log.InfoContext(ctx, "stopping", "event.action", "server.stop")
	s.stopFinding()
	s.finding.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.app.Config.DrainTimeout)
	defer cancel()
	jobsStopped := make(chan error, 1)
	go func() { jobsStopped <- s.app.runner.Stop(ctx) }()
	err := errors.Join(s.stopAnswering(ctx), <-jobsStopped)
	if s.metrics != nil {
		err = errors.Join(err, s.metrics.Close()) // the last scrape sees the drain
	}
	return err
}

// stopAnswering goes on answering for the delay, and then ends what is under way.
func (s *Server) stopAnswering(ctx context.Context) error {
	if delay := s.app.Config.DrainDelay; delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		<-t.C // shorter than ctx, as Validate holds
	}
	close(s.drained)
	// Pages with live updates end their streams when draining begins; what still hangs is cut.
	quick, cancelQuick := context.WithTimeout(ctx, 2*time.Second)
	defer cancelQuick()
	err := s.http.Shutdown(quick)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.app.Inbox.Close()
	return err
}

// Run serves until ctx ends or the listener fails, then drains.
func (a *App) Run(ctx context.Context) error {
	s, err := a.Start(ctx)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return s.Stop(ctx)
	case err := <-s.Failed():
		return errors.Join(err, s.Stop(ctx))
	}
}

// live answers whether the process lives; it touches nothing.
func live(w http.ResponseWriter, _ *http.Request) { writeStatus(w, http.StatusOK, "ok") }

// ready answers whether the process may be sent requests: the database answers and stores, and it is not draining.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	switch err := s.mayServe(r.Context()); {
	case errors.Is(err, errDraining):
		writeStatus(w, http.StatusServiceUnavailable, "draining")
	case err != nil:
		s.app.Log.ErrorContext(r.Context(), "database does not answer, or stores nothing", "event.action", "server.ready", "error.message", err.Error())
		writeStatus(w, http.StatusServiceUnavailable, "database unavailable")
	default:
		writeStatus(w, http.StatusOK, "ready")
	}
}

var (
	errDraining = errors.New("draining")
	errNoPulse  = errors.New("no look at it has gone well for some time")
)

// mayServe returns why the process may not be sent requests; nil when it may.
func (s *Server) mayServe(ctx context.Context) error {
	if s.draining.Load() {
		return errDraining
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.app.Cluster.Ping(ctx); err != nil {
		return err
	}
	if s.app.outage.Fails() { // it answers, and stores nothing: whatever is to be acknowledged would be refused
		return errNoPulse
	}
	return nil
}

func writeStatus(w http.ResponseWriter, code int, status string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": status})
}
