package crashtest

import (
	"context"
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
	c.wrote = time.Now()
	for _, v := range c.victims {
		c.wires[v].suffer(c.fault)
		switch v {
		case texts:
			c.d.play(ctx, "wifi?")
		case devices:
			c.d.play(ctx, "my screen is frozen")
		case doors:
			c.d.play(ctx, "we stepped out and now we're locked out")
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
	if after, n := c.told(ctx); n == 0 || after > toldWithin {
		c.d.t.Errorf("%s %s: %d persons were told, the last after %s", c.victims, c.fault, n, after.Round(time.Second))
	} else {
		c.d.t.Logf("%s %s: a person was told after %s", c.victims, c.fault, after.Round(time.Second))
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

// told returns how often a person was called, and how long after the texts the last was.
func (c *cell) told(ctx context.Context) (last time.Duration, n int) {
	db, err := c.in.records("ro")
	if err != nil {
		c.d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	c.d.rows(ctx, db, `SELECT CAST(created_at AS TEXT) FROM escalations ORDER BY created_at`, func([]string) { n++ })
	if n > 0 {
		var at time.Time
		if err := db.QueryRowContext(ctx, `SELECT created_at FROM escalations ORDER BY created_at DESC LIMIT 1`).Scan(&at); err != nil {
			c.d.t.Fatal(err)
		}
		last = at.Sub(c.wrote)
	}
	return last, n
}

// afterwards checks what came of it in the end: it worked, once, or a person has it.
func (c *cell) afterwards(ctx context.Context) {
	c.d.t.Helper()
	said, commanded, unlocked := c.effects()
	_, told := c.told(ctx)
	missing := 0
	for _, v := range c.victims {
		if v == texts && said == 0 || v == devices && commanded == 0 || v == doors && unlocked == 0 {
			missing++
		}
	}
	switch {
	case missing > told:
		c.d.t.Errorf("%s %s: %d things were not done, and %d persons know", c.victims, c.fault, missing, told)
	case missing > 0 && !c.fault.fatal():
		c.d.t.Errorf("%s %s: %d things were not done that could be", c.victims, c.fault, missing)
	}
	c.d.t.Logf("%v %-7s: %d texts, %d commands, %d unlocks, %d persons called", c.victims, c.fault, said, commanded, unlocked, told)
}
