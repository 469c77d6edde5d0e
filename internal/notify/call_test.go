package notify

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/oncall"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

// wires stands for the ways to single people.
type wires struct {
	texts []club.Outbound
	mails []Mail
	pages []Paging
	fail  error
}

func (w *wires) Send(_ context.Context, m club.Outbound) (club.Receipt, error) {
	w.texts = append(w.texts, m)
	return club.Receipt{ProviderMessageID: "SM1"}, w.fail
}

func (w *wires) Mail(_ context.Context, m Mail) error {
	w.mails = append(w.mails, m)
	return w.fail
}

func (w *wires) Page(_ context.Context, p Paging) error {
	w.pages = append(w.pages, p)
	return w.fail
}

type callRig struct {
	*rig
	wires    *wires
	opal     club.UserID
	failures []store.Notification
}

func setUpCalls(t *testing.T) *callRig {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "aa")
	r := &callRig{rig: &rig{T: t, cluster: c, clock: clock, tenant: tenant, board: &board{}, connected: true}, wires: &wires{}}
	r.Notifier = New(Config{Ring: vaulttest.Ring(t), Log: slog.New(slog.NewJSONHandler(&r.log, nil)),
		Posters: func(club.Slug) (Poster, bool) { return r.board, r.connected },
		Texters: func(_ club.Slug, provider string) (Texter, bool) { return r.wires, r.connected && provider == "twilio" },
		Mailers: func(club.Slug) (Mailer, bool) { return r.wires, r.connected },
		Pagers:  func(club.Slug) (Pager, bool) { return r.wires, r.connected },
		Failed: func(_ context.Context, _ *store.Tx, call store.Notification) error {
			r.failures = append(r.failures, call)
			return nil
		}})
	r.set("console.url", `"https://club.example.com"`)
	r.write(func(tx *store.Tx) error {
		ctx := t.Context()
		r.opal = club.NewUserID(tx.Now)
		if err := tx.CreateUser(ctx, store.CreateUserParams{ID: r.opal, EmailIndex: "o", Email: []byte{1}, Name: []byte{1}, Role: club.RoleOperator, Status: "active", CreatedAt: tx.Now, UpdatedAt: tx.Now}); err != nil {
			return err
		}
		for n, provider := range map[string]string{"+15550001": "openphone", "+15550002": "twilio"} {
			if err := tx.PutLine(ctx, store.PutLineParams{Number: n, Provider: provider, CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		_, err := oncall.SaveContact(ctx, tx, keys, identity.System("aa", "test"), r.opal, oncall.ContactEdit{Phone: "+14155552671", BySMS: true, Email: "opal@club.example", ByEmail: true})
		return err
	})
	return r
}

// call calls by a channel and reports whether there is a way.
func (r *callRig) call(by Channel, key string) (ok bool) {
	r.Helper()
	n := note(key)
	n.Thread, n.Answer, n.Page = "", "Answer OK to take it.", Page{Event: PageTrigger, Key: "esc_1", Source: "Northside"}
	user := r.opal
	if by == ChannelPagerDuty {
		user = ""
	}
	r.write(func(tx *store.Tx) (err error) {
		ok, err = r.Call(r.Context(), tx, by, user, n)
		return err
	})
	return ok
}

func TestCallReachesThePersonByEachWayOnce(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	for range 2 {
		for _, by := range []Channel{ChannelSMS, ChannelEmail, ChannelPagerDuty} {
			if !r.call(by, "call:esc_1:1:0") {
				t.Errorf("no way by %s", by)
			}
		}
	}
	if n := r.count("payload IS NOT NULL AND (CAST(payload AS TEXT) LIKE '%2671%' OR target <> '')"); n != 0 {
		t.Error("a note holds a number or an address")
	}
	jobstest.Work(t, r.cluster, r.tenant, r.Post)
	w := r.wires
	if len(w.texts) != 1 || len(w.mails) != 1 || len(w.pages) != 1 {
		t.Fatalf("%d texts, %d mails, %d pages", len(w.texts), len(w.mails), len(w.pages))
	}
	if m := w.texts[0]; m.To != "+14155552671" || m.From != "+15550002" || m.Text != "A person is needed\nbay 3 froze\nAnswer OK to take it.\nhttps://club.example.com/threads/thr_1" {
		t.Errorf("text %+v", m)
	}
	if m := w.mails[0]; m.To != "opal@club.example" || m.Subject != "A person is needed" || m.Matter != "esc_1" || !strings.HasPrefix(m.ID, "ntf_") || strings.Contains(m.Text, "Answer OK") || !strings.Contains(m.Text, "Place: Northside") {
		t.Errorf("mail %+v", m)
	}
	if p := w.pages[0]; p.Key != "esc_1" || p.Priority != club.PriorityHigh || p.Details["reason"] != "bay 3 froze" || p.Link == "" {
		t.Errorf("page %+v", p)
	}
}

func TestLongTextKeepsHowToAnswerAndTheLink(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	n := note("a")
	n.Thread, n.Answer, n.Lines = "", "Answer OK to take it.", []string{strings.Repeat("water everywhere ", 100)}
	r.write(func(tx *store.Tx) error { _, err := r.Call(r.Context(), tx, ChannelSMS, r.opal, n); return err })
	jobstest.Work(t, r.cluster, r.tenant, r.Post)
	if got := r.wires.texts[0].Text; len([]rune(got)) != maxText || !strings.HasSuffix(got, "…\nAnswer OK to take it.\nhttps://club.example.com/threads/thr_1") {
		t.Errorf("%d characters: %q", len([]rune(got)), got)
	}
}

func TestProcessThatEndsBetweenClaimAndCallCallsAgainAfterwards(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	r.call(ChannelSMS, "call:esc_1:1:0")
	job := jobstest.Pending[PostJob](t, r.cluster, r.tenant)[0]
	if d, err := r.claim(t.Context(), r.tenant, job.Notification); err != nil || d.to != "+14155552671" {
		t.Fatal(d.to, err)
	}
	var snooze *river.JobSnoozeError
	if err := r.Post(t.Context(), r.tenant, job); !errors.As(err, &snooze) || len(r.wires.texts) != 0 {
		t.Errorf("a claim that may be alive was taken: %v", err)
	}
	r.clock.Advance(time.Minute)
	for range 2 {
		if err := r.Post(t.Context(), r.tenant, job); err != nil || len(r.wires.texts) != 1 {
			t.Errorf("%d texts, %v", len(r.wires.texts), err)
		}
	}
}

func TestFailedCallIsToldAtOnceAndWhenItIsGivenUp(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	r.call(ChannelEmail, "call:esc_1:1:0")
	r.wires.fail = &club.VendorError{Vendor: "email", Op: "send mail", Retryable: true, Rejected: true, Status: 451}
	job := jobstest.Pending[PostJob](t, r.cluster, r.tenant)[0]
	for range 3 {
		if err := r.Post(t.Context(), r.tenant, job); err == nil {
			t.Fatal("no error, so it is not tried again")
		}
	}
	if len(r.failures) != 1 || r.failures[0].Status != "queued" {
		t.Fatalf("told of %+v", r.failures)
	}
	r.wires.fail = &club.VendorError{Vendor: "email", Op: "send mail", Rejected: true, Status: 550}
	if err := r.Post(t.Context(), r.tenant, job); err != nil {
		t.Errorf("a refusal is tried again: %v", err)
	}
	if len(r.failures) != 2 || r.failures[1].Status != "failed" {
		t.Errorf("told of %+v", r.failures)
	}
}

func TestCallWithoutMeansIsNotQueuedAndOneThatLostThemFails(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	r.connected = false
	for _, by := range []Channel{ChannelSMS, ChannelEmail, ChannelPagerDuty} {
		if r.call(by, "call:esc_1:1:0") {
			t.Errorf("a call by %s that nobody will carry", by)
		}
	}
	r.connected = true
	for _, by := range []Channel{ChannelSMS, ChannelEmail, ChannelPagerDuty} {
		r.call(by, "call:esc_1:1:1")
	}
	r.connected = false
	jobstest.Work(t, r.cluster, r.tenant, r.Post)
	if n := r.count("status = 'failed'"); n != 3 || len(r.failures) != 3 {
		t.Errorf("%d failed, told of %d", n, len(r.failures))
	}
	r.connected = true
	r.call(ChannelSMS, "call:esc_1:1:2")
	storetest.Exec(t, r.tenant, "UPDATE contacts SET by_sms = FALSE")
	jobstest.Work(t, r.cluster, r.tenant, r.Post)
	if n := r.count("status = 'failed' AND error LIKE '%no number%' AND dedup_key LIKE 'call:esc_1:1:2%'"); n != 1 || len(r.wires.texts) != 0 {
		t.Error("somebody was texted who wants no texts any more")
	}
	err := r.tenant.Write(t.Context(), func(tx *store.Tx) error {
		_, err := r.Call(t.Context(), tx, ChannelSMS, "", note("x"))
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "BUG") {
		t.Errorf("a call of nobody: %v", err)
	}
}

func TestWithdrawnCallDoesNotGoOutNorIsItTriedAgain(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	withdraw := func() { r.write(func(tx *store.Tx) error { return r.Withdraw(t.Context(), tx, "esc_1") }) }
	r.call(ChannelSMS, "call:esc_1:1:0")
	withdraw()
	jobstest.Work(t, r.cluster, r.tenant, r.Post)
	// One that was on its way meanwhile: it failed, and is not tried again.
	r.call(ChannelEmail, "call:esc_1:1:1")
	job := jobstest.Pending[PostJob](t, r.cluster, r.tenant)[0]
	d, err := r.claim(t.Context(), r.tenant, job.Notification)
	if err != nil {
		t.Fatal(err)
	}
	withdraw()
	if err := r.settle(t.Context(), r.tenant, d.row.ID, "queued", errors.New("no route")); err != nil {
		t.Fatal(err)
	}
	if err := r.Post(t.Context(), r.tenant, job); err != nil {
		t.Error(err)
	}
	// One that went out all the same stays sent.
	r.call(ChannelPagerDuty, "call:esc_1:1:2")
	job = jobstest.Pending[PostJob](t, r.cluster, r.tenant)[1]
	if d, err = r.claim(t.Context(), r.tenant, job.Notification); err != nil {
		t.Fatal(err)
	}
	withdraw()
	if err := r.record(t.Context(), r.tenant, d.row, "esc_1"); err != nil {
		t.Fatal(err)
	}
	if err := r.Post(t.Context(), r.tenant, job); err != nil {
		t.Error(err)
	}
	if len(r.wires.texts)+len(r.wires.mails)+len(r.wires.pages) != 0 || r.count("status = 'withdrawn'") != 2 || r.count("status = 'sent'") != 1 {
		t.Errorf("%d withdrawn, %d sent; %+v", r.count("status = 'withdrawn'"), r.count("status = 'sent'"), r.wires)
	}
}

func TestWhatTheClubCanCallBy(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	bare := New(Config{Posters: func(club.Slug) (Poster, bool) { return nil, false }})
	r.write(func(tx *store.Tx) error {
		for by, want := range map[Channel]bool{ChannelSMS: true, ChannelEmail: true, ChannelPagerDuty: true, ChannelSlack: false} {
			if got, err := r.Can(t.Context(), tx, by); err != nil || got != want {
				t.Errorf("%s: %v, %v", by, got, err)
			}
			if got, err := bare.Can(t.Context(), tx, by); err != nil || got {
				t.Errorf("%s without means: %v, %v", by, got, err)
			}
		}
		return nil
	})
}

func TestTellingNeedsNoRowAndSaysNothingOfTheConsole(t *testing.T) {
	t.Parallel()
	r := setUpCalls(t)
	r.set("notify.slack_channel", `"#ops"`)
	var m Means
	r.write(func(tx *store.Tx) (err error) { m, err = r.Means(r.Context(), tx); return err })
	if m.Line.Number != "+15550002" || !m.SMS || !m.Email || !m.Pager || m.Slack != "#ops" {
		t.Fatalf("means %+v", m)
	}
	n := Note{Kind: KindOutage, Ref: "database-1", DedupKey: "database-1", Title: "It is gone", Lines: []string{"since 14:00"}, Page: Page{Event: PageTrigger, Key: "k"}}
	for _, to := range []Target{{"aa", ChannelSMS, "+14155552671", m.Line}, {"aa", ChannelEmail, "opal@club.example", m.Line}, {"aa", ChannelPagerDuty, "", m.Line}, {"aa", ChannelSlack, "#ops", m.Line}} {
		if err := r.Tell(t.Context(), to, n); err != nil {
			t.Errorf("%s: %v", to.Channel, err)
		}
	}
	w := r.wires
	if len(w.texts) != 1 || w.texts[0].From != "+15550002" || w.texts[0].Text != "It is gone\nsince 14:00" {
		t.Errorf("texts %+v", w.texts)
	}
	if len(w.mails) != 1 || w.mails[0].Matter != "database-1" || strings.Contains(w.mails[0].Text, "ClubOS") {
		t.Errorf("mails %+v", w.mails)
	}
	if len(w.pages) != 1 || w.pages[0].Key != "k" || len(r.board.posts) != 1 {
		t.Errorf("pages %+v, posts %+v", w.pages, r.board.posts)
	}
	if r.count("TRUE") != 0 {
		t.Error("there are rows")
	}
	r.connected = false
	if err := r.Tell(t.Context(), Target{Club: "aa", Channel: ChannelSMS, To: "+1", Line: m.Line}, n); !Final(err) {
		t.Errorf("without a vendor: %v", err)
	}
}
