package decide

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/embedding"
	"clubos/internal/failpoint"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/outbox"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// Config is what a Decider works with. All fields are required but Matchers, Vectors and Observe.
type Config struct {
	Ring      *vault.Ring
	Catalogue *catalogue.Catalogue
	Library   *knowledge.Library
	Engine    *act.Engine
	Desk      *desk.Desk
	Notifier  *notify.Notifier
	Memory    *learn.Memory
	// Matchers keeps what was trained; deciders may share it. Nil: one of the decider's own.
	Matchers *Matchers
	// Vectors give texts another view, for clubs that want it. Nil: for none.
	Vectors *embedding.Vectors
	// Observe, if set, is told of every decision on texts that was stored: its tier, and how long after the
	// last text it came.
	Observe func(tier club.Tier, waited time.Duration)
	// Behind reports whether more is asked for a club than this process can do at the moment: what is not urgent is then
	// decided on a little later. Nil: never.
	Behind func(club.Slug) bool
	Log    *slog.Logger
}

// Decider decides. It is safe for concurrent use.
type Decider struct {
	cfg       Config
	matchers  *Matchers
	histories *histories
	views     views
	vectors   vectorsKept
}

// New returns a Decider.
func New(cfg Config) *Decider {
	if cfg.Matchers == nil {
		cfg.Matchers = NewMatchers(false, 0)
	}
	return &Decider{cfg: cfg, matchers: cfg.Matchers, histories: newHistories(),
		views: views{kept: map[club.Slug]keptView{}}, vectors: vectorsKept{kept: map[club.Slug]keptVectors{}}}
}

var machine = club.System("decide")

// Register adds the decider's jobs.
func (d *Decider) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[inbox.AdvanceJob]{Work: d.Advance, Lost: d.lost, Inward: true})
	jobs.Handle(r, jobs.Handler[TrainJob]{Work: d.TrainMatcher, Timeout: trainWithin, Inward: true})
	jobs.Handle(r, jobs.Handler[VectorsJob]{Work: d.KeepVectors, Timeout: trainWithin})
	jobs.Handle(r, jobs.Handler[DeadlineJob]{Work: d.Deadline, Lost: d.deadlineLost})
}

const (
	// trainingPause is how soon a text looks again for a matcher that is being trained.
	trainingPause = 100 * time.Millisecond
	// trainingPatience is how long it does so; then likeness has to do.
	trainingPatience = 4 * time.Second
	// givesWay is how soon a text looks again while others cannot even be taken in, givesWayFor how long it does so.
	givesWay    = 3 * time.Second
	givesWayFor = 20 * time.Second
)

// Advance decides on the texts of a thread that nothing has taken up. It does nothing when there are
// none, when a later text's own job will see to them, or when people hold the thread.
func (d *Decider) Advance(ctx context.Context, tenant *store.Tenant, job inbox.AdvanceJob) error {
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	look, err := d.look(ctx, tenant, job)
	switch {
	case err != nil || look.idle:
		return err
	case look.later > 0:
		return jobs.Later(look.later)
	}
	var saw *seen
	if !look.urgent { // danger and STOP are read by fixed rules
		if ready, err := d.ready(ctx, tenant, keys, false, look.due > trainingPatience); err != nil || !ready {
			return cmp.Or(err, jobs.Later(trainingPause))
		}
		saw = d.see(ctx, tenant, keys, job)
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		err := d.advance(ctx, tx, keys, job, saw)
		failpoint.Hit(failpoint.DecisionStore)
		return err
	})
	failpoint.Hit(failpoint.DecisionMade)
	if club.CodeOf(err) == club.CodeConflict {
		return jobs.Later(20 * time.Millisecond) // somebody moved the thread meanwhile: look again
	}
	return err
}

// glance is what is seen of a thread's texts before they are decided on.
type glance struct {
	idle   bool          // there is nothing to do
	later  time.Duration // until they are to be looked at again; 0: now is the time
	due    time.Duration // since the rest of the burst is not waited for any more
	urgent bool          // danger, or words that must count at once, are among them
}

// look says, with as little reading as can be, whether this job has anything to do, and when. A job whose text is not the
// newest has nothing to do: the newest has a job of its own. So have danger and words that must count at once, a job
// without a text, and that reads all words. One with a text, which may come again and again while texts pour in, reads no
// other words than the newest until it may decide.
func (d *Decider) look(ctx context.Context, tenant *store.Tenant, job inbox.AdvanceJob) (g glance, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) (err error) {
		g, err = d.glance(ctx, tx, tenant, job.Thread, job.Message)
		return err
	})
	return g, err
}

