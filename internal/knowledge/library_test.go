package knowledge

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

var editor = club.Actor{Kind: club.ActorUser, ID: "usr_1", Name: "Ann"}

// shelf is a tenant with the demo club's places and a library.
type shelf struct {
	t      *testing.T
	tenant *store.Tenant
	lib    *Library
}

func newShelf(t *testing.T) shelf {
	t.Helper()
	tenant, _ := storetest.Tenant(t)
	s := shelf{t, tenant, New(mustCatalogue(t))}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		for _, name := range []string{"Harbour", "Old Mill", "Northside"} {
			id := club.NewLocationID(tx.Now)
			slug := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
			if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: id, Slug: slug, Name: name, TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
				return err
			}
			for n := range int64(4) {
				if err := tx.CreateBay(ctx, store.CreateBayParams{ID: club.NewBayID(tx.Now), LocationID: id, Number: n + 1, Status: "active", CreatedAt: tx.Now}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return s
}

func (s shelf) try(fn func(ctx context.Context, tx *store.Tx) error) error {
	return s.tenant.Write(s.t.Context(), func(tx *store.Tx) error { return fn(s.t.Context(), tx) })
}

func (s shelf) write(fn func(ctx context.Context, tx *store.Tx) error) {
	s.t.Helper()
	if err := s.try(fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s shelf) live() *Set {
	s.t.Helper()
	return s.liveOf(s.lib)
}

func (s shelf) liveOf(l *Library) (set *Set) {
	s.t.Helper()
	err := s.tenant.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		set, err = l.Live(s.t.Context(), tx)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return set
}

// published creates a document and makes it live.
func (s shelf) published(d Document) (sop store.SOP) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		if sop, err = s.lib.Create(ctx, tx, editor, d, "first"); err != nil {
			return err
		}
		sop, err = s.lib.Publish(ctx, tx, editor, sop.ID, 1, "go")
		return err
	})
	return sop
}

func (s shelf) edit(sop store.SOP, base int64, d Document, note string) (store.SOP, error) {
	err := s.try(func(ctx context.Context, tx *store.Tx) (err error) {
		sop, err = s.lib.Save(ctx, tx, editor, sop.ID, d, note, base)
		return err
	})
	return sop, err
}

func (s shelf) publish(sop store.SOP, version int64) store.SOP {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		sop, err = s.lib.Publish(ctx, tx, editor, sop.ID, version, "go")
		return err
	})
	return sop
}

func reply(slug, words string, triggers ...string) Document {
	d := Document{Slug: slug, Title: "About " + slug, Category: CategoryInformation, Scope: Scope{Kind: ScopeGlobal}, Priority: club.PriorityNormal,
		Steps: []Step{{Reply: words}}}
	for _, t := range triggers {
		d.Triggers = append(d.Triggers, Trigger{Mode: TriggerSimilar, Text: t})
	}
	return d
}

func words(set *Set, slug string) string {
	for _, c := range set.At(Place{}) {
		if c.Document.Slug == slug {
			return c.Document.Steps[0].Reply
		}
	}
	return ""
}

func TestAnEditIsUsedByTheVeryNextLiveOnEveryReplica(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	other := New(mustCatalogue(t)) // another replica
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	for _, l := range []*Library{s.lib, other} {
		if got := words(s.liveOf(l), "towels"); got != "On the shelf." {
			t.Fatalf("live says %q", got)
		}
	}
	// The test's clock stands still: both versions bear the same time.
	sop, err := s.edit(sop, 1, reply("towels", "In the drawer.", "where are the towels"), "moved")
	if err != nil {
		t.Fatal(err)
	}
	if got := words(s.live(), "towels"); got != "On the shelf." {
		t.Errorf("a draft is used: %q", got)
	}
	s.publish(sop, 2)
	for _, l := range []*Library{s.lib, other} {
		if got := words(s.liveOf(l), "towels"); got != "In the drawer." {
			t.Errorf("after the edit live says %q", got)
		}
	}
	if a, b := s.live(), s.live(); a != b {
		t.Error("an unchanged library was read twice")
	}
}

