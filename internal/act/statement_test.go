package act

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// TestWhicheverStatementFailsEachThingIsDoneOnce lets one statement fail in the life of a run, another one
// each time: whatever was being done is taken up again, and whoever is answered is answered once.
func TestWhicheverStatementFailsEachThingIsDoneOnce(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]knowledge.Step{
		"a device":            {{Reply: "One moment."}, {Action: "restart_trackman"}, {Reply: "It is back.", When: knowledge.WhenSuccess}},
		"a door":              {{Action: "unlock_door"}, {Reply: "The door of {{location}} is open."}},
		"people":              {{Note: "Seen before."}, {Ticket: "Look at {{bay}}"}, {Escalate: "somebody has to look"}},
		"a question":          {{Ask: "Which bay are you in?", Expect: knowledge.ExpectText}},
		"an act that may not": {{Action: "reboot_pc"}, {Reply: "It restarts.", When: knowledge.WhenSuccess}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			w.place(w.bay)
			live := func(ctx context.Context) (effects, texts []string, told int) {
				w.reset()
				w.place(w.bay)
				w.run(slices.Clone(steps), nil)
				w.under = ctx
				w.drain()
				w.under = nil
				return slices.Clone(w.vendor.effects), w.texts(), len(w.reasons) + len(w.tickets)
			}
			effects, texts, told := live(t.Context())
			if len(effects)+len(texts)+told == 0 {
				t.Fatal("nothing happens in this run")
			}
			every := 1
			if storetest.DatabaseURL() != "" {
				every = 5 // what follows from a failure is the same there, and each life takes longer
			}
			for n := 0; ; n += every {
				ctx, reached := store.FailForTest(t.Context(), n)
				gotEffects, gotTexts, gotTold := live(ctx)
				if !reached() {
					break
				}
				if len(gotEffects) > len(effects) || len(gotTexts) > len(texts)+1 {
					t.Errorf("statement %d: %v and %q, without a failure %v and %q", n, gotEffects, gotTexts, effects, texts)
				}
				if same := slices.Equal(gotEffects, effects) && slices.Equal(gotTexts, texts) && gotTold == told; !same && gotTold == 0 {
					t.Errorf("statement %d: %v and %q, without a failure %v and %q, and nobody was told", n, gotEffects, gotTexts, effects, texts)
				}
				if open := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM executions WHERE outcome IN ('claimed', 'running')"); open > 0 {
					t.Errorf("statement %d: %d executions never end", n, open)
				}
			}
		})
	}
}

// TestNoFailureOfTheDatabaseLetsTheGateAnswer asks the gate for what people may ask for.
func TestNoFailureOfTheDatabaseLetsTheGateAnswer(t *testing.T) {
	t.Parallel()
	for _, action := range []club.ActionName{"unlock_door", "restart_trackman", "turn_on_lights"} {
		t.Run(fmt.Sprint(action), func(t *testing.T) {
			t.Parallel()
			w := build(t)
			w.place(w.bay)
			storetest.EachFailureOf(t, func(ctx context.Context) error {
				_, _, err := w.engine.Request(ctx, w.tenant, operator, w.thread.ID, action, nil, Ground{Reason: "he is outside"})
				return err
			}, func() {
				if n := len(w.executions()); n != 0 {
					t.Errorf("%d executions are left of an answer that failed", n)
				}
			})
			w.drain()
			if len(w.vendor.effects) != 1 {
				t.Errorf("done: %v", w.vendor.effects)
			}
		})
	}
}
