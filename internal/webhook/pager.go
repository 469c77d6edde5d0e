package webhook

import "context"

// pagerduty takes in that somebody acknowledged or resolved an incident there. Everything else about
// incidents, the vendor's own trial event included, is acknowledged and forgotten.
func (s *server) pagerduty(ctx context.Context, e *event) error {
	if e.receivers.PagerDuty == nil {
		return errUnconfigured
	}
	c, err := e.receivers.PagerDuty(e.header, e.body)
	if err != nil {
		return err
	}
	if c.Type != "incident.acknowledged" && c.Type != "incident.resolved" || c.Key == "" {
		e.result.Ignored = "an event of a kind that we do not use"
		return nil
	}
	return s.admitted(ctx, e, false, func() error { return s.cfg.PagerChange(ctx, e.tenant, c) })
}
