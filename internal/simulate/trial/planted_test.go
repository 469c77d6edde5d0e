package trial

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/people"
	"clubos/internal/store"
)

// seedWith returns the first seed whose plan is as it is wanted.
func seedWith(t *testing.T, wanted func(plan) bool) uint64 {
	t.Helper()
	for seed := range uint64(100_000) {
		if wanted(newPlan(seed)) {
			return seed
		}
	}
	t.Fatal("no seed is so")
	return 0
}

// calm is a plan in which a member asks about the wifi and then about something else, and nothing goes wrong.
func calm(p plan) bool {
	var asks []happening
	for _, h := range p.list {
		if h.kind == writes && h.member == 0 {
			asks = append(asks, h)
		}
		if slices.Contains([]happeningKind{crashes, away, jumps, answers, claims, handsOff, resolves}, h.kind) || h.text == "STOP" {
			return false
		}
	}
	return p.rough == 0 && p.bold == bold && len(asks) > 1 && asks[0].text == "what is the wifi password" && asks[1].at-asks[0].at > 10*time.Minute && asks[1].copies == 1
}

type unknownJob struct{}

func (unknownJob) Kind() string { return "unknown_job" }

// said returns a text that the machine has sent.
func said(ctx context.Context, w *world) (store.Message, error) {
	s, err := w.read(ctx)
	if err != nil {
		return store.Message{}, err
	}
	for _, t := range s.threads {
		for _, m := range t.messages {
			if m.Direction == club.DirectionOut && m.Author == club.AuthorMachine && t.thread.ID == w.threads[0] {
				return m, nil
			}
		}
	}
	return store.Message{}, club.NotFound("the machine has said nothing")
}

// kindOf is what kind of trial a rogue is in.
type kindOf struct{ stormy, double bool }

// rogueText is a text of a member's that is acknowledged.
func (w *world) rogueText(ctx context.Context, in *inbox.Inbox, id string) (inbox.Result, error) {
	home := w.homeOf(0)
	x := &inbound{id: id, text: "hello", began: w.loom.turns, stored: w.loom.turns, acked: w.loom.turns}
	w.inbound = append(w.inbound, x)
	return in.Accept(ctx, w.replicas[0].tenant, inbox.Read(club.Delivery{ID: id, Inbound: &club.Inbound{Provider: home.Provider, ProviderMessageID: id, From: w.phoneOf(0), To: home.Line, Text: x.text, SentAt: w.now()}}), home.Provider)
}

