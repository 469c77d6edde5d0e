package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// escalationStep is a step of the club's plan of calls whose time has come. A job of a round that is over,
// or of a step that was taken, has nothing to do.
type escalationStep struct {
	jobs.Meta
	Escalation club.EscalationID `json:"escalation"`
	Round      int64             `json:"round"`
	Step       int64             `json:"step"`
	Due        time.Time         `json:"due"`
}

func (escalationStep) Kind() string { return "escalation_step" }

// chain is an escalation whose calls are being made.
type chain struct {
	d    *Desk
	tx   *store.Tx
	t    store.Thread
	e    store.Escalation
	row  store.CallChain
	plan setting.CallPlan
	sla  time.Duration
	keys *vault.Tenant

	colleagues []identity.Colleague
	onCall     []club.UserID
}

// begin calls people to an escalation from the first step of the club's plan on.
func (d *Desk) begin(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation) error {
	code, err := int64(0), error(nil)
	if have, ferr := tx.FindCallChain(ctx, e.ID); ferr == nil {
		code = have.Code
	} else if !missing(ferr) {
		return fmt.Errorf("find calls: %w", ferr)
	} else if code, err = tx.NextCallCode(ctx); err != nil {
		return fmt.Errorf("choose a code to answer with: %w", err)
	}
	row, err := tx.StartCallChain(ctx, store.StartCallChainParams{EscalationID: e.ID, Now: tx.Now, Code: code})
	if err != nil {
		return fmt.Errorf("begin calls: %w", err)
	}
	if err := d.cfg.Notifier.Withdraw(ctx, tx, e.ID.String()); err != nil {
		return err
	}
	c, err := d.chain(ctx, tx, t, e, row)
	if err != nil {
		return err
	}
	return c.run(ctx, false)
}

func (d *Desk) chain(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation, row store.CallChain) (*chain, error) {
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return nil, err
	}
	c := &chain{d: d, tx: tx, t: t, e: e, row: row, plan: s.Calls[e.Priority], sla: s.EscalationSLA[e.Priority]}
	if c.keys, err = d.keys(ctx, tx); err != nil {
		return nil, err
	}
	if c.colleagues, err = identity.Colleagues(ctx, tx); err != nil {
		return nil, err
	}
	r, err := oncall.Load(ctx, tx, tx.Now)
	if err != nil {
		return nil, err
	}
	c.onCall = r.OnCall(tx.Now, t.LocationID)
	return c, nil
}

// step makes the calls of a step whose time has come.
func (d *Desk) step(ctx context.Context, tenant *store.Tenant, job escalationStep) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		c, err := d.openChain(ctx, tx, job.Escalation)
		if err != nil || c == nil || c.row.Round != job.Round || c.row.NextStep != job.Step {
			return err
		}
		if wait := job.Due.Sub(tx.Now); wait > 0 {
			return jobs.Later(wait)
		}
		return c.run(ctx, false)
	})
}

// openChain returns the calls of an escalation that nobody has acknowledged; nil when it is not open.
func (d *Desk) openChain(ctx context.Context, tx *store.Tx, id club.EscalationID) (*chain, error) {
	e, err := tx.FindEscalation(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find escalation: %w", err)
	}
	if e.Status != escalationOpen {
		return nil, nil
	}
	row, err := tx.FindCallChain(ctx, id)
	if missing(err) {
		return nil, nil // from before there were plans
	}
	if err != nil {
		return nil, fmt.Errorf("find calls: %w", err)
	}
	t, err := thread.Find(ctx, tx, e.ThreadID)
	if err != nil {
		return nil, err
	}
	return d.chain(ctx, tx, t, e, row)
}

// run takes every step whose time has come, and enqueues the job of the next. A step that reaches nobody,
// and the one after a step that failed (hurry), do not wait for theirs.
func (c *chain) run(ctx context.Context, hurry bool) error {
	for int(c.row.NextStep) < len(c.plan.Steps) {
		step, due := c.plan.Steps[c.row.NextStep], c.row.StartedAt.Add(c.plan.Steps[c.row.NextStep].Due(c.sla))
		if !hurry && due.After(c.tx.Now) {
			c.tx.Enqueue(escalationStep{Meta: jobs.For(c.tx), Escalation: c.e.ID, Round: c.row.Round, Step: c.row.NextStep, Due: due}, jobs.At(due))
			return nil
		}
		n, err := c.tx.AdvanceCallChain(ctx, store.AdvanceCallChainParams{EscalationID: c.e.ID, Round: c.row.Round, Step: c.row.NextStep, Now: c.tx.Now})
		if err != nil || n == 0 {
			return err // 0: taken at this very moment
		}
		c.row.NextStep++
		if hurry, err = c.take(ctx, step, c.row.NextStep-1); err != nil {
			return err
		}
	}
	if hurry {
		return c.trouble(ctx, "everybody whom the plan names was called in vain")
	}
	return nil
}