func TestLesson24WhatIsPublishedCanBeFoundAndAnEditLeavesNoOldTriggerBehind(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	triggers := func() (out []string) {
		for _, c := range s.live().At(Place{}) {
			for _, tr := range c.Document.Triggers {
				out = append(out, tr.Text)
			}
		}
		return out
	}
	if diff := cmp.Diff([]string{"where are the towels"}, triggers()); diff != "" {
		t.Fatal(diff)
	}
	sop, err := s.edit(sop, 1, reply("towels", "On the shelf.", "any towels here"), "")
	if err != nil {
		t.Fatal(err)
	}
	s.publish(sop, 2)
	if diff := cmp.Diff([]string{"any towels here"}, triggers()); diff != "" {
		t.Error(diff)
	}
	// What cannot be used is refused instead of being stored as live.
	bad, err := s.edit(sop, 2, reply("towels", "Ask {{nobody}}.", "any towels here"), "")
	if err != nil {
		t.Fatal(err)
	}
	err = s.try(func(ctx context.Context, tx *store.Tx) error {
		_, err := s.lib.Publish(ctx, tx, editor, bad.ID, 3, "")
		return err
	})
	if club.CodeOf(err) != club.CodeInvalid || len(Problems(err)) == 0 || !strings.Contains(club.MessageOf(err), "nobody") {
		t.Errorf("publishing an unknown variable: %v, problems %v", err, Problems(err))
	}
	if got := words(s.live(), "towels"); got != "On the shelf." {
		t.Errorf("live says %q", got)
	}
}

func TestLesson25AFailureNeverPinsAStaleSet(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	s.live()
	sop, err := s.edit(sop, 1, reply("towels", "In the drawer.", "where are the towels"), "")
	if err != nil {
		t.Fatal(err)
	}
	s.publish(sop, 2)
	gone, cancel := context.WithCancel(t.Context())
	err = s.tenant.Read(t.Context(), func(tx *store.Tx) error {
		cancel()
		set, err := s.lib.Live(gone, tx)
		if set != nil {
			t.Error("a failing read gave a set")
		}
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("reading without a database: %v", err)
	}
	if got := words(s.live(), "towels"); got != "In the drawer." {
		t.Errorf("after the failure live says %q", got)
	}
}

func TestARolledBackTransactionLeavesNoTraceInTheCache(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	before := s.live()
	stop := errors.New("stop")
	change := func(words string, end error) error {
		return s.try(func(ctx context.Context, tx *store.Tx) error {
			next, err := s.lib.Save(ctx, tx, editor, sop.ID, reply("towels", words, "where are the towels"), "", 1)
			if err != nil {
				return err
			}
			if _, err = s.lib.Publish(ctx, tx, editor, sop.ID, next.Version, ""); err != nil {
				return err
			}
			set, err := s.lib.Live(ctx, tx)
			if err != nil {
				return err
			}
			if got := set.docs[0].Steps[0].Reply; got != words {
				t.Errorf("inside the transaction live says %q", got)
			}
			return end
		})
	}
	if err := change("Nowhere.", stop); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if after := s.live(); after.Stamp != before.Stamp || words(after, "towels") != "On the shelf." {
		t.Errorf("after the rollback live says %q", words(after, "towels"))
	}
	// The same version number, other words: the set of the rolled-back one must not come back.
	if err := change("In the drawer.", nil); err != nil {
		t.Fatal(err)
	}
	if got := words(s.live(), "towels"); got != "In the drawer." {
		t.Errorf("live says %q", got)
	}
}

func TestOldVersionsStayAsTheyWere(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	first := reply("towels", "On the shelf.", "where are the towels")
	sop := s.published(first)
	sop, err := s.edit(sop, 1, reply("towels", "In the drawer.", "where are the towels"), "moved")
	if err != nil {
		t.Fatal(err)
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		d, v, err := s.lib.FindVersion(ctx, tx, sop.ID, 1)
		if err != nil {
			return err
		}
		first.Status = StatusLive
		if diff := cmp.Diff(first, d); diff != "" || v.Note != "first" {
			t.Errorf("version 1 (-want +got), note %q:\n%s", v.Note, diff)
		}
		all, err := s.lib.Versions(ctx, tx, sop.ID)
		if err != nil {
			return err
		}
		if len(all) != 2 || all[0].Version != 2 || all[0].Note != "moved" || all[0].CreatedBy != "user:usr_1" {
			t.Errorf("versions: %+v", all)
		}
		changes, err := s.lib.DiffVersions(ctx, tx, sop.ID, 1, 2)
		if err != nil {
			return err
		}
		if len(changes) != 1 || changes[0].Path != "steps[0]" {
			t.Errorf("diff: %+v", changes)
		}
		_, _, err = s.lib.FindVersion(ctx, tx, sop.ID, 3)
		if club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("version 3: %v", err)
		}
		return nil
	})
}

