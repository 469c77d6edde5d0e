package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
)

// errUnconfigured is what a vendor gets that the club has not set up.
var errUnconfigured = club.Unauthenticated("no secret is configured for this vendor")

func (s *server) openphone(ctx context.Context, e *event) error {
	return s.texts(ctx, e, e.receivers.OpenPhone, "openphone")
}

// refused is an event for which there was no place. It is no line in the log: thousands are refused when more
// comes than can be done, and the log says when that begins and ends.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// admitted does what an event asks for, once it has a place. What is refused for want of one has cost no
// more than reading it and proving that it is genuine: only so can a text that speaks of danger be told.
func (s *server) admitted(ctx context.Context, e *event, danger bool, do func() error) error {
	done, err := s.cfg.Admit(ctx, e.tenant.Slug, danger)
	if club.CodeOf(err) == club.CodeUnavailable {
		return refused{err}
	}
	if err != nil {
		return err
	}
	defer done()
	return do()
}

// twilio answers with an empty TwiML document: anything else would be read as a reply to the member.
func (s *server) twilio(ctx context.Context, e *event) error {
	e.answer, e.answerType = `<?xml version="1.0" encoding="UTF-8"?><Response></Response>`, "text/xml; charset=utf-8"
	return s.texts(ctx, e, e.receivers.Twilio, "twilio")
}

func (s *server) texts(ctx context.Context, e *event, from Texts, provider string) error {
	if from == nil {
		return errUnconfigured
	}
	d, err := from.Receive(e.header, e.url, e.body, s.cfg.Clock.Now())
	if err != nil {
		return err
	}
	read := inbox.Read(d)
	return s.admitted(ctx, e, read.Danger(), func() error {
		e.result, err = s.cfg.Inbox.Accept(ctx, e.tenant, read, provider)
		return err
	})
}

func (s *server) bookings(ctx context.Context, e *event) error {
	if e.receivers.Bookings == nil {
		return errUnconfigured
	}
	id, change, err := e.receivers.Bookings.Receive(e.header, e.body, s.cfg.Clock.Now())
	if err != nil {
		return err
	}
	var booking club.BookingID
	err = s.admitted(ctx, e, false, func() error {
		booking, err = s.cfg.Inbox.Booking(ctx, e.tenant, id, change)
		return err
	})
	if err != nil {
		return err
	}
	answer, err := json.Marshal(map[string]string{"id": booking.String()})
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	e.answer, e.answerType = string(answer), jsonType
	return nil
}

func (s *server) unifi(ctx context.Context, e *event) error {
	if e.receivers.UniFi == nil {
		return errUnconfigured
	}
	ev, err := e.receivers.UniFi(e.header, e.body, s.cfg.Clock.Now())
	if err != nil {
		return err
	}
	return s.admitted(ctx, e, false, func() error {
		e.result, err = s.cfg.Inbox.DoorEvent(ctx, e.tenant, ev)
		return err
	})
}

// pressWithin leaves room in the three seconds after which Slack tells the person that it failed.
const pressWithin = 2500 * time.Millisecond

// slack carries out a press of a button. A refusal ("not your location", "somebody was faster") is an
// answer for the person, not a failure of the request.
func (s *server) slack(ctx context.Context, e *event) error {
	if e.receivers.Slack == nil {
		return errUnconfigured
	}
	p, err := e.receivers.Slack(e.header, e.body, s.cfg.Clock.Now())
	if err != nil {
		return err
	}
	if p.Action == "" {
		e.result.Ignored = "not a press of a button"
		return nil
	}
	if e.suspended {
		return e.say("This club is suspended: nothing is done until it is resumed.")
	}
	ctx, cancel := context.WithTimeout(ctx, pressWithin)
	defer cancel()
	var reply string
	err = s.admitted(ctx, e, false, func() error {
		reply, err = s.cfg.SlackActions.Press(ctx, e.tenant, p.User, p.Action, p.Value)
		return err
	})
	var own *club.Error
	switch {
	case errors.As(err, &own) && own.Code != club.CodeInternal && own.Code != club.CodeUnavailable:
		reply = own.Msg
	case err != nil:
		return err
	}
	return e.say(reply)
}

// say answers a press in words that only who pressed can read.
func (e *event) say(reply string) error {
	answer, err := json.Marshal(map[string]any{"response_type": "ephemeral", "replace_original": false, "text": reply})
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	e.answer, e.answerType = string(answer), jsonType
	return nil
}
