package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
)

// seeded returns the source that everything left to chance follows from.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("CLUBOS_CRASH_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("CLUBOS_CRASH_SEED: %q is not a number", s)
		}
	}
	t.Logf("CLUBOS_CRASH_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// playing are texts of people who are in their bay: what makes the program act on devices.
func playing() []string {
	return []string{"my screen is frozen", "trackman just froze on us, hole 12", "sim locked up mid round", "the side screen is black", "we stepped out and now we're locked out", "wifi?", "thanks!"}
}

// mix are texts of every other kind that the program treats differently.
func mix() []string {
	return []string{
		"wifi?", "whats the wifi password?", "where do I park", "what are your hours", "how much for 2 hours", "do you rent clubs",
		"my screen is frozen", "ball not registering", "the door won't open", "do NOT unlock the door, a stranger is outside",
		"thanks!", "👍", "ok", "yes", "hello?", "my buddy got hit in the head with a club hes bleeding", "can i talk to a real person please",
		"refund please, we were down 40 minutes", "STOP", "START", "HELP", "qwerty zxcv", "שלום", "",
	}
}

// drive posts texts and keeps what was acknowledged.
type drive struct {
	t    *testing.T
	in   *installation
	made *figures
	rng  *rand.Rand // used by the test's goroutine only
	gate chan struct{}
	wg   sync.WaitGroup

	players []simulate.Booking // who have not written yet; used by the test's goroutine only, as others is
	others  []int              // members who do not play

	mu       sync.Mutex      // guards the fields below
	texts    map[string]bool // true: its vendor brings it once, whatever becomes of that
	acked    map[string]bool
	posts    int // deliveries acknowledged
	failures int // answers that were none, or 5xx
}

func newDrive(t *testing.T, in *installation, rng *rand.Rand) *drive {
	d := &drive{t: t, in: in, made: newFigures(), rng: rng, gate: make(chan struct{}, 24), texts: map[string]bool{}, acked: map[string]bool{}}
	d.cast()
	return d
}

// sender picks somebody with something to say: one of those who play, who write once, for what is
// announced to them falls with their next text; one of a few other members, so that texts meet in
// threads; or a stranger.
func (d *drive) sender() (number string, at simulate.Location, words []string) {
	c := d.in.club
	at = c.Locations[d.rng.IntN(len(c.Locations))]
	switch d.rng.IntN(6) {
	case 0:
		return fmt.Sprintf("+1989555%04d", 100+d.rng.IntN(30)), at, mix()
	case 1, 2:
		if n := len(d.players); n > 0 {
			number, at = d.player()
			return number, at, playing()
		}
	}
	return c.Members[d.others[d.rng.IntN(min(d.in.writers, len(d.others)))]].Phone, at, mix()
}

// player takes one of those who play.
func (d *drive) player() (number string, at simulate.Location) {
	n := len(d.players)
	b := d.players[n-1]
	d.players = d.players[:n-1]
	at, _ = d.in.club.FindLocation(b.Location)
	return d.in.club.Members[b.Member].Phone, at
}

// cast tells those who play from the others.
func (d *drive) cast() {
	d.players, d.others = nil, nil
	seen := map[int]bool{}
	for _, b := range d.in.club.Bookings {
		if b.Member >= 0 && b.Active(time.Now()) && !seen[b.Member] {
			seen[b.Member] = true
			d.players = append(d.players, b)
		}
	}
	d.rng.Shuffle(len(d.players), func(i, j int) { d.players[i], d.players[j] = d.players[j], d.players[i] })
	for i := range d.in.club.Members {
		if !seen[i] {
			d.others = append(d.others, i)
		}
	}
}

// sendOver is how long texts that are sent together take to come.
const sendOver = 700 * time.Millisecond

// send begins to deliver n texts, each one to five times, shuffled and side by side.
func (d *drive) send(ctx context.Context, n int) { d.sendWithin(ctx, n, sendOver) }

// sendWithin delivers all within a time.
func (d *drive) sendWithin(ctx context.Context, n int, over time.Duration) {
	var all []vendor.Webhook
	for range n {
		from, at, words := d.sender()
		hook := d.write(from, at, words[d.rng.IntN(len(words))])
		for range 1 + d.rng.IntN(5) {
			all = append(all, hook)
		}
	}
	d.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, hook := range all {
		after := time.Duration(d.rng.Int64N(int64(over)))
		d.wg.Go(func() { d.deliver(ctx, hook, after) })
	}
}

// play has a player write words, delivered at once and twice. It returns the text's id.
func (d *drive) play(ctx context.Context, words string) string {
	from, at := d.player()
	hook := d.write(from, at, words)
	for range 2 {
		d.wg.Go(func() { d.deliver(ctx, hook, 0) })
	}
	return hook.ID
}

// write makes a signed text.
func (d *drive) write(from string, at simulate.Location, words string) vendor.Webhook {
	wire, path := vendor.OpenPhone, "openphone"
	if at.Provider == "twilio" {
		wire, path = vendor.Twilio, "twilio"
	} else if d.rng.IntN(4) == 0 {
		wire = vendor.OpenPhoneLegacy
	}
	hook := d.in.vendors.SMS.Text(wire, d.in.url+"/hooks/"+d.in.club.Slug.String()+"/"+path, vendor.Incoming{From: from, To: at.Line, Text: words})
	d.mu.Lock()
	d.texts[hook.ID] = wire == vendor.Twilio
	d.mu.Unlock()
	return hook
}

// deliver posts a webhook as its vendor does: until it is acknowledged, or just once. What is not brought then, the
// program must find by itself.
func (d *drive) deliver(ctx context.Context, hook vendor.Webhook, after time.Duration) {
	for again := 40 * time.Millisecond; ; again = min(2*again, 400*time.Millisecond) {
		if pause(ctx, after) != nil {
			return
		}
		after = again
		d.gate <- struct{}{}
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
		status, err := hook.Anew().Post(attempt)
		cancel()
		<-d.gate
		d.mu.Lock()
		switch {
		case err == nil && status/100 == 2:
			d.acked[hook.ID] = true
			d.posts++
			d.mu.Unlock()
			return
		case err == nil && status/100 != 5:
			d.t.Errorf("a signed text was answered %d", status)
			d.mu.Unlock()
			return
		}
		d.failures++
		once := d.texts[hook.ID]
		d.mu.Unlock()
		if once {
			return
		}
	}
}

// unbrought is how many texts no webhook has brought.
func (d *drive) unbrought() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.texts) - len(d.acked)
}

// trouble makes vendors slow and forgetful, so that servers end in the middle of calls.
func (d *drive) trouble() {
	v := d.in.vendors
	v.SMS.Heal()
	v.RMM.Heal()
	v.Doors.Heal()
	switch d.rng.IntN(3) {
	case 0:
		v.SMS.Break("send", vendor.Slow(150*time.Millisecond))
		v.Doors.Break("unlock", vendor.Slow(150*time.Millisecond))
	case 1:
		v.SMS.Break("send", vendor.LoseAnswer().Times(3))
		v.RMM.Break("script", vendor.LoseAnswer().Times(1))
	case 2:
		v.SMS.Break("send", vendor.Fail(503).Times(3))
		v.RMM.Break("script", vendor.Slow(200*time.Millisecond))
	}
}

// heal ends all trouble.
func (d *drive) heal() {
	d.in.vendors.SMS.Heal()
	d.in.vendors.RMM.Heal()
	d.in.vendors.Doors.Heal()
}