// take makes the calls of a step and reports whether they reach nobody.
func (c *chain) take(ctx context.Context, step setting.CallStep, number int64) (inVain bool, err error) {
	people, reached := false, 0
	var why []string
	for _, call := range step.Calls {
		switch call.To {
		case setting.CallSlack:
			if err := c.d.call(ctx, c.tx, c.t, c.e, fmt.Sprintf(":r%d:s%d", c.row.Round, number)); err != nil {
				return false, err
			}
		case setting.CallPagerDuty:
			ok, err := c.page(ctx, number)
			if err != nil {
				return false, err
			}
			if ok {
				reached++
			}
		default:
			people = true
			n, reason, err := c.people(ctx, call, number)
			if err != nil {
				return false, err
			}
			if reached += n; reason != "" {
				why = append(why, reason)
			}
		}
	}
	if len(why) > 0 {
		if err := c.trouble(ctx, strings.Join(why, "; ")); err != nil {
			return false, err
		}
	}
	return people && reached == 0, nil
}

// trouble notes what kept somebody from being called. The console shows it, and the log says it.
func (c *chain) trouble(ctx context.Context, why string) error {
	if c.row.Trouble != "" && !strings.Contains(c.row.Trouble, why) {
		why = clip(c.row.Trouble+"; "+why, 500)
	}
	c.row.Trouble = why
	if err := c.tx.RecordCallTrouble(ctx, store.RecordCallTroubleParams{EscalationID: c.e.ID, Trouble: why, Now: c.tx.Now}); err != nil {
		return fmt.Errorf("record trouble with calls: %w", err)
	}
	tenant, id := c.tx.Tenant.String(), c.e.ID.String()
	c.tx.AfterCommit(func() {
		c.d.cfg.Log.Warn("somebody could not be called", "event.action", "escalation.trouble", "organization.id", tenant, "labels.escalation", id, "event.reason", why)
	})
	return nil
}

// people calls those whom a call is for, and says why it reached nobody.
func (c *chain) people(ctx context.Context, call setting.Call, number int64) (reached int, why string, err error) {
	who := c.callees(call.To)
	quiet := 0
	for _, u := range who {
		contact, err := oncall.Reach(ctx, c.tx, c.keys, u)
		if err != nil {
			return reached, "", err
		}
		ways := contact.Ways()
		if c.undisturbed(contact, call.UnlessQuiet) && slices.Contains(ways, setting.BySMS) {
			quiet++
			ways = slices.DeleteFunc(ways, func(w string) bool { return w == setting.BySMS })
		}
		ok, err := c.person(ctx, u, call.By, ways, number)
		if err != nil {
			return reached, "", err
		}
		if ok {
			reached++
		}
	}
	switch {
	case reached > 0:
		return reached, "", nil
	case len(who) == 0 && call.To == setting.CallOnCall:
		return 0, "nobody is on call", nil
	case len(who) == 0:
		return 0, "nobody works there of the " + string(call.To), nil
	case quiet > 0:
		return 0, "it is quiet for the " + string(call.To), nil
	}
	return 0, "no way to call the " + string(call.To) + " (a number or address is missing, or texts and mail are not connected)", nil
}

// person calls somebody by each of the wanted ways that they have or, where they have none of those, by
// the first that they have.
func (c *chain) person(ctx context.Context, u club.UserID, wanted, ways []string, number int64) (bool, error) {
	try := slices.DeleteFunc(slices.Clone(wanted), func(w string) bool { return !slices.Contains(ways, w) })
	rest := slices.DeleteFunc(slices.Clone(ways), func(w string) bool { return slices.Contains(wanted, w) })
	reached := false
	for _, way := range append(try, rest...) {
		if reached && !slices.Contains(wanted, way) {
			break
		}
		n, err := c.d.personNote(ctx, c.tx, c.t, c.e, c.row)
		if err != nil {
			return reached, err
		}
		n.DedupKey = stepKey(c.e.ID, c.row.Round, number)
		ok, err := c.d.cfg.Notifier.Call(ctx, c.tx, notify.Channel(way), u, n)
		if err != nil {
			return reached, err
		}
		reached = reached || ok
	}
	return reached, nil
}

