package console

import (
	"net/http"
	"strconv"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/store"
)

func (c *console) memoryRoutes() []route {
	return []route{
		get("/memory", identity.MemoryRead, showMemory),
		post("/memory/breakers/close", identity.MemoryManage, closeBreaker),
		get("/memory/{id}", identity.MemoryRead, showPattern),
		post("/memory/{id}/act", identity.MemoryManage, actOnPattern),
	}
}

func showMemory(v *visit) error {
	ctx := v.r.Context()
	p := page.MemoryPage{Search: v.query("q"), Manage: v.p.Can(identity.MemoryManage) && v.p.Everywhere()}
	by := learn.Filter{Scope: v.p.LocationScope(), Search: likePattern(p.Search), Kind: v.query("kind"), Mode: learn.Mode(v.query("mode")), Domain: v.query("domain"), Location: idOf[club.LocationID](v.query("place")), After: idOf[club.PatternID](v.query("after")), Size: listSize + 1}
	p.Narrowed = p.Search != "" || by.Kind != "" || by.Mode != "" || by.Domain != "" || !by.Location.IsZero() || !by.After.IsZero()
	err := v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "memory", "Memory")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		p.Place = f.places(by.Location, "Every place")
		if !v.p.AllowsLocation(by.Location) {
			return club.NotFound("There is no such location.")
		}
		bays, err := v.bayNames(tx)
		if err != nil {
			return err
		}
		rows, err := v.c.Memory.List(ctx, tx, f.settings, by)
		if err != nil {
			return err
		}
		if len(rows) > listSize {
			rows = rows[:listSize]
			p.Pager.Next = f.Query("memory", "q", p.Search, "kind", by.Kind, "mode", string(by.Mode), "domain", by.Domain, "place", by.Location.String(), "after", rows[listSize-1].Pattern.ID.String())
		}
		for _, b := range rows {
			p.Rows = append(p.Rows, patternRow(f, bays, b))
		}
		tripped, err := v.c.Memory.Breakers(ctx, tx)
		if err != nil {
			return err
		}
		p.Breakers, err = v.breakerRows(tx, tripped)
		return err
	})
	if err != nil {
		return err
	}
	p.Kind = page.Choices{Selected: by.Kind, Options: []page.Option{{Value: "", Label: "SOPs and learned"}, {Value: "sop", Label: "SOPs"}, {Value: "learned", Label: "Learned"}}}
	p.Mode = page.Choices{Selected: string(by.Mode), Options: []page.Option{{Value: "", Label: "All modes"}}}
	for _, m := range learn.Modes() {
		p.Mode.Options = append(p.Mode.Options, page.Option{Value: string(m), Label: page.PatternWord(string(m)).Label})
	}
	p.Domain = page.Choices{Selected: by.Domain, Options: []page.Option{{Value: "", Label: "Texts and all else"}}}
	for _, d := range []string{"decision", "error", "booking", "access"} {
		p.Domain.Options = append(p.Domain.Options, page.Option{Value: d, Label: domainWords[d]})
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Memory(p))
}

func showPattern(v *visit) error {
	ctx := v.r.Context()
	id, err := pathID[club.PatternID](v)
	if err != nil {
		return err
	}
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.PatternPage
	err = v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "memory", "Pattern")
		if err != nil {
			return err
		}
		d, err := v.c.Memory.Find(ctx, tx, v.keys, f.settings, id)
		if err != nil {
			return err
		}
		if !v.p.AllowsLocation(d.Location) {
			return club.NotFound("There is no such pattern.")
		}
		p.Shell = f.Shell
		p.Title = d.Pattern.Title
		return v.pattern(tx, f, users, d, &p)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Pattern(p))
}

// patternAct is something that the page of a pattern may do, and what is said when it is done.
type patternAct struct {
	do   func(*visit, *store.Tx, learn.Change) (store.DecisionPattern, error)
	said string
}

// patternActs lists the acts by what their buttons send.
func patternActs() map[string]patternAct {
	return map[string]patternAct{
		"pause": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Pause(v.r.Context(), tx, c)
		}, "Paused: people decide until it is resumed."},
		"resume": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Resume(v.r.Context(), tx, c)
		}, "Resumed."},
		"retire": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Retire(v.r.Context(), tx, c)
		}, "Retired."},
		"pin": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Pin(v.r.Context(), tx, c, club.Tier(v.field("ceiling")))
		}, "The limit is set."},
		"trip": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.TripBreaker(v.r.Context(), tx, c)
		}, "Tripped: people are asked every time."},
		"correct": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			to := learn.Correction{Title: v.field("title"), Words: v.text("words")}
			for _, a := range v.r.PostForm["action"] {
				to.Actions = append(to.Actions, club.ActionName(a))
			}
			return v.c.Memory.Correct(v.r.Context(), tx, v.keys, c, to)
		}, "Corrected."},
		"merge": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Merge(v.r.Context(), tx, v.keys, c, idOf[club.PatternID](v.field("onto")))
		}, "Merged: its situations are part of this pattern."},
		"split": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			var chosen []club.PrecedentID
			for _, id := range v.r.PostForm["precedent"] {
				chosen = append(chosen, idOf[club.PrecedentID](id))
			}
			return v.c.Memory.Split(v.r.Context(), tx, v.keys, c, v.field("title"), chosen)
		}, "Split off: this is the pattern of the ticked situations."},
		"forget": {func(v *visit, tx *store.Tx, c learn.Change) (store.DecisionPattern, error) {
			return v.c.Memory.Forget(v.r.Context(), tx, c, idOf[club.PrecedentID](v.field("precedent")))
		}, "Forgotten."},
	}
}

func actOnPattern(v *visit) error {
	id, err := pathID[club.PatternID](v)
	if err != nil {
		return err
	}
	if err := v.parse(); err != nil {
		return err
	}
	act, ok := patternActs()[v.field("do")]
	version, bad := strconv.ParseInt(v.field("version"), 10, 64)
	if !ok || bad != nil {
		return club.Invalid("The form is incomplete; please open the page again.")
	}
	c := learn.Change{By: v.p, Pattern: id, Version: version, Reason: v.field("reason")}
	var row store.DecisionPattern
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) (err error) {
		row, err = act.do(v, tx, c)
		return err
	})
	next := func(id club.PatternID) string {
		if to := v.field("next"); to != "" {
			return v.safeNext(to)
		}
		return v.at("memory", id.String())
	}
	switch club.CodeOf(err) {
	case "":
		return v.done(next(row.ID), act.said)
	case club.CodeInvalid, club.CodeConflict:
		return v.warn(next(id), sentence(club.MessageOf(err)))
	}
	return err
}

func closeBreaker(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	next := v.safeNext(v.field("next"))
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		return v.c.Memory.CloseBreaker(v.r.Context(), tx, v.p, v.field("kind"), v.field("scope"), v.field("reason"))
	})
	if club.CodeOf(err) == club.CodeConflict {
		return v.warn(next, sentence(club.MessageOf(err)))
	}
	if err != nil {
		return err
	}
	return v.done(next, "Closed: it may act again as its record allows.")
}
