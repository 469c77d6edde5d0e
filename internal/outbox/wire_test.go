package outbox

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/twilio"
	fake "clubos/internal/simulate/vendor"
)

func TestOnTheVendorsWireATextLeavesOnceAndItsStatusIsTrue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   func(*fake.SMS)
		want    club.MessageStatus
		effects int
		person  bool
	}{
		"accepted":          {func(*fake.SMS) {}, club.MessageSent, 1, false},
		"answer lost":       {func(s *fake.SMS) { s.Break("send", fake.LoseAnswer().Times(1)) }, club.MessageSent, 1, false},
		"rejected":          {func(s *fake.SMS) { s.Break("send", fake.Fail(400)) }, club.MessageFailed, 0, true},
		"busy, then taken":  {func(s *fake.SMS) { s.Break("send", fake.Fail(429).Times(2)) }, club.MessageSent, 1, false},
		"opted out":         {func(s *fake.SMS) { s.OptOut("+14155552671") }, club.MessageFailed, 0, true},
		"lost and deaf":     {func(s *fake.SMS) { s.Break("send", fake.LoseAnswer()); s.Break("list", fake.Fail(500)) }, club.MessageUnconfirmed, 1, true},
		"no answer, unsent": {func(s *fake.SMS) { s.Break("send", fake.Hang().Times(1)) }, club.MessageSent, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			v, err := fake.Start(fake.Config{Clock: h.clock, SMS: fake.SMSConfig{Lines: map[string]string{"+15550001": "PN1"}, PerSecond: -1}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = v.Close() })
			sms, err := twilio.New(twilio.Config{AccountSID: v.SMS.Config().TwilioSID, AuthTokens: []string{v.SMS.Config().TwilioToken}, BaseURL: v.SMS.URL(),
				Limits: connector.Limits{Timeout: 500 * time.Millisecond, Failures: 1000}}, connector.Deps{Clock: h.clock})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sms.Close)
			h.outbox.cfg.Senders = func(club.Slug, string) (SMS, bool) { return sms, true }
			c.fault(v.SMS)
			id, _ := h.queue(h.reply("k", "Hello"))
			h.drain()
			m := h.message(id)
			if ok := m.Status == c.want || c.want == club.MessageSent && m.Status == club.MessageDelivered; !ok {
				t.Errorf("the text is %s (%s), want %s", m.Status, m.ErrorCode, c.want)
			}
			if n := len(v.SMS.Received("+14155552671")); n != c.effects {
				t.Errorf("the member got it %d times", n)
			}
			if (len(h.reasons) > 0) != c.person {
				t.Errorf("people were called for %q", h.reasons)
			}
		})
	}
}
