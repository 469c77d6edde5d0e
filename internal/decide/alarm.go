package decide

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// ruleAlarmed stands for a situation that people were told of in the moment in which it was reported.
const ruleAlarmed = "people were told at once"

// alarmed takes out of a plan what would tell people a second time: the alarm of a door has made its ticket
// in the transaction that stored the event. The thread gets that ticket. A club that wants such alarms only
// shown is told in neither way.
func (d *Decider) alarmed(ctx context.Context, tx *store.Tx, m *matter, s store.Situation, p *plan) error {
	if s.Code != club.EventDoorForced && s.Code != club.EventDoorHeldOpen {
		return nil
	}
	told := m.settings.DoorAlarm == setting.DoorAlarmOff
	events, err := tx.FindEventsOfSituation(ctx, s.ID)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	for _, e := range events {
		if e.AccessEventID.IsZero() {
			continue
		}
		row, err := tx.FindAccessEvent(ctx, e.AccessEventID)
		if err != nil {
			return fmt.Errorf("read access event: %w", err)
		}
		t, ok, err := d.cfg.Desk.JoinAlarm(ctx, tx, row, m.thread.ID)
		if err != nil {
			return err
		}
		if ok {
			told = true
			m.fact("ticket", fmt.Sprintf("#%d was made at once", t.Number), "tickets", t.CreatedAt)
		}
	}
	if !told {
		return nil
	}
	tells := func(s knowledge.Step) bool {
		return s.Kind() == knowledge.StepTicket || s.Kind() == knowledge.StepEscalate
	}
	p.steps = slices.DeleteFunc(slices.Clone(p.steps), tells)
	if len(p.steps) == 0 {
		p.verdict = verdict{kind: kindNoAnswer, rule: ruleAlarmed, title: m.masked}
		p.fallback, p.tier = nil, club.TierAuto
	}
	return nil
}
