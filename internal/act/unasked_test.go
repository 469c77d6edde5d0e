package act

import (
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (w *world) set(key string, value any) {
	w.write(func(tx *store.Tx) error { return setting.PutValue(w.t.Context(), tx, operator, key, value) })
}

func TestTheGateHoldsBackWhatIsNotPermittedUnasked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		action club.ActionName
		why    string // "" when it is done
	}{
		"permitted by its kind":    {func(w *world) { w.permit("device") }, "restart_trackman", ""},
		"permitted by its name":    {func(w *world) { w.permit("restart_trackman") }, "restart_trackman", ""},
		"permitted at the place":   {func(w *world) { w.set("autonomy.places", []string{"north"}) }, "restart_trackman", ""},
		"acting unasked is off":    {func(w *world) { w.set("actions.auto_execution", false) }, "restart_trackman", "automatic execution is off"},
		"another kind only":        {func(w *world) { w.permit("access") }, "restart_trackman", "restart trackman is not permitted unasked"},
		"another action only":      {func(w *world) { w.permit("reset_audio") }, "restart_trackman", "restart trackman is not permitted unasked"},
		"no place":                 {func(w *world) { w.set("autonomy.places", []string{}) }, "restart_trackman", "nothing is permitted unasked at Northside"},
		"it cannot be undone":      {func(w *world) { w.permit("access") }, "unlock_door", "unlock door cannot be undone"},
		"a switch goes before all": {func(w *world) { w.off("device") }, "restart_trackman", "switched off: device"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			c.change(w)
			w.run([]knowledge.Step{{Action: c.action}}, nil)
			w.drain()
			if c.why == "" {
				w.notCalled()
				return
			}
			w.effects()
			w.called(c.why)
		})
	}
}

func TestAPersonsApprovalNeedsNoPermission(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.permit()
	w.set("actions.auto_execution", false)
	w.start(Run{Decision: w.decide(w.thread), Steps: []knowledge.Step{{Action: "restart_trackman"}}, By: operator})
	w.drain()
	if len(w.vendor.effects) != 1 {
		t.Errorf("done to the world: %q", w.vendor.effects)
	}
}

func TestAPermissionTakenBackStopsWhatTheGateHadLetPass(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	w.start(Run{Decision: d, Steps: []knowledge.Step{{Action: "restart_trackman"}}, By: club.System("decide")})
	if err := w.engine.walk(t.Context(), w.tenant, runJob{Decision: d.ID}); err != nil {
		t.Fatal(err)
	}
	w.set("autonomy.actions", []string{})
	w.drain()
	w.effects()
	x := w.executions()[0]
	if x.Outcome != club.OutcomeFailed || !strings.Contains(x.Detail, "held back in the meantime: restart trackman is not permitted unasked") {
		t.Errorf("execution is %s: %s", x.Outcome, x.Detail)
	}
}
