package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// board stands for the Slack channel.
type board struct {
	mu       sync.Mutex // guards what follows
	posts    []Note
	edits    []Note
	channels []string
	fail     error
	during   func() // called while a post is on its way
}

func (b *board) Post(_ context.Context, channel string, n Note) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return "", b.fail
	}
	if b.during != nil {
		b.during()
	}
	b.posts, b.channels = append(b.posts, n), append(b.channels, channel)
	return fmt.Sprintf("ts%d", len(b.posts)), nil
}

func (b *board) Update(_ context.Context, _, id string, n Note) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	n.Ref = id
	b.edits = append(b.edits, n)
	return nil
}

type rig struct {
	*testing.T
	cluster   *store.Cluster
	clock     *club.ManualClock
	tenant    *store.Tenant
	board     *board
	connected bool
	log       bytes.Buffer
	*Notifier
}

func setUp(t *testing.T) *rig {
	t.Helper()
	c, clock := storetest.Cluster(t)
	r := &rig{T: t, cluster: c, clock: clock, tenant: storetest.AddTenant(t, c, "aa"), board: &board{}, connected: true}
	r.Notifier = New(Config{Posters: func(club.Slug) (Poster, bool) { return r.board, r.connected }, Log: slog.New(slog.NewJSONHandler(&r.log, nil))})
	r.set("notify.slack_channel", `"#ops"`)
	r.set("console.url", `"https://club.example.com/"`)
	return r
}

func (r *rig) write(fn func(*store.Tx) error) {
	r.Helper()
	if err := r.tenant.Write(r.Context(), fn); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) set(key, value string) {
	r.Helper()
	r.write(func(tx *store.Tx) error { return setting.Put(r.Context(), tx, club.System("test"), key, []byte(value)) })
}

func (r *rig) queue(n Note) {
	r.Helper()
	r.write(func(tx *store.Tx) error { return r.Queue(r.Context(), tx, n) })
}

func (r *rig) count(where string) int {
	r.Helper()
	return storetest.Count(r.T, r.tenant, "SELECT COUNT(*) FROM notifications WHERE "+where)
}

func (r *rig) work() int { return jobstest.Work(r.T, r.cluster, r.tenant, r.Post) }

// try works one pending job and returns its error.
func (r *rig) try() (PostJob, error) {
	r.Helper()
	job := jobstest.Pending[PostJob](r.T, r.cluster, r.tenant)[0]
	return job, r.Post(r.Context(), r.tenant, job)
}

func note(key string) Note {
	return Note{Kind: KindEscalation, Ref: "esc_1", Title: "A person is needed", Lines: []string{"bay 3 froze"}, Fields: [][2]string{{"Place", "Northside"}}, Priority: club.PriorityHigh,
		Buttons: []Button{{Label: "Take it", Action: "claim", Value: "thr_1", Confirm: "Sure?"}}, Link: "/threads/thr_1", DedupKey: key}
}

func TestOneCauseIsPostedOnceWithTheConsolesAddress(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.queue(note("a"))
	r.queue(note("a"))
	if n := r.work(); n != 1 || len(r.board.posts) != 1 || r.board.channels[0] != "#ops" {
		t.Fatalf("%d jobs, %d posts", n, len(r.board.posts))
	}
	p := r.board.posts[0]
	if p.Link != "https://club.example.com/threads/thr_1" || p.Buttons[0].Value != "thr_1" || p.Fields[0][1] != "Northside" || p.Priority != club.PriorityHigh {
		t.Errorf("post %+v", p)
	}
	if r.count("status = 'sent' AND external_id = 'ts1' AND attempts = 1") != 1 {
		t.Error("the post is not recorded")
	}
	r.set("console.url", `""`)
	r.queue(note("b"))
	if r.work(); r.board.posts[1].Link != "" {
		t.Errorf("a link without an address: %s", r.board.posts[1].Link)
	}
}

func TestWordsOfANoteAreMaskedAndCut(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	secret := "call (415) 555-2671 or ann@example.com"
	n := note("a")
	n.Title, n.Lines, n.Fields, n.Buttons[0].Label, n.Buttons[0].Confirm = secret+strings.Repeat(" x", 200), []string{secret}, [][2]string{{secret, secret}}, secret, secret
	r.queue(n)
	if r.count("CAST(payload AS TEXT) LIKE '%2671%' OR CAST(payload AS TEXT) LIKE '%ann@%'") != 0 {
		t.Error("a number or an address stands in the row")
	}
	r.work()
	if p := r.board.posts[0]; len([]rune(p.Title)) != maxTitle || p.Lines[0] != "call «phone» or «email»" {
		t.Errorf("post %+v", p)
	}
}

