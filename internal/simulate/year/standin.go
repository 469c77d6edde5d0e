package year

import (
	"context"
	"fmt"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/notify"
)

// sent is a text that reached a member.
type sent struct{ to, text string }

// vendors are the stand-ins of everybody the club is connected to. They do at once what they are told,
// by the simulated clock.
type vendors struct {
	clock club.Clock

	mu       sync.Mutex // guards the fields below
	n        int
	texts    []sent
	notes    []notify.Note
	reboots  map[string]time.Time
	scripts  map[string][]ran
	unlocked map[string]bool
}

func newVendors(clock club.Clock) *vendors {
	return &vendors{clock: clock, reboots: map[string]time.Time{}, scripts: map[string][]ran{}, unlocked: map[string]bool{}}
}

// drain returns what reached people since the last call.
func (v *vendors) drain() ([]sent, []notify.Note) {
	v.mu.Lock()
	defer v.mu.Unlock()
	texts, notes := v.texts, v.notes
	v.texts, v.notes = nil, nil
	return texts, notes
}

// sms is the text vendor.
type sms struct{ *vendors }

func (s sms) Send(_ context.Context, out club.Outbound) (club.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.texts = append(s.texts, sent{out.To, out.Text})
	return club.Receipt{ProviderMessageID: fmt.Sprintf("OUT%d", s.n), Status: club.MessageDelivered}, nil
}

func (s sms) Find(context.Context, club.Outbound, time.Time) (club.Receipt, bool, error) {
	return club.Receipt{}, false, nil
}

// How long computers take.
const (
	scriptTakes = 20 * time.Second
	rebootFrom  = 2 * time.Second
	rebootTakes = 90 * time.Second
)

// rmm is the device vendor: every computer lives, every command ends well. Whether that heals what is
// wrong is the world's to know.
type rmm struct{ *vendors }

func (v rmm) Device(_ context.Context, ref string) (club.DeviceState, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.clock.Now()
	s := club.DeviceState{Ref: ref, Online: true, LastContact: now.Add(-time.Second)}
	if at, ok := v.reboots[ref]; ok && now.After(at.Add(rebootFrom)) {
		if back := at.Add(rebootTakes); now.Before(back) {
			s.Online, s.LastContact = false, at
		}
	}
	return s, nil
}

func (v rmm) Reboot(_ context.Context, ref, _ string, _ bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reboots[ref] = v.clock.Now()
	return nil
}

// ran is a script that was run.
type ran struct {
	script string
	at     time.Time
}

func (v rmm) RunScript(_ context.Context, ref, scriptID, _ string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.scripts[ref] = append(v.scripts[ref], ran{scriptID, v.clock.Now()})
	if n := len(v.scripts[ref]); n > 20 {
		v.scripts[ref] = v.scripts[ref][n-20:]
	}
	return nil
}

func (v rmm) Activities(_ context.Context, ref string, since time.Time) ([]club.DeviceActivity, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []club.DeviceActivity
	for _, s := range v.scripts[ref] {
		for _, a := range []club.DeviceActivity{
			{Type: "scripting", Status: "started", Script: s.script, At: s.at.Add(time.Second)}, {Type: "scripting", Status: "completed", Script: s.script, At: s.at.Add(scriptTakes)}} {
			if !a.At.Before(since) && !a.At.After(v.clock.Now()) {
				out = append(out, a)
			}
		}
	}
	if at, ok := v.reboots[ref]; ok {
		boot := club.DeviceActivity{Type: "system", Status: "completed", Detail: "system boot", At: at.Add(rebootTakes)}
		if !boot.At.Before(since) && !boot.At.After(v.clock.Now()) {
			out = append(out, boot)
		}
	}
	return out, nil
}

// doors is the door vendor.
type doors struct{ *vendors }

func (v doors) Door(_ context.Context, ref string) (club.DoorState, error) {
	return club.DoorState{Ref: ref, Locked: true, Online: true}, nil
}

func (v doors) Unlock(_ context.Context, _, key, _ string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unlocked[key] = true
	return nil
}

func (v doors) Lock(context.Context, string) error { return nil }

func (v doors) Unlocked(_ context.Context, _, key string, _ time.Time) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.unlocked[key], nil
}

// channel is where calls for people are posted. What is only brought up to date calls nobody.
type channel struct{ *vendors }

func (v channel) Post(_ context.Context, _ string, n notify.Note) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.n++
	v.notes = append(v.notes, n)
	return fmt.Sprintf("POST%d", v.n), nil
}

func (channel) Update(context.Context, string, string, notify.Note) error { return nil }
