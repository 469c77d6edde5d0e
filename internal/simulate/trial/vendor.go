package trial

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"clubos/internal/club"
	"clubos/internal/notify"
	"clubos/internal/store"
)

// effect is something that was really done.
type effect struct {
	kind effectKind
	key  string // of the text or the execution
	ref  string // of the device or the door
	to   string
	text string
	at   time.Time
	turn int64

	// What the store said when the vendor was asked, before anybody else had a turn.
	entry entry
}

type effectKind string

const (
	sent     effectKind = "sent"
	unlocked effectKind = "unlocked"
	rebooted effectKind = "rebooted"
	ran      effectKind = "ran a script"
)

// entry is what the store said at an instant of what a vendor was asked for.
type entry struct {
	message    store.Message
	thread     store.Thread
	subject    store.Subject
	execution  store.Execution
	escalation store.Escalation // the latest of the thread; zero: none
	booking    store.Booking
}

// vendors are those of texts, computers, doors and posts, within the process. They are used by the task that has the
// turn. What they do, they do by the trial's clock, and not always what they answer.
type vendors struct {
	w       *world
	r       *rand.Rand
	rough   float64
	twice   bool // planted: whatever is done is done twice
	n       int
	effects []effect
	seen    map[string]time.Time // texts by key: from when the vendor's log shows them
	reboots map[string]time.Time
	scripts []script
	opened  map[string]time.Time
	posts   int
}

type script struct {
	ref    string
	id     string
	at     time.Time
	failed bool
}

type report struct {
	id, text, to, line string
	status             club.MessageStatus
}

func newVendors(w *world, r *rand.Rand, rough float64) *vendors {
	return &vendors{w: w, r: r, rough: rough, seen: map[string]time.Time{}, reboots: map[string]time.Time{}, opened: map[string]time.Time{}}
}

// conduct is how a vendor goes about a call.
type conduct int

const (
	obliges  conduct = iota
	isDown           // it was never reached
	isBusy           // it says so and does nothing
	declines         // it says no
	actsMute         // it does it, and no answer comes
	mute             // it does not, and no answer comes
	actsLate         // no answer comes, and it does it some seconds later
)

func (c conduct) String() string {
	return []string{"obliges", "is down", "is busy", "declines", "acts without an answer", "does not answer", "does not answer and acts later"}[c]
}

func (v *vendors) conduct() conduct {
	if v.r.Float64() >= v.rough {
		return obliges
	}
	return conduct(1 + v.r.IntN(int(actsLate)))
}

// patience is how long our clients wait for an answer that does not come.
const patience = 8 * time.Second

// command has a vendor do something in its manner, which may take a while.
func (v *vendors) command(ctx context.Context, vendor, op string, e effect, do func()) error {
	c := v.conduct()
	e.entry = v.w.entry(e)
	if t := taskOf(ctx); t != nil {
		v.w.asked(e, t.last)
	}
	v.w.tell(ctx, "%s is asked to %s: it %s", vendor, op, c)
	if err := v.pause(ctx, "asked to "+op, time.Duration(v.r.IntN(400))*time.Millisecond); err != nil {
		return err
	}
	acts := func() {
		for range 1 + v.w.count(v.twice) {
			e.at, e.turn = v.w.now(), v.w.loom.turns
			v.effects = append(v.effects, e)
			v.w.watch(e)
		}
		do()
	}
	fails := &club.VendorError{Vendor: vendor, Op: op, Retryable: true, Err: errors.New(c.String())}
	wait := time.Duration(v.r.IntN(900)) * time.Millisecond
	switch c {
	case obliges:
		acts()
		fails = nil
	case actsMute:
		acts()
		fails.Reached, wait = true, patience
	case mute:
		fails.Reached, wait = true, patience
	case actsLate:
		fails.Reached, wait = true, patience
		v.w.in(patience+time.Duration(1+v.r.IntN(8))*time.Second, func(context.Context) error { acts(); return nil })
	case isBusy:
		fails.Reached, fails.Rejected, fails.Status, fails.RetryAfter = true, true, 429, time.Second
	case declines:
		fails.Reached, fails.Rejected, fails.Retryable, fails.Status = true, true, false, 400
	case isDown:
	}
	if err := v.pause(ctx, "has answered: "+op, wait); err != nil {
		return err
	}
	if fails == nil {
		return nil
	}
	return fails
}

// pause is a point that takes some time.
func (v *vendors) pause(ctx context.Context, where string, d time.Duration) error {
	return v.w.loom.point(ctx, where, v.w.now().Add(d))
}

// question is a call that does nothing. It reports whether the vendor can say.
func (v *vendors) question(ctx context.Context, vendor, what string) error {
	fails := v.r.Float64() < v.rough/2
	v.w.tell(ctx, "%s is asked for %s: answers %v", vendor, what, !fails)
	if err := v.pause(ctx, "asked for "+what, time.Duration(v.r.IntN(300))*time.Millisecond); err != nil {
		return err
	}
	if fails {
		return &club.VendorError{Vendor: vendor, Op: what, Retryable: true, Reached: v.r.IntN(2) == 0, Err: errors.New("no answer")}
	}
	return nil
}

// sms is the text vendor.
type sms struct{ *vendors }

