package console

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

func (c *console) sopRoutes() []route {
	return []route{
		get("/sops", identity.SOPsRead, showSOPs),
		get("/sops/new", identity.SOPsWrite, func(v *visit) error {
			return v.editor(http.StatusOK, page.SOPEditPage{Source: newSOP})
		}),
		post("/sops/new", identity.SOPsWrite, createSOP),
		get("/sops/{id}", identity.SOPsRead, showSOP),
		get("/sops/{id}/edit", identity.SOPsWrite, editSOP),
		post("/sops/{id}/edit", identity.SOPsWrite, saveSOP),
		get("/sops/{id}/export", identity.SOPsRead, exportSOP),
		post("/sops/{id}/status", identity.SOPsPublish, archiveSOP),
		post("/sops/{id}/rollback", identity.SOPsPublish, publishVersion),
	}
}

const usedSince = 30 * 24 * time.Hour

func showSOPs(v *visit) error {
	ctx := v.r.Context()
	p := page.SOPsPage{Search: v.query("q"), May: v.p.Can(identity.SOPsWrite)}
	by := knowledge.Filter{Category: knowledge.Category(v.query("category")), Status: knowledge.Status(v.query("status")), Query: p.Search}
	scope := v.query("scope")
	err := v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "sops", "SOPs")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		rows, err := v.c.Library.List(ctx, tx, by)
		if err != nil {
			return err
		}
		used, err := v.usage(tx)
		if err != nil {
			return err
		}
		acts, err := v.sopActions(tx)
		if err != nil {
			return err
		}
		bays, err := v.bayNames(tx)
		if err != nil {
			return err
		}
		effects, err := v.effects(tx, rows)
		if err != nil {
			return err
		}
		for _, s := range rows {
			if !v.p.AllowsLocation(s.LocationID) || scope != "" && s.Scope != scope {
				continue
			}
			r := sopRow(f, bays, s)
			r.Used, r.Worked, r.Actions = used[s.ID].used, used[s.ID].worked, acts[s.ID]
			r.Flags = flagWords(effects[s.ID])
			p.Rows = append(p.Rows, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Status = choices(string(by.Status), "All statuses", knowledge.Statuses())
	p.Scope = choices(scope, "All scopes", knowledge.ScopeKinds())
	p.Category = choices(string(by.Category), "All categories", knowledge.Categories())
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.SOPs(p))
}

// choices makes a select of values that are words already.
func choices[T ~string](selected, all string, values []T) page.Choices {
	c := page.Choices{Selected: selected, Options: []page.Option{{Value: "", Label: all}}}
	for _, x := range values {
		c.Options = append(c.Options, page.Option{Value: string(x), Label: capital(strings.ReplaceAll(string(x), "_", " "))})
	}
	return c
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

type sopUsage struct{ used, worked int }

func (v *visit) usage(tx *store.Tx) (map[club.SOPID]sopUsage, error) {
	rows, err := tx.CountSOPOutcomes(v.r.Context(), tx.Now.Add(-usedSince))
	if err != nil {
		return nil, fmt.Errorf("count uses: %w", err)
	}
	out := make(map[club.SOPID]sopUsage, len(rows))
	for _, r := range rows {
		out[club.SOPID(r.SOP)] = sopUsage{int(r.Decisions), int(r.Stood)}
	}
	return out, nil
}

// sopActions are the titles of what each SOP's live version does.
func (v *visit) sopActions(tx *store.Tx) (map[club.SOPID][]string, error) {
	live, err := v.c.Library.Live(v.r.Context(), tx)
	if err != nil {
		return nil, err
	}
	out := map[club.SOPID][]string{}
	for _, e := range live.Entries {
		for _, a := range e.Document.Actions() {
			out[e.SOP] = append(out[e.SOP], v.actionTitle(a))
		}
	}
	return out, nil
}

func sopRow(f frame, bays map[club.BayID]string, s store.SOP) page.SOPRow {
	scope := "Everywhere"
	if !s.LocationID.IsZero() {
		scope = where(f.locationName(s.LocationID), bays[s.BayID])
	}
	return page.SOPRow{ID: s.ID, Slug: s.ID.String(), Title: s.Title, Category: capital(s.Category), Status: s.Status, Scope: scope, Version: int(s.Version), UpdatedAt: s.UpdatedAt}
}

var slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

// findSOP returns the SOP of the address, by id or, as people write it, by slug: then the widest one.
func (v *visit) findSOP(tx *store.Tx) (store.SOP, error) {
	ctx, name := v.r.Context(), v.r.PathValue("id")
	nothing := club.NotFound("There is no such SOP.")
	if id := idOf[club.SOPID](name); id != "" {
		s, err := v.c.Library.Find(ctx, tx, id)
		if err == nil && !v.p.AllowsLocation(s.LocationID) {
			return s, nothing
		}
		return s, err
	}
	if !slugPattern.MatchString(name) {
		return store.SOP{}, nothing
	}
	all, err := v.c.Library.FindBySlug(ctx, tx, name)
	if err != nil {
		return store.SOP{}, err
	}
	i := slices.IndexFunc(all, func(s store.SOP) bool { return v.p.AllowsLocation(s.LocationID) })
	if i < 0 {
		return store.SOP{}, nothing
	}
	return all[i], nil
}

// mayChange refuses who is limited to some places and would change what holds elsewhere.
func (v *visit) mayChange(s store.SOP) error {
	if s.LocationID.IsZero() && !v.p.Everywhere() {
		return club.Forbidden("This SOP holds at every location; only somebody who works everywhere may change it.")
	}
	return v.p.RequireLocation(s.LocationID)
}

func showSOP(v *visit) error {
	ctx := v.r.Context()
	users, err := v.users()
	if err != nil {
		return err
	}
	p := page.SOPPage{Key: newKey()}
	err = v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "sops", "SOP")
		if err != nil {
			return err
		}
		s, err := v.findSOP(tx)
		if err != nil {
			return err
		}
		bays, err := v.bayNames(tx)
		if err != nil {
			return err
		}
		used, err := v.usage(tx)
		if err != nil {
			return err
		}
		p.Shell, p.SOP = f.Shell, sopRow(f, bays, s)
		p.Title = s.Title
		p.SOP.Used, p.SOP.Worked = used[s.ID].used, used[s.ID].worked
		p.MayEdit = v.p.Can(identity.SOPsWrite) && v.mayChange(s) == nil
		if p.Effect, err = v.sopEffect(tx, f, s); err != nil {
			return err
		}
		if err := v.sopVersions(tx, s, users, &p); err != nil {
			return err
		}
		if err := v.sopSiblings(tx, f, bays, s, &p); err != nil {
			return err
		}
		return v.sopUses(tx, s, &p)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.SOP(p))
}

func yamlOf(doc knowledge.Document) (string, error) {
	var b bytes.Buffer
	if err := knowledge.WriteYAML(&b, []knowledge.Document{doc}); err != nil {
		return "", fmt.Errorf("write SOP: %w", err)
	}
	return b.String(), nil
}

func exportSOP(v *visit) error {
	var source, name string
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		s, err := v.findSOP(tx)
		if err != nil {
			return err
		}
		doc, _, err := v.c.Library.FindVersion(v.r.Context(), tx, s.ID, s.Version)
		if err != nil {
			return err
		}
		name = s.Slug
		source, err = yamlOf(doc)
		return err
	})
	if err != nil {
		return err
	}
	v.wrote = true
	v.w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	v.w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+".yaml"))
	_, _ = v.w.Write([]byte(source))
	return nil
}
