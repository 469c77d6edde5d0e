package desk_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/rota"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault/vaulttest"
)

// phones stands for the ways to single people: it keeps what each got, and fails when told to.
type phones struct {
	mu    sync.Mutex // guards what follows
	texts map[string][]string
	mails map[string][]string
	pages []notify.Paging
	fail  map[notify.Channel]error
}

func (p *phones) Send(_ context.Context, m club.Outbound) (club.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fail[notify.ChannelSMS]; err != nil {
		return club.Receipt{}, err
	}
	p.texts[m.To] = append(p.texts[m.To], m.Text)
	return club.Receipt{ProviderMessageID: fmt.Sprintf("SM%d%s", len(p.texts[m.To]), m.To)}, nil
}

func (p *phones) Mail(_ context.Context, m notify.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fail[notify.ChannelEmail]; err != nil {
		return err
	}
	p.mails[m.To] = append(p.mails[m.To], m.Subject+"\n"+m.Text)
	return nil
}

func (p *phones) Page(_ context.Context, x notify.Paging) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.fail[notify.ChannelPagerDuty]; err != nil {
		return err
	}
	p.pages = append(p.pages, x)
	return nil
}

// callHouse is a house whose people can be called by text, mail and pager. Ann is on call at place A.
type callHouse struct {
	*house
	phones   *phones
	notifier *notify.Notifier
	owner    identity.Principal
	again    []notify.PostJob // to be tried again at the next delivery
}

const annPhone, bobPhone, ownerPhone = "+14155550001", "+14155550002", "+14155550003"

func newCallHouse(t *testing.T) *callHouse {
	t.Helper()
	h := &callHouse{house: newHouse(t), phones: &phones{texts: map[string][]string{}, mails: map[string][]string{}, fail: map[notify.Channel]error{}}}
	log := slog.New(slog.DiscardHandler)
	h.notifier = notify.New(notify.Config{Log: log, Ring: vaulttest.Ring(t),
		Posters: func(club.Slug) (notify.Poster, bool) { return h.board, true },
		Texters: func(_ club.Slug, provider string) (notify.Texter, bool) { return h.phones, provider == "twilio" },
		Mailers: func(club.Slug) (notify.Mailer, bool) { return h.phones, true },
		Pagers:  func(club.Slug) (notify.Pager, bool) { return h.phones, true },
		Failed: func(ctx context.Context, tx *store.Tx, call store.Notification) error {
			return h.desk.CallFailed(ctx, tx, call)
		}})
	h.desk = desk.New(desk.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Notifier: h.notifier, Log: log,
		Advance: func(tx *store.Tx, id club.ThreadID, m club.MessageID) {
			tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: id, Message: m}, nil)
		}})
	h.owner = h.user("Olive", club.RoleOwner)
	h.write(func(tx *store.Tx) error {
		return tx.PutLine(t.Context(), store.PutLineParams{Number: "+15550001", Provider: "twilio", LocationID: h.a, CreatedAt: tx.Now})
	})
	h.contact(h.ann, oncall.ContactEdit{Phone: annPhone, BySMS: true, Email: "ann@club.example", ByEmail: true})
	h.contact(h.bob, oncall.ContactEdit{Phone: bobPhone, BySMS: true})
	h.contact(h.owner, oncall.ContactEdit{Phone: ownerPhone, BySMS: true, Email: "olive@club.example", ByEmail: true})
	h.shift(h.ann, h.a)
	return h
}

func (h *callHouse) contact(p identity.Principal, e oncall.ContactEdit) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		_, err := oncall.SaveContact(h.t.Context(), tx, h.keys, p, p.UserID, e)
		return err
	})
}

func (h *callHouse) shift(p identity.Principal, at club.LocationID) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		_, err := oncall.CreateShift(h.t.Context(), tx, identity.System(tx.Tenant, "test"), rota.Shift{User: p.UserID, Location: at, Days: rota.EveryDay})
		return err
	})
}

func (h *callHouse) set(key, value string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error { return setting.PutValue(h.t.Context(), tx, club.System("test"), key, value) })
}

