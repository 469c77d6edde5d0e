package webhook

import (
	"context"
	"net/netip"
	"slices"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// ninjaone takes in what the device vendor reports of a device.
func (s *server) ninjaone(ctx context.Context, e *event) error {
	if e.receivers.NinjaOne == nil {
		return errUnconfigured
	}
	r, err := e.receivers.NinjaOne(e.header, e.body, s.cfg.Clock.Now())
	if err != nil {
		return err
	}
	if err := s.fromNinjaOne(ctx, e); err != nil {
		return err
	}
	return s.admitted(ctx, e, false, func() error {
		e.result.Ignored, err = s.cfg.DeviceReport(ctx, e.tenant, "ninjaone", r)
		return err
	})
}

// fromNinjaOne admits the senders that the club has listed. The vendor signs nothing, so that whoever learns the
// secret could report whatever they like from anywhere.
func (s *server) fromNinjaOne(ctx context.Context, e *event) error {
	var settings setting.Settings
	err := e.tenant.Read(ctx, func(tx *store.Tx) (err error) {
		settings, err = setting.Load(ctx, tx)
		return err
	})
	if err != nil || len(settings.NinjaOneFrom) == 0 {
		return err
	}
	list, err := setting.Networks(settings.NinjaOneFrom)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(e.from) }) {
		return club.Forbidden("the webhook comes from an address that is not listed")
	}
	return nil
}