func (v sms) Send(ctx context.Context, out club.Outbound) (club.Receipt, error) {
	v.n++
	id := fmt.Sprintf("OUT%d", v.n)
	err := v.command(ctx, "texts", "send a text", effect{kind: sent, key: out.Key, to: out.To, text: out.Text}, func() {
		v.seen[out.Key] = v.w.now().Add(time.Duration(v.r.IntN(20)) * time.Second)
		status := club.MessageDelivered
		if v.r.Float64() < v.rough/4 {
			status = club.MessageFailed
		}
		for range v.r.IntN(3) { // before our own recording, or long after, or not at all
			v.w.report(report{id: id, text: out.Text, to: out.To, line: out.From, status: status}, time.Duration(v.r.IntN(30_000))*time.Millisecond)
		}
	})
	if err != nil {
		return club.Receipt{}, err
	}
	return club.Receipt{ProviderMessageID: id, Status: club.MessageSent}, nil
}

func (v sms) Find(ctx context.Context, out club.Outbound, _ time.Time) (club.Receipt, bool, error) {
	if err := v.question(ctx, "texts", "a text"); err != nil {
		return club.Receipt{}, false, err
	}
	at, ok := v.seen[out.Key]
	if !ok || v.w.now().Before(at) {
		return club.Receipt{}, false, nil
	}
	v.n++
	return club.Receipt{ProviderMessageID: fmt.Sprintf("FOUND%d", v.n), Status: club.MessageSent}, true, nil
}

// How long computers take.
const (
	scriptTakes = 20 * time.Second
	rebootFrom  = 2 * time.Second
	rebootTakes = 90 * time.Second
)

// rmm is the device vendor.
type rmm struct{ *vendors }

func (v rmm) Device(ctx context.Context, ref string) (club.DeviceState, error) {
	if err := v.question(ctx, "computers", "a device"); err != nil {
		return club.DeviceState{}, err
	}
	now := v.w.now()
	s := club.DeviceState{Ref: ref, Online: v.r.Float64() >= v.rough/4, LastContact: now.Add(-time.Second)}
	if at, ok := v.reboots[ref]; ok && now.After(at.Add(rebootFrom)) && now.Before(at.Add(rebootTakes)) {
		s.Online, s.LastContact = false, at
	}
	return s, nil
}

func (v rmm) Reboot(ctx context.Context, ref, _ string, _ bool) error {
	return v.command(ctx, "computers", "reboot", effect{kind: rebooted, key: executionOf(ctx), ref: ref}, func() { v.reboots[ref] = v.w.now() })
}

func (v rmm) RunScript(ctx context.Context, ref, scriptID, _ string) error {
	return v.command(ctx, "computers", "run a script", effect{kind: ran, key: executionOf(ctx), ref: ref}, func() {
		v.scripts = append(v.scripts, script{ref: ref, id: scriptID, at: v.w.now(), failed: v.r.Float64() < v.rough/2})
	})
}

func (v rmm) Activities(ctx context.Context, ref string, since time.Time) ([]club.DeviceActivity, error) {
	if err := v.question(ctx, "computers", "a log"); err != nil {
		return nil, err
	}
	var out []club.DeviceActivity
	add := func(a club.DeviceActivity) {
		if !a.At.Before(since) && !a.At.After(v.w.now()) {
			out = append(out, a)
		}
	}
	for _, s := range v.scripts {
		if s.ref == ref {
			end := "completed"
			if s.failed {
				end = "failed"
			}
			add(club.DeviceActivity{Type: "scripting", Status: "started", Script: s.id, At: s.at.Add(time.Second)})
			add(club.DeviceActivity{Type: "scripting", Status: end, Script: s.id, At: s.at.Add(scriptTakes)})
		}
	}
	if at, ok := v.reboots[ref]; ok {
		add(club.DeviceActivity{Type: "system", Status: "completed", Detail: "system boot", At: at.Add(rebootTakes)})
	}
	return out, nil
}

// doors is the door vendor.
type doors struct{ *vendors }

func (v doors) Door(ctx context.Context, ref string) (club.DoorState, error) {
	if err := v.question(ctx, "doors", "a door"); err != nil {
		return club.DoorState{}, err
	}
	return club.DoorState{Ref: ref, Locked: true, Online: true}, nil
}

func (v doors) Unlock(ctx context.Context, ref, key, _ string) error {
	return v.command(ctx, "doors", "unlock", effect{kind: unlocked, key: key, ref: ref}, func() { v.opened[key] = v.w.now() })
}

func (v doors) Lock(ctx context.Context, _ string) error { return v.question(ctx, "doors", "locking") }

func (v doors) Unlocked(ctx context.Context, _, key string, _ time.Time) (bool, error) {
	if err := v.question(ctx, "doors", "a log"); err != nil {
		return false, err
	}
	_, ok := v.opened[key]
	return ok, nil
}

// channel is where people are called.
type channel struct{ *vendors }

func (v channel) Post(ctx context.Context, _ string, n notify.Note) (string, error) {
	if err := v.question(ctx, "posts", "a post of a "+string(n.Kind)); err != nil {
		return "", err
	}
	v.posts++
	if n.Kind == notify.KindProposal && !n.Withdrawn {
		v.w.proposed(club.ProposalID(n.Ref), n.Thread)
	}
	return fmt.Sprintf("POST%d", v.posts), nil
}

func (v channel) Update(ctx context.Context, _, _ string, n notify.Note) error {
	return v.question(ctx, "posts", "a change of a "+string(n.Kind))
}