// Rogues do what the rooms must never do.
var rogues = []struct {
	name, want string
	twice      bool
	kind       kindOf
	do         func(context.Context, *world) error
}{
	{name: "vendors that do everything twice are noticed", want: "was sent 2 times", twice: true},
	{name: "a door that is opened past the gate is noticed", want: "no booking is current", do: func(ctx context.Context, w *world) error {
		now, at := w.now(), w.mould.club.Locations[1]
		id := club.NewExecutionID(now)
		err := w.replicas[0].tenant.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.CreateExecution(ctx, store.CreateExecutionParams{ID: id, ThreadID: w.threads[0], Action: "unlock_door", Params: "{}", LocationID: at.ID, DeviceID: at.Door.ID,
				IdempotencyKey: id.String(), Outcome: club.OutcomeClaimed, Proofs: "[]", RequestedBy: "system:rogue", CorrelationID: tx.Correlation, CreatedAt: tx.Now})
			return err
		})
		if err != nil {
			return err
		}
		return doors{w.vendors}.Unlock(ctx, at.Door.Ref, id.String(), "rogue")
	}},
	{name: "a text to a member who has opted out is noticed", want: "has opted out", do: func(ctx context.Context, w *world) error {
		m, err := said(ctx, w)
		if err != nil {
			return err
		}
		err = w.replicas[0].tenant.Write(ctx, func(tx *store.Tx) error {
			th, err := tx.FindThread(ctx, m.ThreadID)
			if err == nil {
				_, err = people.SetConsent(ctx, tx, club.System("rogue"), th.SubjectID, club.ConsentWithdrawn, "STOP")
			}
			return err
		})
		if err != nil {
			return err
		}
		_, err = sms{w.vendors}.Send(ctx, club.Outbound{Key: m.ID.String(), To: w.phoneOf(0), Text: "psst"})
		return err
	}},
	{name: "a text of the machine while a person has the conversation is noticed", want: "goes out while people have", do: func(ctx context.Context, w *world) error {
		m, err := said(ctx, w)
		if err != nil {
			return err
		}
		if _, err := w.replicas[0].app.Desk.Claim(ctx, w.replicas[0].tenant, w.mould.staff[0], m.ThreadID); err != nil {
			return err
		}
		_, err = sms{w.vendors}.Send(ctx, club.Outbound{Key: m.ID.String(), To: w.phoneOf(0), Text: "psst"})
		return err
	}},
	{name: "a kept text that is thrown away is noticed", want: "is stored 0 times", kind: kindOf{stormy: true}, do: func(ctx context.Context, w *world) error {
		if _, err := w.rogueText(ctx, w.replicas[0].app.Inbox, "THROWN"); err != nil {
			return err
		}
		return w.replicas[0].tenant.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.TakeArrivals(ctx, store.TakeArrivalsParams{Now: tx.Now, Size: 100})
			return err
		})
	}},
	{name: "a text that overtakes a kept one is noticed", want: "which was there when it was sent", kind: kindOf{stormy: true}, do: func(ctx context.Context, w *world) error {
		if _, err := w.rogueText(ctx, w.replicas[0].app.Inbox, "FIRST"); err != nil {
			return err
		}
		rash := inbox.New(inbox.Config{Cluster: w.replicas[0].app.Cluster, Ring: w.replicas[0].app.Ring, Storm: -1, Await: w.await})
		defer rash.Close()
		w.loom.turns++
		_, err := w.rogueText(ctx, rash, "SECOND")
		w.replicas[0].kept = true
		return err
	}},
	{name: "a text that both replicas send is noticed", want: "was sent 2 times", kind: kindOf{double: true}, do: func(ctx context.Context, w *world) error {
		m, err := said(ctx, w)
		if err != nil {
			return err
		}
		_, err = sms{w.vendors}.Send(ctx, club.Outbound{Key: m.ID.String(), To: w.phoneOf(0), Text: "psst"})
		return err
	}},
	{name: "a job that nobody can do is noticed", want: "was lost", do: func(_ context.Context, w *world) error {
		w.steps.Queue(w.mould.club.Slug, []river.InsertManyParams{{Args: unknownJob{}}})
		return nil
	}},
	{name: "a text that is acknowledged and not stored is noticed", want: "is stored 0 times", do: func(_ context.Context, w *world) error {
		w.inbound = append(w.inbound, &inbound{id: "LOST", acked: w.loom.turns})
		return nil
	}},
}

func rogueIsNoticed(t *testing.T, m *Mould) {
	seeds := map[kindOf]uint64{}
	for _, k := range []kindOf{{}, {stormy: true}, {double: true}} {
		seeds[k] = seedWith(t, func(p plan) bool { return calm(p) && p.stormy == k.stormy && p.double == k.double })
		o, err := m.Run(t.Context(), Config{Seed: seeds[k]})
		if err != nil || len(o.Broken) > 0 {
			t.Fatalf("without one: %v, %q\n%s", err, o.Broken, o.Trace)
		}
	}
	for _, c := range rogues {
		t.Run(c.name, func(t *testing.T) {
			var failed error
			o, err := m.Run(t.Context(), Config{Seed: seeds[c.kind], twice: c.twice, rogue: func(ctx context.Context, w *world) error {
				if c.do != nil {
					failed = c.do(ctx, w)
				}
				return nil
			}})
			if err != nil || failed != nil {
				t.Fatal(err, failed)
			}
			if !slices.ContainsFunc(o.Broken, func(b string) bool { return strings.Contains(b, c.want) }) {
				t.Errorf("noticed %q, want something with %q\n%s", o.Broken, c.want, o.Trace)
			}
		})
	}
}

