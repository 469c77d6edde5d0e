package crashtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/integration"
	"clubos/internal/store/storetest"
)

// victim is a vendor whose wire suffers.
type victim string

const (
	texts   victim = "SMS"
	devices victim = "RMM"
	doors   victim = "door"
	model   victim = "model"
)

// cell is a club of which the wires to some vendors, that have nothing to do with each other, suffer from
// one fault.
type cell struct {
	victims []victim
	fault   fault
	in      *installation
	d       *drive
	wires   map[victim]*wire
	wrote   time.Time
	needs   map[victim]string // the texts of those who need what is behind a wire
}

const (
	// bites is how long a fault lasts in a short run: longer than anything waits for a vendor's answer.
	bites = 17 * time.Second
	// bitesLong is how long it does in a long one: longer than a person may be left untold.
	bitesLong = 75 * time.Second
	// toldWithin is how long after a text a person knows of what cannot be done.
	toldWithin = 60 * time.Second
	// decidedWithin bounds how long a decision takes that needs nothing which is missing.
	decidedWithin = 30 * time.Second
)

// TestAVendorsFaultActsOnNobodyAndIsTold puts each vendor behind a wire that hangs, breaks, is slow, sends
// crumbs, or is cut, while somebody needs it, and mends it again. Nothing is done without proof and nothing
// twice; what cannot be done, or be known to be done, is a person's matter; and all of it ends.
func TestAVendorsFaultActsOnNobodyAndIsTold(t *testing.T) {
	t.Parallel()
	e := long(t)
	if storetest.DatabaseURL() != "" && e.lasts == 0 {
		t.Skip("what a vendor does is the same to both engines; the long run has both")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	house, cells := furnish(t)
	server := house.serve(t)
	operators, off := context.WithCancel(ctx)
	for _, c := range cells {
		c.begin(ctx, operators)
	}
	lasts := bites
	if e.lasts > 0 {
		lasts = bitesLong
	}
	if err := pause(ctx, lasts); err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		c.underFault(ctx, e.lasts > 0)
	}
	off()
	if err := server.kill(); err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		for _, w := range c.wires {
			w.mend()
		}
		c.d.letTimePass(ctx)
	}
	server = house.serve(t)
	unbrought := 0
	for _, c := range cells {
		c.d.wg.Wait()
		unbrought += c.d.unbrought()
	}
	if unbrought > 0 {
		server = cells[0].d.lookAgain(ctx, server, house.serve)
	}
	for _, c := range cells {
		c.d.settle(ctx, server)
	}
	if err := server.deploy(); err != nil {
		t.Error(err)
	}
	for _, c := range cells {
		c.d.check()
		c.afterwards(ctx)
	}
}

