package simulate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/oncall"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
)

// Result is how a scenario went.
type Result struct {
	Scenario Scenario
	Err      error // what was not as expected; nil when it passed
	Took     time.Duration
}

// RunAll plays scenarios one after the other, each in a world of its own: cooldowns and limits of one
// would otherwise decide about the next. open makes a world and what ends it; told is called after each.
func RunAll(ctx context.Context, all []Scenario, open func(context.Context, Scenario) (*World, func(), error), told func(Result)) error {
	failed := 0
	for _, s := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := time.Now()
		w, end, err := open(ctx, s)
		if err == nil {
			err = Run(ctx, w, s)
			end()
		}
		if err != nil {
			failed++
		}
		told(Result{Scenario: s, Err: err, Took: time.Since(start)})
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d scenarios failed", failed, len(all))
	}
	return nil
}

// play is a scenario under way.
type play struct {
	w       *World
	cast    map[string]Player
	replies map[string]int // texts that each of the cast had before
	effects int            // of all vendors before
	began   time.Time
}

// Run plays a scenario and returns what was not as expected, with the step it happened at.
func Run(ctx context.Context, w *World, s Scenario) error {
	cast, err := w.Club.cast(s, w.now())
	if err != nil {
		return err
	}
	if err := w.set(ctx, s.Settings); err != nil {
		return err
	}
	p := &play{w: w, cast: cast, replies: map[string]int{}, effects: len(w.Vendors.Effects()), began: w.now()}
	for name, who := range cast {
		p.replies[name] = len(w.Vendors.SMS.Received(who.Phone))
	}
	for i, st := range s.Steps {
		if err := p.step(ctx, st); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

func (p *play) step(ctx context.Context, st Step) error {
	switch {
	case st.Text != nil:
		return p.text(ctx, *st.Text)
	case st.Fault != nil:
		return p.fault(*st.Fault)
	case st.Act != nil:
		return p.act(ctx, *st.Act)
	case st.Answer != nil:
		return p.answer(ctx, *st.Answer)
	case st.Booking != nil:
		if beside := st.Booking.Beside; beside != "" {
			return p.w.bookBeside(ctx, p.cast[beside])
		}
		return p.w.rebook(ctx, p.cast[st.Booking.Of], *st.Booking)
	case st.Door != nil:
		return p.door(ctx, *st.Door)
	case st.Expect != nil:
		return p.expect(ctx, *st.Expect)
	}
	return pause(ctx, st.Wait)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *play) text(ctx context.Context, t Text) error {
	from := p.cast[t.From]
	place := from.Place
	if t.Line != "" {
		var ok bool
		if place, ok = p.w.Club.FindLocation(t.Line); !ok {
			return fmt.Errorf("there is no location %q", t.Line)
		}
	}
	says := t.Burst
	if len(says) == 0 {
		say := t.Say
		if t.Edge != "" {
			say, _ = FindEdgeText(t.Edge)
		}
		says = []string{say}
	}
	for _, say := range says {
		in := vendor.Incoming{From: from.Phone, Text: say}
		for i := range t.Media {
			in.Media = append(in.Media, club.Media{URL: fmt.Sprintf("https://media.example.com/%d.jpg", i), Type: "image/jpeg"})
		}
		if err := p.post(ctx, p.w.texting(place, t.Wire, in), t); err != nil {
			return err
		}
	}
	return nil
}

// post delivers one webhook as often, and as spoiled, as the text says.
func (p *play) post(ctx context.Context, hook vendor.Webhook, t Text) error {
	if spoil(&hook, t.Spoil); t.Spoil != SpoilNot {
		p.w.Vendors.SMS.Forget(hook.ID) // no vendor has sent it
	}
	once := func() error {
		status, err := hook.Post(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("post text: %w", err)
		case t.Status == 0 && status/100 == 2 || status == t.Status:
			return nil
		case t.Status == 0:
			return fmt.Errorf("post text: answered %d, not acknowledged", status)
		}
		return fmt.Errorf("post text: answered %d, want %d", status, t.Status)
	}
	errs := make([]error, max(1, t.Times))
	var wg sync.WaitGroup
	for i := range errs {
		if t.AtOnce {
			wg.Go(func() { errs[i] = once() })
		} else {
			errs[i] = once()
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

func spoil(hook *vendor.Webhook, how Spoil) {
	signatures := []string{"Webhook-Signature", "Openphone-Signature", "X-Twilio-Signature"}
	switch how {
	case SpoilNot:
	case SpoilUnsigned:
		for _, h := range signatures {
			hook.Header.Del(h)
		}
	case SpoilSignature:
		for _, h := range signatures {
			if v := hook.Header.Get(h); v != "" {
				hook.Header.Set(h, v[:len(v)-6]+"AAAAA=")
			}
		}
	case SpoilBody:
		hook.Body = []byte(strings.Replace(string(hook.Body), "a", "b", 1))
	case SpoilTruncated:
		hook.Body = hook.Body[:len(hook.Body)/2]
	}
}

func (p *play) fault(f Fault) error {
	var device vendor.Device
	var door vendor.Door
	if who, ok := p.cast[f.At]; ok {
		door = vendor.Door{ID: who.Place.Door.Ref, Name: who.Place.Name + " " + who.Place.Door.Name}
		if bay, err := who.bay(); err == nil {
			device, _ = p.w.Vendors.RMM.Device(bay.PC.number())
		}
	}
	if err := f.inject(p.w.Vendors, device, door); err != nil {
		return fmt.Errorf("fault %s: %w", f.What, err)
	}
	return nil
}

func (p *play) act(ctx context.Context, a Act) error {
	as, err := p.staff(ctx, a.By)
	if err != nil {
		return err
	}
	o, err := p.operation(ctx, a)
	if err != nil {
		return err
	}
	if deciding := a.Do == DoApprove || a.Do == DoEdit || a.Do == DoReject; deciding && o.Proposal.IsZero() && a.Code == "" {
		return fmt.Errorf("%s: there is no open proposal", a.Do)
	}
	errs := make([]error, max(1, a.Times))
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			mine := o
			mine.Key = fmt.Sprintf("%s-%s%s-%d-%d", a.Do, o.Thread, o.Report, p.began.UnixNano(), i)
			errs[i] = p.do(ctx, as, mine, a.Via)
		})
	}
	wg.Wait()
	return judgeActs(a, errs)
}

// operation finds what an act is done to.
func (p *play) operation(ctx context.Context, a Act) (Operation, error) {
	o, who := Operation{Do: a.Do, Words: a.Say}, p.cast[a.Of]
	if a.Do == DoRaise {
		return o, p.report(ctx, &o, who)
	}
	view, err := Look(ctx, p.w.Tenant, p.w.Keys, who.Phone)
	if err == nil && a.About != "" {
		view, err = p.about(ctx, a.About, who)
	}
	if o.Thread = view.Thread.ID; view.Proposal != nil {
		o.Proposal = view.Proposal.ID
	}
	return o, err
}

// judgeActs wants one success of several tries, or the expected refusal of each.
func judgeActs(a Act, errs []error) error {
	done := 0
	for _, err := range errs {
		switch code := club.CodeOf(err); {
		case err == nil:
			done++
		case a.Code != "" && code == a.Code:
		case a.Code == "" && len(errs) > 1 && code == club.CodeConflict:
		default:
			return fmt.Errorf("%s by %s: %w", a.Do, a.By, err)
		}
	}
	switch {
	case a.Code != "" && done > 0:
		return fmt.Errorf("%s by %s was allowed, want %s", a.Do, a.By, a.Code)
	case a.Code == "" && done == 0:
		return fmt.Errorf("%s by %s: none of %d tries succeeded", a.Do, a.By, len(errs))
	}
	return nil
}

func (p *play) do(ctx context.Context, as Staff, o Operation, via string) error {
	if via != "slack" {
		if p.w.Staff == nil {
			return club.Unavailable(nil, "this world has nobody who acts through the API")
		}
		return p.w.Staff.Operate(ctx, as, o)
	}
	value := o.Proposal.String()
	if o.Do == DoClaim {
		value = o.Thread.String()
	}
	return p.w.press(ctx, string(o.Do), value, as.SlackUserID)
}

// staff finds who works at the club by role; "operator2" is the second operator, and "oncall" whoever is
// on call everywhere at this moment.
func (p *play) staff(ctx context.Context, by string) (Staff, error) {
	if by != onCallNow {
		return p.w.Club.staff(by)
	}
	var users []club.UserID
	err := p.w.Tenant.Read(ctx, func(tx *store.Tx) error {
		r, err := oncall.Load(ctx, tx, tx.Now)
		users = r.OnCall(tx.Now, p.w.Club.Locations[0].ID)
		return err
	})
	if err != nil {
		return Staff{}, err
	}
	for _, s := range p.w.Club.Staff {
		if slices.Contains(users, s.ID) {
			return s, nil
		}
	}
	return Staff{}, fmt.Errorf("nobody is on call")
}

// onCallNow names whoever is on call.
const onCallNow = "oncall"

func (c *Club) staff(by string) (Staff, error) {
	role, second := strings.CutSuffix(by, "2")
	for _, s := range c.Staff {
		if string(s.Role) != role {
			continue
		}
		if !second {
			return s, nil
		}
		second = false
	}
	return Staff{}, fmt.Errorf("the club has no %s", by)
}

// answer posts what one of the staff texts to the line from which they were called.
func (p *play) answer(ctx context.Context, a Answer) error {
	who, err := p.staff(ctx, a.By)
	if err != nil {
		return err
	}
	return p.w.Deliver(ctx, p.cast[a.Of].Place, vendor.Incoming{From: who.Phone, Text: a.Say})
}