// glance looks at a thread, or at the one that it has become a part of.
func (d *Decider) glance(ctx context.Context, tx *store.Tx, tenant *store.Tenant, of club.ThreadID, text club.MessageID) (g glance, err error) {
	newest, err := tx.FindNewestUnhandled(ctx, of)
	if missing(err) {
		th, err := thread.Find(ctx, tx, of)
		if err != nil || th.MergedInto.IsZero() {
			return glance{idle: true}, err
		}
		return d.glance(ctx, tx, tenant, th.MergedInto, text)
	}
	if err != nil {
		return g, fmt.Errorf("find the newest text: %w", err)
	}
	if !text.IsZero() && newest.ID != text {
		return glance{idle: true}, nil
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return g, err
	}
	g.due = tx.Now.Sub(newest.CreatedAt.Add(s.BurstWait))
	later := d.postponed(tenant, g.due)
	if g.urgent = urgentWords(newest.Masked); !g.urgent && (later == 0 || text.IsZero()) {
		if g.urgent, err = urgentAmong(ctx, tx, of); err != nil {
			return g, err
		}
	}
	if !g.urgent {
		g.later = later
	}
	return g, nil
}

// postponed is until when texts wait: for the rest of their burst, and for a while for those that cannot even be taken in.
func (d *Decider) postponed(tenant *store.Tenant, due time.Duration) time.Duration {
	switch {
	case due < 0:
		return -due
	case due < givesWayFor && d.cfg.Behind != nil && d.cfg.Behind(tenant.Slug):
		return givesWay
	}
	return 0
}

// urgentAmong reports whether any of the texts of a thread that nothing has taken up is urgent.
func urgentAmong(ctx context.Context, tx *store.Tx, of club.ThreadID) (bool, error) {
	words, err := tx.FindUnhandledWords(ctx, of)
	if err != nil {
		return false, fmt.Errorf("read texts: %w", err)
	}
	return slices.ContainsFunc(words, urgentWords), nil
}

// urgentWords reports whether a text speaks of danger or says STOP. Masked words say enough for this.
func urgentWords(masked string) bool {
	r := phrase.Read(masked)
	return r.Emergency != phrase.EmergencyNone || r.OptOut
}

// take reads the matter; nil when this job has nothing to do.
func (d *Decider) take(ctx context.Context, tx *store.Tx, keys *vault.Tenant, job inbox.AdvanceJob) (store.Thread, *matter, error) {
	th, err := thread.Find(ctx, tx, job.Thread)
	if err != nil {
		return th, nil, err
	}
	for !th.MergedInto.IsZero() {
		if th, err = thread.Find(ctx, tx, th.MergedInto); err != nil {
			return th, nil, err
		}
	}
	s, err := setting.Load(ctx, tx)
	if err != nil {
		return th, nil, err
	}
	m, err := gather(ctx, tx, keys, th, s)
	if err != nil || len(m.texts) == 0 {
		return th, nil, err
	}
	if !job.Message.IsZero() && m.texts[len(m.texts)-1].row.ID != job.Message {
		return th, nil, nil // a later text of the burst has a job of its own
	}
	return th, m, nil
}

func (d *Decider) advance(ctx context.Context, tx *store.Tx, keys *vault.Tenant, job inbox.AdvanceJob, saw *seen) error {
	if th, err := thread.Find(ctx, tx, job.Thread); err != nil || th.Provider == club.EventProvider {
		return cmp.Or(err, d.situate(ctx, tx, keys, th))
	}
	th, m, err := d.take(ctx, tx, keys, job)
	if err != nil || m == nil {
		return err
	}
	v, ruled := judge(m)
	if ruled && v.kind == kindOptOut {
		if v, err = d.quieten(ctx, tx, m, v); err != nil {
			return err
		}
	}
	if d.heldAgainst(th, tx.Now) {
		return d.whileHeld(ctx, tx, keys, m, v, ruled)
	}
	unfinished, err := d.leavesOpen(ctx, tx, m, v, ruled)
	if err != nil {
		return err
	}
	if unfinished && v.rule == ruleGreeting { // "hello?" while something is under way: it is being seen to
		v = verdict{kind: kindNoAnswer, rule: ruleGreeting, title: v.title}
	}
	if !unfinished {
		if err := d.supersede(ctx, tx, th); err != nil {
			return err
		}
	}
	var p plan
	if ruled {
		p = plan{verdict: v, earned: club.TierAuto, tier: club.TierAuto}
		if v.kind == kindEscalate {
			p.earned, p.tier = club.TierEscalate, club.TierEscalate
		}
	} else if p, err = d.match(ctx, tx, keys, m, saw); err != nil {
		return err
	}
	p.unfinished = unfinished
	return d.carryOut(ctx, tx, keys, m, p)
}

