package simulate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/people"
	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

// clerk is a server of a few lines that keeps texts and answers some, so that what a scenario sees can
// be told apart from what the product does.
type clerk struct {
	t       *testing.T
	w       *simulate.World
	keys    *connector.Keys
	twice   bool // every answer comes again a little later
	mu      sync.Mutex
	pressed []string
	booked  []string
	wg      sync.WaitGroup
}

// open starts a clerk. Staff take a while to make: their passwords are hashed.
func open(t *testing.T, staff bool) *clerk {
	t.Helper()
	cluster, clock := storetest.Cluster(t)
	ring := vaulttest.Ring(t)
	o := simulate.Options{Seed: 2}
	if staff {
		o.Hasher, o.Password = hasher(t), password
	}
	c := populate(t, cluster, ring, o)
	cfg := c.VendorConfig()
	cfg.Clock, cfg.SMS.PerSecond = clock, -1
	v, err := vendor.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	tenant := storetest.OpenTenant(t, cluster, c.Slug)
	keys, err := ring.For(c.Slug, tenant.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	if err := simulate.Connect(t.Context(), tenant, keys, v); err != nil {
		t.Fatal(err)
	}
	hooks, err := connector.NewKeys([]string{v.SMS.Config().OpenPhoneSecret, simulate.BookingSecret})
	if err != nil {
		t.Fatal(err)
	}
	k := &clerk{t: t, keys: hooks}
	server := httptest.NewServer(k)
	t.Cleanup(func() { server.Close(); k.wg.Wait() })
	k.w = &simulate.World{BaseURL: server.URL, Club: c, Vendors: v, Tenant: tenant, Keys: keys, Clock: clock}
	return k
}

func (k *clerk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if strings.HasSuffix(r.URL.Path, "/slack") {
		form, _ := url.ParseQuery(string(body))
		k.mu.Lock()
		defer k.mu.Unlock()
		k.pressed = append(k.pressed, form.Get("payload"))
		return
	}
	if strings.HasSuffix(r.URL.Path, "/twilio") {
		form, _ := url.ParseQuery(string(body))
		k.keep(r.Context(), "twilio", form.Get("MessageSid"), form.Get("From"), form.Get("To"), form.Get("Body"))
		return
	}
	if _, _, err := k.keys.Verify(r.Header, body, k.w.Clock.Now()); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/bookings") {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.booked = append(k.booked, string(body))
		return
	}
	var ev struct {
		Data struct {
			Resource struct{ ID, Text string }
			Context  struct {
				SenderIdentifier     string
				RecipientIdentifiers []string
			}
		}
	}
	_ = json.Unmarshal(body, &ev)
	k.keep(r.Context(), "openphone", ev.Data.Resource.ID, ev.Data.Context.SenderIdentifier, ev.Data.Context.RecipientIdentifiers[0], ev.Data.Resource.Text)
}

