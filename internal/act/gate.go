package act

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Request is what somebody wants done. It names an action and rows; what is acted on, and for whom,
// the gate reads from the rows.
type Request struct {
	Action   club.ActionName
	Params   map[string]any
	Thread   store.Thread    // zero ID: at a place, for no member
	Decision club.DecisionID // zero: a person's or an integrator's own act
	By       club.Actor
	Location club.LocationID // zero: that of the member's booking
	Bay      club.BayID
	// Also are prerequisites beside the action's own, those of the procedure.
	Also []catalogue.Prerequisite
	Ground
	// Key names the cause: one cause acts once. Zero: every request is a cause of its own.
	Key string
}

// Ground is what a person gives for an act.
type Ground struct {
	// Reason lets a person override the prerequisites that a person can judge better. It is audited.
	Reason string
	// Anyway has it tried, with a reason, although the vendor does not see the device: what a vendor says of a
	// device that hangs may be old or wrong. Whoever sets it must have proved that its person may
	// (identity.ActionsForce). It counts for persons alone.
	Anyway bool
}

// Pass is what the gate saw when it let a request through.
type Pass struct {
	scene  *scene
	proofs []club.Fact
}

// Refusal is why the gate said no.
type Refusal struct {
	Code         club.Code
	Prerequisite catalogue.PrerequisiteKind // "" when it was not a prerequisite
	Reason       string                     // for people
	// Under is an unfinished execution on the same target, Same whether it is of the same action.
	Under club.ExecutionID
	Same  bool
	// RetryAfter is set when nothing but the thread's pace is in the way.
	RetryAfter time.Duration
}

// temporary reports whether a run had better wait than take it for a no.
func (r *Refusal) temporary() bool { return !r.Under.IsZero() || r.RetryAfter > 0 }

// tooOften reports whether the action was refused because of what ran before: by its cooldown, its
// limits, or a recent success.
func (r *Refusal) tooOften() bool {
	return r.Code == club.CodeLimited && !r.temporary() || r.Prerequisite == catalogue.NoRecentAction
}

const (
	// pace is the least time between two acts of one thread.
	pace = 15 * time.Second
	// freshness is the age up to which a vendor's word on a device is a proof.
	freshness = 60 * time.Second
)

// sight is a vendor's word on a device, asked for outside of any transaction.
type sight struct {
	device  club.DeviceID
	online  bool
	resting bool // in maintenance
	at      time.Time
	err     error
}

// soft are the prerequisites that a person may override with a reason: about the member's standing,
// not about the machine's state, which takes Anyway.
var soft = []catalogue.PrerequisiteKind{catalogue.NoRecentAction, catalogue.BookingActive, catalogue.WithinTimeWindow, catalogue.MemberIsBooker}

// check is the gate. Exactly one of pass and refusal is set when there is no error. It counts and
// takes the cooldown in tx, so a pass is to be stored in tx too, and a refusal leaves nothing taken.
func (e *Engine) check(ctx context.Context, tx *store.Tx, r Request, seen sight) (*Pass, *Refusal, *scene, error) {
	s, err := e.read(ctx, tx, r)
	if err != nil {
		if club.CodeOf(err) == club.CodeInvalid {
			return nil, &Refusal{Code: club.CodeInvalid, Reason: club.MessageOf(err)}, nil, nil
		}
		return nil, nil, nil, err
	}
	if err := lock(ctx, tx, s.location.ID, r.Thread.SubjectID); err != nil {
		return nil, nil, nil, err
	}
	settings, err := setting.Load(ctx, tx)
	if err != nil {
		return nil, nil, nil, err
	}
	if no, err := entitled(ctx, tx, r, s, settings); err != nil || no != nil {
		return nil, no, s, err
	}
	proofs, no, err := e.prove(ctx, tx, r, s, seen)
	if err != nil || no != nil {
		return nil, no, s, err
	}
	for _, hard := range []func(context.Context, *store.Tx, Request, *scene) (*Refusal, error){underWay, paced, limited, cooled} {
		if no, err := hard(ctx, tx, r, s); err != nil || no != nil {
			return nil, no, s, err
		}
	}
	return &Pass{scene: s, proofs: proofs}, nil, s, nil
}

