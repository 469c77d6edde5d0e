// Package failpoint names the steps between which the program may end, so that a test of the real binary
// can end it there: at a hit the process kills itself with SIGKILL, as a power cut would.
//
// It is inert unless a harness linked it in:
//
//	go build -ldflags "-X clubos/internal/failpoint.linked=yes" ./cmd/clubos
//
// That is one word that only the linker can set, so nothing in the environment of a released program can
// arm it; and since no source differs, the harness compiles nothing anew, as a build tag would make it do
// for every package above. Such a program ends at the n-th hit of the point that CLUBOS_FAILPOINT names, as
// in "act.called:3", or at the n-th hit of any point, "*:40". Unset: never.
//
// All functions are safe for concurrent use.
package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Point is a step of the program's work. Its name says what has just been done, or, in the imperative,
// what is about to be committed.
type Point string

// The points, in the order in which a text passes them.
const (
	TextStore     Point = "text.store"      // what a webhook brought is in a transaction that has not committed
	TextStored    Point = "text.stored"     // it has, and nobody has been answered
	TextFile      Point = "text.file"       // kept texts are in their threads, in a transaction that has not committed
	TextFiled     Point = "text.filed"      // it has
	JobBegun      Point = "job.begun"       // a job has been taken, and nothing of it done
	DecisionStore Point = "decision.store"  // a decision is made, in a transaction that has not committed
	DecisionMade  Point = "decision.made"   // it has
	DeadlinePass  Point = "deadline.pass"   // nobody objected, in a transaction that has not committed
	DeadlineOver  Point = "deadline.passed" // it has
	RunStep       Point = "run.step"        // a run is about to take a step
	GateLooked    Point = "gate.looked"     // the vendor was asked about the device
	GateClaim     Point = "gate.claim"      // the gate let it pass, in a transaction that has not committed
	GateClaimed   Point = "gate.claimed"    // it has
	ActStarted    Point = "act.started"     // it is committed that the vendor is about to be called
	ActCalled     Point = "act.called"      // the vendor was called, and nothing of it is recorded
	ActRecording  Point = "act.recording"   // its answer is about to be recorded
	ActRecorded   Point = "act.recorded"    // it is committed
	ActVerifying  Point = "act.verifying"   // a second look was had, and nothing of it is recorded
	ActVerified   Point = "act.verified"    // what it saw is committed
	ReplyClaimed  Point = "reply.claimed"   // it is committed that a text is about to be sent
	ReplyCalled   Point = "reply.called"    // the vendor was called, and nothing of it is recorded
	ReplyRecord   Point = "reply.recording" // its answer is about to be recorded
	ReplyRecorded Point = "reply.recorded"  // it is committed
	NoteClaimed   Point = "note.claimed"    // it is committed that a person is about to be called
	NoteCalled    Point = "note.called"     // the vendor was called, and nothing of it is recorded
	NoteRecorded  Point = "note.recorded"   // it is committed
	JobDone       Point = "job.done"        // a job's work is done, and the queue does not know
	Commit        Point = "store.commit"    // any transaction is about to commit
	Committed     Point = "store.committed" // it has, and nobody has been told
)

// Points lists all of them.
func Points() []Point {
	return []Point{TextStore, TextStored, TextFile, TextFiled, JobBegun, DecisionStore, DecisionMade, DeadlinePass, DeadlineOver, RunStep,
		GateLooked, GateClaim, GateClaimed, ActStarted, ActCalled, ActRecording, ActRecorded, ActVerifying, ActVerified,
		ReplyClaimed, ReplyCalled, ReplyRecord, ReplyRecorded, NoteClaimed, NoteCalled, NoteRecorded, JobDone, Commit, Committed}
}

// linked is set by the linker of a harness, and by nothing else.
var linked string

// Hit ends the process when the harness asked for that. In a released program it compares one length.
func Hit(p Point) {
	if linked != "" {
		armed().hit(p)
	}
}

// Pass is Hit for a place where tests put an error in its stead.
func Pass(p Point) error {
	Hit(p)
	return nil
}

// order is what the harness asked for.
type order struct {
	point string // "*": any
	left  atomic.Int64
}

// armed is read once; it belongs to the process, for that is what it ends.
var armed = sync.OnceValue(func() *order { return parse(os.Getenv("CLUBOS_FAILPOINT")) })

// parse reads "point:n". What it cannot read asks for nothing.
func parse(s string) *order {
	o := &order{}
	point, n, ok := strings.Cut(s, ":")
	if hits, err := strconv.ParseInt(n, 10, 64); ok && err == nil && hits > 0 {
		o.point = point
		o.left.Store(hits)
	}
	return o
}

func (o *order) hit(p Point) {
	if o.due(p) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal may take a moment, in which nothing more must happen
	}
}

// due counts a hit and reports whether it is the one.
func (o *order) due(p Point) bool {
	return (o.point == "*" || o.point == string(p)) && o.left.Add(-1) == 0
}
