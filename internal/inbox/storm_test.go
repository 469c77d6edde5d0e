package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

// stormy gives the house an inbox that keeps every text that can wait.
func (h *house) stormy() {
	h.t.Helper()
	h.inbox = h.another()
}

func (h *house) another() *inbox.Inbox {
	h.t.Helper()
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(h.t), Log: slog.New(slog.DiscardHandler), Escalate: h.escalate, HandReplied: h.handReplied, Unfiled: h.cannotFile,
		Behind: func(club.Slug) bool { return h.behind.Load() }, Storm: 1, Wait: 20 * time.Millisecond})
	h.t.Cleanup(in.Close)
	return in
}

// storm accepts everything at once and returns the results in the order of ds.
func (h *house) storm(ds ...club.Delivery) []inbox.Result {
	h.t.Helper()
	results := make([]inbox.Result, len(ds))
	var wg sync.WaitGroup
	for i, d := range ds {
		wg.Go(func() {
			r, err := h.inbox.Accept(h.t.Context(), h.tenant, inbox.Read(d), vendor)
			if err != nil {
				h.t.Error(err)
			}
			results[i] = r
		})
	}
	wg.Wait()
	return results
}

func (h *house) settle() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	if err := h.inbox.Settle(ctx, h.tenant); err != nil {
		h.t.Fatal(err)
	}
}

// eventually waits until a count is what it should be, and does again what helps.
func (h *house) eventually(want int, query string, again ...func()) {
	h.t.Helper()
	limit := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for h.count(query) != want {
		if time.Now().After(limit) {
			h.t.Fatalf("%s: %d, want %d", query, h.count(query), want)
		}
		<-tick.C
		for _, help := range again {
			help()
		}
	}
}

