package learn_test

import (
	"context"
	"testing"

	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func (h *house) learned(ctx context.Context) (l *learn.Lessons, err error) {
	err = h.Tenant.Read(ctx, func(tx *store.Tx) (err error) { l, err = h.Memory.Learned(ctx, tx, h.Keys); return err })
	return l, err
}

// A predecessor wrote the words of one operator as facts for everybody, at once and unasked.
func TestWhatOnePersonSaidOnceIsProposedToNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("may I bring my dog", "Dogs are welcome.", "usr_opal")
	l, err := h.learned(t.Context())
	if err != nil || len(l.List) != 1 {
		t.Fatalf("learned %+v, %v", l, err)
	}
	if s := h.lessonAt(l.List[0]); s.Confidence >= 0.5 {
		t.Errorf("what was said once claims %.2f", s.Confidence)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM sops WHERE status = 'live'"); n != 2 {
		t.Errorf("%d procedures are live, want the 2 that people published", n)
	}
}

// A predecessor stored what it learned so that it could never be found, and an edit kept what it had
// been before; another kept what it had read before an error until the next deploy.
func TestALessonIsFoundAtOnceAndAfterAnErrorAndAsItIsAtPresent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if l, err := h.learned(t.Context()); err != nil || len(l.List) != 0 {
		t.Fatalf("before any lesson: %+v, %v", l, err)
	}
	dec := h.Teach("may I bring my dog", "Dogs are welcome.", "usr_opal")
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.learned(cut); err == nil {
		t.Fatal("reading went through although it was cut off")
	}
	l, err := h.learned(t.Context())
	if err != nil || len(l.List) != 1 || len(l.List[0].Texts) != 1 || l.List[0].Texts[0] != "may I bring my dog" {
		t.Fatalf("after a lesson and an error: %+v, %v", l, err)
	}
	h.Write(func(tx *store.Tx) error {
		p, err := tx.FindPrecedentOfDecision(t.Context(), dec.ID)
		if err != nil {
			return err
		}
		_, err = tx.DeletePrecedent(t.Context(), p.ID)
		return err
	})
	if l, err := h.learned(t.Context()); err != nil || len(l.List[0].Texts) != 0 {
		t.Errorf("a situation that was deleted is still there: %+v, %v", l, err)
	}
}