func TestOfTwoConcurrentSavesOneIsConflict(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.edit(sop, 1, reply("towels", []string{"Left.", "Right."}[i], "where are the towels"), "")
		})
	}
	wg.Wait()
	saved, conflict := 0, 0
	for _, err := range errs {
		switch {
		case err == nil:
			saved++
		case club.CodeOf(err) == club.CodeConflict:
			conflict++
		default:
			t.Error(err)
		}
	}
	if saved != 1 || conflict != 1 {
		t.Errorf("%d saved, %d conflicts: %v", saved, conflict, errs)
	}
	if n := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM sop_versions"); n != 2 {
		t.Errorf("%d versions", n)
	}
}

func TestConcurrentPublishesAreCheckedAgainstEachOther(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	ids := make([]club.SOPID, 2)
	for i, slug := range []string{"towels", "blankets"} {
		d := reply(slug, "Here.")
		d.Triggers = []Trigger{{Mode: TriggerExact, Text: "something soft"}}
		s.write(func(ctx context.Context, tx *store.Tx) error {
			sop, err := s.lib.Create(ctx, tx, editor, d, "")
			ids[i] = sop.ID
			return err
		})
	}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			errs[i] = s.try(func(ctx context.Context, tx *store.Tx) error {
				_, err := s.lib.Publish(ctx, tx, editor, id, 1, "")
				return err
			})
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || club.CodeOf(errors.Join(errs...)) != club.CodeInvalid {
		t.Errorf("two documents with one exact trigger: %v", errs)
	}
	if n := len(s.live().Entries); n != 1 {
		t.Errorf("%d are live", n)
	}
}

func TestAnArchivedSOPIsNotLive(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	archive := func(id club.SOPID) error {
		return s.try(func(ctx context.Context, tx *store.Tx) error {
			_, err := s.lib.Archive(ctx, tx, editor, id, "no towels any more")
			return err
		})
	}
	heir := reply("towels", "At the bar.")
	heir.Scope = Scope{Kind: ScopeLocation, Location: "harbour"}
	override := s.published(heir)
	if err := archive(sop.ID); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("archiving what an override inherits from: %v", err)
	}
	if n := len(s.live().Entries); n != 2 {
		t.Fatalf("%d are live", n)
	}
	for _, id := range []club.SOPID{override.ID, sop.ID} {
		if err := archive(id); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.live().Entries); n != 0 {
		t.Errorf("%d are live", n)
	}
	s.publish(sop, 1)
	if n := len(s.live().Entries); n != 1 {
		t.Errorf("%d are live after publishing again", n)
	}
}

func TestARollbackKeepsHistoryAndReason(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	sop, err := s.edit(sop, 1, reply("towels", "In the drawer.", "where are the towels"), "moved")
	if err != nil {
		t.Fatal(err)
	}
	sop = s.publish(sop, 2)
	id := sop.ID
	restore := func(reason string) error {
		return s.try(func(ctx context.Context, tx *store.Tx) (err error) {
			sop, err = s.lib.Restore(ctx, tx, editor, id, 1, reason)
			return err
		})
	}
	if err := restore(" "); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("restoring without a reason: %v", err)
	}
	if err := restore("the drawer is gone"); err != nil {
		t.Fatal(err)
	}
	if got := words(s.live(), "towels"); got != "On the shelf." || sop.Version != 2 || *sop.LiveVersion != 1 {
		t.Errorf("live says %q; row %+v", got, sop)
	}
	for action, n := range map[string]int{"sop.created": 1, "sop.saved": 1, "sop.published": 2, "sop.restored": 1} {
		if got := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = $1 AND object = $2", action, sop.ID.String()); got != n {
			t.Errorf("%d audit entries of %s, want %d", got, action, n)
		}
	}
	if n := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'sop.restored' AND CAST(detail AS TEXT) LIKE '%the drawer is gone%'"); n != 1 {
		t.Error("the reason is not in the log")
	}
}

func TestSlugAndScopeStay(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	moved := reply("towels", "x", "where are the towels")
	moved.Scope = Scope{Kind: ScopeBay, Location: "Harbour", Bay: 1}
	nowhere := reply("blankets", "x", "any blankets")
	nowhere.Scope = Scope{Kind: ScopeBay, Location: "Harbour", Bay: 9}
	for _, d := range []Document{reply("blankets", "x", "y"), moved, nowhere} {
		if _, err := s.edit(sop, 1, d, ""); club.CodeOf(err) != club.CodeInvalid || len(Problems(err)) != 1 {
			t.Errorf("saving %s for %s: %v", d.Slug, d.Scope, err)
		}
	}
	create := func(d Document) error {
		return s.try(func(ctx context.Context, tx *store.Tx) error {
			_, err := s.lib.Create(ctx, tx, editor, d, "")
			return err
		})
	}
	if err := create(nowhere); club.CodeOf(err) != club.CodeInvalid || Problems(err)[0].Path != "scope.bay" {
		t.Errorf("a bay that does not exist: %v", err)
	}
	if err := create(reply("towels", "x", "y")); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("a slug twice: %v", err)
	}
	if err := create(moved); err != nil {
		t.Errorf("the same slug elsewhere: %v", err)
	}
	if err := create(reply("nul", "a\x00b", "y")); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("NUL: %v", err)
	}
}