// words returns the texts of a sender's only thread in their order.
func (h *house) words(from string) (out []string) {
	h.t.Helper()
	in := h.deliver(text(from, "the end")).Thread
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) error {
		list, err := tx.FindUnhandledMessages(h.t.Context(), in)
		for _, m := range list {
			out = append(out, m.Masked)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func TestTextsOfAStormAreStoredOnceAndFiled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	var ds []club.Delivery
	for i := range 60 {
		d := text(fmt.Sprintf("+1415555%04d", 500+i%7), "yes")
		for range 1 + rand.IntN(3) {
			ds = append(ds, d)
		}
	}
	rand.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
	kept := 0
	for _, r := range h.storm(ds...) {
		if r.Kept {
			kept++
		}
	}
	h.settle()
	if kept == 0 {
		t.Error("nothing was kept: this was no storm")
	}
	for query, want := range map[string]int{
		"SELECT COUNT(*) FROM messages": 60, "SELECT COUNT(*) FROM deliveries": 60, "SELECT COUNT(*) FROM threads": 7,
		"SELECT CAST(SUM(unread) AS BIGINT) FROM threads": 60, "SELECT COUNT(*) FROM arrivals": 0,
	} {
		if n := h.count(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

func TestTextsOfASenderKeepTheirOrderInAStorm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	var wg sync.WaitGroup
	want := map[string][]string{}
	for i := range 5 {
		from := fmt.Sprintf("+1415555%04d", 600+i)
		for n := range 12 {
			want[from] = append(want[from], fmt.Sprint("number ", n))
		}
		want[from] = append(want[from], "the end")
		mine := want[from][:12]
		wg.Go(func() {
			for _, words := range mine {
				if words == "number 7" { // one in between goes the quick way
					if _, err := h.inbox.Deliver(t.Context(), h.tenant, text(from, words), vendor); err != nil {
						t.Error(err)
					}
					continue
				}
				if _, err := h.inbox.Accept(t.Context(), h.tenant, inbox.Read(text(from, words)), vendor); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for from, all := range want {
		if diff := cmp.Diff(all, h.words(from)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", from, diff)
		}
	}
}

func TestDangerOvertakesTheBacklogWithWhatItsSenderWroteBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	h.behind.Store(true) // the filer gives way
	var ds []club.Delivery
	const others = 800 // more than a turn files that somebody presses
	for i := range others {
		ds = append(ds, text(fmt.Sprintf("+1415555%04d", 500+i%50), "hi"))
	}
	h.storm(append(ds, text(ada, "is anybody there?"))...)
	r, err := h.inbox.Accept(t.Context(), h.tenant, inbox.Read(text(ada, "there is a fire, smoke everywhere")), vendor)
	if err != nil {
		t.Fatal(err)
	}
	if left := h.count("SELECT COUNT(*) FROM arrivals"); left == 0 {
		t.Error("danger has waited until all was filed")
	}
	h.behind.Store(false)
	h.settle()
	if diff := cmp.Diff([]string{"is anybody there?", "there is a fire, smoke everywhere", "the end"}, h.words(ada)); diff != "" {
		t.Errorf("the conversation (-want +got):\n%s", diff)
	}
	if n := h.count("SELECT COUNT(*) FROM messages"); n != others+3 || r.Thread.IsZero() {
		t.Errorf("%d texts are stored, the danger in thread %q", n, r.Thread)
	}
}

// filedByHand gives the house an inbox whose kept texts are filed when File is called, and while somebody waits for them.
func (h *house) filedByHand() {
	h.t.Helper()
	h.inbox = inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(h.t), Log: slog.New(slog.DiscardHandler), Escalate: h.escalate, HandReplied: h.handReplied, Unfiled: h.cannotFile,
		Storm: 1, Await: func(ctx context.Context, filed <-chan struct{}) error {
			if _, err := h.inbox.File(ctx, h.tenant); err != nil {
				return err
			}
			select {
			case <-filed:
				return nil
			default:
				return errors.New("the texts before an urgent one were not filed first")
			}
		}})
	h.t.Cleanup(h.inbox.Close)
}

func (h *house) fileAll() {
	h.t.Helper()
	for {
		switch n, err := h.inbox.File(h.t.Context(), h.tenant); {
		case err != nil:
			h.t.Fatal(err)
		case n == 0:
			return
		}
	}
}

func TestTextsBeforeAnUrgentOneAreTakenOutOfTheirRows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.filedByHand()
	var others []club.Delivery
	for i := range 200 {
		others = append(others, text(fmt.Sprintf("+1415555%04d", 500+i%50), "hi"))
	}
	var want []string
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 10 {
			want = append(want, fmt.Sprint("number ", i))
			if _, err := h.inbox.Accept(t.Context(), h.tenant, inbox.Read(text(ada, want[i])), vendor); err != nil {
				t.Error(err)
			}
		}
	})
	h.storm(others...)
	wg.Wait()
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 0 {
		t.Fatalf("%d texts were not kept", n)
	}
	rows := h.count("SELECT COUNT(*) FROM arrivals")
	danger := "there is a fire, smoke everywhere"
	r, err := h.inbox.Accept(t.Context(), h.tenant, inbox.Read(text(ada, danger)), vendor)
	if err != nil || r.Thread.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE thread_id = $1", r.Thread.String()); n != 11 {
		t.Errorf("%d texts of who is in danger are filed", n)
	}
	if left := h.count("SELECT COUNT(*) FROM arrivals"); left == 0 || left >= rows {
		t.Errorf("%d of %d rows are left: others waited for nothing, or went first", left, rows)
	}
	h.fileAll()
	if diff := cmp.Diff(append(want, danger, "the end"), h.words(ada)); diff != "" {
		t.Errorf("the conversation (-want +got):\n%s", diff)
	}
	if n, twice := h.count("SELECT COUNT(*) FROM messages"), h.count("SELECT COUNT(*) FROM (SELECT provider_message_id FROM messages GROUP BY provider_message_id HAVING COUNT(*) > 1) AS x"); n != 212 || twice != 0 {
		t.Errorf("%d texts are filed, %d of them twice", n, twice)
	}
}

