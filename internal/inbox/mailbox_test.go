package inbox_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/twilio"
	"clubos/internal/inbox"
	sim "clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/vault/vaulttest"
)

// post is a club whose line is Twilio's.
type post struct {
	*house
	crew   *crew
	sms    *sim.SMS
	client *twilio.Client
}

func newPost(t *testing.T) *post {
	t.Helper()
	h := newHouse(t)
	p := &post{house: h, sms: sim.NewSMS(sim.SMSConfig{Lines: map[string]string{line: "PN1"}, PerSecond: -1}, h.clock)}
	if err := p.sms.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.sms.Down)
	var err error
	if p.client, err = twilio.New(twilio.Config{AccountSID: p.sms.Config().TwilioSID, AuthTokens: []string{p.sms.Config().TwilioToken}, BaseURL: p.sms.URL()}, connector.Deps{Clock: h.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.client.Close)
	p.text("before the line was the club's")
	h.clock.Advance(time.Minute)
	h.write(func(tx *store.Tx) error {
		return tx.PutLine(t.Context(), store.PutLineParams{Number: line, Provider: twilio.Provider, LocationID: h.place, CreatedAt: tx.Now})
	})
	p.crew = &crew{house: h}
	p.inbox = inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler), Escalate: h.escalate, Staff: p.crew,
		Mailboxes: func(context.Context, *store.Tenant) (map[string]inbox.Mailbox, error) {
			return map[string]inbox.Mailbox{twilio.Provider: p.client}, nil
		}})
	t.Cleanup(p.inbox.Close)
	return p
}

// text has a member write; the webhook is made and brought by whoever calls.
func (p *post) text(words string, media ...club.Media) sim.Webhook {
	return p.sms.Text(sim.Twilio, "https://club.example/hooks", sim.Incoming{From: ada, To: line, Text: words, Media: media})
}

