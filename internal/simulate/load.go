package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"clubos/internal/club"
)

// LoadConfig says how hard which endpoint is hit.
type LoadConfig struct {
	// Target is the server's address, like http://127.0.0.1:8080. Required.
	Target string
	// Tenant is whose webhook is called: Target/hooks/Tenant/openphone. Required.
	Tenant club.Slug
	// Line is the club's number that is texted. Required.
	Line string
	// Secret signs the webhooks: whsec_…. Required.
	Secret string
	// Rate is how many texts are sent per second, on schedule, whatever the server does. 0 means a closed
	// loop: each of Connections sends its next text when the last one is answered, which finds the ceiling
	// but says nothing of latency under a given load.
	Rate int
	// Duration is how long. Required.
	Duration time.Duration
	// Warm is how long of that it is measured only whether texts are acknowledged, and not how soon: while the connections
	// are made and what is loaded once is. Default 0.
	Warm time.Duration
	// Senders is how many numbers text. Default 1000; at most 78 111.
	Senders int
	// FirstSender is the index of the first of them; the demo's members are 0 to 119. Default 0.
	FirstSender int
	// Connections is how many requests may be under way. Default 256.
	Connections int
	// Timeout is how long an answer may take. Default 10 s.
	Timeout time.Duration
	// Text returns the i-th text. Default: a question for the wifi with a number that makes it unique.
	Text func(i int) string
	// Run tells runs apart, so that message ids never repeat. Default: the time.
	Run string
}

// Report is what came of a load. Latencies of an open loop count from the instant at which a text was
// due, not from when a connection was free for it, so that a stall of the server is charged to every
// text that had to wait (no coordinated omission); those of a closed loop count from the sending.
type Report struct {
	Planned  int // by the schedule; of a closed loop what was sent
	Sent     int
	Acked    int // answered by 2xx
	Failed   int // answered by something else, or not
	Unsent   int // due, or to be due, when the time was up
	Statuses map[int]int
	Errors   map[string]int // "timeout", "refused", "other": no answer at all
	Elapsed  time.Duration  // from the first text to the last answer
	RatePerS float64        // acknowledged texts per second of Elapsed
	// RateMeanwhile is acknowledged texts per second of the duration, without what was answered after it.
	RateMeanwhile float64

	P50, P90, P95, P99, P999, Max, Mean time.Duration
	// Curve is the whole of it, in ascending order of Percent.
	Curve []Quantile
	// Latencies are what all of these are read from, in microseconds.
	Latencies *hdrhistogram.Histogram `json:"-"`
}

// Quantile is a latency that a part of the requests does not exceed.
type Quantile struct {
	Percent float64
	Latency time.Duration
}

// String is the report in one line.
func (r Report) String() string {
	return fmt.Sprintf("%d sent, %d acked, %d failed, %d unsent in %s: %.0f/s; p50 %s, p95 %s, p99 %s, p99.9 %s, max %s",
		r.Sent, r.Acked, r.Failed, r.Unsent, r.Elapsed.Round(time.Millisecond), r.RatePerS, r.P50, r.P95, r.P99, r.P999, r.Max)
}

func (c LoadConfig) withDefaults() (LoadConfig, error) {
	c.Senders, c.Connections, c.Timeout = cmp.Or(c.Senders, 1000), cmp.Or(c.Connections, 256), cmp.Or(c.Timeout, 10*time.Second)
	c.Run = cmp.Or(c.Run, fmt.Sprintf("%x", time.Now().UnixNano()))
	if c.Secret == "" {
		return c, club.Invalid("the load needs the webhook's secret")
	}
	switch {
	case c.Target == "" || c.Tenant == "" || c.Line == "" || c.Duration <= 0:
		return c, club.Invalid("the load needs a target, a tenant, a line and a duration")
	case c.Rate < 0 || c.Warm < 0 || c.Warm >= c.Duration || c.Connections < 0 || c.Senders < 0 || c.FirstSender < 0 || c.FirstSender+c.Senders > areas*99:
		return c, club.Invalid("the load's numbers are out of range; there are %d senders", areas*99)
	}
	return c, nil
}

// Load sends signed webhooks and measures how they are acknowledged. It ends after the duration, or
// when ctx does, which is no error; an error says that the configuration cannot be run.
func Load(ctx context.Context, c LoadConfig) (Report, error) {
	c, err := c.withDefaults()
	if err != nil {
		return Report{}, err
	}
	return drive(ctx, schedule{rate: c.Rate, duration: c.Duration, warm: c.Warm, connections: c.Connections, timeout: c.Timeout}, c.newWire)
}

func kindOf(err error) string {
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &op) && op.Op == "dial":
		return "refused"
	}
	return "other"
}
