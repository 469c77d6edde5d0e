package app

import (
	"context"
	"time"

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
	err = tenant.Read(ctx, func(tx *store.Tx) (err error) {
		speed, err = health.MeasureSpeed(ctx, tx, "", health.AlarmOver)
		return err
	})
	if err != nil {
		return err
	}
	strays, err := tenant.CountStrays(ctx)
	if err != nil {
		return err
	}
	return a.Desk.Alarm(ctx, tenant, a.Config.node(), health.Judge(speed, p, strays))
}