// bring hands a webhook in.
func (p *post) bring(w sim.Webhook) inbox.Result {
	p.t.Helper()
	d, err := p.client.Receive(w.Header, w.URL, w.Body, p.clock.Now())
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := p.inbox.Deliver(p.t.Context(), p.tenant, d, twilio.Provider)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// look reads the mailboxes some time later.
func (p *post) look(after time.Duration) {
	p.t.Helper()
	p.clock.Advance(after)
	if err := p.inbox.ReadMailboxes(p.t.Context(), p.tenant); err != nil {
		p.t.Error(err)
	}
}

// heard are the words of all texts in the order in which they came, as masked.
func (p *post) heard() (words []string) {
	p.t.Helper()
	err := p.tenant.Read(p.t.Context(), func(tx *store.Tx) error {
		words = nil
		threads, err := tx.FindThreadsPage(p.t.Context(), store.FindThreadsPageParams{Size: 10})
		for _, th := range threads {
			list, ferr := tx.FindMessagesPage(p.t.Context(), store.FindMessagesPageParams{ThreadID: th.Thread.ID, Size: 100})
			if ferr != nil {
				return ferr
			}
			for _, m := range list {
				words = append(words, m.Masked)
			}
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	slices.Sort(words)
	return words
}

func TestATextThatNoWebhookBroughtIsFoundAtItsVendorOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.look(time.Minute)
	p.bring(p.text("this one came"))
	lost := p.text("this one did not", club.Media{URL: "https://x/1", Type: "image/png"})
	sent := p.clock.Now()
	for range 3 {
		p.look(time.Minute)
	}
	if got, want := p.heard(), []string{"this one came", "this one did not"}; !slices.Equal(got, want) {
		t.Fatalf("heard %q, want %q", got, want)
	}
	r := p.bring(lost) // after all
	if !r.Duplicate {
		t.Error("it counts twice once its webhook comes")
	}
	var m store.Message
	p.write(func(tx *store.Tx) (err error) { m, err = tx.FindMessage(t.Context(), r.Message); return err })
	if m.SentAt == nil || m.SentAt.Sub(sent).Abs() >= time.Second || !m.CreatedAt.After(sent) || !strings.Contains(m.Media, p.sms.URL()+"/2010-04-01/Accounts/") || !strings.Contains(m.Media, "image/png") {
		t.Errorf("sent %v, came %v, media %s", m.SentAt, m.CreatedAt, m.Media)
	}
}

func TestWhatCameInALongOutageIsFoundAfterIt(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.look(0)
	p.look(time.Minute)
	p.text("at its beginning")
	p.clock.Advance(70 * time.Hour) // nothing runs
	p.text("at its end")
	p.bring(p.text("right after it"))
	p.sms.Break("list", sim.Fail(http.StatusServiceUnavailable))
	p.look(time.Minute)
	if got := p.heard(); len(got) != 1 {
		t.Errorf("heard %q of a vendor that does not answer", got)
	}
	p.sms.Heal()
	p.look(time.Hour)
	p.text("eight days before anybody looks")
	p.clock.Advance(8 * 24 * time.Hour)
	p.text("a minute before")
	p.look(time.Minute)
	if got, want := p.heard(), []string{"a minute before", "at its beginning", "at its end", "right after it"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestATextThatFailsIsFoundAgainAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.look(0)
	p.text("first")
	p.text("second")
	p.clock.Advance(10 * time.Minute)
	p.inbox.Close() // the whole process ends in the midst of it
	if err := p.inbox.ReadMailboxes(t.Context(), p.tenant); club.CodeOf(err) != club.CodeUnavailable {
		t.Errorf("got %v", err)
	}
	next := inbox.New(inbox.Config{Cluster: p.cluster, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler), Escalate: p.escalate,
		Mailboxes: func(context.Context, *store.Tenant) (map[string]inbox.Mailbox, error) {
			return map[string]inbox.Mailbox{twilio.Provider: p.client, "openphone": nil}, nil
		}})
	t.Cleanup(next.Close)
	p.inbox = next
	p.look(time.Hour)
	if got, want := p.heard(), []string{"first", "second"}; !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestATextThatIsFoundWhileItsWebhookComesIsOne(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.look(0)
	const texts = 8
	var all sync.WaitGroup
	for range texts {
		w := p.text("hello " + strings.Repeat("x", 1+len(p.heard())))
		all.Go(func() { p.bring(w) })
		all.Go(func() {
			if err := p.inbox.ReadMailboxes(t.Context(), p.tenant); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	p.look(time.Minute)
	if got := p.heard(); len(got) != texts {
		t.Errorf("%d texts of %d: %q", len(got), texts, got)
	}
}

func TestAnAnswerOfTheStaffCountsOnceHoweverOftenItIsFound(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	answer := func() sim.Webhook {
		return p.sms.Text(sim.Twilio, "https://club.example/hooks", sim.Incoming{From: opal, To: line, Text: "ok"})
	}
	p.look(0)
	p.bring(answer())
	for range 3 {
		p.look(time.Minute)
	}
	if len(p.crew.heard) != 1 {
		t.Errorf("one answer was heard %d times", len(p.crew.heard))
	}
	answer()
	p.look(time.Minute)
	p.look(time.Minute)
	if len(p.crew.heard) != 2 {
		t.Errorf("an answer that no webhook brought was heard %d times", len(p.crew.heard)-1)
	}
	answer()
	p.look(16 * time.Minute)
	if len(p.crew.heard) != 2 {
		t.Error("an answer acknowledges what is open long after it was sent")
	}
	if got := p.heard(); !slices.Equal(got, []string{"ok"}) {
		t.Errorf("%q is in conversations: what answers nothing is like anybody's", got)
	}
	var s inbox.MailState
	p.write(func(tx *store.Tx) (err error) { s, err = inbox.FindMailState(t.Context(), tx, line); return err })
	if s.Found != 1 {
		t.Errorf("%d texts count as not brought by the webhook, want the one that is in a conversation", s.Found)
	}
}

func TestATextIsTakenInWithoutWhatCameWithItWhenThatCannotBeRead(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.look(0)
	p.text("see this", club.Media{URL: "https://x/1", Type: "image/png"})
	p.sms.Break("media", sim.Fail(http.StatusInternalServerError))
	p.look(time.Minute)
	if got := p.heard(); !slices.Equal(got, []string{"see this"}) {
		t.Errorf("heard %q", got)
	}
}
