package console

import (
	"net/http"
	"strconv"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/hindsight"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/store"
)

func (c *console) memoryRoutes() []route {
	return []route{
		get("/memory", identity.MemoryRead, showMemory),
		post("/memory/breakers/close", identity.MemoryManage, closeBreaker),
		post("/memory/aside/take-back", identity.MemoryManage, takeBack),
		get("/memory/{id}", identity.MemoryRead, showPattern),
		post("/memory/{id}/act", identity.MemoryManage, actOnPattern),
	}
}

func showMemory(v *visit) error {
	ctx := v.r.Context()
	p := page.MemoryPage{Search: v.query("q"), Manage: v.p.Can(identity.MemoryManage) && v.p.Everywhere()}
	by := learn.Filter{Scope: v.p.LocationScope(), Search: likePattern(p.Search), Kind: v.query("kind"), Mode: learn.Mode(v.query("mode")), Domain: v.query("domain"), Location: idOf[club.LocationID](v.query("place")), After: idOf[club.PatternID](v.query("after")), Size: listSize + 1}
	p.Narrowed = p.Search != "" || by.Kind != "" || by.Mode != "" || by.Domain != "" || !by.Location.IsZero() || !by.After.IsZero()
	users, err := v.users()
	if err != nil {
		return err
	}
	err = v.tenant.Read(ctx, func(tx *store.Tx) error {
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
		if p.Breakers, err = v.breakerRows(tx, tripped); err != nil || !p.Manage {
			return err
		}
		apart, err := v.c.Memory.SetAside(ctx, tx, v.keys, v.p)
		for _, a := range apart {
			p.Apart = append(p.Apart, v.apartRow(users, a))
		}
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

func actOnPattern(v *visit) error {
	id, err := pathID[club.PatternID](v)
	if err != nil {
		return err
	}
	if err := v.parse(); err != nil {
		return err
	}
	act, ok := patternActs()[orText(v.field(try), v.field("do"))]
	version, bad := strconv.ParseInt(v.field("version"), 10, 64)
	if !ok || bad != nil {
		return club.Invalid("The form is incomplete; please open the page again.")
	}
	c := learn.Change{By: v.p, Pattern: id, Version: version, Reason: v.field("reason")}
	next := func(id club.PatternID) string {
		if to := v.field("next"); to != "" {
			return v.safeNext(to)
		}
		return v.at("memory", id.String())
	}
	if v.field(try) != "" || act.asks && v.field(sure) == "" {
		about := []club.PatternID{id}
		if onto := idOf[club.PatternID](v.field("onto")); onto != "" {
			about = append(about, onto)
		}
		return v.ask(question{section: "memory", title: act.title, about: act.about, yes: act.yes, danger: act.danger, action: v.at("memory", id.String(), "act"), back: next(id),
			trial: hindsight.Trial{Patterns: about, Act: func(tx *store.Tx) error { _, err := act.do(v, tx, c); return err }}})
	}
	var row store.DecisionPattern
	err = v.tenant.Write(v.r.Context(), func(tx *store.Tx) (err error) {
		row, err = act.do(v, tx, c)
		return err
	})
	switch club.CodeOf(err) {
	case "":
		if row.ID.IsZero() { // it is gone
			return v.done(v.at("memory"), act.said)
		}
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
	lift := func(tx *store.Tx) error {
		return v.c.Memory.CloseBreaker(v.r.Context(), tx, v.p, v.field("kind"), v.field("scope"), v.field("reason"))
	}
	if v.field(sure) == "" {
		q := question{section: "memory", title: "Close this breaker?", about: "What it held back may act again as its record allows.", yes: "Close the breaker", action: v.at("memory", "breakers", "close"), back: next, trial: hindsight.Trial{Act: lift}}
		if id := idOf[club.PatternID](v.field("scope")); id != "" {
			q.trial.Patterns = []club.PatternID{id}
		}
		return v.ask(q)
	}
	err := v.tenant.Write(v.r.Context(), lift)
	if club.CodeOf(err) == club.CodeConflict {
		return v.warn(next, sentence(club.MessageOf(err)))
	}
	if err != nil {
		return err
	}
	return v.done(next, "Closed: it may act again as its record allows.")
}

func takeBack(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		return v.c.Memory.TakeBack(v.r.Context(), tx, v.p, v.field("person"), v.field("reason"))
	})
	if club.CodeOf(err) == club.CodeConflict {
		return v.warn(v.at("memory"), sentence(club.MessageOf(err)))
	}
	if err != nil {
		return err
	}
	return v.done(v.at("memory"), "Taken back in: what they teach counts again.")
}
