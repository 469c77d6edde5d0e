package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/phone"
	"clubos/internal/phrase"
	"clubos/internal/simulate/vendor"
)

// watchEvery is how often a day looks at what the vendors have seen.
const watchEvery = 200 * time.Millisecond

// day is a day under way.
type day struct {
	w   *World
	cfg DayConfig

	names map[string][]string // words of the name by number, for masking
	who   map[string]string   // how a number is called in lines
	mu    sync.Mutex          // held while cfg.Tell is called

	writes map[string]bool // the numbers that write today

	seen    [6]int               // effects told so far, by vendor; used by watch alone
	pressed map[string]time.Time // when each proposal's post was first seen; zero once done with
}

// RunDay plays days until ctx ends or, without Loop, the day is over and its last proposals had time to
// be pressed. Texts go out as signed webhooks; a simulated operator approves proposals by pressing their
// buttons in Slack. What cannot be delivered is told and does not end the day: a server that restarts
// meanwhile misses nothing but what it did not acknowledge.
func RunDay(ctx context.Context, w *World, cfg DayConfig) error {
	cfg = cfg.withDefaults()
	d := &day{w: w, cfg: cfg, names: map[string][]string{}, who: map[string]string{}, pressed: map[string]time.Time{}}
	for _, m := range w.Club.Members {
		d.names[m.Phone], d.who[m.Phone] = strings.Fields(m.Name), initials(m.Name)+" "+phone.Mask(m.Phone)
	}
	for i, effects := range d.effects() {
		d.seen[i] = len(effects) // what was before is not part of the day
	}
	watching, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { d.watch(watching) })
	err := d.play(ctx)
	stop()
	wg.Wait()
	return err
}

func (d *day) play(ctx context.Context) error {
	club := d.w.Club
	due := d.reports()
	var asked map[asking]time.Time
	for seed := d.cfg.Seed; ; seed++ {
		cfg := d.cfg
		cfg.Seed, cfg.asked = seed, asked
		events, all, err := planDay(club, d.w.now(), cfg)
		if err != nil {
			return err
		}
		asked = all
		d.writes = map[string]bool{}
		for _, e := range events {
			d.writes[e.Phone] = true
		}
		start := time.Now()
		for _, e := range events {
			if pause(ctx, time.Until(start.Add(e.At))) != nil {
				return nil // the end of the day is not a failure
			}
			due = d.report(ctx, due, e.At)
			d.send(ctx, e)
		}
		rest := time.Until(start.Add(d.cfg.Length))
		if !d.cfg.Loop {
			rest += d.cfg.Press
		}
		if pause(ctx, rest) != nil || !d.cfg.Loop {
			return nil
		}
		if d.cfg.Renew != nil {
			if club, err = d.cfg.Renew(ctx); err != nil {
				return fmt.Errorf("renew the club: %w", err)
			}
		}
		d.comeIn(ctx)
	}
}

func (d *day) send(ctx context.Context, e DayEvent) {
	place, _ := d.w.Club.FindLocation(e.Place)
	if bay, ok := d.w.Club.FindBay(e.Place, e.Bay); ok && e.Frozen {
		if device, ok := d.w.Vendors.RMM.Device(bay.PC.number()); ok {
			device.Frozen, device.Stubborn = true, e.Broken
			d.w.Vendors.RMM.SetDevice(device)
			d.tell("freezes", e.Place+", "+bay.Name, "the simulator hangs")
		}
	}
	in := vendor.Incoming{From: e.Phone, Text: e.Say}
	said := "“" + d.mask(e.Phone, e.Say) + "”"
	if e.Media {
		in.Media, said = []club.Media{{URL: "https://media.example.com/1.jpg", Type: "image/jpeg"}}, "(a picture)"
	}
	d.tell("text", d.called(e.Phone)+" to "+e.Place, said)
	if err := d.w.Deliver(ctx, place, in); err != nil && ctx.Err() == nil {
		d.tell("lost", d.called(e.Phone), "the text was not acknowledged; the vendor would try again")
	}
}

func (d *day) effects() [6][]vendor.Effect {
	v := d.w.Vendors
	return [6][]vendor.Effect{v.SMS.Effects(), v.RMM.Effects(), v.Doors.Effects(), v.Slack.Effects(), v.Mail.Effects(), v.Pager.Effects()}
}

// watch tells what the vendors see, and presses buttons, until ctx ends.
func (d *day) watch(ctx context.Context) {
	for {
		for i, effects := range d.effects() {
			for _, e := range effects[min(d.seen[i], len(effects)):] {
				d.tellEffect(e)
			}
			d.seen[i] = len(effects)
		}
		d.approve(ctx)
		if pause(ctx, watchEvery) != nil {
			return
		}
	}
}

