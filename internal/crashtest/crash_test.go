package crashtest

import (
	"context"
	"testing"
	"time"

	"clubos/internal/store/storetest"
)

const (
	kills   = 8
	deploys = 2
	perLife = 30 // texts that begin to be delivered in each of a server's lives
)

// TestLesson39KilledServersLoseNothingAndRepeatNothing ends servers at random moments while texts pour in.
func TestLesson39KilledServersLoseNothingAndRepeatNothing(t *testing.T) {
	in := install(t, storetest.DatabaseURL())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute+settleWithin)
	defer cancel()
	began := time.Now()
	d := newDrive(t, in, seeded(t))
	ends := append(make([]bool, kills), make([]bool, deploys)...) // true: by a deploy
	for i := range deploys {
		ends[i] = true
	}
	d.rng.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
	for _, deploy := range ends {
		d.trouble()
		server := in.serve(t)
		d.send(ctx, perLife)
		if err := pause(ctx, time.Duration(50+d.rng.IntN(1100))*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		end := server.kill
		if deploy {
			end = server.deploy
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	d.heal()
	server := in.serve(t)
	d.wg.Wait()
	d.settle(ctx, server)
	if err := server.deploy(); err != nil {
		t.Error(err)
	}
	d.check()
	t.Logf("%d kills and %d deploys in %s", kills, deploys, time.Since(began).Round(time.Millisecond))
}

// TestLesson39DeployMidWayDropsNothing replaces servers twice while texts are being answered. Nothing of
// what was acknowledged may be lost, and nothing done may be left in doubt: a drain ends what it began.
func TestLesson39DeployMidWayDropsNothing(t *testing.T) {
	in := install(t, storetest.DatabaseURL())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute+settleWithin)
	defer cancel()
	d := newDrive(t, in, seeded(t))
	in.vendors.SMS.Break("send", vendorSlow())
	for range 2 {
		server := in.serve(t)
		d.send(ctx, 25)
		if err := pause(ctx, 900*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if err := server.deploy(); err != nil {
			t.Fatal(err)
		}
	}
	server := in.serve(t)
	d.wg.Wait()
	d.settle(ctx, server)
	if err := server.deploy(); err != nil {
		t.Error(err)
	}
	if r := d.check(); r.doubtful > 0 {
		t.Errorf("%d texts are in doubt after a drain", r.doubtful)
	}
}
