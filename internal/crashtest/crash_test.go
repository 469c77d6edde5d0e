package crashtest

import (
	"context"
	"testing"
	"time"

	"clubos/internal/store/storetest"
)

const (
	kills   = 4
	deploys = 1
	perLife = 30 // texts that begin to be delivered in each of a server's lives
)

// TestLesson39KilledServersLoseNothingAndRepeatNothing ends servers at random moments while texts pour in.
func TestLesson39KilledServersLoseNothingAndRepeatNothing(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.DatabaseURL())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	d := newDrive(t, in, seeded(t))
	defer d.made.show(t)
	d.players = d.players[:min(len(d.players), 8)]                // the vendor takes 60 calls a minute
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
		d.end(server, deploy)
	}
	d.conclude(ctx)
}

// TestLesson39DeployMidWayDropsNothing replaces servers twice while texts are being answered. Nothing of
// what was acknowledged may be lost, and nothing done may be left in doubt: a drain ends what it began.
func TestLesson39DeployMidWayDropsNothing(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.DatabaseURL())
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	d := newDrive(t, in, seeded(t))
	defer d.made.show(t)
	d.players = nil // looking again at devices is the other tests' matter
	in.vendors.SMS.Break("send", vendorSlow())
	for range 2 {
		server := in.serve(t)
		d.send(ctx, 25)
		if err := pause(ctx, 900*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		d.end(server, true)
	}
	d.conclude(ctx)
	if d.made.Doubtful > 0 {
		t.Errorf("%d texts are in doubt after a drain", d.made.Doubtful)
	}
}

// end ends a server by SIGKILL, or as a deploy does.
func (d *drive) end(server *child, deploy bool) {
	d.t.Helper()
	end, count := server.kill, &d.made.Kills
	if deploy {
		end, count = server.deploy, &d.made.Deploys
	}
	if err := end(); err != nil {
		d.t.Fatal(err)
	}
	*count++
}

// conclude lets vendors work again and time pass, starts a server, waits until all is done, and compares.
func (d *drive) conclude(ctx context.Context) {
	d.t.Helper()
	d.heal()
	d.letTimePass(ctx)
	server := d.in.serve(d.t)
	d.wg.Wait()
	if d.unbrought() > 0 {
		server = d.lookAgain(ctx, server, d.in.serve)
	}
	d.settle(ctx, server)
	d.end(server, true)
	d.made.Deploys-- // nobody was in the middle of anything
	d.check()
}

// lookAgain starts a server in the place of another: it looks for texts that no webhook has brought once a minute, and
// when it starts.
func (d *drive) lookAgain(ctx context.Context, server *child, serve func(*testing.T) *child) *child {
	d.t.Helper()
	if err := server.deploy(); err != nil {
		d.t.Fatal(err)
	}
	d.letTimePass(ctx)
	return serve(d.t)
}
