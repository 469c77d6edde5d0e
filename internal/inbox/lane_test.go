package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
	"clubos/internal/vault/vaulttest"
)

// deliverAll delivers everything at once and returns results and errors in the order of ds.
func (h *house) deliverAll(ds []club.Delivery) ([]inbox.Result, []error) {
	results, errs := make([]inbox.Result, len(ds)), make([]error, len(ds))
	var wg sync.WaitGroup
	for i, d := range ds {
		wg.Go(func() { results[i], errs[i] = h.inbox.Deliver(h.t.Context(), h.tenant, d, vendor) })
	}
	wg.Wait()
	return results, errs
}

func TestWebhooksDeliveredOneToFiveTimesInAnyOrderAreStoredOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var ds []club.Delivery
	want := 60
	for i := range want {
		d := text(fmt.Sprintf("+1415555%04d", 200+i%7), "yes")
		for range 1 + rand.IntN(5) {
			ds = append(ds, d)
		}
	}
	rand.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
	results, errs := h.deliverAll(ds)
	byText := map[string]club.MessageID{}
	stored := 0
	for i, d := range ds {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if !results[i].Duplicate {
			stored++
		}
		k := d.Inbound.ProviderMessageID
		if id, ok := byText[k]; ok && id != results[i].Message {
			t.Errorf("%s is stored as %s and %s", k, id, results[i].Message)
		}
		byText[k] = results[i].Message
	}
	if n := h.count("SELECT COUNT(*) FROM messages"); n != want || stored != want {
		t.Errorf("%d messages, %d said to be stored, want %d", n, stored, want)
	}
	if n := h.count("SELECT COUNT(*) FROM threads"); n != 7 {
		t.Errorf("%d threads of 7 senders", n)
	}
	if n := h.count("SELECT CAST(SUM(unread) AS BIGINT) FROM threads"); n != want {
		t.Errorf("%d unread, want %d", n, want)
	}
	read := map[club.MessageID]bool{}
	for _, job := range jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant) {
		read[job.Message] = true
	}
	for id := range h.newest() {
		if !read[id] {
			t.Errorf("no job reads %s, the newest text of its thread", id)
		}
	}
}

// newest returns the newest text of each thread.
func (h *house) newest() map[club.MessageID]bool {
	h.t.Helper()
	out := map[club.MessageID]bool{}
	h.write(func(tx *store.Tx) error {
		threads, err := tx.FindThreadsPage(h.t.Context(), store.FindThreadsPageParams{Size: 1000})
		if err != nil {
			return err
		}
		for _, th := range threads {
			list, err := tx.FindUnhandledMessages(h.t.Context(), th.Thread.ID)
			if err != nil {
				return err
			}
			out[list[len(list)-1].ID] = true
		}
		return nil
	})
	return out
}

func TestTextsOfASenderKeepTheirOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var want []string
	var in club.ThreadID
	for i := range 40 {
		r := h.deliver(text(ada, fmt.Sprint(i)))
		want, in = append(want, r.Message.String()), r.Thread
	}
	var got []string
	if err := h.tenant.Read(t.Context(), func(tx *store.Tx) error {
		list, err := tx.FindUnhandledMessages(t.Context(), in)
		for _, m := range list {
			got = append(got, m.ID.String())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestOneBadTextFailsNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bad := []string{ada, bob, "+14155550133", "+14155550144", "+14155550155"}
	for _, from := range bad {
		r := h.deliver(text(from, "hi"))
		th := h.thread(r.Thread)
		storetest.Exec(t, h.tenant, "UPDATE subjects SET wrapped_key = $1 WHERE id = $2", []byte{9, 9}, th.SubjectID.String())
	}
	var ds []club.Delivery
	for i := range 30 {
		ds = append(ds, text(fmt.Sprintf("+1415555%04d", 300+i), "hello"))
	}
	for _, from := range bad {
		ds = append(ds, text(from, "hello"))
	}
	rand.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
	_, errs := h.deliverAll(ds)
	failed := 0
	for i, d := range ds {
		isBad := false
		for _, from := range bad {
			isBad = isBad || from == d.Inbound.From
		}
		if (errs[i] != nil) != isBad {
			t.Errorf("bad %v: %v", isBad, errs[i])
		}
		if errs[i] != nil {
			failed++
		}
	}
	if n := h.count("SELECT COUNT(*) FROM messages"); failed != len(bad) || n != 30+len(bad) {
		t.Errorf("%d failed, %d messages", failed, n)
	}
	if n := h.count("SELECT COUNT(*) FROM deliveries"); n != 30+len(bad) {
		t.Errorf("%d deliveries are recorded: a failed one must not be", n)
	}
}

func TestPanicWhileStoringFailsOnlyItsItem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Escalate: func(context.Context, *store.Tx, store.Thread, string) error { panic("oh") }})
	t.Cleanup(in.Close)
	h.inbox = in
	to := h.deliver(text(ada, "hi")).Thread
	h.outbound(to, "hello", club.MessageSent, "AC1")
	_, errs := h.deliverAll([]club.Delivery{reportOf("AC1", club.MessageFailed, ada, "hello"), text(bob, "hi")})
	if errs[0] == nil || club.CodeOf(errs[0]) != club.CodeInternal || errs[1] != nil {
		t.Errorf("errors %v", errs)
	}
}