func (k *clerk) keep(ctx context.Context, provider, id, from, to, text string) {
	isNew := false
	err := k.w.Tenant.Write(ctx, func(tx *store.Tx) error {
		s, err := people.Subject(ctx, tx, k.w.Keys, from)
		if err != nil {
			return err
		}
		th, err := tx.FindLatestThread(ctx, store.FindLatestThreadParams{SubjectID: s.ID, Line: to})
		if err != nil {
			m, _ := tx.FindMemberBySubject(ctx, s.ID)
			th.ID = club.NewThreadID(tx.Now)
			if err := tx.CreateThread(ctx, store.CreateThreadParams{ID: th.ID, SubjectID: s.ID, MemberID: m.ID, Line: to, Provider: provider, Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
				return err
			}
		}
		n, err := tx.CreateMessage(ctx, store.CreateMessageParams{ID: club.NewMessageID(tx.Now), ThreadID: th.ID, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: provider,
			ProviderMessageID: &id, Status: club.MessageReceived, Body: []byte{}, Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now})
		isNew = n == 1
		return err
	})
	if err != nil {
		k.t.Error(err)
	}
	if !isNew || !strings.Contains(text, "wifi") {
		return
	}
	k.answer(to, from)
	if k.twice {
		k.wg.Add(1)
		time.AfterFunc(100*time.Millisecond, func() { defer k.wg.Done(); k.answer(to, from) })
	}
}

// answer sends a reply, and posts in Slack that there was one.
func (k *clerk) answer(line, to string) {
	sms, slack := k.w.Vendors.SMS, k.w.Vendors.Slack
	k.post(sms.URL()+"/messages", map[string]string{"Authorization": sms.Config().OpenPhoneKey, "Quo-Api-Version": "2026-03-30"}, fmt.Sprintf(`{"content":"The password is eagle-on-nine.","from":%q,"to":[%q]}`, line, to))
	var thread string
	v, err := simulate.Look(k.t.Context(), k.w.Tenant, k.w.Keys, to)
	if err == nil {
		thread = v.Thread.ID.String()
	}
	k.post(slack.URL()+"/api/chat.postMessage", map[string]string{"Authorization": "Bearer " + slack.Config().BotToken}, fmt.Sprintf(
		`{"channel":%q,"text":"Wi-Fi","blocks":[{"type":"actions","elements":[{"type":"button","action_id":"claim","value":%q,"text":{"type":"plain_text","text":"Take it"}},{"type":"button","action_id":"approve","value":"prp_1","text":{"type":"plain_text","text":"Approve"}}]}]}`, simulate.SlackChannel, thread))
}

func (k *clerk) post(to string, header map[string]string, body string) {
	req, _ := http.NewRequest(http.MethodPost, to, bytes.NewReader([]byte(body)))
	req.Header.Set("Content-Type", "application/json")
	for name, v := range header {
		req.Header.Set(name, v)
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
	}
}

// scenario reads one scenario from its cast and steps.
func scenario(t *testing.T, cast, steps string) simulate.Scenario {
	t.Helper()
	text := "scenarios:\n  - name: a\n    title: A\n    cast: " + cast + "\n    steps:\n"
	for _, line := range strings.Split(strings.TrimSpace(steps), "\n") {
		text += "      - " + strings.TrimSpace(line) + "\n"
	}
	all, err := simulate.ParseScenarios([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func TestScenarioIsPlayedAndJudgedFromOutside(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cast, steps string
		twice       bool
		want        string // of the error; "" passes
	}{
		"what holds passes": {cast: "{ann: {booking: now, location: Northside}}", steps: `
			text: {from: ann, say: "wifi?"}
			expect: {of: ann, replies: 1, reply: "eagle", said: ["eagle|nine"], never_said: "marina", texts: 1, threads: 1, member: true, status: [pending], escalation: none, proposal: none, ticket: none, consent: given, priority: normal, posted: "Wi-Fi", effects: [{op: send, at: ann, count: 1}, {op: reboot, count: 0}], locked: true, quiet: 10ms}`},
		"what does not hold is told": {cast: "{ann: {booking: now, location: Northside}}", want: "step 2: after 50ms: 1 replies, want 2", steps: `
			text: {from: ann, say: "wifi?"}
			expect: {of: ann, replies: 2, within: 50ms}`},
		"every difference is told at once": {cast: "{ann: {booking: now, location: Northside}}", want: "there is no escalation", steps: `
			text: {from: ann, say: "hello"}
			expect: {of: ann, reply: "x", status: [escalated], escalation: "x", proposal: "x", ticket: "x", posted: "x", outcomes: {unlock_door: success}, within: 50ms}`},
		"one reply too many shows later": {cast: "{ann: {booking: now, location: Northside}}", twice: true, want: "held at first", steps: `
			text: {from: ann, say: "wifi?"}
			expect: {of: ann, replies: 1, quiet: 400ms}`},
		"repeated deliveries are one text": {cast: "{ann: {booking: now, location: Northside}}", steps: `
			text: {from: ann, say: "wifi?", times: 4, atonce: true}
			expect: {of: ann, replies: 1, texts: 1, quiet: 10ms}`},
		"a burst is several texts": {cast: "{ann: {booking: now, location: Northside}}", steps: `
			text: {from: ann, burst: [hey, you, there]}
			expect: {of: ann, texts: 3, threads: 1}`},
		"spoiled deliveries are refused": {cast: "{eve: {booking: now, location: Northside}}", steps: `
			text: {from: eve, say: "wifi at bay", spoil: unsigned, status: 401}
			text: {from: eve, say: "wifi at bay", spoil: signature, status: 401}
			text: {from: eve, say: "wifi at bay", spoil: body, status: 401}
			text: {from: eve, say: "wifi at bay", spoil: truncated, status: 401}
			expect: {of: eve, texts: 0, threads: 0, replies: 0, quiet: 10ms}`},
		"an answer that was not expected is told": {cast: "{eve: {booking: now, location: Northside}}", want: "answered 401, not acknowledged", steps: `
			text: {from: eve, say: "wifi?", spoil: unsigned}
			expect: {of: eve, texts: 0}`},
		"a stranger is nobody's member": {cast: "{who: {unknown: true, location: Old Mill}}", steps: `
			text: {from: who, edge: only emoji, media: 2}
			expect: {of: who, member: false, texts: 1}`},
		"a text to another line is another thread": {cast: "{ann: {booking: now, location: Harbour}}", steps: `
			text: {from: ann, say: "a"}
			text: {from: ann, say: "b", line: Northside}
			expect: {of: ann, texts: 2, threads: 2}`},
		"a vendor that is down comes back": {cast: "{ann: {booking: now, location: Northside}}", steps: `
			fault: {what: sms_down}
			text: {from: ann, say: "wifi?"}
			expect: {of: ann, texts: 1, replies: 0, quiet: 10ms}
			fault: {what: heal}
			text: {from: ann, say: "wifi?"}
			expect: {of: ann, replies: 1, quiet: 10ms}`},
		"an act without a proposal is told": {cast: "{ann: {booking: now, location: Northside}}", want: "there is no open proposal", steps: `
			text: {from: ann, say: "wifi?"}
			act: {by: operator, do: approve, of: ann}
			expect: {of: ann, texts: 1}`},
		"nobody acts through an API that is not there": {cast: "{ann: {booking: now, location: Northside}}", want: "nobody who acts through the API", steps: `
			text: {from: ann, say: "wifi?"}
			act: {by: operator2, do: claim, of: ann}
			expect: {of: ann, texts: 1}`},
		"a part that nobody can play is told": {cast: "{ann: {booking: now, location: Northside, bay: 9}}", want: "nobody of the club can play ann", steps: `
			text: {from: ann, say: "wifi?"}
			expect: {of: ann, texts: 1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, strings.Contains(c.steps, "act:"))
			k.twice = c.twice
			err := simulate.Run(t.Context(), k.w, scenario(t, c.cast, c.steps))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestPressesAndBookingsReachTheServerSigned(t *testing.T) {
	t.Parallel()
	k := open(t, true)
	s := scenario(t, "{ann: {booking: now, location: Northside}, bob: {booking: soon, location: Northside}}", `
		text: {from: ann, say: "wifi?"}
		expect: {of: ann, posted: "Wi-Fi"}
		act: {by: operator, do: claim, of: ann, via: slack}
		booking: {of: bob, cancel: true}
		booking: {of: ann, in: 30m, last: 2h}
		expect: {of: ann, texts: 1}`)
	if err := simulate.Run(t.Context(), k.w, s); err != nil {
		t.Fatal(err)
	}
	operator, _ := k.w.Club.FindStaff(club.RoleOperator)
	if len(k.pressed) != 1 || !strings.Contains(k.pressed[0], operator.SlackUserID) || !strings.Contains(k.pressed[0], `"claim"`) {
		t.Errorf("presses: %q", k.pressed)
	}
	if len(k.booked) != 2 || !strings.Contains(k.booked[0], `"cancelled"`) || !strings.Contains(k.booked[1], `"updated"`) {
		t.Errorf("booking events: %q", k.booked)
	}
}

func TestFaultsChangeTheVendorsWorld(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	s := scenario(t, "{ann: {booking: now, location: Harbour, bay: 1}, bob: {booking: now, location: Northside, bay: 3}}", `
		fault: {what: bay_frozen, at: ann}
		fault: {what: pc_offline, at: bob}
		fault: {what: door_hub_offline, at: ann}
		fault: {what: rmm_hangs, times: 1}
		text: {from: ann, say: "a"}
		expect: {of: ann, texts: 1}`)
	if err := simulate.Run(t.Context(), k.w, s); err != nil {
		t.Fatal(err)
	}
	frozen, offline := 0, 0
	for _, l := range k.w.Club.Locations {
		for _, b := range l.Bays {
			var id int64
			_, _ = fmt.Sscan(b.PC.Ref, &id)
			d, ok := k.w.Vendors.RMM.Device(id)
			if !ok {
				t.Errorf("%s is not in the vendor's world", b.PC.Name)
			}
			if d.Frozen {
				frozen++
			}
			if d.Offline {
				offline++
			}
		}
	}
	if frozen != 1 || offline != 1 {
		t.Errorf("%d frozen, %d offline", frozen, offline)
	}
}

func TestRunAllGivesEachScenarioAWorldAndCountsFailures(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	good := scenario(t, "{ann: {booking: now, location: Northside}}", "text: {from: ann, say: a}\nexpect: {of: ann, threads: 1}")
	bad := scenario(t, "{ann: {booking: now, location: Northside}}", "text: {from: ann, say: a}\nexpect: {of: ann, texts: 9, within: 20ms}")
	opened, closed, told := 0, 0, []bool{}
	err := simulate.RunAll(t.Context(), []simulate.Scenario{good, bad}, func(context.Context, simulate.Scenario) (*simulate.World, func(), error) {
		opened++
		return k.w, func() { closed++ }, nil
	}, func(r simulate.Result) { told = append(told, r.Err == nil) })
	if err == nil || !strings.Contains(err.Error(), "1 of 2") || opened != 2 || closed != 2 || len(told) != 2 || !told[0] || told[1] {
		t.Errorf("%v; %d opened, %d closed, %v", err, opened, closed, told)
	}
}

func TestDayIsToldWithoutNamesNumbersAndPasswords(t *testing.T) {
	t.Parallel()
	k := open(t, true)
	var lines []string
	err := simulate.RunDay(t.Context(), k.w, simulate.DayConfig{Seed: 4, Texts: 30, Length: 600 * time.Millisecond, Press: 100 * time.Millisecond, Leave: []string{}, Tell: func(s string) { lines = append(lines, s) }})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(lines, "\n")
	texts := strings.Count(all, "  text ")
	if texts < 28 || !strings.Contains(all, "reply") || !strings.Contains(all, "approves") || !strings.Contains(all, "freezes") || strings.Contains(all, "  lost ") {
		t.Errorf("%d texts told:\n%s", texts, all)
	}
	for _, m := range k.w.Club.Members {
		if strings.Contains(all, m.Phone) || m.Email != "" && strings.Contains(all, m.Email) || strings.Contains(all, m.Name) {
			t.Errorf("a line shows %s", m.Name)
		}
	}
	if strings.Contains(all, "eagle-on-nine") {
		t.Error("a line shows a password")
	}
	if len(k.pressed) == 0 {
		t.Error("nothing was approved in Slack")
	}
}

func TestDayWithoutAnEndIsRenewedAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	renewed := 0
	err := simulate.RunDay(ctx, k.w, simulate.DayConfig{Texts: 5, Length: 50 * time.Millisecond, Loop: true, Renew: func(context.Context) (*simulate.Club, error) {
		if renewed++; renewed == 3 {
			cancel()
		}
		return k.w.Club, nil
	}})
	if err != nil || renewed != 3 {
		t.Errorf("%v, renewed %d times", err, renewed)
	}
}