func TestPostIsEditedWhenTheMatterMoves(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.queue(note("a"))
	r.work()
	r.write(func(tx *store.Tx) error {
		return r.Update(r.Context(), tx, "esc_1", Note{Kind: KindEscalation, Title: "Taken by Ann", Link: "/threads/thr_1"})
	})
	r.work()
	if len(r.board.posts) != 1 || len(r.board.edits) != 1 || r.board.edits[0].Title != "Taken by Ann" || len(r.board.edits[0].Buttons) != 0 || r.board.edits[0].Ref != "ts1" {
		t.Errorf("posts %+v, edits %+v", r.board.posts, r.board.edits)
	}
	r.write(func(tx *store.Tx) error { return r.Update(r.Context(), tx, "none", Note{Title: "x"}) })
	if n := r.work(); n != 0 {
		t.Errorf("%d jobs about nothing", n)
	}
}

func TestNoteThatMovedBeforeItWentOutIsPostedWithItsNewWords(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.queue(note("a"))
	r.write(func(tx *store.Tx) error { return r.Update(r.Context(), tx, "esc_1", Note{Title: "Taken by Ann"}) })
	r.work()
	if len(r.board.posts) != 1 || r.board.posts[0].Title != "Taken by Ann" || len(r.board.edits) != 0 {
		t.Errorf("posts %+v", r.board.posts)
	}
}

func TestWordsThatChangeWhileTheyArePostedAreEditedAfterwards(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.queue(note("a"))
	var second error
	r.board.during = func() {
		r.write(func(tx *store.Tx) error { return r.Update(r.Context(), tx, "esc_1", Note{Title: "Taken by Ann"}) })
		// The edit's own job comes while the first post is on its way: it must wait, not post.
		jobs := jobstest.Pending[PostJob](r.T, r.cluster, r.tenant)
		second = r.Post(r.Context(), r.tenant, jobs[len(jobs)-1])
	}
	r.work()
	var snooze *river.JobSnoozeError
	if !errors.As(second, &snooze) {
		t.Errorf("the second job: %v, want to come later", second)
	}
	r.board.during = nil
	r.work()
	if len(r.board.posts) != 1 || len(r.board.edits) != 1 || r.board.edits[0].Title != "Taken by Ann" || r.count("status = 'sent'") != 1 {
		t.Errorf("posts %+v, edits %+v", r.board.posts, r.board.edits)
	}
}

func TestClubWithoutChannelOrConnectionQueuesNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.set("notify.slack_channel", `""`)
	r.queue(note("a"))
	r.set("notify.slack_channel", `"#ops"`)
	r.connected = false
	r.queue(note("b"))
	if n := r.count("TRUE"); n != 0 {
		t.Errorf("%d rows that nobody will post", n)
	}
	if log := r.log.String(); strings.Count(log, "notify.skipped") != 2 || strings.Contains(log, "froze") {
		t.Errorf("log %s", log)
	}
}

func TestVendorThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.queue(note("a"))
	r.board.fail = &club.VendorError{Vendor: "slack", Op: "post", Reached: true, Retryable: true, Status: 503}
	job, err := r.try()
	if err == nil || r.count("status = 'queued' AND error LIKE '%503%'") != 1 {
		t.Fatalf("first try: %v", err)
	}
	r.board.fail = nil
	if err := r.Post(r.Context(), r.tenant, job); err != nil || len(r.board.posts) != 1 || r.count("status = 'sent' AND error = '' AND attempts = 2") != 1 {
		t.Errorf("second try: %v", err)
	}
	if err := r.Post(r.Context(), r.tenant, job); err != nil || len(r.board.posts) != 1 {
		t.Errorf("a third run of the job posted again: %v", err)
	}
}

func TestNoteWaitsForAVendorThatTakesNoMoreForTheMoment(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.queue(note("a"))
	r.board.fail = &club.VendorError{Vendor: "slack", Op: "post", Retryable: true, RetryAfter: time.Second} // our own limit
	job, err := r.try()
	for range 20 { // more often than a failure is tried again
		var snooze *river.JobSnoozeError
		if !errors.As(err, &snooze) {
			t.Fatalf("waiting counts as a failure: %v", err)
		}
		r.clock.Advance(10 * time.Second)
		err = r.Post(r.Context(), r.tenant, job)
	}
	r.clock.Advance(15 * time.Minute)
	var snooze *river.JobSnoozeError
	if err := r.Post(r.Context(), r.tenant, job); err == nil || errors.As(err, &snooze) {
		t.Errorf("it waits for ever: %v", err)
	}
	r.board.fail = nil
	if err := r.Post(r.Context(), r.tenant, job); err != nil || len(r.board.posts) != 1 {
		t.Errorf("%d posts, %v", len(r.board.posts), err)
	}
}