// deliver lets every note go out that can; what fails is tried again later.
func (h *callHouse) deliver() {
	h.t.Helper()
	tries := h.again
	h.again = nil
	for {
		tries = append(tries, jobstest.Pending[notify.PostJob](h.t, h.cluster, h.tenant)...)
		if err := store.FinishJobsForTest(h.t.Context(), h.cluster, h.tenant, notify.PostJob{}.Kind()); err != nil {
			h.t.Fatal(err)
		}
		if len(tries) == 0 {
			return
		}
		for _, job := range tries {
			if err := h.notifier.Post(h.t.Context(), h.tenant, job); err != nil {
				h.again = append(h.again, job)
			}
		}
		tries = nil
	}
}

// pass lets time go by, with every step and reminder that falls due in it.
func (h *callHouse) pass(d time.Duration) {
	h.t.Helper()
	h.clock.Advance(d)
	for _, job := range jobstest.Pending[desk.EscalationStep](h.t, h.cluster, h.tenant) {
		if err := h.desk.Step(h.t.Context(), h.tenant, job); err != nil && !job.Due.After(h.clock.Now()) {
			h.t.Fatal(err)
		}
	}
	h.deliver()
}

func (h *callHouse) emergency() store.Thread {
	h.t.Helper()
	p := club.PriorityEmergency
	th := h.thread(h.a, "Zelda is hurt, call +1 415 555 2671")
	h.write(func(tx *store.Tx) (err error) {
		th.BayID = h.bay
		th, err = thread.Save(h.t.Context(), tx, th)
		return err
	})
	th = h.escalate(th, desk.Reason{Text: "Zelda Quist says that somebody is hurt", Priority: &p})
	h.deliver()
	return th
}

func (h *callHouse) answer(p identity.Principal, text string) (handled bool) {
	h.t.Helper()
	h.write(func(tx *store.Tx) (err error) {
		handled, err = h.desk.Answered(h.t.Context(), tx, desk.Answer{User: p.UserID, Text: text, Key: club.NewEventID(h.clock.Now()).String()})
		return err
	})
	h.deliver()
	return handled
}

func (h *callHouse) last(number string) string {
	if t := h.phones.texts[number]; len(t) > 0 {
		return t[len(t)-1]
	}
	return ""
}

func TestEmergencyCallsByThePlanStepAfterStep(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.set("console.url", "https://club.example/c/aa")
	th := h.emergency()
	want := "EMERGENCY at Northside, Bay 3\n«name» says that somebody is hurt\nAnswer OK to take it.\nhttps://club.example/c/aa/threads/" + th.ID.String()
	if got := h.last(annPhone); got != want {
		t.Errorf("who is on call got %q, want %q", got, want)
	}
	if mails := h.phones.mails["ann@club.example"]; len(mails) != 1 || !strings.Contains(mails[0], "Northside, Bay 3") || !strings.Contains(mails[0], "/threads/"+th.ID.String()) || strings.Contains(mails[0], "Answer OK") {
		t.Errorf("mails %q", mails)
	}
	if len(h.phones.pages) != 1 || h.phones.pages[0].Event != notify.PageTrigger || !strings.HasPrefix(h.phones.pages[0].Key, "esc_") || h.phones.pages[0].Source != "Northside, Bay 3" {
		t.Errorf("pages %+v", h.phones.pages)
	}
	if len(h.board.posts) != 1 || h.last(bobPhone) != "" || h.last(ownerPhone) != "" {
		t.Errorf("%d posts; others were called at once: %q", len(h.board.posts), h.phones.texts)
	}
	h.pass(2 * time.Minute)
	if len(h.phones.texts[annPhone]) != 2 || len(h.phones.texts[bobPhone]) != 1 || h.last(ownerPhone) != "" {
		t.Errorf("after two minutes: %q", h.phones.texts)
	}
	h.pass(3 * time.Minute)
	if len(h.phones.texts[ownerPhone]) != 1 || len(h.phones.mails["olive@club.example"]) != 1 {
		t.Errorf("after five minutes: %q", h.phones.texts)
	}
	// The plan is at its end: reminders reach the owners themselves.
	jobstest.Work(t, h.cluster, h.tenant, h.desk.Remind)
	h.deliver()
	if len(h.phones.texts[ownerPhone]) != 2 {
		t.Errorf("the owner got %q", h.phones.texts[ownerPhone])
	}
	for _, texts := range h.phones.texts {
		for _, s := range texts {
			if strings.Contains(s, "Zelda") || strings.Contains(s, "2671") {
				t.Errorf("a text names the member: %q", s)
			}
		}
	}
}

