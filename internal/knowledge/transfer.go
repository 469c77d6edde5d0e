package knowledge

import (
	"context"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/store"
)

// ImportOption changes what an import does.
type ImportOption int

// SkipUnknownPlaces leaves out the documents of locations and bays that do not exist. Without it they
// are problems.
const SkipUnknownPlaces ImportOption = 1

// ImportResult says what an import did. Each document stands in one list, as "slug (scope)".
type ImportResult struct {
	Created   []string `json:"created"`
	Updated   []string `json:"updated"` // has another version, or has gone live or out of use
	Unchanged []string `json:"unchanged"`
	Skipped   []string `json:"skipped"` // its place does not exist
}

// importing is a document on its way in.
type importing struct {
	index int // in the caller's list
	doc   Document
	want  Status
	bay   club.BayID
}

// Import brings documents in, all or nothing: an Invalid error lists everything that is wrong (see
// Problems; paths begin with "sops[i]."). A document that equals the newest version makes none, so an
// import twice over changes nothing the second time. Status live publishes, archived archives, and
// draft leaves what is live as it is. SOPs that are not among docs are not touched.
func (l *Library) Import(ctx context.Context, tx *store.Tx, by club.Actor, docs []Document, note string, options ...ImportOption) (ImportResult, error) {
	var res ImportResult
	if err := begin(ctx, tx, note); err != nil {
		return res, err
	}
	in, err := l.place(ctx, tx, docs, &res, options)
	if err != nil {
		return res, err
	}
	if err := l.checkImport(ctx, tx, in); err != nil {
		return res, err
	}
	sops, newest, err := everything(ctx, tx)
	if err != nil {
		return res, err
	}
	known := map[key]store.SOP{}
	for _, s := range sops {
		known[keyOf(s)] = s
	}
	for _, i := range in {
		list := &res.Unchanged
		sop, found := known[key{i.doc.Slug, i.doc.Scope.LocationID, i.bay}]
		changed, err := bring(ctx, tx, by, i, sop, newest[sop.ID], note)
		if err != nil {
			return ImportResult{}, fmt.Errorf("import %s: %w", label(i.doc), err)
		}
		switch {
		case !found:
			list = &res.Created
		case changed:
			list = &res.Updated
		}
		*list = append(*list, label(i.doc))
	}
	return res, l.checkOrphans(ctx, tx)
}

func label(d Document) string { return d.Slug + " (" + d.Scope.String() + ")" }

// place finds the rows that scopes name.
func (l *Library) place(ctx context.Context, tx *store.Tx, docs []Document, res *ImportResult, options []ImportOption) ([]importing, error) {
	at, err := findPlaces(ctx, tx)
	if err != nil {
		return nil, err
	}
	skip := false
	for _, o := range options {
		skip = skip || o == SkipUnknownPlaces
	}
	var out []importing
	var problems []Problem
	first := map[key]int{}
	for i, d := range docs {
		want := d.Status
		if skip && at.lacks(d.Scope) {
			res.Skipped = append(res.Skipped, label(d))
			continue
		}
		bay, found := l.draft(&d, at)
		k := key{d.Slug, d.Scope.LocationID, bay}
		if j, taken := first[k]; taken && len(found) == 0 {
			found = []Problem{{Path: "slug", Msg: fmt.Sprintf("sops[%d] has the slug %s for the same scope", j, d.Slug)}}
		}
		for _, p := range found {
			problems = append(problems, Problem{Path: fmt.Sprintf("sops[%d].%s", i, p.Path), Msg: p.Msg})
		}
		if len(found) == 0 {
			first[k] = i
		}
		out = append(out, importing{index: i, doc: d, want: want, bay: bay})
	}
	return out, invalid(problems)
}

func (l *Library) checkImport(ctx context.Context, tx *store.Tx, in []importing) error {
	docs := make([]Document, len(in))
	for i := range in {
		docs[i] = in[i].doc
		docs[i].Status = in[i].want
	}
	problems, err := l.check(ctx, tx, docs)
	if err != nil {
		return err
	}
	for n, p := range problems {
		var i int
		if _, err := fmt.Sscanf(p.Path, "sops[%d]", &i); err != nil {
			return fmt.Errorf("BUG: path of a problem: %q", p.Path)
		}
		problems[n].Path = fmt.Sprintf("sops[%d]", in[i].index) + p.Path[len(fmt.Sprintf("sops[%d]", i)):]
	}
	return invalid(problems)
}

// bring puts one checked document where it belongs. The zero sop means that there is none yet.
func bring(ctx context.Context, tx *store.Tx, by club.Actor, i importing, sop store.SOP, newest store.SOPVersion, note string) (changed bool, err error) {
	if sop.ID.IsZero() {
		sop, err = create(ctx, tx, by, i.doc, i.bay, note)
		changed = true
	} else {
		equal, cmpErr := same(i.doc, newest.Body)
		if cmpErr != nil {
			return false, cmpErr
		}
		if !equal {
			sop, err = save(ctx, tx, by, sop, i.doc, note)
			changed = true
		}
	}
	if err != nil {
		return changed, err
	}
	switch {
	case i.want == StatusLive && !isLive(sop, sop.Version):
		_, err = publish(ctx, tx, by, sop, sop.Version, note, "sop.published")
		return true, err
	case i.want == StatusArchived && sop.Status != string(StatusArchived):
		_, err = archive(ctx, tx, by, sop, note)
		return true, err
	}
	return changed, nil
}

// everything returns all SOPs and their newest versions.
func everything(ctx context.Context, tx *store.Tx) ([]store.SOP, map[club.SOPID]store.SOPVersion, error) {
	sops, err := tx.FindSOPs(ctx, store.FindSOPsParams{})
	if err != nil {
		return nil, nil, fmt.Errorf("read SOPs: %w", err)
	}
	versions, err := tx.FindNewestSOPVersions(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read newest versions of SOPs: %w", err)
	}
	newest := make(map[club.SOPID]store.SOPVersion, len(versions))
	for _, v := range versions {
		newest[v.SOPID] = v
	}
	return sops, newest, nil
}

// Export returns the newest version of every SOP, in the order of files. A version that is newer than
// the live one is a draft. Locations are named by name, so that the file fits another club too.
func (l *Library) Export(ctx context.Context, tx *store.Tx) ([]Document, error) {
	sops, newest, err := everything(ctx, tx)
	if err != nil {
		return nil, err
	}
	at, err := findPlaces(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make([]Document, 0, len(sops))
	for _, s := range sops {
		d, err := at.document(s, newest[s.ID])
		if err != nil {
			return nil, err
		}
		if len(at.named(Scope{Location: d.Scope.Location})) == 1 {
			d.Scope.LocationID = ""
		}
		out = append(out, d)
	}
	Sort(out)
	return out, nil
}
