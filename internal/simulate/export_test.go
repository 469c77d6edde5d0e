package simulate

import "time"

// CastForTest finds who plays a scenario at an instant.
func (c *Club) CastForTest(s Scenario, now time.Time) (map[string]Player, error) {
	return c.cast(s, now)
}