// lock makes claims at one location, and of one member, come one after the other. Always in this
// order, so that two of them never wait for each other.
func lock(ctx context.Context, tx *store.Tx, location club.LocationID, subject club.SubjectID) error {
	for _, target := range []string{"location:" + location.String(), "subject:" + subject.String()} {
		if err := tx.LockForGate(ctx, store.LockForGateParams{Target: target, LastAt: tx.Now}); err != nil {
			return fmt.Errorf("lock for the gate: %w", err)
		}
	}
	return nil
}

// entitled refuses what is switched off, and what nobody stands behind: the machine acts on a decision
// only, and unasked on what the club permits.
func entitled(ctx context.Context, tx *store.Tx, r Request, s *scene, settings setting.Settings) (*Refusal, error) {
	if r.Decision.IsZero() && r.By.Kind != club.ActorUser && r.By.Kind != club.ActorAPIKey {
		return &Refusal{Code: club.CodeForbidden, Reason: "nobody has decided on this action"}, nil
	}
	why, err := withheld(ctx, tx, settings, s.action, s.location.ID, r.By)
	if err != nil || why == "" {
		return nil, err
	}
	return &Refusal{Code: club.CodeForbidden, Reason: why}, nil
}

// withheld says why the club holds an action back at a place: a switch stops it for everybody, and the
// machine by itself may do no more than is permitted. "" when nothing holds it back.
func withheld(ctx context.Context, tx *store.Tx, settings setting.Settings, a catalogue.Action, at club.LocationID, by club.Actor) (string, error) {
	off, thrown, err := settings.OffAt(ctx, tx, string(a.Category), a.Name, at)
	switch {
	case err != nil:
		return "", err
	case thrown:
		return "switched off: " + off, nil
	case by.Kind != club.ActorSystem:
		return "", nil
	}
	return settings.Unasked(ctx, tx, []catalogue.Action{a}, at)
}

// prove proves every prerequisite, or says which one does not hold. A person's reason stands in for
// those that a person may judge.
func (e *Engine) prove(ctx context.Context, tx *store.Tx, r Request, s *scene, seen sight) ([]club.Fact, *Refusal, error) {
	var proofs []club.Fact
	for _, p := range slices.Concat(s.action.Prerequisites, r.Also) {
		fact, why, err := prerequisite(ctx, tx, p, s, seen)
		switch {
		case err != nil:
			return nil, nil, err
		case why == "":
			fact.Name = string(p.Kind)
			if !slices.Contains(proofs, fact) {
				proofs = append(proofs, fact)
			}
		case r.overrides(p.Kind, s, seen):
			proofs = append(proofs, club.Fact{Name: string(p.Kind), Value: overridden + why, Source: r.By.String(), At: tx.Now})
		default:
			no := &Refusal{Code: club.CodeForbidden, Prerequisite: p.Kind, Reason: why}
			if p.Kind == catalogue.DeviceOnline {
				no.Code = club.CodeUnavailable
				if r.By.IsPerson() && !s.target.ID.IsZero() {
					no.Reason += advice(seen)
				}
			}
			return nil, no, nil
		}
	}
	if s.target.ID.IsZero() {
		return nil, &Refusal{Code: club.CodeConflict, Reason: s.noTarget}, nil
	}
	return proofs, nil, nil
}

// overrides reports whether a person's reason stands in for a prerequisite. Where there is no device, or nothing by
// which it could be reached, no reason helps.
func (r Request) overrides(k catalogue.PrerequisiteKind, s *scene, seen sight) bool {
	if !r.By.IsPerson() || strings.TrimSpace(r.Reason) == "" {
		return false
	}
	if k == catalogue.DeviceOnline {
		return r.Anyway && !s.target.ID.IsZero() && !errors.Is(seen.err, errNoVendor)
	}
	return slices.Contains(soft, k)
}

// advice tells a person what to do about a device that cannot be seen.
func advice(seen sight) string {
	if errors.Is(seen.err, errNoVendor) {
		return "; nothing that manages devices is connected, so that nothing reaches it from here: have it switched off and on by hand, or make a ticket"
	}
	return "; what is sent to it may never arrive. Have it switched off and on by hand, call somebody or make a ticket; whoever may can try it anyway, with a reason"
}