func (d *day) tellEffect(e vendor.Effect) {
	switch e.Op {
	case "send":
		if name := d.w.Club.reachedAt(e.Target); name != "" {
			d.tell("calls", name+" by text", "“"+d.mask(e.Target, firstLine(e.Text))+"”")
			return
		}
		d.tell("reply", "to "+d.called(e.Target), "“"+d.mask(e.Target, e.Text)+"”")
	case "reboot", "script":
		what := "reboots"
		if e.Op == "script" {
			what = "runs a script"
			for key, id := range d.w.Club.Scripts {
				if fmt.Sprint(id) == e.ID {
					what = "runs " + strings.ReplaceAll(strings.TrimPrefix(key, scriptPrefix), "_", " ")
				}
			}
		}
		d.tell("computer", d.w.Club.placeOf(e.Target), what)
	case "unlock":
		d.tell("door", d.w.Club.placeOf(e.Target), "unlocks")
	case "post":
		d.tell("slack", "post", d.mask("", firstLine(e.Text)))
	case "update":
		d.tell("slack", "now says", d.mask("", firstLine(e.Text)))
	case "mail":
		d.tell("calls", d.w.Club.reachedAt(e.Target)+" by mail", "“"+d.mask("", firstLine(e.Text))+"”")
	case "trigger":
		d.tell("pager", "rings", d.mask("", firstLine(e.Text)))
	case "acknowledge", "resolve":
		d.tell("pager", e.Op+"d", "")
	}
}

// reachedAt names who of the staff has a number or an address; "" for anybody else's.
func (c *Club) reachedAt(address string) string {
	for _, s := range c.Staff {
		if address != "" && (s.Phone == address || s.Email == address) {
			return s.Name
		}
	}
	return ""
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// placeOf names the place of a vendor's device.
func (c *Club) placeOf(ref string) string {
	for _, l := range c.Locations {
		if l.Door.Ref == ref {
			return l.Name + ", " + l.Door.Name
		}
		for _, b := range l.Bays {
			if b.PC.Ref == ref {
				return l.Name + ", " + b.Name
			}
		}
	}
	return ref
}

// approve presses Approve on proposals that have stood for long enough and are not left to others.
func (d *day) approve(ctx context.Context) {
	operator, ok := d.w.Club.FindStaff(club.RoleOperator)
	if !ok {
		return
	}
	for _, p := range d.w.Vendors.Slack.Messages() {
		first, known := d.pressed[p.TS]
		switch {
		case !known:
			d.pressed[p.TS] = time.Now()
		case first.IsZero() || time.Since(first) < d.cfg.Press:
		default:
			d.pressed[p.TS] = time.Time{}
			d.pressOne(ctx, p, operator)
		}
	}
}

func (d *day) pressOne(ctx context.Context, p vendor.Posted, operator Staff) {
	if !hasButton(p.Blocks, string(DoApprove)) {
		return
	}
	title := d.mask("", firstLine(p.Text))
	for _, word := range d.cfg.Leave {
		if strings.Contains(strings.ToLower(string(p.Blocks)+p.Text), strings.ToLower(word)) {
			d.tell("waits", "for you", title)
			return
		}
	}
	if err := d.w.postPress(ctx, p.TS, string(DoApprove), operator.SlackUserID); err != nil {
		if ctx.Err() == nil {
			d.tell("slack", operator.Name, "could not approve: "+title)
		}
		return
	}
	d.tell("approves", operator.Name+" in Slack", title)
}

func hasButton(blocks json.RawMessage, action string) bool {
	var list []struct {
		Elements []struct {
			ActionID string `json:"action_id"`
		}
	}
	if json.Unmarshal(blocks, &list) != nil {
		return false
	}
	for _, b := range list {
		for _, e := range b.Elements {
			if e.ActionID == action {
				return true
			}
		}
	}
	return false
}

// tell says one thing that happened, on one line.
func (d *day) tell(what, who, words string) {
	line := fmt.Sprintf("%s  %-9s %-34s %s", d.w.now().Format("15:04:05"), what, who, strings.Join(strings.Fields(words), " "))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cfg.Tell(line)
}

// called is how a number's owner is called in lines: initials and the masked number.
func (d *day) called(number string) string {
	if who, ok := d.who[number]; ok {
		return who
	}
	return "unknown " + phone.Mask(number)
}

// mask takes out of a text what must not stand on a terminal: names, numbers, addresses, passwords.
func (d *day) mask(number, text string) string {
	text = phrase.Mask(text, d.names[number]...)
	for _, l := range d.w.Club.Locations {
		if p := l.Details["wifi_password"]; p != "" {
			text = strings.ReplaceAll(text, p, "•••")
		}
	}
	return text
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	out := string([]rune(words[0])[0]) + "."
	if len(words) > 1 {
		out += string([]rune(words[len(words)-1])[0]) + "."
	}
	return out
}
