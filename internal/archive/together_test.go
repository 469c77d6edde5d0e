package archive_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"clubos/internal/archive"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestClubIsTheSameOnBothEnginesAndBack(t *testing.T) {
	t.Parallel()
	v, from := newVault(t, 1), onSQLite(t)
	furnish(t, from, "elmgrove")
	want := digest(t, from, "elmgrove")
	if want.Rows < 23 || want.Jobs != 3 || want.Tables < 20 {
		t.Fatalf("the club has %+v", want)
	}
	other, _ := storetest.Cluster(t)
	if _, err := archive.Restore(t.Context(), bytes.NewReader(save(t, from, v, "elmgrove")), v, other, nil, nil); err != nil {
		t.Fatalf("restore: %v", err)
	}
	if got := digest(t, other, "elmgrove"); got.Digest != want.Digest || got.Rows != want.Rows || got.Jobs != want.Jobs {
		t.Errorf("after the restore: %+v, want %+v", got, want)
	}
	back := onSQLite(t)
	if _, err := archive.Copy(t.Context(), other, back, v, "test", []club.Slug{"elmgrove"}, nil); err != nil {
		t.Fatalf("copy back: %v", err)
	}
	if got := digest(t, back, "elmgrove"); got.Digest != want.Digest || got.Jobs != want.Jobs {
		t.Errorf("copied back: %+v, want %+v", got, want)
	}
	rec, err := back.FindTenant(t.Context(), "elmgrove")
	if err != nil || string(rec.Keyset) != "unused keyset" || rec.Name != "Test Club" {
		t.Errorf("the club's record is %+v (%v)", rec, err)
	}
}

func TestBackupSeesOneStateWhileOthersWrite(t *testing.T) {
	t.Parallel()
	v := newVault(t, 1)
	c, _ := storetest.Cluster(t)
	tenant := furnish(t, c, "elmgrove")
	write := func(n int) error { // two rows that always say the same
		return tenant.Write(t.Context(), func(tx *store.Tx) error {
			for _, key := range []string{"k00", "k19"} {
				if err := tx.PutSetting(t.Context(), store.PutSettingParams{Key: key, Value: fmt.Sprint(n), UpdatedAt: tx.Now, UpdatedBy: "system:test"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			if err := write(n); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 5 {
		to := onSQLite(t)
		if _, err := archive.Restore(t.Context(), bytes.NewReader(save(t, c, v, "elmgrove")), v, to, nil, nil); err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, storetest.OpenTenant(t, to, "elmgrove"), `SELECT COUNT(DISTINCT value) FROM settings WHERE key IN ('k00', 'k19')`); n != 1 {
			t.Errorf("two rows of one transaction say %d things", n)
		}
	}
	stop()
	writer.Wait()
}
