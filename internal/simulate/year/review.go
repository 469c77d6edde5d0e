package year

import (
	"context"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/store"
)

// reviewed is the share of what was done alone that somebody looks at afterwards, as the product draws by
// default. Its draw goes by the decision's id, which no seed decides: in this world every decision is offered
// for a review, and the year's own chance says which are looked at.
const reviewed = 0.05

// Reviews counts what people found who looked at what was done alone. They look when nobody waits, so that a
// review is no intervention.
type Reviews struct {
	Right    int `json:"right"`
	Wrong    int `json:"wrong"`
	Mistaken int `json:"mistaken"` // of both, the answers that were not so
}

// reviewLater has somebody look at a decision that was carried out alone, within a day.
func (w *world) reviewLater(m *matter, dec store.Decision, right bool) {
	if m.r.Float64() >= reviewed {
		return
	}
	w.in(time.Duration(1+m.r.IntN(20))*time.Hour, func(ctx context.Context) error { return w.review(ctx, m, dec, right) })
}

// review is a person's answer to whether a decision was right.
func (w *world) review(ctx context.Context, m *matter, dec store.Decision, right bool) error {
	who, _ := w.onDuty(m)
	wrong := m.r.Float64() < w.cfg.Wrong
	for range w.staff { // whoever taught what was done leaves it to the next
		says := right != wrong || who.hostile
		r := learn.Review{Decision: dec.ID, By: who.Principal, Right: says}
		if !says {
			r.Fault = w.fault(m, dec)
		}
		err := w.tenant.Write(ctx, func(tx *store.Tx) error {
			_, err := w.app.Memory.Answer(ctx, tx, w.keys, r)
			return err
		})
		if club.CodeOf(err) == club.CodeForbidden {
			who = w.staff[(slices.Index(w.staff, who)+1)%len(w.staff)]
			continue
		}
		if err == nil {
			w.books.reviews.add(says, right)
			w.note(m, "is reviewed, right %v, said to be %v", right, says)
		}
		if club.CodeOf(err) == club.CodeNotFound { // it was decided on before reviews were asked for
			return nil
		}
		return unlessConflict(err)
	}
	return nil
}

func (r *Reviews) add(says, right bool) {
	if says {
		r.Right++
	} else {
		r.Wrong++
	}
	if says != right {
		r.Mistaken++
	}
}

// fault is what a reviewer says was wrong: the thing that was done, where it was the matter, else the matter.
func (w *world) fault(m *matter, dec store.Decision) learn.Fault {
	if slices.Contains(m.kind.SOPs, w.sops[dec.SOPID]) {
		return learn.FaultAction
	}
	return learn.FaultMatter
}
