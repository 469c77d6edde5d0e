package decide

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/act"
	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/failpoint"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// DeadlineJob comes due when an announced proposal may run.
type DeadlineJob struct {
	jobs.Meta
	Proposal club.ProposalID `json:"proposal"`
}

// Kind names the job.
func (DeadlineJob) Kind() string { return "proposal_deadline" }

// propose opens a proposal, tells people, and sets its deadline.
func (d *Decider) propose(ctx context.Context, tx *store.Tx, m *matter, p plan, dec store.Decision) error {
	prop := store.Proposal{ID: club.NewProposalID(tx.Now), DecisionID: dec.ID, ThreadID: dec.ThreadID, Tier: p.tier, DeadlineAt: p.deadline(tx.Now, m.settings), CreatedAt: tx.Now}
	err := tx.CreateProposal(ctx, store.CreateProposalParams{ID: prop.ID, DecisionID: dec.ID, ThreadID: dec.ThreadID, Tier: p.tier, DeadlineAt: prop.DeadlineAt, CreatedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("store proposal: %w", err)
	}
	if prop.DeadlineAt != nil {
		tx.Enqueue(DeadlineJob{Meta: jobs.For(tx), Proposal: prop.ID}, jobs.At(*prop.DeadlineAt))
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: "proposal.opened", Object: prop.ID.String(), Thread: prop.ThreadID, Detail: map[string]any{"tier": p.tier, "title": p.title}}); err != nil {
		return err
	}
	note := notify.Note{
		Kind: "proposal", Ref: prop.ID.String(), Thread: prop.ThreadID, Title: p.title, Priority: m.thread.Priority, DedupKey: "proposal:" + prop.ID.String(),
		Lines:  []string{"“" + clip(m.masked, 300) + "”"},
		Fields: [][2]string{{"Place", m.place()}, {"Would do", describe(m.path(p.steps), d.cfg.Catalogue)}, {"Confidence", fmt.Sprintf("%.0f %%", 100*p.confidence)}},
		Buttons: []notify.Button{
			{Label: "Approve", Action: "approve", Value: prop.ID.String(), Style: "primary"},
			{Label: "Reject", Action: "reject", Value: prop.ID.String(), Style: "danger"},
		},
		Link: "/threads/" + prop.ThreadID.String(),
	}
	if m.thread.Provider == club.EventProvider && tells(p.steps) {
		note.Fields = append(note.Fields, [2]string{"To", "whoever has booked"})
	}
	return d.cfg.Notifier.Queue(ctx, tx, note)
}

func (m *matter) place() string {
	switch {
	case m.location.ID.IsZero():
		return "unknown"
	case m.bay.ID.IsZero():
		return m.location.Name
	}
	return m.location.Name + ", " + m.bay.Name
}

// clip shortens a text for a notification.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// settle closes an open proposal and reports whether this call was the one that did.
func (d *Decider) settle(ctx context.Context, tx *store.Tx, prop store.Proposal, by club.Actor, to club.ProposalStatus, edited bool, reason string) (bool, error) {
	n, err := tx.ClaimProposal(ctx, store.ClaimProposalParams{ID: prop.ID, Status: to, Edited: edited, DecidedBy: by.String(), DecidedAt: &tx.Now, Reason: reason})
	if err != nil {
		return false, fmt.Errorf("claim proposal: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	tx.Changed(thread.Topic, prop.ThreadID.String())
	learn.Consider(tx, prop.DecisionID)
	if to == club.ProposalRejected {
		learn.ConsiderAgain(tx, prop.DecisionID) // by then the person has done what was right
	}
	err = audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "proposal." + string(to), Object: prop.ID.String(), Thread: prop.ThreadID, Detail: map[string]any{"edited": edited, "reason": reason}})
	if err != nil {
		return false, err
	}
	who := "ClubOS"
	if by.IsPerson() {
		who = by.Name
	}
	return true, d.cfg.Notifier.Update(ctx, tx, prop.ID.String(), notify.Note{Kind: "proposal", Ref: prop.ID.String(), Thread: prop.ThreadID, Title: fmt.Sprintf("%s by %s", words(string(to)), who)})
}

