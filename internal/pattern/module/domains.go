package module

import (
	"clubos/internal/pattern"
	"clubos/internal/pattern/reliability"
)

// The categories of actions, as the catalogue names them.
const (
	onDevices = "device"
	onDoors   = "access"
	inWords   = "words"
)

// published is what a published procedure may claim before it has a record: people have thought it
// through. It stays below what acting alone asks for.
const published = 0.94

// texts is the module of what members write. Its circumstances are facts beside the text: the words alone
// say which situation it is.
type texts struct{}

func (texts) Event(c Circumstances) pattern.Event { return pattern.Event{Text: c.Words} }

func (texts) Proposes(string) bool { return true }

func (texts) Read(Aftermath) reliability.Source { return "" } // the thread tells, see package learn

func (texts) Prior() Prior { return Prior{Works: published, Tells: 1, Worth: 1} }

// faults is the module of what devices report, and of our own acts that had no effect.
type faults struct{}

func (faults) Event(c Circumstances) pattern.Event {
	return reported(pattern.DomainError, c, map[string]string{"device": string(c.Device), "extent": extent(c.Bays)})
}

func (faults) Proposes(category string) bool { return category == onDevices }

func (faults) Read(a Aftermath) reliability.Source { return afterwards(a) }

// A device that fails while somebody complains at its bay is hardly ever a coincidence.
func (faults) Prior() Prior { return Prior{Works: published, Tells: 20, Worth: 10} }

// bookings is the module of what booking systems report: created, changed, cancelled, overlapping, and
// nobody came.
type bookings struct{}

func (bookings) Event(c Circumstances) pattern.Event {
	return reported(pattern.DomainBooking, c, map[string]string{"extent": extent(c.Times)})
}

func (bookings) Proposes(category string) bool { return category == inWords }

func (bookings) Read(a Aftermath) reliability.Source { return afterwards(a) }

func (bookings) Prior() Prior { return Prior{Works: published, Tells: 5, Worth: 10} }

// doors is the module of what door controllers report.
type doors struct{}

func (doors) Event(c Circumstances) pattern.Event {
	times := "once"
	if c.Times > 1 {
		times = repeated
	}
	return reported(pattern.DomainAccess, c, map[string]string{"times": times})
}

func (doors) Proposes(category string) bool { return category == onDoors || category == onDevices }

func (doors) Read(a Aftermath) reliability.Source { return afterwards(a) }

func (doors) Prior() Prior { return Prior{Works: published, Tells: 10, Worth: 10} }

// extent says of how much something is reported.
func extent(n int) string {
	if n > 1 {
		return "several"
	}
	return "one"
}