// ends are ways in which a trial must not end.
var ends = []struct {
	name, want string
	do         func(w *world, t *threadState)
}{
	{"a text that is stored twice is noticed", "is stored 2 times", func(_ *world, t *threadState) { t.messages = append(t.messages, t.messages[0]) }},
	{"texts out of order are noticed", "stands before", func(_ *world, t *threadState) {
		last := len(t.messages) - 1
		for ; t.messages[last].Direction != club.DirectionIn; last-- {
		}
		t.messages[0].CreatedAt = t.messages[last].CreatedAt.Add(time.Second)
	}},
	{"a conversation that nobody is at is noticed", "nobody is at it", func(_ *world, t *threadState) { t.thread.Status, t.proposals = club.ThreadAwaitingAI, nil }},
	{"a conversation that is escalated to nobody is noticed", "nobody was called", func(_ *world, t *threadState) {
		t.thread.Status, t.escalation = club.ThreadEscalated, store.Escalation{}
	}},
	{"a member who waits in a settled conversation is noticed", "its member waits", func(_ *world, t *threadState) {
		t.thread.Status, t.thread.WaitingSince = club.ThreadAIResolved, &t.thread.CreatedAt
	}},
	{"a text that nobody read is noticed", "was read by nobody", func(_ *world, t *threadState) { t.thread.Status, t.messages[0].HandledAt = club.ThreadAIResolved, nil }},
	{"a reply that is left is noticed", "is queued at the end", func(_ *world, t *threadState) {
		t.messages = append(t.messages, store.Message{ID: "m", Direction: club.DirectionOut, Status: club.MessageQueued})
	}},
	{"a reply that failed and that nobody knows of is noticed", "no person was told", func(_ *world, t *threadState) {
		t.escalation = store.Escalation{}
		t.messages = append(t.messages, store.Message{ID: "m", Direction: club.DirectionOut, Status: club.MessageFailed})
	}},
	{"an act that never ends is noticed", "is running at the end", func(_ *world, t *threadState) {
		t.executions = append(t.executions, store.Execution{ID: "x", Outcome: club.OutcomeRunning})
	}},
	{"an act of which nobody can say how it ended, nor was told, is noticed", "no person was told", func(_ *world, t *threadState) {
		t.escalation = store.Escalation{}
		t.executions = append(t.executions, store.Execution{ID: "x", Outcome: club.OutcomeUnconfirmed, FinishedAt: &t.thread.UpdatedAt})
	}},
	{"an act without an execution is noticed", "has no execution that was called", func(w *world, _ *threadState) {
		w.vendors.effects = append(w.vendors.effects, effect{kind: ran, key: "nobody's"})
	}},
	{"acts that follow each other too soon are noticed", "of the same kind on the same device", again("reboot_pc", "one", "two")},
	{"acts of one cause are noticed", "have one cause", again("reboot_pc", "one", "one")},
	{"work that is left is noticed", "is due and is not done", func(w *world, _ *threadState) {
		w.steps.Queue(w.mould.club.Slug, []river.InsertManyParams{{Args: unknownJob{}}})
	}},
}

// again has a device told the same twice within a minute.
func again(action club.ActionName, causes ...string) func(*world, *threadState) {
	return func(w *world, t *threadState) {
		at := w.plan.begin
		for i, cause := range causes {
			created := at.Add(time.Duration(i) * time.Minute)
			x := store.Execution{ID: club.ExecutionID([]string{"x", "y"}[i]), Action: action, DeviceID: "d", IdempotencyKey: cause, Outcome: club.OutcomeSuccess, CreatedAt: created, CalledAt: &created}
			t.executions = append(t.executions, x)
			w.vendors.effects = append(w.vendors.effects, effect{kind: rebooted, key: x.ID.String()})
		}
	}
}

func badEndIsNoticed(t *testing.T, m *Mould) {
	var held *world
	var ended *state
	_, err := m.Run(t.Context(), Config{Seed: seedWith(t, calm), seen: func(w *world, s *state) { held, ended = w, s }})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(ended.threads, func(t threadState) bool { return t.thread.ID == held.threads[0] })
	for _, c := range ends {
		t.Run(c.name, func(t *testing.T) {
			s, v := *ended, *held.vendors
			w := &world{mould: held.mould, plan: held.plan, loom: held.loom, steps: held.steps, replicas: held.replicas, inbound: held.inbound, names: maps.Clone(held.names), counted: maps.Clone(held.counted), vendors: &v}
			v.effects = slices.Clone(v.effects)
			s.threads = slices.Clone(s.threads)
			s.threads[at].messages = slices.Clone(s.threads[at].messages)
			c.do(w, &s.threads[at])
			w.verdicts(&s)
			if !slices.ContainsFunc(w.broken, func(b string) bool { return strings.Contains(b, c.want) }) {
				t.Errorf("noticed %q, want something with %q", w.broken, c.want)
			}
		})
	}
}
