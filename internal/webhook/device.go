package webhook

import "context"

// ninjaone takes in what the device vendor reports of a device.
func (s *server) ninjaone(ctx context.Context, e *event) error {
	if e.receivers.NinjaOne == nil {
		return errUnconfigured
	}
	r, err := e.receivers.NinjaOne(e.header, e.body, s.cfg.Clock.Now())
	if err != nil {
		return err
	}
	e.result.Ignored, err = s.cfg.DeviceReport(ctx, e.tenant, "ninjaone", r)
	return err
}
