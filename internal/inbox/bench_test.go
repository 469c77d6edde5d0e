package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

// BenchmarkDeliver measures texts made durable and filed by 64 callers at a time: 512 senders, half of them
// members, on SQLite with a full sync at each commit.
func BenchmarkDeliver(b *testing.B) { benchmark(b, (*inbox.Inbox).Deliver) }

// BenchmarkAccept measures the same texts in a storm: made durable, and filed meanwhile and afterwards, which
// is not waited for.
func BenchmarkAccept(b *testing.B) {
	benchmark(b, func(in *inbox.Inbox, ctx context.Context, tenant *store.Tenant, d club.Delivery, provider string) (inbox.Result, error) {
		return in.Accept(ctx, tenant, inbox.Read(d), provider)
	})
}

func benchmark(b *testing.B, take func(*inbox.Inbox, context.Context, *store.Tenant, club.Delivery, string) (inbox.Result, error)) {
	cfg := storetest.Config(b)
	cfg.Relaxed = false
	c, err := store.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	tenant, keys := vaulttest.AddTenant(b, c, "test")
	in := inbox.New(inbox.Config{Cluster: c, Ring: vaulttest.Ring(b), Log: slog.New(slog.DiscardHandler)})
	b.Cleanup(func() {
		in.Close()
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	number := func(i int) string { return fmt.Sprintf("+1415555%04d", 1000+i) }
	for i := range 256 {
		err := tenant.Write(b.Context(), func(tx *store.Tx) error {
			_, err := people.Create(b.Context(), tx, keys, club.System("test"), people.NewMember{Name: "Ada Lovelace", Phone: number(i)})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	var n atomic.Int64
	deliver := func() error {
		i := int(n.Add(1))
		_, err := take(in, b.Context(), tenant, club.Delivery{ID: fmt.Sprintf("EV%d", i), Inbound: &club.Inbound{
			Provider: vendor, ProviderMessageID: fmt.Sprintf("AC%d", i), From: number(i % 512), To: line,
			Text: "Hi, the screen in bay 3 is frozen and the ball does not register, can you help please?"}}, vendor)
		return err
	}
	for range 512 {
		if err := deliver(); err != nil {
			b.Fatal(err)
		}
	}
	b.SetParallelism(64 / 2)
	b.ResetTimer()
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := deliver(); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "texts/s")
}
