package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"clubos/internal/simulate"
)

const (
	kills       = 5
	killRate    = 200             // texts per second while the server is killed
	killedAfter = time.Second     // of that load
	pauseAfter  = 3 * time.Second // for what the load left, so that each kill meets about the same
)

// measureRestart kills the server amid texts, starts it again, and says how long its vendors and its balancer were
// without an answer. c is the server that runs afterwards.
func measureRestart(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	var texts, readies []time.Duration
	for i := range kills {
		text, ready, err := in.kill(ctx, cfg, c, i)
		if err != nil {
			return err
		}
		texts, readies = append(texts, text), append(readies, ready)
		if err := pause(ctx, pauseAfter); err != nil {
			return err
		}
	}
	text, ready := &Load{}, &Load{}
	text.lie(texts)
	ready.lie(readies)
	r.add(Measure{Name: "restart_text", Title: fmt.Sprintf("killed amid texts, with %d threads: until a text is acknowledged, median of %d", cfg.Threads, kills), Value: text.P50, Unit: "ms", Better: Less},
		Measure{Name: "restart_text_max", Title: "… slowest", Value: text.Max, Unit: "ms", Better: Less, Floor: bound(10_000), Target: bound(2000)},
		Measure{Name: "restart_ready", Title: "… until it is ready, median", Value: ready.P50, Unit: "ms", Better: Less},
		Measure{Name: "restart_ready_max", Title: "… slowest", Value: ready.Max, Unit: "ms", Better: Less, Floor: bound(10_000), Target: bound(2000)})
	return nil
}

// kill ends the server with no chance to tidy up and starts another in its place. It returns how long after the kill
// a text was acknowledged, and it was ready.
func (in *installation) kill(ctx context.Context, cfg Config, c *child, round int) (text, ready time.Duration, err error) {
	load := in.load(cfg)
	load.Rate, load.Connections, load.Duration, load.Timeout, load.Run = killRate, 16, 2*killedAfter, time.Second, fmt.Sprintf("amid%d", round)
	var around sync.WaitGroup
	defer around.Wait()
	var loadErr error
	around.Go(func() { _, loadErr = simulate.Load(ctx, load) })
	if err := pause(ctx, killedAfter); err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := c.cmd.Process.Kill(); err != nil {
		return 0, 0, fmt.Errorf("kill the server: %w", err)
	}
	<-c.ended
	ask := in.load(cfg)
	ask.Duration, ask.Timeout, ask.Run = readyWithin, readyWithin, fmt.Sprintf("after%d", round)
	asking, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	var askErr error
	around.Go(func() {
		askErr = simulate.UntilAcked(asking, ask, askEvery)
		text = time.Since(start)
	})
	again, err := in.serve(ctx, cfg, Restart)
	ready = time.Since(start)
	around.Wait()
	if err != nil {
		return 0, 0, err
	}
	*c = *again
	return text, ready, errors.Join(loadErr, askErr)
}