func TestKeptTextsThatCannotGoFirstAreFiledInTheirTurn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.filedByHand()
	h.storm(text(ada, "is anybody there?"), text(bob, "hi"))
	h.rename("threads", "gone")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := h.inbox.Accept(ctx, h.tenant, inbox.Read(text(ada, "there is a fire")), vendor); err == nil {
		t.Fatal("danger is acknowledged although nothing can be filed")
	}
	h.rename("gone", "threads")
	h.clock.Advance(time.Minute) // what failed is tried again after a while
	h.fileAll()
	if _, err := h.inbox.Accept(ctx, h.tenant, inbox.Read(text(ada, "there is a fire")), vendor); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"is anybody there?", "there is a fire", "the end"}, h.words(ada)); diff != "" {
		t.Errorf("the conversation (-want +got):\n%s", diff)
	}
}

func TestKeptTextsAreFiledByTheNextProcess(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	h.rename("threads", "gone")
	for i, r := range h.storm(text(ada, "hi"), text(bob, "caf\xe9 \xff"), text(ada, "hello?")) {
		if !r.Kept || !r.Thread.IsZero() {
			t.Errorf("text %d: %+v", i, r)
		}
	}
	dead := h.inbox // its filer fails until the table is back; then it may be first, which changes nothing
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 0 {
		t.Errorf("%d messages", n)
	}
	h.rename("gone", "threads")
	h.inbox = h.another()
	h.eventually(0, "SELECT COUNT(*) FROM arrivals", func() { // what failed meanwhile is tried again later
		h.clock.Advance(time.Minute)
		h.inbox.Resume(h.tenant)
	})
	dead.Close()
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 3 {
		t.Errorf("%d messages", n)
	}
	if n := h.count("SELECT COUNT(*) FROM threads WHERE unread = 2"); n != 1 {
		t.Errorf("%d threads have two", n)
	}
}

func TestKeptTextThatCannotBeFiledHoldsUpNoOtherAndIsNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.deliver(text(ada, "hi")).Thread)
	storetest.Exec(t, h.tenant, "UPDATE subjects SET phone_index = 'spoilt' WHERE id = $1", th.SubjectID.String())
	h.deliver(text(ada, "hi again")) // ada's second record
	storetest.Exec(t, h.tenant, "UPDATE subjects SET wrapped_key = $1 WHERE phone_index <> 'spoilt'", []byte{9, 9})
	h.stormy()
	ds := []club.Delivery{text(ada, "lost?")}
	for i := range 20 {
		ds = append(ds, text(fmt.Sprintf("+1415555%04d", 700+i), "hello"))
	}
	h.storm(ds...)
	h.settle()
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 22 {
		t.Errorf("%d messages", n)
	}
	if n := h.count("SELECT COUNT(*) FROM arrivals WHERE tries > 0"); n != 1 {
		t.Fatalf("%d texts are kept for another try", n)
	}
	calls := func() []inbox.Unfiled {
		t.Helper()
		if err := h.inbox.CallForUnfiled(t.Context(), h.tenant); err != nil {
			t.Fatal(err)
		}
		return h.unfiled
	}
	if got := calls(); len(got) != 0 {
		t.Errorf("people are called at the first failure: %+v", got)
	}
	h.eventually(1, "SELECT COUNT(*) FROM arrivals WHERE tries > 2", func() {
		h.clock.Advance(10 * time.Second)
		h.inbox.Resume(h.tenant)
	})
	if got := calls(); len(got) != 1 || got[0].Rows != 1 || len(got[0].First) != 1 || got[0].First[0].Key != vendor+":"+ds[0].Inbound.ProviderMessageID ||
		got[0].First[0].Texts[0].Text != "lost?" || got[0].First[0].Texts[0].From != ada || got[0].Since.IsZero() {
		t.Errorf("people are called for %+v", got)
	}
	storetest.Exec(t, h.tenant, "UPDATE subjects SET phone_index = NULL WHERE phone_index = (SELECT s.phone_index FROM subjects s WHERE LENGTH(s.wrapped_key) = 2)")
	h.eventually(0, "SELECT COUNT(*) FROM arrivals", func() { // a try that was under way may have failed once more
		h.clock.Advance(time.Hour)
		h.inbox.Resume(h.tenant)
	})
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 23 {
		t.Errorf("%d messages", n)
	}
}

func TestKeptRowThatDoesNotOpenStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	now := h.clock.Now()
	storetest.Exec(t, h.tenant, "INSERT INTO arrivals (id, sealed, tries, due_at, received_at) VALUES ('arr_1', $1, 0, $2, $2)", []byte{1, 2, 3}, now.Add(-time.Hour))
	h.storm(text(ada, "hi"), text(bob, "hi"))
	h.settle()
	h.eventually(1, "SELECT COUNT(*) FROM arrivals WHERE tries = 1")
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 2 {
		t.Errorf("%d messages", n)
	}
	if err := h.inbox.CallForUnfiled(t.Context(), h.tenant); err != nil { // it is an hour old
		t.Fatal(err)
	}
	if len(h.unfiled) != 1 || h.unfiled[0].First[0].Key != "arr_1" || len(h.unfiled[0].First[0].Texts) != 0 {
		t.Errorf("people are called for %+v", h.unfiled)
	}
}

// On PostgreSQL to file a text takes twenty round trips, so that its vendor is answered before; on SQLite none.
func TestALoneTextIsKeptFirstOnPostgreSQL(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.storm(text(ada, "is the club open?"))[0]
	if r.Kept != (h.cluster.Engine() == "postgres") || r.Kept != r.Message.IsZero() {
		t.Errorf("%+v", r)
	}
	h.settle()
	if got := h.words(ada); got[0] != "is the club open?" {
		t.Errorf("texts %q", got)
	}
}

// Of STOP and START the last one counts, whichever replica either came to: a kept START would come after a STOP that was not.
func TestStopAndStartAreFiledBeforeTheyAreAcknowledged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	for _, word := range []string{"START", "STOP"} {
		if r := h.storm(text(ada, word))[0]; r.Kept || r.Message.IsZero() {
			t.Errorf("%s: %+v", word, r)
		}
	}
}

func TestDangerIsFiledBeforeItIsAcknowledgedAndAfterWhatItsSenderWroteBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() { h.storm(text(fmt.Sprintf("+1415555%04d", 800+i), "hello")) })
	}
	h.storm(text(ada, "the first"))
	r := h.storm(text(ada, "help, there is a fire in bay 3"))[0]
	if r.Kept || r.Message.IsZero() {
		t.Errorf("danger: %+v", r)
	}
	wg.Wait()
	h.settle()
	if got := h.words(ada); len(got) != 3 || got[0] != "the first" {
		t.Errorf("texts %q", got)
	}
	urgent := 0
	for _, job := range jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant) {
		if job.Thread == r.Thread && job.Message.IsZero() {
			urgent++
		}
	}
	if urgent == 0 {
		t.Error("no job reads it at once")
	}
}

func TestManyTextsOfAStormInAThreadShareAJob(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	for range 10 {
		h.storm(text(ada, "one"), text(bob, "two"))
	}
	h.settle()
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 20 {
		t.Errorf("%d messages", n)
	}
	byThread := map[club.ThreadID]int{}
	for _, job := range jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant) {
		byThread[job.Thread]++
	}
	for id, n := range byThread {
		if n > 1 {
			t.Errorf("%d jobs for %s", n, id)
		}
	}
	if len(byThread) != 2 {
		t.Errorf("jobs for %d threads", len(byThread))
	}
}

func TestTwoReplicasFileEachKeptTextOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	first, second := h.inbox, h.another()
	var wg sync.WaitGroup
	for i := range 80 {
		in := []*inbox.Inbox{first, second}[i%2]
		d := text(fmt.Sprintf("+1415555%04d", 900+i%9), "hi")
		wg.Go(func() {
			if _, err := in.Accept(t.Context(), h.tenant, inbox.Read(d), vendor); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h.settle()
	h.inbox = second
	h.settle()
	for query, want := range map[string]int{"SELECT COUNT(*) FROM messages": 80, "SELECT COUNT(*) FROM threads": 9, "SELECT COUNT(*) FROM arrivals": 0} {
		if n := h.count(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

// TestAReplicaKnowsWhatAnotherOneHasLeft has another replica take the first eight rows while this one wants the same: it
// finds none, though the ninth is there, behind which danger must not be filed.
func TestAReplicaKnowsWhatAnotherOneHasLeft(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("SQLite is served by one process")
	}
	h := newHouse(t)
	h.filedByHand()
	for i := range 8 {
		h.storm(text(fmt.Sprintf("+1415555%04d", 500+i), "hi"))
	}
	h.storm(text(ada, "is anybody there?"))
	pool, schema, _ := h.cluster.Postgres()
	other, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(context.WithoutCancel(t.Context())) }() // it was committed
	var holder int
	arrivals := pgx.Identifier{strings.TrimSuffix(schema, "jobs") + "t_" + h.tenant.Slug.String(), "arrivals"}.Sanitize()
	if err := other.QueryRow(t.Context(), "WITH gone AS (DELETE FROM "+arrivals+" WHERE id IN (SELECT id FROM "+arrivals+" ORDER BY id LIMIT 8) RETURNING id) SELECT pg_backend_pid() FROM gone LIMIT 1").Scan(&holder); err != nil {
		t.Fatal(err)
	}
	filed := make(chan error, 1)
	go func() {
		_, err := h.inbox.File(t.Context(), h.tenant)
		filed <- err
	}()
	for waiting := 0; waiting == 0; {
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))", holder).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(other.Commit(t.Context()), <-filed); err != nil {
		t.Fatal(err)
	}
	if _, err := h.inbox.Accept(t.Context(), h.tenant, inbox.Read(text(ada, "there is a fire")), vendor); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"is anybody there?", "there is a fire", "the end"}, h.words(ada)); diff != "" {
		t.Errorf("the conversation (-want +got):\n%s", diff)
	}
}

// TestNobodyReliesOnAJobThatACrashOfTheServerHasUndone files a text whose job is due in a while, undoes the job as the end of
// a server does that had not made it durable, and files another one of the conversation.
func TestNobodyReliesOnAJobThatACrashOfTheServerHasUndone(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("SQLite ends with the process")
	}
	h := newHouse(t)
	h.filedByHand()
	for range 2 { // the second relies on the job of the first
		h.storm(text(ada, "hi"))
		h.fileAll()
	}
	if n := len(jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)); n != 1 {
		t.Fatalf("%d jobs read two texts", n)
	}
	pool, schema, _ := h.cluster.Postgres()
	lost := h.cluster.Lost()
	for _, crash := range []string{"DELETE FROM " + pgx.Identifier{schema, "river_job"}.Sanitize(),
		"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = current_setting('application_name') AND query = 'LISTEN clubos_change'"} {
		if _, err := pool.Exec(t.Context(), crash); err != nil {
			t.Fatal(err)
		}
	}
	for h.cluster.Lost() == lost {
		runtime.Gosched() // until it has noticed
	}
	h.storm(text(ada, "hello?"))
	h.fileAll()
	if n := len(jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)); n != 1 {
		t.Errorf("%d jobs read what came after the crash", n)
	}
}

func TestRepetitionOfAKeptTextIsKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stormy()
	d := text(ada, "hi")
	h.storm(d, text(bob, "hi"))
	again := h.storm(d, text(bob, "more"))[0]
	if !again.Duplicate || again.Message.IsZero() {
		t.Errorf("the second delivery: %+v", again)
	}
	h.settle()
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 3 {
		t.Errorf("%d messages", n)
	}
}