// Why is what a person says of a decision on a proposal.
type Why struct {
	Reason string // in a few words, often one of a list
	Note   string // in words of their own, for colleagues; kept masked with what was changed or declined
}

// MaxNote is how many characters a note may have.
const MaxNote = 280

// check says what is wrong with what was said.
func (w Why) check() error {
	if n := utf8.RuneCountInString(strings.TrimSpace(w.Note)); n > MaxNote {
		return club.Invalid("a note has %d characters; %d is the limit", n, MaxNote)
	}
	return nil
}

// masked is what was said without names, numbers and addresses: it is read for years.
func (w Why) masked(person people.Person) Why {
	return Why{Reason: w.Reason, Note: phrase.Mask(strings.TrimSpace(w.Note), person.Names()...)}
}

// words is all of it.
func (w Why) words() string {
	if w.Reason == "" || w.Note == "" {
		return w.Reason + w.Note
	}
	return w.Reason + ": " + w.Note
}

// Approve lets a proposal run, with the operator's words instead of ours where edited is set. Conflict
// when somebody else, or the deadline, was first.
func (d *Decider) Approve(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ProposalID, edited *string, why Why) error {
	if err := why.check(); err != nil {
		return err
	}
	if edited != nil && (strings.TrimSpace(*edited) == "" || len([]rune(*edited)) > knowledge.MaxText) {
		return club.Invalid("a reply has 1 to %d characters", knowledge.MaxText)
	}
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		prop, dec, th, err := d.open(ctx, tx, p, id)
		if err != nil {
			return err
		}
		if err := d.stillFits(ctx, tx, keys, th, dec); err != nil {
			return err
		}
		person, err := people.Find(ctx, tx, keys, dec.SubjectID)
		if err != nil {
			return err
		}
		why := why.masked(person)
		words := ""
		if edited != nil {
			if words, err = d.override(ctx, tx, keys, person.Subject, dec, p.Actor, *edited, why); err != nil {
				return err
			}
		}
		won, err := d.settle(ctx, tx, prop, p.Actor, club.ProposalApproved, words != "", why.words())
		if err != nil {
			return err
		}
		if !won {
			return d.late(ctx, tx, id)
		}
		if err := d.putInOurHands(ctx, tx, th, p.Actor); err != nil {
			return err
		}
		return d.start(ctx, tx, keys, dec, words, p.Actor)
	})
}

// start begins the run of a decision as it was stored.
func (d *Decider) start(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, words string, by club.Actor) error {
	var s stored
	if err := json.Unmarshal([]byte(dec.Steps), &s); err != nil {
		return fmt.Errorf("read steps: %w", err)
	}
	return d.cfg.Engine.Start(ctx, tx, keys, act.Run{Decision: dec, Steps: s.Steps, Fallback: s.Fallback, Also: s.Also, Reply: words, By: by})
}

// open returns a proposal that p may decide on, with its decision and its thread.
func (d *Decider) open(ctx context.Context, tx *store.Tx, p identity.Principal, id club.ProposalID) (prop store.Proposal, dec store.Decision, th store.Thread, err error) {
	if err := p.Require(identity.ProposalsDecide); err != nil {
		return prop, dec, th, err
	}
	if p.Tenant != tx.Tenant {
		return prop, dec, th, club.Forbidden("you belong to another club")
	}
	prop, err = tx.FindProposal(ctx, id)
	if missing(err) {
		return prop, dec, th, club.NotFound("there is no such proposal")
	}
	if err != nil {
		return prop, dec, th, fmt.Errorf("read proposal: %w", err)
	}
	if th, err = thread.Find(ctx, tx, prop.ThreadID); err != nil {
		return prop, dec, th, err
	}
	if !p.AllowsLocation(th.LocationID) {
		return prop, dec, th, club.NotFound("there is no such proposal")
	}
	if prop.Status != club.ProposalOpen {
		return prop, dec, th, d.late(ctx, tx, id)
	}
	if th.Status == club.ThreadInProgress && !th.AssignedTo.IsZero() && th.AssignedTo != p.UserID {
		return prop, dec, th, club.Conflict("a colleague has this conversation; assign it to yourself first")
	}
	if dec, err = tx.Known().FindDecision(ctx, prop.DecisionID); err != nil {
		return prop, dec, th, fmt.Errorf("read decision: %w", err)
	}
	return prop, dec, th, nil
}

