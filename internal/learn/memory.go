package learn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/notify"
	"clubos/internal/pattern"
	"clubos/internal/pattern/module"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Topic is what Tx.Changed announces when a pattern's record or a breaker changed.
const Topic = "pattern"

// silence is how long a member has to come back before a decision counts as one that nobody
// complained about.
const silence = 24 * time.Hour

// Config is what a Memory works with. All fields are required.
type Config struct {
	Ring     *vault.Ring
	Notifier *notify.Notifier
	// Values returns what the texts of a decision may name (act.Values).
	Values func(context.Context, *store.Tx, *vault.Tenant, store.Decision) (map[string]string, error)
	Log    *slog.Logger
}

// Memory is a club's memory of decisions. It is safe for concurrent use.
type Memory struct {
	cfg          Config
	lessons      lessonsKept
	calibrations calibrationsKept
}

// New returns a Memory.
func New(cfg Config) *Memory {
	return &Memory{cfg: cfg, lessons: lessonsKept{kept: map[club.Slug]*Lessons{}}, calibrations: calibrationsKept{kept: map[calibrationKey]keptCalibration{}}}
}

var machine = club.System("learn")

// Register adds the memory's jobs.
func (m *Memory) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[ConsiderJob]{Work: m.Judge})
	jobs.Handle(r, jobs.Handler[PeersJob]{Work: m.Peers})
}

// ConsiderJob judges the decisions of a thread that can still change their outcome.
type ConsiderJob struct {
	jobs.Meta
	Decision club.DecisionID `json:"decision"`
}

func (ConsiderJob) Kind() string { return "learn_consider" }

// Consider has the outcome of a decision judged after tx has committed. It is to be called by whoever
// changes what tells the outcome. A zero id is nothing to judge.
func Consider(tx *store.Tx, id club.DecisionID) {
	if !id.IsZero() {
		tx.Enqueue(ConsiderJob{Meta: jobs.For(tx), Decision: id}, nil)
	}
}

// ConsiderAgain is Consider for when silence, too, is an answer.
func ConsiderAgain(tx *store.Tx, id club.DecisionID) {
	tx.Enqueue(ConsiderJob{Meta: jobs.For(tx), Decision: id}, jobs.At(tx.Now.Add(silence+time.Minute)))
}

// ConsiderDeed is Consider for when an act by hand has had its time to show an effect.
func ConsiderDeed(tx *store.Tx, id club.DecisionID) {
	tx.Enqueue(ConsiderJob{Meta: jobs.For(tx), Decision: id}, jobs.At(tx.Now.Add(module.Soon+time.Minute)))
}

// Plan is what a decision would do.
type Plan struct {
	// SOP is the procedure that the decision follows; zero for one that was learned.
	SOP     club.SOPID
	Pattern club.PatternID // of a decision that was learned
	Domain  pattern.Domain // of what a procedure is about; "": of texts
	Title   string         // masked
	Digest  string
	Actions []club.ActionName
}

// Digest names what would be done, so that a record belongs to exactly this.
func Digest(steps any) (string, error) {
	b, err := json.Marshal(steps)
	if err != nil {
		return "", fmt.Errorf("encode plan: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8]), nil
}

// missing reports whether a query found no row.
func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// pattern returns a plan's pattern; a zero ID when there is none yet.
func (p Plan) pattern(ctx context.Context, tx *store.Tx) (store.DecisionPattern, error) {
	var row store.DecisionPattern
	var err error
	switch {
	case !p.Pattern.IsZero():
		row, err = tx.FindPattern(ctx, p.Pattern)
	case !p.SOP.IsZero():
		row, err = tx.FindPatternOfSOP(ctx, p.SOP)
	default:
		return row, nil
	}
	if missing(err) {
		return store.DecisionPattern{State: StateActive, Ceiling: club.TierAuto, Epoch: 1, Earned: club.TierEscalate}, nil
	}
	if err != nil {
		return row, fmt.Errorf("find pattern: %w", err)
	}
	return row, nil
}

// States of a pattern.
const (
	StateActive  = "active"
	StatePaused  = "paused"
	StateRetired = "retired"
	StateMerged  = "merged" // into another one
)