func TestRenamingALocationShowsAtOnce(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	d := reply("towels", "At the bar.", "where are the towels")
	d.Scope = Scope{Kind: ScopeLocation, Location: "Harbour"}
	s.published(d)
	if got := s.live().At(Place{Location: "Harbour"}); len(got) != 1 {
		t.Fatalf("at Harbour: %+v", got)
	}
	storetest.Exec(t, s.tenant, "UPDATE locations SET name = 'Quay' WHERE name = 'Harbour'")
	if got := s.live().At(Place{Location: "Quay"}); len(got) != 1 || s.live().Entries[got[0].Index].Version != 1 {
		t.Errorf("at Quay: %+v", got)
	}
}

func TestListsAreFilteredAndInOrder(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.published(reply("towels", "On the shelf.", "where are the towels"))
	draft := reply("blankets", "None.", "any blankets")
	draft.Category = CategoryFacility
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.lib.Create(ctx, tx, editor, draft, ""); err != nil {
			return err
		}
		for _, c := range []struct {
			f    Filter
			want string
		}{
			{Filter{}, "blankets towels"},
			{Filter{Status: StatusLive}, "towels"},
			{Filter{Category: CategoryFacility}, "blankets"},
			{Filter{Query: "TOWEL about"}, "towels"},
			{Filter{Query: "towel", Status: StatusDraft}, ""},
		} {
			rows, err := s.lib.List(ctx, tx, c.f)
			if err != nil {
				return err
			}
			var got []string
			for _, r := range rows {
				got = append(got, r.Slug)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%+v lists %v, want %s", c.f, got, c.want)
			}
		}
		if rows, err := s.lib.FindBySlug(ctx, tx, "towels"); err != nil || len(rows) != 1 {
			t.Errorf("by slug: %v, %v", rows, err)
		}
		if _, err := s.lib.FindBySlug(ctx, tx, "nothing"); club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("by unknown slug: %v", err)
		}
		if _, err := s.lib.Find(ctx, tx, club.NewSOPID(tx.Now)); club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("by unknown id: %v", err)
		}
		return nil
	})
}

func TestDecisionsAreCountedBySOP(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	subject, thread := club.NewSubjectID(storetest.Start), club.NewThreadID(storetest.Start)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.CreateSubject(ctx, store.CreateSubjectParams{ID: subject, Phone: []byte("x"), WrappedKey: []byte("x"), CreatedAt: tx.Now}); err != nil {
			return err
		}
		return tx.CreateThread(ctx, store.CreateThreadParams{ID: thread, SubjectID: subject, Line: "+15550001", Provider: "twilio",
			Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now})
	})
	for _, ago := range []time.Duration{0, time.Hour, 48 * time.Hour} {
		at := storetest.Start.Add(-ago)
		storetest.Exec(t, s.tenant, `INSERT INTO decisions (id, thread_id, subject_id, kind, title, sop_id, sop_version, confidence, earned_tier, tier,
			evidence, steps, correlation_id, created_at) VALUES ($1, $2, $3, 'answer', '', $4, 1, 0.9, 'suggest', 'suggest', '[]', '[]', 'cor_x', $5)`,
			club.NewDecisionID(at).String(), thread.String(), subject.String(), sop.ID.String(), at)
	}
	s.write(func(ctx context.Context, tx *store.Tx) error {
		used, err := s.lib.Usage(ctx, tx, tx.Now.Add(-24*time.Hour))
		if diff := cmp.Diff(map[club.SOPID]int64{sop.ID: 2}, used); diff != "" {
			t.Errorf("used within a day (-want +got):\n%s", diff)
		}
		return err
	})
}

func BenchmarkLive(b *testing.B) {
	tenant, _ := storetest.Tenant(b)
	lib := New(mustCatalogue(b))
	err := tenant.Write(b.Context(), func(tx *store.Tx) error {
		_, err := lib.Import(b.Context(), tx, editor, mustStarter(b), "", SkipUnknownPlaces)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	err = tenant.Read(b.Context(), func(tx *store.Tx) error {
		for b.Loop() {
			if _, err := lib.Live(b.Context(), tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
