package setting

import (
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
)

// What setting access.alarm can say.
const (
	DoorAlarmTicket    = "ticket"
	DoorAlarmEmergency = "emergency"
	DoorAlarmOff       = "off"
)

func knownAlarm(s Settings) error {
	if !slices.Contains([]string{DoorAlarmTicket, DoorAlarmEmergency, DoorAlarmOff}, s.DoorAlarm) {
		return club.Invalid("write ticket, emergency or off")
	}
	return nil
}

// AtNight reports whether an instant, by the clock of its place, is in the club's night.
func (s Settings) AtNight(at time.Time) bool {
	from, until, err := night(s.Night)
	if err != nil {
		from, until, _ = night(defaults().Night)
	}
	now := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	if from <= until {
		return from <= now && now < until
	}
	return now >= from || now < until
}

func knownNight(s Settings) error {
	_, _, err := night(s.Night)
	return err
}

// night reads "22:00-06:00" as times since midnight.
func night(s string) (from, until time.Duration, err error) {
	a, b, ok := strings.Cut(s, "-")
	begin, err1 := time.Parse("15:04", strings.TrimSpace(a))
	end, err2 := time.Parse("15:04", strings.TrimSpace(b))
	if !ok || err1 != nil || err2 != nil {
		return 0, 0, club.Invalid("write the night as two times, like 22:00-06:00")
	}
	sinceMidnight := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	return sinceMidnight(begin), sinceMidnight(end), nil
}