// callees lists whom a call is for: those who may be called to the thread's place.
func (c *chain) callees(to setting.Callee) []club.UserID {
	roles := map[setting.Callee][]club.Role{
		setting.CallTechs: {club.RoleTech}, setting.CallOperators: {club.RoleOperator}, setting.CallAdmins: {club.RoleAdmin}, setting.CallOwners: {club.RoleOwner},
		setting.CallEveryone: {club.RoleTech, club.RoleOperator, club.RoleAdmin, club.RoleOwner},
	}[to]
	var out []club.UserID
	for _, u := range c.colleagues {
		wanted := slices.Contains(roles, u.Role)
		if to == setting.CallOnCall {
			wanted = slices.Contains(c.onCall, u.ID)
		}
		if wanted && u.Works(c.t.LocationID) {
			out = append(out, u.ID)
		}
	}
	return out
}

// undisturbed reports whether quiet hours keep somebody from being texted: never in an emergency, and
// while on call only where the plan says so.
func (c *chain) undisturbed(contact oncall.Contact, unlessQuiet bool) bool {
	if c.e.Priority == club.PriorityEmergency || slices.Contains(c.onCall, contact.User) && !unlessQuiet {
		return false
	}
	return contact.Quiet.Now(c.tx.Now)
}

func stepKey(id club.EscalationID, round, step int64) string {
	return fmt.Sprintf("call:%s:%d:%d", id, round, step)
}

// personNote is what a single person is told: where, how pressing, why, and how to take it. The summary
// with the member's words stays in the console.
func (d *Desk) personNote(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation, row store.CallChain) (notify.Note, error) {
	n, err := d.note(ctx, tx, t, e)
	if err != nil {
		return n, err
	}
	open, err := tx.CountOpenEscalations(ctx)
	if err != nil {
		return n, fmt.Errorf("count escalations: %w", err)
	}
	where, err := place(ctx, tx, t.LocationID, t.BayID)
	if err != nil {
		return n, err
	}
	n.Title = map[club.Priority]string{club.PriorityEmergency: "EMERGENCY", club.PriorityHigh: "Urgent: a person is needed"}[e.Priority]
	if n.Title == "" {
		n.Title = "A person is needed"
	}
	if where != "" {
		n.Title += " at " + where
	}
	n.Lines, n.Buttons = []string{clip(e.Reason, 200)}, nil
	n.Answer = "Answer OK to take it."
	if open > 1 {
		n.Answer = fmt.Sprintf("Answer %d to take it.", row.Code)
	}
	return n, nil
}

// tell says once, to those who were called by other means than the club's channel, that the matter is in
// good hands: a text to those who were texted, but for whoever took it, and a word to the pager.
func (d *Desk) tell(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation, by club.Actor, event notify.Event) error {
	ref := e.ID.String()
	if err := d.cfg.Notifier.Withdraw(ctx, tx, ref); err != nil {
		return err
	}
	row, err := tx.FindCallChain(ctx, e.ID)
	if missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find calls: %w", err)
	}
	n, err := d.note(ctx, tx, t, e)
	if err != nil {
		return err
	}
	if n.Title == "Closed" {
		n.Title += " by " + nameOf(by)
	}
	calls, err := tx.FindNotificationsOfRef(ctx, ref)
	if err != nil {
		return fmt.Errorf("find calls: %w", err)
	}
	paged := false
	for _, call := range calls {
		_, round, _, ok := parseStepKey(call.DedupKey)
		gone := call.Status == "sent" || call.Status == "sending"
		if !ok || round != row.Round || !gone {
			continue
		}
		if call.Channel == string(notify.ChannelPagerDuty) {
			paged = true
			continue
		}
		if call.Channel != string(notify.ChannelSMS) || call.UserID.String() == by.ID {
			continue
		}
		text := notify.Note{Kind: notify.KindEscalation, Ref: ref, Thread: t.ID, Priority: e.Priority, Title: n.Title, DedupKey: fmt.Sprintf("told:%s:%d", ref, row.Round)}
		for _, f := range n.Fields {
			if f[0] == "Place" {
				text.Title += ": " + f[1]
			}
		}
		if _, err := d.cfg.Notifier.Call(ctx, tx, notify.ChannelSMS, call.UserID, text); err != nil {
			return err
		}
	}
	if !paged || by.Kind == club.ActorSystem && by.ID == pagerActor && event == notify.PageAcknowledge {
		return nil
	}
	_, err = d.pager(ctx, tx, t, row, n, event, fmt.Sprintf("paged:%s:%d:%s", ref, row.Round, event))
	return err
}
