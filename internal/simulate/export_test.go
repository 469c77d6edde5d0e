package simulate

import "time"

// CastForTest finds who plays a scenario at an instant.
func (c *Club) CastForTest(s Scenario, now time.Time) (map[string]Player, error) {
	return c.cast(s, now)
}

// PlanDaysForTest lays out days that follow one another, each in its length.
func PlanDaysForTest(c *Club, now time.Time, cfg DayConfig, days int) (list [][]DayEvent, err error) {
	for range days {
		var events []DayEvent
		if events, cfg.asked, err = planDay(c, now, cfg); err != nil {
			return list, err
		}
		list, now, cfg.Seed = append(list, events), now.Add(cfg.Length), cfg.Seed+1
	}
	return list, nil
}