func TestCallerWhoGoesAwayLosesNobodysText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Wait: 300 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var gone, stayed error
	wg.Go(func() { _, gone = in.Deliver(ctx, h.tenant, text(ada, "I hang up"), vendor) })
	wg.Go(func() { _, stayed = in.Deliver(t.Context(), h.tenant, text(bob, "I wait"), vendor) })
	cancel()
	wg.Wait()
	in.Close()
	if stayed != nil || gone != nil && !errors.Is(gone, context.Canceled) {
		t.Errorf("stayed: %v, gone: %v", stayed, gone)
	}
	if n := h.count("SELECT COUNT(*) FROM messages"); gone == nil && n != 2 || n < 1 {
		t.Errorf("%d messages", n)
	}
}

func TestCloseStoresWhatWasHandedInAndRefusesTheRest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t)})
	var wg sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		wg.Go(func() { _, errs[i] = in.Deliver(t.Context(), h.tenant, text(fmt.Sprint("sender", i), "hi"), vendor) })
	}
	in.Close()
	wg.Wait()
	stored := 0
	for _, err := range errs {
		switch club.CodeOf(err) {
		case "":
			stored++
		case club.CodeUnavailable:
		default:
			t.Errorf("error %v", err)
		}
	}
	if n := h.count("SELECT COUNT(*) FROM messages"); n != stored {
		t.Errorf("%d messages, %d acknowledged", n, stored)
	}
	in.Close()
	if _, err := in.Deliver(t.Context(), h.tenant, text(ada, "late"), vendor); club.CodeOf(err) != club.CodeUnavailable {
		t.Errorf("after Close: %v", err)
	}
}

func TestDatabaseThatIsAwayIsSaidAndNothingIsHalfStored(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	first, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	tenant, _ := vaulttest.AddTenant(t, first, "test")
	in := inbox.New(inbox.Config{Cluster: first, Ring: vaulttest.Ring(t)})
	t.Cleanup(in.Close)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 20)
	d := text(ada, "hi")
	for i := range errs {
		wg.Go(func() { _, errs[i] = in.Deliver(t.Context(), tenant, d, vendor) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			t.Error("acknowledged without a database")
		}
	}
	second, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	tenant = storetest.OpenTenant(t, second, "test")
	for _, table := range []string{"deliveries", "messages", "threads", "subjects"} {
		if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM "+table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
	again := inbox.New(inbox.Config{Cluster: second, Ring: vaulttest.Ring(t)})
	defer again.Close()
	if r, err := again.Deliver(t.Context(), tenant, d, vendor); err != nil || r.Duplicate {
		t.Errorf("the vendor's next try: %+v, %v", r, err)
	}
}

func TestFailureAfterTheRecordOfADeliveryUndoesTheRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.deliver(text(ada, "hi"))
	// The thread's move, the last step, fails: the text's row and the record are written by then.
	storetest.Exec(t, h.tenant, "UPDATE threads SET status = 'nonsense'")
	d := text(ada, "lost?")
	if _, err := h.inbox.Deliver(t.Context(), h.tenant, d, vendor); err == nil {
		t.Fatal("stored into a thread that cannot take a text")
	}
	storetest.Exec(t, h.tenant, "UPDATE threads SET status = 'pending'")
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 1 {
		t.Errorf("%d messages", n)
	}
	if n := h.count("SELECT COUNT(*) FROM deliveries"); n != 1 {
		t.Errorf("%d deliveries are recorded", n)
	}
	if r := h.deliver(d); r.Duplicate || r.Message.IsZero() {
		t.Errorf("the vendor's next try: %+v", r)
	}
}

