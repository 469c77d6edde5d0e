// Package module says, for each domain, what an event's features are, what may be proposed about it, how
// its aftermath reads as an outcome, and what may be claimed before anything is known. The engine of
// package pattern is one for all of them: the domain is a feature among others, and everything about
// circumstances is learned.
//
// There are four modules: decision (what members write), error (faults of devices and of our own acts),
// booking and access. They are pure.
package module

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/pattern/reliability"
)

// Module is what a domain adds to the engine.
type Module interface {
	// Event is what the matcher is asked: what happened, in words and in features.
	Event(c Circumstances) pattern.Event
	// Proposes reports whether a plan about the domain may contain an action of a category.
	Proposes(category string) bool
	// Read is how an aftermath reads as an outcome; "" when it says nothing yet.
	Read(a Aftermath) reliability.Source
	// Prior is what may be claimed before anything is known.
	Prior() Prior
}

// Circumstances is what is known of an event when it is decided on.
type Circumstances struct {
	Code     club.EventCode
	Place    string // the location's short name
	Device   club.DeviceKind
	Bays     int       // how many are concerned
	Times    int       // how often it was reported; of bookings, how many pairs
	Local    time.Time // by the clock of the place
	Occupied bool      // the booking runs that it is about; else one in the bay, or at the place where no bay is concerned
	Recent   club.ActionName
	Words    string // what happened, for people
}

// Aftermath is what was seen after something was done about an event.
type Aftermath struct {
	Acted   bool // an act was carried out, and its own second look said nothing against it
	Cleared bool // what was reported is over, within Soon of the act
	Again   bool // the same was reported again within a day
}

// Soon is how long after an act the end of a state is taken for its effect.
const Soon = 15 * time.Minute

// Prior is what may be claimed before anything is known.
type Prior struct {
	// Works is how often a published procedure of the domain may be said to work.
	Works float64
	// Tells is how many times likelier a report of the domain stands beside a text of its own matter than
	// beside another one, counted as much as Worth decisions.
	Tells, Worth float64
}

// For returns the module of a domain; an unknown one is that of members' texts.
func For(d pattern.Domain) Module {
	switch d {
	case pattern.DomainError:
		return faults{}
	case pattern.DomainBooking:
		return bookings{}
	case pattern.DomainAccess:
		return doors{}
	case pattern.DomainDecision:
	}
	return texts{}
}

// Of returns the module of an event's code.
func Of(code club.EventCode) Module { return For(pattern.CodeDomain(string(code))) }

// Ordinary reports whether events of a code are the ordinary course of things.
func Ordinary(code club.EventCode) bool {
	return slices.Contains([]club.EventCode{club.EventBookingCreated, club.EventBookingChanged, club.EventBookingCancelled, club.EventUnlockRequested}, code)
}

// Silent reports whether an event is kept and nobody is told where nothing known fits it. That is so of the
// ordinary course of things, of doors that people prop open (at night the alarm tells), of members who do not
// come, and of who is denied: a person mistypes once, and without a booking is meant to be denied.
func Silent(e pattern.Event) bool {
	switch code := club.EventCode(e.Tags["code"]); code {
	case club.EventDoorHeldOpen, club.EventBookingNoShow:
		return true
	case club.EventAccessDenied:
		return e.Tags["times"] != repeated || e.Tags["booking"] != active
	default:
		return Ordinary(code)
	}
}

// Lasts reports whether an event of that code begins a state that ends.
func Lasts(code club.EventCode) bool {
	return slices.Contains([]club.EventCode{club.EventDeviceOffline, club.EventDoorHeldOpen, club.EventBookingOverlap}, code)
}

// What some circumstances say.
const (
	active   = "active"   // a booking
	repeated = "repeated" // reported more than once in a row
)

// reported is the event of a code with the features that every domain has.
func reported(d pattern.Domain, c Circumstances, tags map[string]string) pattern.Event {
	e := pattern.Event{Domain: d, Text: c.Words, Tags: map[string]string{
		"code": string(c.Code), "place": c.Place, "hour": part(c.Local), "day": day(c.Local), "booking": "none",
	}, Numbers: map[string]float64{"bays": float64(max(c.Bays, 1))}}
	if c.Occupied {
		e.Tags["booking"] = active
	}
	if c.Recent != "" {
		e.Tags["recent"] = string(c.Recent)
	}
	for k, v := range tags {
		if v != "" {
			e.Tags[k] = v
		}
	}
	for k, v := range e.Tags {
		if v == "" {
			delete(e.Tags, k)
		}
	}
	return e
}

// Tags lists the circumstances by which a trigger may be narrowed.
func Tags() []string {
	return []string{"booking", "day", "device", "hour", "place", "recent", "extent", "times"}
}

// part is the part of the day in which people live alike.
func part(local time.Time) string {
	switch h := local.Hour(); {
	case h < 6:
		return "night"
	case h < 12:
		return "morning"
	case h < 18:
		return "afternoon"
	}
	return "evening"
}

func day(local time.Time) string {
	if d := local.Weekday(); d == time.Saturday || d == time.Sunday {
		return "weekend"
	}
	return "week"
}

// afterwards reads what devices and people showed, alike for every reported domain.
func afterwards(a Aftermath) reliability.Source {
	switch {
	case a.Acted && a.Again:
		return reliability.SourceReopened
	case a.Acted && a.Cleared:
		return reliability.SourceVerified
	}
	return ""
}

// CheckTrigger says what is wrong with a trigger that names an event; "" nothing.
func CheckTrigger(text string) string {
	tags, ok := pattern.Reported(text)
	if !ok {
		return "an event is named by its code, and by circumstances such as " + strconv.Quote("device=pc")
	}
	for k, v := range tags {
		switch {
		case k == "code" && !club.EventCode(v).Valid():
			return "there is no event " + strconv.Quote(v)
		case k != "code" && !slices.Contains(Tags(), k):
			return "there is no circumstance " + strconv.Quote(k) + "; there are " + strings.Join(Tags(), ", ")
		}
	}
	return ""
}
