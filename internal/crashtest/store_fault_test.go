package crashtest

import (
	"context"
	"os"
	"testing"
	"time"

	"clubos/internal/store/storetest"
)

const (
	// withoutDatabase is how long the wire to the database suffers.
	withoutDatabase = 4 * time.Second
	// takenWithin bounds how long texts take to be acknowledged where nothing that they need is missing.
	takenWithin = 30 * time.Second
)

// TestTheDatabasesAndRedisFaultsLoseNothing puts PostgreSQL and Redis behind wires that suffer while texts
// pour in. Without Redis every text is taken in all the same. Without the database none is acknowledged that
// is not stored, and the same process goes on when it is back. A short run takes one fault of each kind.
func TestTheDatabasesAndRedisFaultsLoseNothing(t *testing.T) {
	t.Parallel()
	at := storetest.DatabaseURL()
	if at == "" {
		t.Skip("a matter of servers")
	}
	list := []fault{hangs, down}
	if long(t).lasts > 0 {
		list = faults()
	}
	in := install(t, at)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	d := newDrive(t, in, seeded(t))
	defer d.made.show(t)
	d.players = nil
	database := newWire(t, in.env["CLUBOS_DATABASE_URL"])
	env := []string{"CLUBOS_DATABASE_URL=" + database.through(in.env["CLUBOS_DATABASE_URL"])}
	var redis *wire
	if url := os.Getenv("CLUBOS_TEST_REDIS_URL"); url != "" {
		redis = newWire(t, url)
		env = append(env, "CLUBOS_REDIS_URL="+redis.through(url))
	}
	server := in.launch(t, env...)
	ready := func() {
		if err := server.awaitReady(ctx, in.url+"/readyz"); err != nil {
			t.Fatalf("%v\n%s", err, server.lastLines())
		}
	}
	ready()
	for _, f := range list {
		if redis != nil {
			redis.suffer(f)
			began := time.Now()
			d.send(ctx, perLife/2)
			d.wg.Wait()
			if took := time.Since(began); took > takenWithin {
				t.Errorf("Redis %s: texts took %s", f, took)
			}
			redis.mend()
		}
		database.suffer(f)
		d.send(ctx, perLife/2)
		if err := pause(ctx, withoutDatabase); err != nil {
			t.Fatal(err)
		}
		database.mend()
		d.wg.Wait()
		ready()
	}
	d.end(server, false)
	d.conclude(ctx)
}