func TestAcknowledgingByAnyMeansEndsTheCallsEverywhere(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(h *callHouse, th store.Thread) (who string){
		"console or Slack": func(h *callHouse, th store.Thread) string {
			if _, err := h.desk.Claim(t.Context(), h.tenant, h.bob, th.ID); err != nil {
				t.Error(err)
			}
			return "Bob"
		},
		"API": func(h *callHouse, th store.Thread) string {
			if err := h.desk.Acknowledge(t.Context(), h.tenant, h.bob, th.ID); err != nil {
				t.Error(err)
			}
			return "Bob"
		},
		"PagerDuty": func(h *callHouse, _ store.Thread) string {
			for range 2 {
				if err := h.desk.AcknowledgedAtPager(t.Context(), h.tenant, h.phones.pages[0].Key, "Pat Pager", h.clock.Now()); err != nil {
					t.Error(err)
				}
			}
			return "Pat Pager (PagerDuty)"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newCallHouse(t)
			th := h.emergency()
			who := take(h, th)
			h.deliver()
			if got, want := h.last(annPhone), "Taken by "+who+": Northside, Bay 3"; got != want {
				t.Errorf("who was texted is told %q, want %q", got, want)
			}
			h.pass(10 * time.Minute)
			if n := len(h.phones.texts[annPhone]); n != 2 || h.last(bobPhone) != "" || h.last(ownerPhone) != "" {
				t.Errorf("calls went on: %q", h.phones.texts)
			}
			var events []string
			for _, p := range h.phones.pages {
				events = append(events, string(p.Event))
			}
			want := []string{"trigger", "acknowledge"}
			if name == "PagerDuty" {
				want = want[:1]
			}
			if !slices.Equal(events, want) {
				t.Errorf("the pager heard %q, want %q", events, want)
			}
			if _, err := h.desk.Resolve(t.Context(), h.tenant, h.bob, th.ID, desk.Seen{}); err != nil {
				t.Fatal(err)
			}
			h.deliver()
			if p := h.phones.pages[len(h.phones.pages)-1]; p.Event != notify.PageResolve || p.Key != h.phones.pages[0].Key || len(h.phones.texts[annPhone]) != 2 {
				t.Errorf("at the end: %+v, %q", p, h.phones.texts)
			}
		})
	}
}

func TestAnswerByTextTakesTheMatter(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ok", "OK.", "1", "Taking it", "on it!", "got it", "yes", "I'll take it", "omw"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			h := newCallHouse(t)
			th := h.emergency()
			if !h.answer(h.ann, text) {
				t.Fatal("it is not heard")
			}
			if got := h.find(th.ID); got.Status != club.ThreadInProgress || got.AssignedTo != h.ann.UserID {
				t.Errorf("the thread is %s and %s's", got.Status, got.AssignedTo)
			}
			if n := h.count("SELECT COUNT(*) FROM escalations WHERE status = 'acknowledged'"); n != 1 {
				t.Error("it is not acknowledged")
			}
			if got := h.last(annPhone); got != "You have it: Northside, Bay 3. Nobody else is called." {
				t.Errorf("she is told %q", got)
			}
			if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'escalation.acknowledged' AND actor = $1", h.ann.Actor.String()); n != 1 {
				t.Error("the log does not say who")
			}
		})
	}
}