// heldAgainst reports whether the machine must keep silent in a thread. A hand-written reply silences
// it for a time; anything else lasts until a person hands the thread back.
func (d *Decider) heldAgainst(th store.Thread, now time.Time) bool {
	if th.Status == club.ThreadManualOverride && th.SilentUntil != nil && !now.Before(*th.SilentUntil) {
		return false
	}
	return th.Status.HeldByPeople()
}

// whileHeld does what must be done even in a thread that people hold: STOP and START count at once,
// and danger calls everybody. The texts stay for the people to read.
func (d *Decider) whileHeld(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, v verdict, ruled bool) error {
	var err error
	if ruled && (v.kind == kindOptOut || v.kind == kindOptIn) {
		if err = d.consent(ctx, tx, keys, m, v, ""); err == nil && v.kind == kindOptIn {
			err = d.backAgain(ctx, tx, m)
		}
	}
	if err == nil && ruled && v.priority == club.PriorityEmergency {
		_, err = d.cfg.Desk.Escalate(ctx, tx, m.thread, desk.Reason{Text: v.reason, Priority: &v.priority, By: machine})
	}
	if err != nil {
		return err
	}
	return d.handled(ctx, tx, m, "")
}

// backAgain releases a thread that was escalated only because its member had opted out.
func (d *Decider) backAgain(ctx context.Context, tx *store.Tx, m *matter) error {
	last, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: m.thread.ID, Limit: 1})
	if err != nil || len(last) == 0 {
		return err
	}
	var e club.Evidence
	if err := json.Unmarshal([]byte(last[0].Evidence), &e); err != nil {
		return fmt.Errorf("read evidence: %w", err)
	}
	if e.Rule != ruleOptedOut {
		return nil
	}
	th, err := thread.Find(ctx, tx, m.thread.ID)
	if err != nil {
		return err
	}
	_, err = d.cfg.Desk.Release(ctx, tx, th, machine, "the member opted in again")
	return err
}

// supersede withdraws what was proposed before these texts or reports came: the matter has moved on.
func (d *Decider) supersede(ctx context.Context, tx *store.Tx, th store.Thread) error {
	prop, err := tx.FindOpenProposalOfThread(ctx, th.ID)
	if missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read proposal: %w", err)
	}
	why := "the member wrote again"
	if th.Provider == club.EventProvider {
		why = "more was reported"
	}
	_, err = d.settle(ctx, tx, prop, machine, club.ProposalStale, false, why)
	return err
}

// carryOut stores the decision and does what its tier says, all in tx.
func (d *Decider) carryOut(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, p plan) error {
	dec, err := d.record(ctx, tx, keys, m, &p)
	if err != nil {
		return err
	}
	if err := d.handled(ctx, tx, m, dec.ID); err != nil {
		return err
	}
	mv := thread.Move{Event: club.ThreadTaken, By: machine, Why: p.title}
	if !m.location.ID.IsZero() {
		mv.Location = &m.location.ID
	}
	if !m.bay.ID.IsZero() {
		mv.Bay = &m.bay.ID
	}
	if p.priority != "" {
		mv.Priority = &p.priority
	}
	if !p.unfinished {
		mv.Awaiting = new(string) // these texts are the answer, or the member has turned to something else
	}
	th, err := thread.Apply(ctx, tx, m.thread, mv)
	if err != nil {
		return err
	}
	asked := m.thread.Awaiting
	m.thread = th
	if err := d.absorb(ctx, tx, keys, m, p); err != nil {
		return err
	}
	switch p.kind {
	case kindNoAnswer:
		return d.answered(ctx, tx, m, p, asked)
	case kindOptOut, kindOptIn:
		if err := d.consent(ctx, tx, keys, m, p.verdict, dec.ID); err != nil {
			return err
		}
		if p.reason != "" {
			return d.callTo(ctx, tx, m.thread, dec.ID, p.reason)
		}
		return d.answered(ctx, tx, m, p, asked)
	case kindHelp:
		if err := d.say(ctx, tx, keys, m, p.reply, dec.ID, false); err != nil {
			return err
		}
		return d.answered(ctx, tx, m, p, asked)
	case kindEscalate:
		return d.escalate(ctx, tx, keys, m, p, dec.ID)
	}
	switch p.tier {
	case club.TierAuto:
		return d.cfg.Engine.Start(ctx, tx, keys, act.Run{Decision: dec, Steps: p.steps, Fallback: p.fallback, Also: p.also, By: machine})
	case club.TierSuggest, club.TierApprove:
		return d.propose(ctx, tx, m, p, dec)
	}
	p.reason = uncertain(p)
	return d.escalate(ctx, tx, keys, m, p, dec.ID)
}

