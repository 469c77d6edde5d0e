package guard

import (
	"context"
	"log/slog"
	"time"

	"clubos/internal/club"
)

// Reading is what the process uses at an instant.
type Reading struct {
	CPU    time.Duration // processor time since the start
	Memory int64         // bytes that are resident
}

// Meter reads what the process uses; ok is false where the system does not tell.
type Meter interface {
	Read() (r Reading, ok bool)
}

// Load is what the process uses of what it may.
type Load struct {
	CPU         float64 // share of the processors that it may use, 0 to 1, of the last seconds
	CPULimit    float64 // likewise; 0 is none
	Memory      int64   // bytes
	MemoryLimit int64   // bytes; 0 is none
	// Pressure is how many of the lower classes give way: 0 none, 1 bulk, 2 the API as well, 3 the console as
	// well, 4 also texts of no danger, which memory alone can make give way.
	Pressure int
	Short    bool // memory is what there is too little of
}

const (
	mostPressure = 4
	cpuPressure  = 3   // the most that processor time brings about
	relief       = 0.9 // of a limit, below which pressure falls
	smooth       = 0.4 // weight of the newest second in the share of processor time
	raiseAfter   = 2   // readings over a limit in turn, for each step
)

// Watch bounds what the process uses. It is used by one goroutine.
type Watch struct {
	// Processors is how many the process may use. Required.
	Processors int
	// CPU is the share of them from which on lower classes give way; 0 is no limit.
	CPU float64
	// Memory is the bytes from which on they do; 0 is no limit.
	Memory int64
	// Meter reads. Required.
	Meter Meter
	// Clock is required.
	Clock club.Clock
	// Log is told when pressure and refusals begin and end. Required.
	Log *slog.Logger

	last  Reading
	at    time.Time
	shed  shedding
	load  Load
	above int
}

// Run looks once a second until ctx ends, and hands the limiter what it found.
func (w *Watch) Run(ctx context.Context, l *Limiter) {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for {
		w.Look(ctx, l)
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// Look reads once.
func (w *Watch) Look(ctx context.Context, l *Limiter) {
	now := w.Clock.Now()
	w.tell(ctx, now, l.State().Refused)
	r, ok := w.Meter.Read()
	if !ok {
		return
	}
	before := w.load.Pressure
	w.load.CPULimit, w.load.MemoryLimit, w.load.Memory = w.CPU, w.Memory, r.Memory
	if passed := now.Sub(w.at); !w.at.IsZero() && passed > 0 {
		share := float64(r.CPU-w.last.CPU) / (float64(passed) * float64(w.Processors))
		w.load.CPU += smooth * (min(1, max(0, share)) - w.load.CPU)
	}
	w.last, w.at = r, now
	w.judge()
	if (before == 0) != (w.load.Pressure == 0) {
		w.Log.WarnContext(ctx, map[bool]string{true: "the process uses more than it may: lower classes give way", false: "the process uses no more than it may"}[w.load.Pressure > 0],
			"event.action", "guard.pressure", "labels.pressure", w.load.Pressure, "labels.cpu_percent", int(100*w.load.CPU), "labels.memory_mib", r.Memory>>20)
	}
	l.bear(w.load)
}

// judge moves the pressure by one step at most.
func (w *Watch) judge() {
	busy := w.CPU > 0 && w.load.CPU > w.CPU
	short := w.Memory > 0 && w.load.Memory > w.Memory
	calm := (w.CPU == 0 || w.load.CPU < relief*w.CPU) && (w.Memory == 0 || w.load.Memory < int64(relief*float64(w.Memory)))
	w.load.Short = short || w.load.Short && !calm
	switch most := map[bool]int{true: mostPressure, false: cpuPressure}[short]; {
	case busy || short:
		if w.above++; w.above%raiseAfter == 0 {
			w.load.Pressure = max(w.load.Pressure, min(most, w.load.Pressure+1))
		}
	case calm:
		w.above, w.load.Pressure = 0, max(0, w.load.Pressure-1)
	default:
		w.above = 0
	}
}

// bear takes over what a watch found, and lets in who waited for less pressure.
func (l *Limiter) bear(load Load) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.load = load
	l.admitWaiting()
}
