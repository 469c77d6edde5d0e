package demo_test

import (
	"log/slog"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/demo"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// TestAClubGoesOnWithThePastThatItHas lives a few days before a demo begins.
func TestAClubGoesOnWithThePastThatItHas(t *testing.T) {
	t.Parallel()
	whole(t)
	cfg := demo.Config{Log: slog.New(slog.DiscardHandler), Quick: true, DataDir: t.TempDir(), Matchers: matchers(), History: 5, Seed: 24}
	if storetest.DatabaseURL() != "" {
		lent := storetest.Config(t)
		cfg.DatabaseURL, cfg.SchemaPrefix = lent.URL, lent.TenantPrefix
	}
	before := time.Now()
	count := func(d *demo.Demo, query string, args ...any) int {
		t.Helper()
		return storetest.Count(t, d.Tenant, query, args...)
	}
	var decisions int
	for i := range 2 {
		d, err := demo.Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			decisions = count(d, "SELECT COUNT(*) FROM decisions")
			if late := count(d, "SELECT COUNT(*) FROM decisions WHERE created_at > $1", before.UTC()); late != 0 || decisions < 8 {
				t.Errorf("%d decisions, %d of them not in the past", decisions, late)
			}
			if n := count(d, "SELECT COUNT(*) FROM threads WHERE status NOT IN ('resolved', 'ai_resolved', 'merged')"); n != 0 {
				t.Errorf("%d conversations of the past are under way", n)
			}
			learned(t, d)
		} else if n := count(d, "SELECT COUNT(*) FROM decisions WHERE created_at < $1", before.UTC()); n != decisions {
			t.Errorf("the second start makes %d decisions of %d in the past", n, decisions)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// learned checks that the memory holds what people did, and that nothing runs unasked because of it.
func learned(t *testing.T, d *demo.Demo) {
	t.Helper()
	err := d.Tenant.Read(t.Context(), func(tx *store.Tx) error {
		s, err := setting.Load(t.Context(), tx)
		if err != nil {
			return err
		}
		if s.AutoExecution {
			t.Error("the past has switched acting unasked on")
		}
		list, err := d.App.Memory.List(t.Context(), tx, s, learn.Filter{Size: 100})
		kinds := map[bool]int{}
		for _, b := range list {
			if b.Outcomes > 0 || b.Precedents > 0 {
				kinds[b.Pattern.SOPID.IsZero()]++
			}
			if b.Pattern.Earned == club.TierAuto {
				t.Errorf("%q has earned acting alone within days", b.Pattern.Title)
			}
		}
		if kinds[true] == 0 || kinds[false] == 0 {
			t.Errorf("%d lessons and %d procedures have something to show", kinds[true], kinds[false])
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