func TestOfTwoWhoTakeAMatterAtOnceOneHasIt(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	th := h.emergency()
	h.pass(2 * time.Minute)
	var wg sync.WaitGroup
	for _, p := range []identity.Principal{h.ann, h.bob} {
		wg.Go(func() {
			for { // as the vendor does, which delivers a refused text again
				err := h.tenant.Write(t.Context(), func(tx *store.Tx) error {
					_, err := h.desk.Answered(t.Context(), tx, desk.Answer{User: p.UserID, Text: "ok", Key: p.Actor.Name})
					return err
				})
				if club.CodeOf(err) != club.CodeConflict {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
	h.deliver()
	got := h.find(th.ID)
	loser := bobPhone
	if got.AssignedTo == h.bob.UserID {
		loser = annPhone
	}
	said := strings.Join(h.phones.texts[loser], "\n")
	if h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'escalation.acknowledged'") != 1 || !strings.Contains(said, "Taken by") || strings.Contains(said, "You have it") {
		t.Errorf("the slower one was told %q", said)
	}
}

func TestWithSeveralOpenMattersTheCodeTellsWhichIsMeant(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	first := h.emergency()
	high := club.PriorityHigh
	second := h.escalate(h.thread(h.a, "the door is stuck"), desk.Reason{Text: "door", Priority: &high})
	h.deliver()
	if got := h.last(annPhone); !strings.Contains(got, "Answer 2 to take it.") {
		t.Fatalf("the second call says %q", got)
	}
	h.answer(h.ann, "ok")
	if got := h.last(annPhone); !strings.HasPrefix(got, "Which one? Answer 2 for Northside, 1 for Northside, Bay 3") {
		t.Errorf("asked back: %q", got)
	}
	h.answer(h.ann, "7")
	if got := h.last(annPhone); !strings.HasPrefix(got, "Which one?") {
		t.Errorf("a number of nothing: %q", got)
	}
	h.answer(h.ann, "ok 2")
	if h.find(second.ID).AssignedTo != h.ann.UserID || h.find(first.ID).Status != club.ThreadEscalated {
		t.Error("another was taken than was named")
	}
	h.answer(h.ann, "2")
	if got := h.last(annPhone); !strings.HasPrefix(got, "Taken by ") {
		t.Errorf("one that is taken: %q", got)
	}
	h.answer(h.ann, "ok")
	if h.find(first.ID).AssignedTo != h.ann.UserID {
		t.Error("the one that is left was not taken")
	}
	if h.answer(h.ann, "99"); !strings.HasPrefix(h.last(annPhone), "Nothing waits") {
		t.Errorf("nothing is open: %q", h.last(annPhone))
	}
}

func TestOtherWordsOfSomebodyWhoWasCalledAreANoteForColleagues(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	th := h.emergency()
	if !h.answer(h.ann, "ten minutes away, is Zelda breathing?") {
		t.Fatal("it is not heard")
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE thread_id = $1 AND direction = 'note' AND masked LIKE 'ten minutes away%' AND masked NOT LIKE '%Zelda%'", th.ID.String()); n != 1 {
		t.Error("the note is not there, or names the member")
	}
	if h.find(th.ID).Status != club.ThreadEscalated || !strings.Contains(h.last(annPhone), "Answer 1 to take it") {
		t.Errorf("she is told %q", h.last(annPhone))
	}
	if h.answer(h.ann, "there is a fire in bay 2!!") {
		t.Error("an emergency was kept as a note")
	}
	if h.answer(h.bob, "wifi?") {
		t.Error("somebody who was not called answered a call")
	}
	if !h.answer(h.ann, "STOP") {
		t.Error("STOP is not heard")
	}
	h.pass(2 * time.Minute)
	if n := len(h.phones.texts[annPhone]); n != 2 || len(h.phones.mails["ann@club.example"]) != 2 {
		t.Errorf("after STOP: %q, %q", h.phones.texts[annPhone], h.phones.mails)
	}
	h.clock.Advance(13 * time.Hour)
	if h.answer(h.ann, "ok") {
		t.Error("half a day later it is still an answer")
	}
}

func TestStepThatReachesNobodyDoesNotWait(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	th := h.thread(h.b, "help") // nobody is on call at B
	p := club.PriorityEmergency
	h.write(func(tx *store.Tx) error {
		for _, s := range []string{"calls.emergency"} {
			if err := setting.PutValue(t.Context(), tx, club.System("test"), s, "now: slack, on-call by sms; 2m: techs by sms; 5m: operators by sms; 9m: owners by sms"); err != nil {
				return err
			}
		}
		return nil
	})
	h.escalate(th, desk.Reason{Text: "x", Priority: &p})
	h.deliver()
	if len(h.phones.texts[annPhone]) != 1 || len(h.phones.texts[bobPhone]) != 1 || h.last(ownerPhone) != "" {
		t.Errorf("called at once: %q", h.phones.texts)
	}
	if n := h.count("SELECT COUNT(*) FROM call_chains WHERE trouble = 'nobody is on call; nobody works there of the techs'"); n != 1 {
		t.Error("the trouble is not noted")
	}
	h.read(func(tx *store.Tx) error {
		list, err := h.desk.FindTroubledCalls(t.Context(), tx, h.ann)
		if err != nil || len(list) != 1 {
			t.Errorf("%d in trouble, %v", len(list), err)
		}
		if list, err = h.desk.FindTroubledCalls(t.Context(), tx, h.only); err != nil || len(list) != 0 {
			t.Errorf("%d in trouble at another place, %v", len(list), err)
		}
		return nil
	})
}

func TestVendorThatFailsLeadsToAnotherWayAndThenToTheNextStepAtOnce(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.set("calls.emergency", "now: slack, on-call by sms; 20m: operators by sms; 40m: owners by sms")
	down := &club.VendorError{Vendor: "twilio", Op: "send text", Retryable: true, Status: 503}
	h.phones.fail[notify.ChannelSMS] = down
	h.emergency()
	if len(h.phones.mails["ann@club.example"]) != 1 || h.count("SELECT COUNT(*) FROM call_chains WHERE next_step = 1") != 1 {
		t.Fatalf("without texts she was not mailed, or others were called too soon: %q", h.phones.mails)
	}
	// Neither texts nor mail: the operators, and then the owners, are called at once, not in 40 minutes.
	h.phones.fail[notify.ChannelEmail] = &club.VendorError{Vendor: "email", Op: "send mail", Rejected: true, Status: 550}
	h2 := h.escalate(h.thread(h.a, "another"), desk.Reason{Text: "y", Priority: ptr(club.PriorityEmergency)})
	h.deliver()
	if n := h.count("SELECT COUNT(*) FROM call_chains k JOIN escalations e ON e.id = k.escalation_id WHERE e.thread_id = $1 AND k.next_step = 3 AND k.trouble LIKE '%did not go out%'", h2.ID.String()); n != 1 {
		t.Error("the next steps waited for their time")
	}
	// The vendor comes back before anybody has taken it: what was queued goes out.
	delete(h.phones.fail, notify.ChannelSMS)
	h.deliver()
	if len(h.phones.texts[ownerPhone]) != 1 || len(h.phones.texts[bobPhone]) != 1 {
		t.Errorf("texts %q", h.phones.texts)
	}
}

func ptr[T any](v T) *T { return &v }

func TestTextThatDoesNotArriveIsAFailedCall(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.set("calls.emergency", "now: slack, on-call by sms; 20m: owners by sms")
	h.contact(h.ann, oncall.ContactEdit{Phone: annPhone, BySMS: true})
	h.emergency()
	h.write(func(tx *store.Tx) error {
		for range 2 {
			if err := h.notifier.Undelivered(t.Context(), tx, "SM1"+annPhone, "30003"); err != nil {
				return err
			}
		}
		return h.notifier.Undelivered(t.Context(), tx, "", "x")
	})
	h.deliver()
	if len(h.phones.texts[ownerPhone]) != 1 {
		t.Errorf("texts %q", h.phones.texts)
	}
}

func TestCallThatIsNotNeededAnyMoreIsTakenBack(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.phones.fail[notify.ChannelSMS] = &club.VendorError{Vendor: "twilio", Op: "send text", Retryable: true}
	th := h.emergency()
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.bob, th.ID); err != nil {
		t.Fatal(err)
	}
	delete(h.phones.fail, notify.ChannelSMS)
	h.deliver()
	if len(h.phones.texts) != 0 || h.count("SELECT COUNT(*) FROM notifications WHERE status = 'withdrawn' AND channel = 'sms'") != 1 {
		t.Errorf("texts about what is taken: %q", h.phones.texts)
	}
}

func TestQuietHoursHoldTextsBackUnlessItIsPressing(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t) // 14:00 UTC
	quiet := func(p identity.Principal, phone string) {
		h.contact(p, oncall.ContactEdit{Phone: phone, BySMS: true, QuietFrom: "13:00", QuietUntil: "15:00", Zone: "UTC"})
	}
	quiet(h.ann, annPhone)
	quiet(h.bob, bobPhone)
	escalate := func(plan string, p club.Priority) {
		h.set("calls."+string(p), plan)
		clear(h.phones.texts)
		h.escalate(h.thread(h.a, "x"), desk.Reason{Text: "x", Priority: &p})
		h.deliver()
	}
	escalate("now: operators by sms", club.PriorityHigh)
	if h.last(annPhone) == "" || h.last(bobPhone) != "" {
		t.Errorf("only who is on call is woken: %q", h.phones.texts)
	}
	escalate("now: on-call by sms unless quiet", club.PriorityHigh)
	if len(h.phones.texts) != 0 || h.count("SELECT COUNT(*) FROM call_chains WHERE trouble LIKE 'it is quiet%'") != 1 {
		t.Errorf("unless quiet: %q", h.phones.texts)
	}
	escalate("now: operators by sms", club.PriorityEmergency)
	if h.last(annPhone) == "" || h.last(bobPhone) == "" {
		t.Errorf("an emergency: %q", h.phones.texts)
	}
}

func TestMatterThatComesBackCallsPeopleAnew(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	th := h.emergency()
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.ann, th.ID); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Minute)
	if _, err := h.desk.EscalateByHand(t.Context(), h.tenant, h.ann, th.ID, "I cannot get in", nil); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	if n := len(h.phones.texts[annPhone]); n != 2 {
		t.Errorf("who is on call was texted %d times: %q", n, h.phones.texts)
	}
	var keys []string
	for _, p := range h.phones.pages {
		keys = append(keys, string(p.Event)+" "+p.Key[30:])
	}
	if !slices.Equal(keys, []string{"trigger ", "acknowledge ", "trigger .2"}) {
		t.Errorf("the pager heard %q", keys)
	}
	// What was acknowledged at the pager before says nothing of the calls that began since.
	for _, key := range []string{h.phones.pages[0].Key, "esc_none", "not ours"} {
		if err := h.desk.AcknowledgedAtPager(t.Context(), h.tenant, key, "", h.clock.Now()); err != nil {
			t.Error(err)
		}
	}
	if h.count("SELECT COUNT(*) FROM escalations WHERE status = 'open'") != 1 {
		t.Error("an old acknowledgement counts")
	}
	if err := h.desk.AcknowledgedAtPager(t.Context(), h.tenant, h.phones.pages[2].Key, "", time.Time{}); err != nil {
		t.Error(err)
	}
	if h.count("SELECT COUNT(*) FROM escalations WHERE acknowledged_by = 'somebody in PagerDuty'") != 1 {
		t.Error("it is not acknowledged")
	}
}

func TestLocationsLimitWhatSomebodyIsCalledFor(t *testing.T) {
	t.Parallel()
	h := newCallHouse(t)
	h.contact(h.only, oncall.ContactEdit{Phone: "+14155550009", BySMS: true}) // of place A alone
	h.set("calls.high", "now: operators by sms")
	high := club.PriorityHigh
	h.escalate(h.thread(h.b, "x"), desk.Reason{Text: "x", Priority: &high})
	h.deliver()
	if h.last("+14155550009") != "" || h.last(bobPhone) == "" {
		t.Errorf("called to place B: %q", h.phones.texts)
	}
	h.escalate(h.thread(h.a, "x"), desk.Reason{Text: "x", Priority: &high})
	h.deliver()
	if h.last("+14155550009") == "" {
		t.Error("not called to their own place")
	}
}