func TestTwoReplicasOpenOneThreadForASender(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t)})
	t.Cleanup(other.Close)
	var wg sync.WaitGroup
	for i := range 24 {
		in := []*inbox.Inbox{h.inbox, other}[i%2]
		d := text(fmt.Sprintf("+1415555%04d", 400+i/4), "hi")
		wg.Go(func() {
			if _, err := in.Deliver(t.Context(), h.tenant, d, vendor); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := h.count("SELECT COUNT(*) FROM threads"); n != 6 {
		t.Errorf("%d threads of 6 senders", n)
	}
	if n := h.count("SELECT CAST(SUM(unread) AS BIGINT) FROM threads"); n != 24 {
		t.Errorf("%d unread", n)
	}
}

func TestTextIsTakenWhileOthersChangeItsThread(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.deliver(text(ada, "hi")).Thread
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() { _, _ = h.inbox.Deliver(t.Context(), h.tenant, text(ada, "more"), vendor) })
		wg.Go(func() {
			_ = h.tenant.Write(t.Context(), func(tx *store.Tx) error {
				th, err := tx.FindThread(t.Context(), in)
				if err != nil {
					return err
				}
				_, err = thread.Save(t.Context(), tx, th)
				return err
			})
		})
	}
	wg.Wait()
	if th := h.thread(in); th.Unread != 13 {
		t.Errorf("unread %d, want 13", th.Unread)
	}
}

func TestClubWhoseDatabaseHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other, _ := vaulttest.AddTenant(t, h.cluster, "other")
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Batch: 1})
	first, err := in.Deliver(t.Context(), h.tenant, text(ada, "hi"), vendor)
	if err != nil {
		t.Fatal(err)
	}
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := h.tenant.Write(t.Context(), func(tx *store.Tx) error {
			th, err := tx.FindThread(t.Context(), first.Thread)
			if err == nil {
				_, err = thread.Save(t.Context(), tx, th)
			}
			close(held)
			<-release
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	started := make(chan struct{}, 8)
	for range 8 { // more than its queue holds
		wg.Go(func() {
			started <- struct{}{}
			if _, err := in.Deliver(t.Context(), h.tenant, text(ada, "more"), vendor); err != nil {
				t.Error(err)
			}
		})
	}
	for range 8 {
		<-started
	}
	if _, err := in.Deliver(t.Context(), other, text(bob, "hi"), vendor); err != nil {
		t.Errorf("the other club: %v", err)
	}
	close(release)
	wg.Wait()
	in.Close()
	if th := h.thread(first.Thread); th.Unread != 9 {
		t.Errorf("unread %d", th.Unread)
	}
}

func TestPruneForgetsDeliveriesThatNoVendorRepeats(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.deliver(text(ada, "old"))
	h.clock.Advance(28 * time.Hour)
	h.deliver(text(ada, "young"))
	if err := h.inbox.Prune(t.Context(), h.tenant); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT COUNT(*) FROM deliveries"); n != 2 {
		t.Errorf("%d deliveries after 28 h", n)
	}
	h.clock.Advance(3 * time.Hour)
	if err := h.inbox.Prune(t.Context(), h.tenant); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT COUNT(*) FROM deliveries"); n != 1 {
		t.Errorf("%d deliveries after 31 h", n)
	}
}

func TestPruneForgetsWhatDoorsReportedWhenItsTimeHasCome(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	report := func(id string, at time.Time) {
		t.Helper()
		if _, err := h.inbox.DoorEvent(t.Context(), h.tenant, club.DoorEvent{Vendor: "unifi", ID: id, Type: "t", Kind: club.AccessGranted, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(want int, when string) {
		t.Helper()
		if err := h.inbox.Prune(t.Context(), h.tenant); err != nil {
			t.Fatal(err)
		}
		if n := h.count("SELECT COUNT(*) FROM access_events"); n != want {
			t.Errorf("%d events %s, want %d", n, when, want)
		}
	}
	report("a", h.clock.Now())
	h.clock.Advance(100 * 24 * time.Hour)
	report("b", h.clock.Now())
	report("c", time.Unix(0, 0)) // a controller whose clock is wrong
	wants(3, "after 100 days")
	h.clock.Advance(266 * 24 * time.Hour)
	wants(2, "after a year")
	h.write(func(tx *store.Tx) error {
		return setting.PutValue(t.Context(), tx, club.Actor{Kind: club.ActorSystem, ID: "test"}, "retention.access_days", 7)
	})
	wants(0, "when a week is kept")
}

func TestPruneDeletesMoreThanABatch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Exec(t, h.tenant, `INSERT INTO deliveries (provider, delivery_id, received_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201) SELECT 'twilio', CAST(i AS TEXT), $1 FROM n`, h.clock.Now())
	h.clock.Advance(31 * time.Hour)
	if err := h.inbox.Prune(t.Context(), h.tenant); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT COUNT(*) FROM deliveries"); n != 0 {
		t.Errorf("%d deliveries are left", n)
	}
}

func TestInboxRegistersItsJobs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := jobs.NewRegistry(h.cluster, nil)
	h.inbox.Register(r)
	defer func() {
		if recover() == nil {
			t.Error("a second registration was not refused")
		}
	}()
	h.inbox.Register(r)
}
