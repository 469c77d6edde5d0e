package desk_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/cache"
	"clubos/internal/desk"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// With a cache, what a thread shows is asked for ahead where the database can answer all at once.
func TestAThreadIsTheSameForWhoeverAsksAhead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "the screen froze")
	h.escalate(th, desk.Reason{Text: "it is down"})
	storetest.Exec(t, h.tenant, "UPDATE threads SET bay_id = $1 WHERE id = $2", h.bay, th.ID)
	kept := cache.New(cache.Config{})
	t.Cleanup(kept.Close)
	twin := *h
	twin.cfg.Cache = kept
	w := twin.twin()
	var plain, ahead desk.ThreadDetail
	h.read(func(tx *store.Tx) (err error) {
		plain, err = h.desk.FindThreadDetail(t.Context(), tx, h.ann, th.ID)
		return err
	})
	for range 2 { // read, and then from what is kept
		err := w.tenant.Look(t.Context(), func(tx *store.Tx) (err error) {
			ahead, err = w.desk.FindThreadDetail(t.Context(), tx, h.ann, th.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plain, ahead, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Error(diff)
		}
	}
	if len(ahead.Messages) != 1 || ahead.Messages[0].Text != "the screen froze" || ahead.Bay.ID != h.bay {
		t.Errorf("it shows %d messages and bay %q", len(ahead.Messages), ahead.Bay.ID)
	}
}
