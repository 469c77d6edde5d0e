package simulate

import (
	"context"
	"time"
)

// UntilAcked sends signed webhooks, each another text and every so often, until one is acknowledged: how long that takes is
// how long a vendor is without an answer. It ends with ctx at the latest, which is an error.
func UntilAcked(ctx context.Context, c LoadConfig, every time.Duration) error {
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	w, err := c.newWire()
	if err != nil {
		return err
	}
	defer w.close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ; i++ {
		if status, err := w.exchange(ctx, i); err == nil && status/100 == 2 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
