package knowledge

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func (s shelf) imported(docs []Document, o ...ImportOption) (res ImportResult, err error) {
	err = s.try(func(ctx context.Context, tx *store.Tx) (err error) {
		res, err = s.lib.Import(ctx, tx, editor, docs, "from a file", o...)
		return err
	})
	return res, err
}

func (s shelf) exported() (docs []Document) {
	s.t.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		docs, err = s.lib.Export(ctx, tx)
		return err
	})
	return docs
}

func TestImportingTheStarterTwiceChangesNothingTheSecondTime(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	docs := mustStarter(t)
	res, err := s.imported(docs)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Created) != len(docs) || len(res.Updated)+len(res.Unchanged)+len(res.Skipped) != 0 {
		t.Errorf("first import: %+v", res)
	}
	set := s.live()
	if len(set.Entries) != len(docs) {
		t.Errorf("%d of %d are live", len(set.Entries), len(docs))
	}
	audited := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM audit_entries")
	if res, err = s.imported(docs); err != nil {
		t.Fatal(err)
	}
	if len(res.Unchanged) != len(docs) || len(res.Created)+len(res.Updated) != 0 {
		t.Errorf("second import: %+v", res)
	}
	if n := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM audit_entries"); n != audited {
		t.Errorf("the second import wrote %d audit entries", n-audited)
	}
	if s.live() != set {
		t.Error("the second import changed the live set")
	}
	want := slices.Clone(docs)
	Sort(want)
	got := s.exported()
	if diff := cmp.Diff(summaries(want), summaries(got)); diff != "" {
		t.Errorf("export (-want +got):\n%s", diff)
	}
	if res, err = s.imported(got); err != nil || len(res.Unchanged) != len(docs) {
		t.Errorf("importing the export: %+v, %v", res, err)
	}
	at := set.At(Place{Location: "Old Mill", Bay: 2})
	i := slices.IndexFunc(at, func(c Choice) bool { return c.Document.Slug == "ball-not-registering" })
	if e := set.Entries[at[i].Index]; e.Document.Scope.Bay != 2 || e.SOP.IsZero() || e.Version != 1 {
		t.Errorf("nearest in bay 2: %+v", e)
	}
}

func summaries(docs []Document) (out []string) {
	for _, d := range docs {
		out = append(out, label(d)+" "+string(d.Status)+" "+d.Title)
	}
	return out
}

func TestUnknownPlacesAreProblemsUnlessSkipped(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	there, nowhere := reply("towels", "On the shelf.", "where are the towels"), reply("towels", "None.", "x")
	there.Status, nowhere.Status = StatusLive, StatusLive
	nowhere.Scope = Scope{Kind: ScopeLocation, Location: "Atlantis"}
	_, err := s.imported([]Document{there, nowhere})
	if p := Problems(err); len(p) != 1 || p[0].Path != "sops[1].scope.location" || !strings.Contains(p[0].Msg, "Atlantis") {
		t.Errorf("problems %+v of %v", p, err)
	}
	if n := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM sops"); n != 0 {
		t.Errorf("a refused import left %d SOPs", n)
	}
	res, err := s.imported([]Document{nowhere, there}, SkipUnknownPlaces)
	if diff := cmp.Diff(ImportResult{Created: []string{"towels (everywhere)"}, Skipped: []string{"towels (Atlantis)"}}, res); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAnImportIsAllOrNothingAndSaysEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.published(Document{Slug: "scores", Title: "x", Category: CategoryInformation, Scope: Scope{Kind: ScopeGlobal}, Priority: club.PriorityNormal,
		Triggers: []Trigger{{Mode: TriggerExact, Text: "where are the towels"}}, Steps: []Step{{Reply: "y"}}})
	good := reply("blankets", "None.", "any blankets")
	unknown := reply("towels", "{{nobody}}", "z")
	clash := reply("linen", "None.")
	clash.Triggers = []Trigger{{Mode: TriggerExact, Text: "Where are the towels?"}}
	docs := []Document{good, unknown, clash}
	for i := range docs {
		docs[i].Status = StatusLive
	}
	_, err := s.imported(docs)
	var paths []string
	for _, p := range Problems(err) {
		paths = append(paths, p.Path)
	}
	slices.Sort(paths)
	if diff := cmp.Diff([]string{"sops[1].steps[0].reply", "sops[2].triggers[0]"}, paths); diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := s.imported([]Document{docs[0], docs[0]}); len(Problems(err)) != 1 || Problems(err)[0].Path != "sops[1].slug" {
		t.Errorf("a document twice: %v", err)
	}
	if n := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM sops"); n != 1 {
		t.Errorf("%d SOPs", n)
	}
}

func TestAnImportUpdatesByANewVersionAndStatusDecidesWhatIsLive(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	sop := s.published(reply("towels", "On the shelf.", "where are the towels"))
	step := func(status Status, text, list, live string) {
		t.Helper()
		d := reply("towels", text, "where are the towels")
		d.Status = status
		res, err := s.imported([]Document{d})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(res.Updated) == 1; got != (list == "updated") {
			t.Errorf("%s %q: %+v", status, text, res)
		}
		if got := words(s.live(), "towels"); got != live {
			t.Errorf("%s %q: live says %q, want %q", status, text, got, live)
		}
	}
	step(StatusDraft, "In the drawer.", "updated", "On the shelf.")
	step(StatusDraft, "In the drawer.", "unchanged", "On the shelf.")
	step(StatusLive, "In the drawer.", "updated", "In the drawer.")
	step(StatusArchived, "In the drawer.", "updated", "")
	step(StatusArchived, "In the drawer.", "unchanged", "")
	step(StatusLive, "At the bar.", "updated", "At the bar.")
	if n := storetest.Count(t, s.tenant, "SELECT COUNT(*) FROM sop_versions WHERE sop_id = $1", sop.ID.String()); n != 3 {
		t.Errorf("%d versions", n)
	}
}