// late tells somebody who was not first what has become of the proposal.
func (d *Decider) late(ctx context.Context, tx *store.Tx, id club.ProposalID) error {
	prop, err := tx.FindProposal(ctx, id)
	if err != nil {
		return fmt.Errorf("read proposal: %w", err)
	}
	return club.Conflict("this proposal is no longer open: it is %s", words(string(prop.Status)))
}

// override records an edit. It returns the words to send, "" when nothing was really changed.
func (d *Decider) override(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Subject, dec store.Decision, by club.Actor, after string, why Why) (string, error) {
	before, err := people.Open(keys, s, ColumnReply, dec.ID.String(), dec.Reply)
	if err != nil || before == after {
		return "", err
	}
	return after, d.recordOverride(ctx, tx, keys, s, dec, "edited", by, before, after, why)
}

func (d *Decider) recordOverride(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Subject, dec store.Decision, kind string, by club.Actor, before, after string, why Why) error {
	id := club.NewOverrideID(tx.Now)
	o := store.CreateOverrideParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Kind: kind, Reason: why.Reason, Note: why.Note, Actor: by.String(), At: tx.Now}
	var err error
	if o.Before, err = people.Seal(keys, s, "overrides.before", id.String(), before); err != nil {
		return err
	}
	if o.After, err = people.Seal(keys, s, "overrides.after", id.String(), after); err != nil {
		return err
	}
	if err := tx.CreateOverride(ctx, o); err != nil {
		return fmt.Errorf("record override: %w", err)
	}
	return nil
}

// Reject declines a proposal; the thread is then the operator's.
func (d *Decider) Reject(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ProposalID, why Why) error {
	if err := why.check(); err != nil {
		return err
	}
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		prop, dec, th, err := d.open(ctx, tx, p, id)
		if err != nil {
			return err
		}
		person, err := people.Find(ctx, tx, keys, dec.SubjectID)
		if err != nil {
			return err
		}
		why := why.masked(person)
		won, err := d.settle(ctx, tx, prop, p.Actor, club.ProposalRejected, false, why.words())
		if err != nil {
			return err
		}
		if !won {
			return d.late(ctx, tx, id)
		}
		before, err := people.Open(keys, person.Subject, ColumnReply, dec.ID.String(), dec.Reply)
		if err != nil {
			return err
		}
		if err := d.recordOverride(ctx, tx, keys, person.Subject, dec, "rejected", p.Actor, before, "", why); err != nil {
			return err
		}
		if p.UserID.IsZero() { // an integration rejects, but a person must answer
			_, err = d.cfg.Desk.Escalate(ctx, tx, th, desk.Reason{Text: "what was proposed was rejected", Decision: dec.ID, By: p.Actor})
			return err
		}
		called := th.Status == club.ThreadEscalated
		th, err = thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadClaimed, By: p.Actor, AssignedTo: &p.UserID, Why: "rejected what was proposed"})
		if err != nil || !called {
			return err
		}
		return d.cfg.Desk.Taken(ctx, tx, th, p.Actor)
	})
}

// Deadline runs an announced proposal that nobody objected to, if the club's settings still entitle
// it; else the thread goes to a person. Whatever settles the proposal first, counts.
func (d *Decider) Deadline(ctx context.Context, tenant *store.Tenant, job DeadlineJob) error {
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	var wait time.Duration
	err = tenant.Write(ctx, func(tx *store.Tx) (err error) {
		wait, err = d.due(ctx, tx, keys, job.Proposal)
		failpoint.Hit(failpoint.DeadlinePass)
		return err
	})
	failpoint.Hit(failpoint.DeadlineOver)
	if err == nil && wait > 0 {
		return jobs.Later(wait)
	}
	return err
}