func TestNoteThatCannotBePostedIsShownAsFailed(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	since := r.clock.Now().Add(-time.Minute)
	failures := func() (n int) {
		r.write(func(tx *store.Tx) error {
			rows, err := Failures(r.Context(), tx, since)
			n = len(rows)
			return err
		})
		return n
	}
	// Refused for good: no further try.
	r.queue(note("a"))
	r.board.fail = &club.VendorError{Vendor: "slack", Op: "post", Reached: true, Rejected: true, VendorCode: "channel_not_found"}
	if n := r.work(); n != 1 || failures() != 1 {
		t.Fatalf("%d jobs, %d failures", n, failures())
	}
	// Tried in vain to the end.
	r.queue(note("b"))
	r.board.fail = errors.New("dial tcp: no route")
	job, err := r.try()
	if err == nil {
		t.Fatal("no error")
	}
	if err := r.lost(r.Context(), r.tenant, job, err); err != nil || failures() != 2 {
		t.Errorf("lost: %v, %d failures", err, failures())
	}
	// The connection was removed after the note was queued.
	if err := store.FinishJobsForTest(r.Context(), r.cluster, r.tenant, PostJob{}.Kind()); err != nil {
		t.Fatal(err)
	}
	r.queue(note("c"))
	r.connected = false
	if r.work(); failures() != 3 || strings.Count(r.log.String(), `"event.outcome":"failure"`) != 3 {
		t.Errorf("%d failures; log %s", failures(), r.log.String())
	}
}

func TestPostOfAProcessThatEndedIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	r.queue(note("a"))
	job := jobstest.Pending[PostJob](r.T, r.cluster, r.tenant)[0]
	if d, err := r.claim(r.Context(), r.tenant, job.Notification); err != nil || d.row.Status != "sending" {
		t.Fatal(d.row.Status, err)
	}
	var snooze *river.JobSnoozeError
	if _, err := r.try(); !errors.As(err, &snooze) || len(r.board.posts) != 0 {
		t.Errorf("a claim that may be alive was taken: %v", err)
	}
	r.clock.Advance(time.Minute)
	if r.work(); len(r.board.posts) != 1 || r.count("status = 'sent'") != 1 {
		t.Errorf("%d posts", len(r.board.posts))
	}
}

func TestSpoiltRowAndMissingPartsAreErrors(t *testing.T) {
	t.Parallel()
	r := setUp(t)
	err := r.tenant.Write(r.Context(), func(tx *store.Tx) error { return r.Queue(r.Context(), tx, Note{Title: "x"}) })
	if err == nil || !strings.Contains(err.Error(), "BUG") {
		t.Errorf("a note without a key: %v", err)
	}
	r.queue(note("a"))
	storetest.Exec(t, r.tenant, `UPDATE notifications SET payload = '"x"'`)
	if _, err := r.try(); err == nil {
		t.Error("a spoilt row was posted")
	}
	storetest.Exec(t, r.tenant, "DELETE FROM notifications")
	if _, err := r.try(); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("a row that is gone: %v", err)
	}
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	if _, err := r.claim(ctx, r.tenant, "ntf_1"); !errors.Is(err, context.Canceled) {
		t.Errorf("without a database: %v", err)
	}
}

func TestRunnerPostsWhatWasQueued(t *testing.T) {
	t.Parallel()
	c := storetest.ClusterWith(t, club.SystemClock{})
	tenant, b, done := storetest.AddTenant(t, c, "aa"), &board{}, make(chan struct{})
	b.during = func() { close(done) }
	n := New(Config{Posters: func(club.Slug) (Poster, bool) { return b, true }, Log: slog.New(slog.DiscardHandler)})
	reg := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	n.Register(reg)
	runner := jobs.NewRunner(reg, jobs.Config{Node: "test", Poll: 20 * time.Millisecond})
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		if err := setting.Put(t.Context(), tx, club.System("test"), "notify.slack_channel", []byte(`"#ops"`)); err != nil {
			return err
		}
		return n.Queue(t.Context(), tx, note("a"))
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("nothing was posted within 10 s")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
	defer cancel()
	if err := runner.Stop(ctx); err != nil {
		t.Error(err)
	}
}