// escalate calls a person, and tells the member so where there are words for it.
func (d *Decider) escalate(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, p plan, dec club.DecisionID) error {
	if p.reply != "" {
		if err := d.say(ctx, tx, keys, m, p.reply, dec, false); err != nil {
			return err
		}
	}
	return d.callTo(ctx, tx, m.thread, dec, p.reason)
}

// callTo calls a person to a thread, which may have moved in this transaction. The priority is the
// thread's.
func (d *Decider) callTo(ctx context.Context, tx *store.Tx, th store.Thread, dec club.DecisionID, why string) error {
	th, err := thread.Find(ctx, tx, th.ID)
	if err != nil {
		return err
	}
	_, err = d.cfg.Desk.Escalate(ctx, tx, th, desk.Reason{Text: why, Decision: dec, By: machine})
	return err
}

// say queues a text to the member. Somebody who opted out gets none, and that is no failure.
func (d *Decider) say(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, words string, dec club.DecisionID, notice bool) error {
	th, err := thread.Find(ctx, tx, m.thread.ID)
	if err != nil {
		return err
	}
	key := "rule:" + m.texts[len(m.texts)-1].row.ID.String()
	_, _, err = outbox.Queue(ctx, tx, keys, outbox.Reply{Thread: th, Text: words, Author: club.AuthorMachine, By: machine, Decision: dec, DedupKey: key, ConsentNotice: notice})
	if errors.Is(err, outbox.ErrOptedOut) {
		return nil
	}
	return err
}

// consent records STOP and START. STOP is confirmed once; what was queued is withdrawn first.
func (d *Decider) consent(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, v verdict, dec club.DecisionID) error {
	state := club.ConsentGiven
	if v.kind == kindOptOut {
		state = club.ConsentWithdrawn
	}
	by := club.Actor{Kind: club.ActorMember, ID: m.thread.SubjectID.String()}
	changed, err := people.SetConsent(ctx, tx, by, m.thread.SubjectID, state, "text")
	if err != nil || !changed {
		return err
	}
	if state == club.ConsentWithdrawn {
		if err := outbox.Cancel(ctx, tx, m.thread); err != nil {
			return err
		}
	}
	return d.say(ctx, tx, keys, m, v.reply, dec, true)
}

func (d *Decider) handled(ctx context.Context, tx *store.Tx, m *matter, dec club.DecisionID) error {
	n, err := tx.HandleMessages(ctx, store.HandleMessagesParams{Now: &tx.Now, DecisionID: dec, ThreadID: m.thread.ID, Until: m.latest()})
	if err != nil {
		return fmt.Errorf("mark texts: %w", err)
	}
	if n != int64(len(m.texts)) {
		return club.Conflict("a text has come in, or was taken up, in the meantime; look again")
	}
	return nil
}

// lost calls a person when a thread could not be decided on at all.
func (d *Decider) lost(ctx context.Context, tenant *store.Tenant, job inbox.AdvanceJob, _ error) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		th, err := thread.Find(ctx, tx, job.Thread)
		if err != nil || th.Status.HeldByPeople() || th.Status == club.ThreadMerged {
			return err
		}
		_, err = d.cfg.Desk.Escalate(ctx, tx, th, desk.Reason{Text: "a fault of ours: the text could not be decided on", By: machine})
		return err
	})
}

// missing reports whether a query found no row.
func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }
