package simulate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/simulate/vendor"
)

const (
	defaultWithin = 15 * time.Second
	defaultQuiet  = 700 * time.Millisecond
	lookEvery     = 50 * time.Millisecond
)

// counts reports whether an expectation says how often something happened, so that one more would be a
// failure that comes later.
func (e Expect) counts() bool { return e.Replies != nil || e.NeverSaid != "" || len(e.Effects) > 0 }

// expect waits until everything holds, and then whether it goes on to hold.
func (p *play) expect(ctx context.Context, e Expect) error {
	within, quiet := e.Within, e.Quiet
	if within == 0 {
		within = defaultWithin
	}
	if quiet == 0 && e.counts() {
		quiet = defaultQuiet
	}
	deadline := time.Now().Add(within)
	for {
		wrong, err := p.differences(ctx, e)
		if err != nil {
			return err
		}
		if len(wrong) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s: %s", within, strings.Join(wrong, "; "))
		}
		if err := pause(ctx, lookEvery); err != nil {
			return err
		}
	}
	if quiet == 0 {
		return nil
	}
	if err := pause(ctx, quiet); err != nil {
		return err
	}
	wrong, err := p.differences(ctx, e)
	if err == nil && len(wrong) > 0 {
		err = fmt.Errorf("held at first, but %s later: %s", quiet, strings.Join(wrong, "; "))
	}
	return err
}

// findings collects how what is differs from what is expected.
type findings []string

func (f *findings) that(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

// matches checks a text against a regular expression; "" asks for nothing.
func (f *findings) matches(what, re string, got ...string) {
	if re == "" {
		return
	}
	r := regexp.MustCompile(re) // checked when the scenario was read
	f.that(slices.ContainsFunc(got, r.MatchString), "%s: nothing matches %q of %q", what, re, got)
}

func (p *play) differences(ctx context.Context, e Expect) (findings, error) {
	var f findings
	p.atVendors(&f, e)
	if err := p.atStaff(ctx, &f, e); err != nil {
		return nil, err
	}
	if e.onlyPlaces() {
		return f, nil
	}
	who := p.cast[e.Of]
	p.atPhone(&f, e, who)
	view, err := Look(ctx, p.w.Tenant, p.w.Keys, who.Phone)
	if err != nil {
		return nil, err
	}
	if e.Reported != nil {
		if err := p.atPlace(ctx, &f, *e.Reported, who, view); err != nil {
			return nil, err
		}
	}
	view.onThread(&f, e)
	view.onDesk(&f, e)
	return f, nil
}

// atPhone checks what the member has got.
func (p *play) atPhone(f *findings, e Expect, who Player) {
	got := p.w.Vendors.SMS.Received(who.Phone)
	got = got[min(p.replies[who.Name], len(got)):]
	if e.Replies != nil {
		f.that(len(got) == *e.Replies, "%d replies, want %d: %q", len(got), *e.Replies, got)
	}
	if e.Reply != "" {
		f.that(len(got) > 0, "no reply")
		f.matches("newest reply", e.Reply, got[max(0, len(got)-1):]...)
	}
	rest := got
	for _, re := range e.Said {
		i := slices.IndexFunc(rest, regexp.MustCompile(re).MatchString)
		f.that(i >= 0, "never said %q (in this order): %q", re, got)
		rest = rest[i+1:]
	}
	if e.NeverSaid != "" {
		i := slices.IndexFunc(got, regexp.MustCompile(e.NeverSaid).MatchString)
		f.that(i < 0, "said what it must not: %q", got[max(i, 0):])
	}
}

// atVendors checks what has really happened.
func (p *play) atVendors(f *findings, e Expect) {
	all := p.w.Vendors.Effects()
	all = all[min(p.effects, len(all)):]
	for _, want := range e.Effects {
		n := 0
		for _, got := range all {
			if p.is(want, got) {
				n++
			}
		}
		f.that(n == want.Count, "%s happened %d times, want %d", want.Op, n, want.Count)
	}
	var posts []string
	for _, got := range all {
		if got.Vendor == "slack" {
			posts = append(posts, got.Text)
		}
	}
	f.matches("posts in Slack", e.Posted, posts...)
	if e.Locked != nil {
		got := p.w.Vendors.Doors.Locked(p.cast[e.Of].Place.Door.Ref)
		f.that(got == *e.Locked, "the door's lock is %v, want %v", got, *e.Locked)
	}
}

// atStaff checks what the club's own people have got.
func (p *play) atStaff(ctx context.Context, f *findings, e Expect) error {
	all := p.w.Vendors.Effects()
	all = all[min(p.effects, len(all)):]
	for _, want := range e.Called {
		who, err := p.staff(ctx, want.Who)
		if err != nil {
			return err
		}
		for _, way := range []struct{ vendor, to, re string }{{"sms", who.Phone, want.Text}, {"mail", who.Email, want.Mail}} {
			var got []string
			for _, x := range all {
				if x.Vendor == way.vendor && x.Target == way.to {
					got = append(got, x.Text)
				}
			}
			if way.re == none {
				f.that(len(got) == 0, "%s got by %s: %q", want.Who, way.vendor, got)
			} else {
				f.matches("what "+want.Who+" got by "+way.vendor, way.re, got...)
			}
		}
	}
	var incidents []string
	for _, x := range p.w.Vendors.Pager.Incidents() {
		incidents = append(incidents, x.Status+" "+x.Summary)
	}
	f.matches("incidents at the pager", e.Paged, incidents...)
	return nil
}

// is reports whether an effect is of the kind and at the place that want names.
func (p *play) is(want EffectCount, got vendor.Effect) bool {
	if id, ok := p.w.Club.Scripts[scriptPrefix+want.Op]; ok {
		if got.Op != "script" || got.ID != strconv.Itoa(id) {
			return false
		}
	} else if got.Op != want.Op {
		return false
	}
	who, placed := p.cast[want.At]
	if !placed {
		return true
	}
	switch got.Vendor {
	case "doors":
		return got.Target == who.Place.Door.Ref
	case "rmm":
		bay, err := who.bay()
		return err == nil && got.Target == bay.PC.Ref
	case "sms":
		return got.Target == who.Phone
	}
	return true
}

func (v View) onThread(f *findings, e Expect) {
	if len(e.Status) > 0 {
		f.that(slices.Contains(e.Status, v.Thread.Status), "the thread is %q, want %q", v.Thread.Status, e.Status)
	}
	if e.Priority != "" {
		f.that(v.Thread.Priority == e.Priority, "the priority is %q, want %q", v.Thread.Priority, e.Priority)
	}
	if e.Texts != nil {
		f.that(v.Texts == *e.Texts, "%d texts are kept, want %d", v.Texts, *e.Texts)
	}
	if e.Threads != nil {
		f.that(v.Threads == *e.Threads, "%d threads, want %d", v.Threads, *e.Threads)
	}
	if e.Member != nil {
		f.that(!v.Thread.MemberID.IsZero() == *e.Member, "the thread knows its member: %v, want %v", !v.Thread.MemberID.IsZero(), *e.Member)
	}
	if e.Consent != "" {
		f.that(v.Consent == e.Consent, "consent is %q, want %q", v.Consent, e.Consent)
	}
	f.matches("the newest decision's facts", e.Fact, v.Facts)
	if e.Rule != "" {
		f.that(v.Rule == e.Rule, "the newest decision rests on rule %q (%s), want %q", v.Rule, v.Decision.Title, e.Rule)
	}
}

// none as an expectation means that there must not be one.
const none = "none"

func (v View) onDesk(f *findings, e Expect) {
	switch {
	case e.Escalation == none:
		f.that(v.Escalation == nil, "there is an escalation")
	case e.Escalation != "" && v.Escalation == nil:
		f.that(false, "there is no escalation (the thread is %q, the decision %q)", v.Thread.Status, v.Decision.Title)
	case v.Escalation != nil:
		f.matches("escalation", e.Escalation, v.Escalation.Reason)
		f.matches("who has taken it", e.Taken, v.Escalation.AcknowledgedBy)
	}
	switch {
	case e.Proposal == none:
		f.that(v.Proposal == nil, "there is an open proposal: %s", v.Title)
	case e.Proposal != "" && v.Proposal == nil:
		f.that(false, "there is no open proposal (the thread is %q, the decision %q)", v.Thread.Status, v.Decision.Title)
	case v.Proposal != nil:
		f.matches("proposal", e.Proposal, v.Title)
	}
	if e.Ticket == none {
		f.that(len(v.Tickets) == 0, "there are tickets: %q", v.Tickets)
	} else {
		f.matches("tickets", e.Ticket, v.Tickets...)
	}
	for action, want := range e.Outcomes {
		got := club.Outcome(none)
		for _, x := range v.Executions {
			if x.Action == action {
				got = x.Outcome
				break // the newest
			}
		}
		f.that(got == want, "%s ended as %s, want %s", action, got, want)
	}
}
