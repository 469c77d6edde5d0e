package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/archive"
	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/retention"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// journal is a club with a log, and somebody who may change everything in its database.
type journal struct {
	*testing.T
	cfg     store.Config
	cluster *store.Cluster
	clock   *club.ManualClock
	tenant  *store.Tenant
	keeper  *audit.Keeper
	sql     func(query string, args ...any)
	entries []club.AuditID // that were written here
}

func newJournal(t *testing.T) *journal {
	t.Helper()
	j := &journal{T: t, clock: club.NewManualClock(storetest.Start), cfg: storetest.Config(t), keeper: newKeeper(vaulttest.Ring(t))}
	j.cfg.Clock = j.clock
	j.cluster = j.open()
	j.tenant, _ = vaulttest.AddTenant(t, j.cluster, "fairway")
	j.sql = func(query string, args ...any) { storetest.Exec(j.T, j.tenant, query, args...) }
	if j.cluster.Engine() != "postgres" {
		return j
	}
	conn, err := pgx.Connect(t.Context(), storetest.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	j.sql = func(query string, args ...any) {
		j.Helper()
		if _, err := conn.Exec(j.Context(), query, args...); err != nil {
			j.Fatalf("%s: %v", query, err)
		}
	}
	j.sql("SET search_path TO " + pgx.Identifier{store.SchemaForTest(j.cluster, "fairway")}.Sanitize())
	return j
}

func newKeeper(ring *vault.Ring) *audit.Keeper {
	return audit.NewKeeper(ring, slog.New(slog.DiscardHandler))
}

// open opens the installation as one more replica.
func (j *journal) open() *store.Cluster {
	j.Helper()
	c, err := store.Open(j.Context(), j.cfg)
	if err != nil {
		j.Fatal(err)
	}
	j.Cleanup(func() { _ = c.Close() })
	return c
}

// write adds n entries, a second each, and gives them their places where place says so.
func (j *journal) write(n int, place bool) {
	j.Helper()
	for range n {
		j.clock.Advance(time.Second)
		j.at(j.clock.Now())
	}
	if place {
		j.place()
	}
}

// at adds an entry of an instant.
func (j *journal) at(at time.Time) {
	j.Helper()
	id := club.NewAuditID(at)
	err := j.tenant.Write(j.Context(), func(tx *store.Tx) error {
		return tx.CreateAuditEntry(j.Context(), store.CreateAuditEntryParams{ID: id, At: at, Actor: "system:x", ActorName: "X", Action: "x.done", Object: "x", ThreadID: "thr_1",
			Detail: fmt.Sprintf(`{"n": %d.50, "a": "ü"}`, len(j.entries)), CorrelationID: tx.Correlation})
	})
	if err != nil {
		j.Fatal(err)
	}
	j.entries = append(j.entries, id)
}

func (j *journal) place() {
	j.Helper()
	if err := j.keeper.Sequence(j.Context(), j.tenant); err != nil {
		j.Fatal(err)
	}
}

func (j *journal) verify(a audit.Against) audit.Report {
	j.Helper()
	r, err := j.keeper.Verify(j.Context(), j.tenant, a, nil)
	if err != nil {
		j.Fatal(err)
	}
	return r
}

// whole fails the test unless the log verifies with so many leaves.
func (j *journal) whole(leaves int64) audit.Report {
	j.Helper()
	r := j.verify(audit.Against{})
	if !r.OK() || r.Leaves != leaves {
		j.Errorf("%d leaves, want %d; %v", r.Leaves, leaves, r.Findings)
	}
	return r
}

func (j *journal) count(query string, args ...any) int {
	j.Helper()
	return storetest.Count(j.T, j.tenant, query, args...)
}

func (j *journal) head() string {
	j.Helper()
	h, err := j.keeper.NewestHead(j.Context(), j.tenant)
	if err != nil {
		j.Fatal(err)
	}
	return h
}

func (j *journal) key() string {
	j.Helper()
	k, err := j.keeper.Key(j.Context(), j.tenant)
	if err != nil {
		j.Fatal(err)
	}
	return k.String()
}

func (j *journal) export() string {
	j.Helper()
	var out bytes.Buffer
	if _, err := j.keeper.Export(j.Context(), j.tenant, &out, nil); err != nil {
		j.Fatal(err)
	}
	return out.String()
}

func TestEntriesGetPlacesAndHeadsOnlyWhenThereIsSomethingNew(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	j.place()
	if n := j.count("SELECT COUNT(*) FROM audit_heads"); n != 0 {
		t.Errorf("%d heads of nothing", n)
	}
	j.write(3, true)
	j.whole(3)
	j.place() // the entry of the key that was made
	j.place()
	r := j.whole(4)
	if r.Heads != 2 || r.Newest.Size != 4 || r.Newest.After != 3 || j.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'audit.key_created'") != 1 {
		t.Errorf("%+v", r)
	}
	j.write(600, true) // more than get their place at once
	r = j.whole(604)
	if r.Heads != 4 {
		t.Errorf("%d heads", r.Heads)
	}
	for name, text := range map[string]string{"with what was kept": j.head(), "and in a file": ""} {
		if text != "" {
			r = j.verify(audit.Against{Key: j.key(), Heads: []string{text}})
		} else {
			var err error
			if r, err = audit.VerifyBundle(strings.NewReader(j.export()), audit.Against{Key: j.key(), Heads: []string{j.head()}}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if !r.OK() || r.Leaves != 604 || r.Heads != 4 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestAnEntryThatIsCommittedLateGetsItsPlaceAsWell(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	j.write(3, true)
	late := j.clock.Now().Add(-10 * time.Minute)
	j.at(late)
	j.place()
	if n := j.count("SELECT COUNT(*) FROM audit_leaves WHERE entry_id = $1 AND position = 3", j.entries[3]); n != 1 {
		t.Error("an entry that is older than those before it got no place behind them")
	}
	j.place()
	j.whole(5)
	j.at(j.clock.Now().Add(-48 * time.Hour)) // a clock that was wrong
	j.place()
	j.whole(5)
	if err := j.keeper.VerifyDaily(t.Context(), j.tenant); err != nil {
		t.Fatal(err)
	}
	j.whole(6)
}

func TestReplicasThatPlaceEntriesAtOnceGiveNoPlaceTwiceAndLeaveNoneOut(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	replicas := []*store.Tenant{j.tenant, j.tenant}
	if j.cluster.Engine() == "postgres" {
		replicas = append(replicas, storetest.OpenTenant(t, j.open(), "fairway"), storetest.OpenTenant(t, j.open(), "fairway"))
	}
	const writers, each = 2, 40
	var writing, placing sync.WaitGroup
	done := make(chan struct{})
	for range writers {
		writing.Go(func() {
			for range each {
				err := j.tenant.Write(t.Context(), func(tx *store.Tx) error {
					return audit.Write(t.Context(), tx, audit.Entry{Actor: club.System("x"), Action: "x.done", Object: "x"})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, r := range replicas {
		placing.Go(func() {
			for {
				if err := newKeeper(vaulttest.Ring(t)).Sequence(t.Context(), r); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writing.Wait()
	close(done)
	placing.Wait()
	j.place()
	j.place()
	j.whole(writers*each + 1)
	if n := j.count("SELECT COUNT(*) FROM audit_entries"); n != writers*each+1 {
		t.Errorf("%d entries", n)
	}
}

func TestPlacingThatIsCutOffAnywhereLeavesAWholeLog(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	j.write(2, true)
	j.place()
	j.write(3, false)
	ends := map[int]bool{}
	storetest.EachFailureOf(t, func(ctx context.Context) error { return j.keeper.Sequence(ctx, j.tenant) }, func() {
		r := j.verify(audit.Against{})
		ends[int(r.Leaves)] = true
		if !r.OK() {
			t.Errorf("cut off it left %v", r.Findings)
		}
	})
	j.whole(6)
	if !ends[3] || len(ends) > 2 {
		t.Errorf("there were logs of %v", ends)
	}
}

func TestWhatWasRetiredIsNotMissedAndNothingElseMayBeAbsent(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	retire := func() {
		t.Helper()
		k := retention.New(slog.New(slog.DiscardHandler))
		if err := errors.Join(k.Weeks(t.Context(), j.tenant), k.Retire(t.Context(), j.tenant)); err != nil {
			t.Fatal(err)
		}
	}
	j.write(3, true)
	j.place()
	j.clock.Advance(2570 * 24 * time.Hour)
	retire() // makes the weeks of these days first
	retire()
	j.write(2, true)
	if r := j.whole(7); r.Retired != 4 || r.Entries != 3 {
		t.Errorf("%+v", r)
	}
	against := audit.Against{Key: j.key(), Heads: []string{j.head()}}
	bundle := j.export()
	if r, err := audit.VerifyBundle(strings.NewReader(bundle), against, nil); err != nil || !r.OK() || r.Retired != 4 {
		t.Errorf("in a file: %+v, %v", r, err)
	}
	if _, err := j.keeper.Prove(t.Context(), j.tenant, j.entries[0]); err != nil {
		t.Errorf("what is retired is proved no more: %v", err)
	}
	young := j.entries[len(j.entries)-1]
	j.sql("DELETE FROM audit_entries WHERE id = $1", young)
	// A retirement of what no club may retire yet covers nothing, nor does one of the future.
	err := j.tenant.Write(t.Context(), func(tx *store.Tx) error {
		at := tx.Now.AddDate(5, 0, 0)
		return errors.Join(audit.Write(t.Context(), tx, audit.Retirement(tx.Tenant, 1, tx.Now.Add(24*time.Hour))),
			tx.CreateAuditEntry(t.Context(), store.CreateAuditEntryParams{ID: club.NewAuditID(at), At: at, Actor: "system:retention", Action: "audit.retired", Object: "fairway",
				Detail: fmt.Sprintf(`{"entries": 1, "before": %q}`, tx.Now.AddDate(1, 0, 0).Format(time.DateOnly)), CorrelationID: tx.Correlation}))
	})
	if err != nil {
		t.Fatal(err)
	}
	j.place()
	r := j.verify(audit.Against{})
	if len(r.Findings) != 1 || r.Findings[0].Entry != young || r.Findings[0].Position != 6 {
		t.Errorf("a young entry that is not there: %+v", r)
	}
	if r, err := audit.VerifyBundle(strings.NewReader(j.export()), against, nil); err != nil || len(r.Findings) != 1 || r.Findings[0].Entry != young {
		t.Errorf("in a file: %+v, %v", r, err)
	}
}

func TestARestoredBackupVerifiesOnEitherEngine(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	j.write(5, true)
	j.place()
	against := audit.Against{Key: j.key(), Heads: []string{j.head()}}
	v, err := vault.Open(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := archive.Write(t.Context(), &file, v, j.cluster, "test", []club.Slug{"fairway"}, nil); err != nil {
		t.Fatal(err)
	}
	to, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + t.TempDir(), Clock: j.clock, Log: slog.New(slog.DiscardHandler), Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = to.Close() })
	if _, err := archive.Restore(t.Context(), &file, v, to, nil, nil); err != nil {
		t.Fatal(err)
	}
	back := storetest.OpenTenant(t, to, "fairway")
	r, err := j.keeper.Verify(t.Context(), back, against, nil)
	if err != nil || !r.OK() || r.Leaves != 6 {
		t.Errorf("restored: %+v, %v", r, err)
	}
	if err := back.Write(t.Context(), func(tx *store.Tx) error {
		return audit.Write(t.Context(), tx, audit.Entry{Actor: club.System("x"), Action: "x.done", Object: "x"})
	}); err != nil {
		t.Fatal(err)
	}
	if err := j.keeper.Sequence(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	if r, err := j.keeper.Verify(t.Context(), back, against, nil); err != nil || !r.OK() || r.Leaves != 7 {
		t.Errorf("and it goes on: %+v, %v", r, err)
	}
}

func TestAClubsRoleCannotChangeItsTree(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	if j.cluster.Engine() != "postgres" {
		t.Skip("SQLite has no roles")
	}
	j.write(1, true)
	for _, stmt := range []string{"DELETE FROM audit_leaves", "UPDATE audit_leaves SET position = 7", "DELETE FROM audit_heads", "UPDATE audit_heads SET size = 7"} {
		if err := store.ExecForTest(t.Context(), j.tenant, stmt); err == nil {
			t.Errorf("%s was allowed", stmt)
		}
	}
}

func (j *journal) look() (s audit.State) {
	j.Helper()
	err := j.tenant.Read(j.Context(), func(tx *store.Tx) (err error) {
		s, err = audit.Look(j.Context(), tx)
		return err
	})
	if err != nil {
		j.Fatal(err)
	}
	return s
}

// daily lets a day pass and has the log verified.
func (j *journal) daily() {
	j.Helper()
	j.clock.Advance(24 * time.Hour)
	if err := j.keeper.VerifyDaily(j.Context(), j.tenant); err != nil {
		j.Fatal(err)
	}
}

func TestALongLogIsVerifiedInSeveralTurns(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	j.keeper.InParts(10)
	for range 18 {
		j.write(4, true)
	}
	j.daily() // 72 entries and that of the key; five parts of eight or nine
	if s := j.look(); !s.Verified.IsZero() || s.Fault != "" {
		t.Errorf("after the first turn: %+v", s)
	}
	j.sql("UPDATE audit_entries SET object = 'y' WHERE id = $1", j.entries[70])
	j.daily()
	if s := j.look(); !s.Verified.IsZero() || !strings.Contains(s.Fault, j.entries[70].String()) {
		t.Errorf("after the second, of what was changed meanwhile: %+v", s)
	}
	j.sql("UPDATE audit_entries SET object = 'x' WHERE id = $1", j.entries[70])
	j.daily()
	if s := j.look(); !s.Verified.Equal(j.clock.Now()) || s.Fault != "" {
		t.Errorf("after the third: %+v", s)
	}
	j.sql("UPDATE audit_entries SET object = 'y' WHERE id = $1", j.entries[0])
	j.daily()
	if s := j.look(); !strings.Contains(s.Fault, j.entries[0].String()) {
		t.Errorf("and from the beginning again: %+v", s)
	}
}

func TestPeopleHearOfALogThatWasChangedAndOfEntriesThatGetNoPlace(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	look, daily := j.look, j.daily
	daily()
	j.write(1, false)
	if s := look(); !s.Waiting.Equal(j.clock.Now()) || s.Size != 0 || !s.Verified.IsZero() {
		t.Errorf("before the first turn: %+v", s)
	}
	j.place()
	j.place()
	if s := look(); !s.Waiting.IsZero() || s.Size != 2 || !s.HeadAt.Equal(j.clock.Now()) {
		t.Errorf("after it: %+v", s)
	}
	daily()
	if s := look(); !s.Verified.Equal(j.clock.Now()) || s.Fault != "" {
		t.Errorf("verified: %+v", s)
	}
	verified := j.clock.Now()
	j.sql("UPDATE audit_entries SET actor_name = 'Y' WHERE id = $1", j.entries[0])
	daily()
	if s := look(); !s.Verified.Equal(verified) || !strings.Contains(s.Fault, j.entries[0].String()) {
		t.Errorf("changed: %+v", s)
	}
	j.sql("UPDATE audit_entries SET actor_name = 'X' WHERE id = $1", j.entries[0])
	if err := j.keeper.VerifyDaily(t.Context(), j.tenant); err != nil {
		t.Fatal(err)
	}
	if s := look(); !s.Verified.Equal(j.clock.Now()) || s.Fault != "" {
		t.Errorf("and mended: %+v", s)
	}
	j.sql("UPDATE audit_tree SET size = size - 1")
	j.write(1, false)
	if err := j.keeper.Sequence(t.Context(), j.tenant); err == nil {
		t.Error("a tree that was changed gets another leaf")
	}
}

func TestAnEntryIsProvedByTheKeyAlone(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	j.write(7, true)
	key, err := audit.ParseKey(j.key())
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range j.entries {
		proof, err := j.keeper.Prove(t.Context(), j.tenant, id)
		if err != nil {
			t.Fatal(err)
		}
		p, err := audit.CheckProof(proof, key)
		if err != nil || p.Position != int64(i) || !strings.Contains(p.Entry, id.String()) || !audit.IsProof([]byte(proof)) {
			t.Errorf("entry %d: %+v, %v", i, p, err)
		}
		for range 50 {
			forged := []byte(proof)
			at := rand.IntN(len(forged))
			if forged[at] ^= byte(1 + rand.IntN(255)); at < len("c2sp.org/tlog-proof@v1\n") {
				continue // whoever reads it does not take it for a proof
			}
			if again, err := audit.CheckProof(string(forged), key); err == nil && (again.Position != p.Position || again.Entry != p.Entry || again.Head != p.Head) {
				t.Errorf("byte %d altered, it proves %+v", at, again)
			}
		}
	}
	if _, err := j.keeper.Prove(t.Context(), j.tenant, "aud_none"); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("an entry that is not there: %v", err)
	}
}