// furnish makes an installation of a club for each cell.
func furnish(t *testing.T) (house *installation, cells []*cell) {
	t.Helper()
	house = install(t, storetest.DatabaseURL())
	for _, f := range faults() {
		one, other := *house, *house
		cells = append(cells, &cell{victims: []victim{texts}, fault: f, in: &one}, &cell{victims: []victim{devices, doors, model}, fault: f, in: &other})
	}
	err := house.open(t.Context(), func(a *app.App) error {
		for _, c := range cells {
			if err := c.furnish(t, a); err != nil {
				return fmt.Errorf("%s %s: %w", c.victims, c.fault, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return house, cells
}

// furnish makes the cell's club and leads to the victims over wires.
func (c *cell) furnish(t *testing.T, a *app.App) error {
	err := c.in.populate(t.Context(), a, club.Slug("cell"+random()), size{locations: 1, bays: 4, members: 30})
	if c.in.vendors != nil {
		t.Cleanup(func() { _ = c.in.vendors.Close() })
	}
	if err != nil {
		return err
	}
	if err := c.in.admitOperator(t.Context(), a); err != nil {
		return err
	}
	c.wires = map[victim]*wire{}
	for _, v := range c.victims {
		at := map[victim]string{texts: c.in.vendors.SMS.URL(), devices: c.in.vendors.RMM.URL(), doors: c.in.vendors.Doors.URL(), model: c.in.vendors.Embeddings.URL()}[v]
		c.wires[v] = newWire(t, at)
		for name, f := range c.fields(v, c.wires[v].through(at)) {
			if err := a.Connect(t.Context(), c.in.club.Slug, club.System("test"), name, f); err != nil {
				return err
			}
		}
	}
	c.d = newDrive(t, c.in, rand.New(rand.NewPCG(1, 0))) // nothing is left to chance
	return nil
}

// fields are a vendor's credentials, to be used at an address.
func (c *cell) fields(v victim, at string) map[string]integration.Fields {
	sms, rmm, lock, vectors := c.in.vendors.SMS.Config(), c.in.vendors.RMM.Config(), c.in.vendors.Doors.Config(), c.in.vendors.Embeddings.Config()
	return map[victim]map[string]integration.Fields{
		texts: {
			"openphone": {"api_key": sms.OpenPhoneKey, "webhook_secret": sms.OpenPhoneSecret, "legacy_key": sms.LegacyKey, "base_url": at},
			"twilio":    {"account_sid": sms.TwilioSID, "auth_token": sms.TwilioToken, "base_url": at},
		},
		devices: {"ninjaone": {"client_id": rmm.ClientID, "client_secret": rmm.ClientSecret, "refresh_token": rmm.RefreshToken, "base_url": at}},
		doors:   {"unifi": {"token": lock.Token, "webhook_secret": lock.WebhookSecret, "pin": c.in.vendors.Doors.Pin(), "base_url": at}},
		model:   {"embeddings": {"base_url": at, "model": vectors.Model, "dimensions": fmt.Sprint(vectors.Dimensions), "api_key": vectors.Key}},
	}[v]
}

// begin has each wire suffer and somebody need what is behind it; an operator approves what is proposed.
func (c *cell) begin(ctx, operator context.Context) {
	c.wrote, c.needs = time.Now(), map[victim]string{}
	for _, v := range c.victims {
		c.wires[v].suffer(c.fault)
		switch v {
		case texts:
			c.needs[v] = c.d.play(ctx, "wifi?")
		case devices:
			c.needs[v] = c.d.play(ctx, "my screen is frozen")
		case doors:
			c.needs[v] = c.d.play(ctx, "we stepped out and now we're locked out")
		case model: // it is asked about every text
		}
	}
	c.d.wg.Go(func() { c.d.operate(operator) })
}

// effects counts what the club's vendors have seen: texts, commands to computers and unlocks.
func (c *cell) effects() (said, commanded, unlocked int) {
	for _, e := range c.in.vendors.Effects() {
		switch e.Op {
		case "send":
			said++
		case "script", "reboot":
			commanded++
		case "unlock":
			unlocked++
		}
	}
	return said, commanded, unlocked
}

// underFault checks what must hold before the wires are mended.
func (c *cell) underFault(ctx context.Context, told bool) {
	c.d.t.Helper()
	_, commanded, unlocked := c.effects()
	switch {
	case c.wires[model] != nil && !c.decided(ctx, 2):
		c.d.t.Errorf("%s: nothing was decided, though nothing but likeness of meaning was missing", c.fault)
	case c.fault.fatal() && commanded > 0:
		c.d.t.Errorf("%s: a computer got %d commands, though it could not be seen first", c.fault, commanded)
	case commanded > 1 || unlocked > 1:
		c.d.t.Errorf("%s: %d commands, %d unlocks", c.fault, commanded, unlocked)
	}
	if !told || !c.fault.fatal() {
		return
	}
	known := c.told(ctx)
	for v := range c.needs {
		switch after, ok := known[v]; {
		case !ok:
			c.d.t.Errorf("%s %s: no person knows of whom it leaves waiting", v, c.fault)
		case after > toldWithin:
			c.d.t.Errorf("%s %s: a person was told after %s", v, c.fault, after.Round(time.Second))
		default:
			c.d.t.Logf("%s %s: a person was told after %s", v, c.fault, after.Round(time.Second))
		}
	}
}

// decided waits until n decisions are made, and reports whether they were in time.
func (c *cell) decided(ctx context.Context, n int) bool {
	db, err := c.in.records("ro")
	if err != nil {
		c.d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for limit := c.wrote.Add(decidedWithin); ; {
		made := 0
		c.d.rows(ctx, db, `SELECT id FROM decisions`, func([]string) { made++ })
		if made >= n || time.Now().After(limit) || pause(ctx, 100*time.Millisecond) != nil {
			return made >= n
		}
	}
}

// told returns how long after its text each conversation of those in need was put before a person. A
// conversation that was not is left out.
func (c *cell) told(ctx context.Context) map[victim]time.Duration {
	c.d.t.Helper()
	db, err := c.in.records("ro")
	if err != nil {
		c.d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	out := map[victim]time.Duration{}
	for v, text := range c.needs {
		var at time.Time
		switch err := db.QueryRowContext(ctx, `SELECT e.created_at FROM escalations e JOIN threads t ON e.thread_id IN (t.id, t.merged_into) JOIN messages m ON m.thread_id = t.id
			WHERE m.direction = 'in' AND m.provider_message_id = $1 ORDER BY e.created_at LIMIT 1`, text).Scan(&at); {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			c.d.t.Fatal(err)
		default:
			out[v] = at.Sub(c.wrote)
		}
	}
	return out
}

// afterwards checks what came of it in the end: it worked, once, or a person has it.
func (c *cell) afterwards(ctx context.Context) {
	c.d.t.Helper()
	said, commanded, unlocked := c.effects()
	told := c.told(ctx)
	for _, v := range c.victims {
		if v == texts && said > 0 || v == devices && commanded > 0 || v == doors && unlocked > 0 || v == model {
			continue
		}
		if _, ok := told[v]; !ok {
			c.d.t.Errorf("%s %s: what was needed was not done, and no person knows", v, c.fault)
		}
		if !c.fault.fatal() {
			c.d.t.Errorf("%s %s: what was needed was not done, and could be", v, c.fault)
		}
	}
	c.d.t.Logf("%v %-7s: %d texts, %d commands, %d unlocks, %d conversations with a person", c.victims, c.fault, said, commanded, unlocked, len(told))
}