// underWay refuses a second command to a device that is still at the first: whose outcome would the
// second look see? A door takes a command at a time by its cooldown.
func underWay(ctx context.Context, tx *store.Tx, _ Request, s *scene) (*Refusal, error) {
	list, err := tx.FindUnfinishedOnDevice(ctx, s.target.ID)
	if err != nil {
		return nil, fmt.Errorf("find unfinished executions: %w", err)
	}
	for _, x := range list {
		if same := x.Action == s.action.Name; same || s.action.Target.Kind == catalogue.TargetDevice {
			return &Refusal{Code: club.CodeLimited, Under: x.ID, Same: same,
				Reason: fmt.Sprintf("%s is under way on %s since %s", x.Action, s.target.Name, ago(tx.Now, x.CreatedAt))}, nil
		}
	}
	return nil, nil
}

func paced(ctx context.Context, tx *store.Tx, r Request, _ *scene) (*Refusal, error) {
	if r.Thread.ID.IsZero() {
		return nil, nil
	}
	last, err := tx.FindLatestOfThread(ctx, r.Thread.ID)
	if err != nil {
		if missing(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("find last execution: %w", err)
	}
	// A clock that was set back makes the last act lie ahead; it is then as if it were just past.
	if gone := max(tx.Now.Sub(last.CreatedAt), 0); gone < pace {
		return &Refusal{Code: club.CodeLimited, RetryAfter: pace - gone, Reason: "something was done in this conversation a moment ago"}, nil
	}
	return nil, nil
}

// limited counts what ran before. The locks make sure that nothing is being added meanwhile.
func limited(ctx context.Context, tx *store.Tx, _ Request, s *scene) (*Refusal, error) {
	a := s.action
	for _, l := range []struct {
		limit int
		known bool
		what  string
		count func() (int64, error)
	}{
		{a.Limits.PerBooking, !s.booking.ID.IsZero(), "for this booking", func() (int64, error) {
			return tx.CountExecutionsOfBooking(ctx, store.CountExecutionsOfBookingParams{BookingID: s.booking.ID, Action: a.Name})
		}},
		{a.Limits.PerBayPerHour, !s.bay.ID.IsZero(), "in this bay within an hour", func() (int64, error) {
			return tx.CountExecutionsOfBay(ctx, store.CountExecutionsOfBayParams{BayID: s.bay.ID, Action: a.Name, Since: tx.Now.Add(-time.Hour)})
		}},
		{a.Limits.PerMemberPerDay, !s.member.ID.IsZero(), "for this member within a day", func() (int64, error) {
			return tx.CountExecutionsOfMember(ctx, store.CountExecutionsOfMemberParams{MemberID: s.member.ID, Action: a.Name, Since: tx.Now.Add(-24 * time.Hour)})
		}},
	} {
		if l.limit == 0 || !l.known {
			continue
		}
		n, err := l.count()
		if err != nil {
			return nil, fmt.Errorf("count executions: %w", err)
		}
		if n >= int64(l.limit) {
			return &Refusal{Code: club.CodeLimited, Reason: fmt.Sprintf("%s ran %d times %s, which is the limit", a.Name, n, l.what)}, nil
		}
	}
	return nil, nil
}

// cooled takes the cooldown by one conditional upsert. It comes last, so that a refusal takes none.
func cooled(ctx context.Context, tx *store.Tx, _ Request, s *scene) (*Refusal, error) {
	a, target := s.action, cooldownTarget(s.target.ID)
	if a.Cooldown == 0 {
		return nil, nil
	}
	n, err := tx.TakeCooldown(ctx, store.TakeCooldownParams{Action: a.Name, Target: target, Now: tx.Now, Before: tx.Now.Add(-a.Cooldown)})
	if err != nil {
		return nil, fmt.Errorf("take cooldown: %w", err)
	}
	if n > 0 {
		return nil, nil
	}
	last, err := tx.FindCooldown(ctx, store.FindCooldownParams{Action: a.Name, Target: target})
	if err != nil {
		return nil, fmt.Errorf("find cooldown: %w", err)
	}
	return &Refusal{Code: club.CodeLimited, Reason: fmt.Sprintf("%s ran on %s %s; the next may run in %s", a.Title, s.target.Name,
		ago(tx.Now, last), club.Span(last.Add(a.Cooldown).Sub(tx.Now)))}, nil
}

func cooldownTarget(id club.DeviceID) string { return "device:" + id.String() }

func ago(now, at time.Time) string {
	return club.Span(now.Sub(at)) + " ago"
}