// due does what a deadline is for, and returns how long it is until then.
func (d *Decider) due(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.ProposalID) (wait time.Duration, err error) {
	prop, err := tx.FindProposal(ctx, id)
	if err != nil || prop.Status != club.ProposalOpen || prop.DeadlineAt == nil {
		return 0, err
	}
	if wait := prop.DeadlineAt.Sub(tx.Now); wait > 0 {
		return wait, nil
	}
	dec, err := tx.Known().FindDecision(ctx, prop.DecisionID)
	if err != nil {
		return 0, fmt.Errorf("read decision: %w", err)
	}
	th, err := thread.Find(ctx, tx, prop.ThreadID)
	if err != nil {
		return 0, err
	}
	why, err := d.notEntitled(ctx, tx, keys, th, dec)
	if err != nil {
		return 0, err
	}
	if why == "" {
		won, err := d.settle(ctx, tx, prop, machine, club.ProposalExecuted, false, "nobody objected")
		if err != nil || !won {
			return 0, err
		}
		if err := d.cfg.Memory.DoneAlone(ctx, tx, dec.ID); err != nil {
			return 0, err
		}
		return 0, d.start(ctx, tx, keys, dec, "", machine)
	}
	if won, err := d.settle(ctx, tx, prop, machine, club.ProposalExpired, false, why); err != nil || !won {
		return 0, err
	}
	if th.Status.HeldByPeople() {
		return 0, nil
	}
	_, err = d.cfg.Desk.Escalate(ctx, tx, th, desk.Reason{Text: "a proposal came due and may not run by itself: " + why, Decision: dec.ID, By: machine})
	return 0, err
}

// notEntitled says why a decision may not run at its deadline, "" when it may. Everything is looked at
// again: a switch thrown meanwhile counts.
func (d *Decider) notEntitled(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, dec store.Decision) (string, error) {
	s, err := setting.Load(ctx, tx)
	if err != nil {
		return "", err
	}
	if th.Status != club.ThreadAwaitingAI {
		return "the conversation has moved on (" + words(string(th.Status)) + ")", nil
	}
	var st stored
	if err := json.Unmarshal([]byte(dec.Steps), &st); err != nil {
		return "", fmt.Errorf("read steps: %w", err)
	}
	if why := unknownAct(st.Steps, d.cfg.Catalogue); why != "" {
		return why, nil
	}
	actions := actionsOf(st.Steps, d.cfg.Catalogue)
	if why, err := s.Unasked(ctx, tx, actions, dec.LocationID); err != nil || why != "" {
		return why, err
	}
	if why, err := d.bookingGone(ctx, tx, dec); err != nil || why != "" {
		return why, err
	}
	if why, err := nobodyToTell(ctx, tx, dec); err != nil || why != "" {
		return why, err
	}
	if why, err := unheard(ctx, tx, keys, th, dec, true); err != nil || why != "" {
		return why, err
	}
	if s.Thresholds.Tier(dec.Confidence).Lower(club.TierSuggest) != club.TierSuggest {
		return "its confidence is below the threshold", nil
	}
	if ceiling, why, err := d.cfg.Memory.Ceiling(ctx, tx, dec); err != nil || ceiling.Lower(club.TierSuggest) != club.TierSuggest {
		return why, err
	}
	if off, thrown, err := s.OffAt(ctx, tx, "words", "send_reply", dec.LocationID); err != nil || thrown {
		return "switched off: " + off, err
	}
	for _, a := range actions {
		if off, thrown, err := s.OffAt(ctx, tx, string(a.Category), a.Name, dec.LocationID); err != nil || thrown {
			return "switched off: " + off, err
		}
	}
	return "", nil
}

func (d *Decider) deadlineLost(ctx context.Context, tenant *store.Tenant, job DeadlineJob, _ error) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		prop, err := tx.FindProposal(ctx, job.Proposal)
		if err != nil || prop.Status != club.ProposalOpen {
			return err
		}
		if won, err := d.settle(ctx, tx, prop, machine, club.ProposalExpired, false, "a fault of ours"); err != nil || !won {
			return err
		}
		th, err := thread.Find(ctx, tx, prop.ThreadID)
		if err != nil {
			return err
		}
		_, err = d.cfg.Desk.Escalate(ctx, tx, th, desk.Reason{Text: "a fault of ours: an announced action could not be run", Decision: prop.DecisionID, By: machine})
		return err
	})
}
