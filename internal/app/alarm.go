package app

import (
	"context"
	"time"

	"clubos/internal/audit"
	"clubos/internal/health"
	"clubos/internal/store"
)

// alarmEvery is how often each club's health is looked at.
const alarmEvery = time.Minute

// lookForAlarm judges how a club and this process fare, and has people told of what lasts.
func (a *App) lookForAlarm(ctx context.Context, tenant *store.Tenant) error {
	p, err := a.process(ctx)
	if err != nil {
		return err
	}
	var speed health.Speed
	var log health.Log
	err = tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if speed, err = health.MeasureSpeed(ctx, tx, "", health.AlarmOver); err != nil {
			return err
		}
		state, err := audit.Look(ctx, tx)
		if log.Fault = state.Fault; !state.Waiting.IsZero() {
			log.Waiting = tx.Now.Sub(state.Waiting)
		}
		return err
	})
	if err != nil {
		return err
	}
	if log.Strays, err = tenant.CountStrays(ctx); err != nil {
		return err
	}
	return a.Desk.Alarm(ctx, tenant, a.Config.node(), health.Judge(speed, p, log))
}
