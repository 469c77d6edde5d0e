package console

import (
	"net/http"
	"slices"
	"strconv"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/hindsight"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/result"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (c *console) autonomyRoutes() []route {
	return []route{
		get("/autonomy", identity.SettingsRead, showAutonomy),
		post("/autonomy", identity.SettingsWrite, throwSwitch),
		post("/autonomy/permits", identity.SettingsWrite, savePermits),
	}
}

func showAutonomy(v *visit) error {
	p := page.AutonomyPage{May: v.p.Can(identity.SettingsWrite) && v.p.Everywhere(), Manage: v.p.Can(identity.MemoryManage) && v.p.Everywhere()}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "autonomy", "Autonomy")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		p.Groups = v.switches(f)
		if err := v.switchImpacts(tx, f, p.Groups); err != nil {
			return err
		}
		versions, err := settingVersions(v, tx)
		if err != nil {
			return err
		}
		p.Permits = v.permits(f)
		p.Permits.Version = versions[autonomyGroup]
		if p.Patterns, err = v.patternSwitches(tx, f); err != nil {
			return err
		}
		would, err := result.WouldHave(v.r.Context(), tx, result.Query{Days: wouldDays, Scope: v.p.LocationScope()})
		if err != nil {
			return err
		}
		p.Would = v.would(f, would, wouldDays)
		return nil
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Autonomy(p))
}

// wouldDays is how far back the page looks for what would have been done alone.
const wouldDays = 90

// autonomyGroup is the group of settings that the page edits.
const autonomyGroup = "Autonomy"

// patternSwitches lists the patterns that can act or announce, and those that are paused.
func (v *visit) patternSwitches(tx *store.Tx, f frame) ([]page.PatternSwitch, error) {
	var out []page.PatternSwitch
	for _, mode := range []learn.Mode{learn.ModePaused, learn.ModeAuto, learn.ModeSuggest} {
		list, err := v.c.Memory.List(v.r.Context(), tx, f.settings, learn.Filter{Scope: v.p.LocationScope(), Mode: mode, Size: listSize})
		if err != nil {
			return nil, err
		}
		for _, b := range list {
			out = append(out, page.PatternSwitch{Row: patternRow(f, nil, b), Version: b.Pattern.Version, Paused: mode == learn.ModePaused})
		}
	}
	return out, nil
}

// kindsOfActions names the kinds of actions that can be stopped or permitted, as the page shows them.
func kindsOfActions() []page.SwitchRow {
	return []page.SwitchRow{
		{Key: string(catalogue.CategoryDevice), Label: "Devices", About: "Nothing is restarted or switched."},
		{Key: string(catalogue.CategoryAccess), Label: "Doors", About: "No door is unlocked or locked."},
		{Key: string(catalogue.CategoryWords), Label: "Words", About: "No reply goes out by itself."},
	}
}

// switches lists everything that can be stopped, the widest first.
func (v *visit) switches(f frame) []page.SwitchGroup {
	thrown := func(r page.SwitchRow) page.SwitchRow {
		r.Off = slices.Contains(f.settings.SwitchedOff, r.Key)
		return r
	}
	kinds := page.SwitchGroup{Title: "Kinds of actions"}
	for _, k := range kindsOfActions() {
		kinds.Rows = append(kinds.Rows, thrown(k))
	}
	out := []page.SwitchGroup{
		{Title: "Everything", Rows: []page.SwitchRow{thrown(page.SwitchRow{Key: "all", Label: "Everything", About: "ClubOS acts on nothing and writes to nobody; people are called."})}},
		kinds,
	}
	places := page.SwitchGroup{Title: "Locations"}
	for _, l := range f.locations {
		places.Rows = append(places.Rows, thrown(page.SwitchRow{Key: setting.AtLocation + l.Slug, Label: l.Name}))
	}
	actions := page.SwitchGroup{Title: "Actions"}
	for _, a := range v.c.Catalogue.All() {
		if a.Physical() {
			actions.Rows = append(actions.Rows, thrown(page.SwitchRow{Key: string(a.Name), Label: a.Title, About: a.Description}))
		}
	}
	if len(places.Rows) > 0 {
		out = append(out, places)
	}
	return append(out, actions)
}

// permits lists what may be allowed unasked, and where.
func (v *visit) permits(f frame) page.PermitForm {
	s := f.settings
	out := page.PermitForm{On: s.AutoExecution}
	about := map[string]string{
		string(catalogue.CategoryDevice): "All of them, also those that are added later.",
		string(catalogue.CategoryAccess): "All of them that can be undone.",
		string(catalogue.CategoryWords):  "Replies that nothing else goes with. Words that go with an action follow the action.",
	}
	for _, k := range kindsOfActions() {
		g := page.PermitGroup{Kind: page.PermitRow{Key: k.Key, Label: k.Label, About: about[k.Key], Allowed: slices.Contains(s.AutoActions, k.Key)}}
		for _, a := range v.c.Catalogue.All() {
			switch {
			case string(a.Category) != k.Key || !a.Physical():
			case setting.Unaskable(a):
				g.Rows = append(g.Rows, page.PermitRow{Key: string(a.Name), Label: a.Title, Allowed: slices.Contains(s.AutoActions, string(a.Name))})
			default:
				g.Never = append(g.Never, a.Title)
			}
		}
		out.Actions = append(out.Actions, g)
	}
	out.Places = []page.PermitRow{{Key: setting.Everywhere, Label: "Everywhere", About: "Also at locations that are added later.", Allowed: slices.Contains(s.AutoPlaces, setting.Everywhere)}}
	for _, l := range f.locations {
		out.Places = append(out.Places, page.PermitRow{Key: l.Slug, Label: l.Name, Allowed: slices.Contains(s.AutoPlaces, l.Slug)})
	}
	return out
}

// throwSwitch stops something, or lets it run again. Pressed twice it stays as it is.
func throwSwitch(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	if !v.p.Everywhere() {
		return club.Forbidden("Only somebody who works everywhere may throw these switches.")
	}
	stop := orText(v.field(try), v.field("to")) != "on"
	if v.field(try) != "" {
		return v.askSwitch(stop)
	}
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		return setting.Switch(v.r.Context(), tx, v.p.Actor, v.field("switch"), stop)
	})
	if err != nil {
		return err
	}
	if stop {
		return v.warn(v.at("autonomy"), "Stopped. It counts at once.")
	}
	return v.done(v.at("autonomy"), "It runs again, as far as everything else allows.")
}

// askSwitch shows what a switch would have done to the last month, with the button that throws it.
func (v *visit) askSwitch(stop bool) error {
	key, label := v.field("switch"), ""
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "autonomy", "Autonomy")
		for _, g := range v.switches(f) {
			for _, r := range g.Rows {
				if r.Key == key {
					label = r.Label
				}
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	q := question{section: "autonomy", title: "Let " + label + " run again?", about: "As far as everything else allows.", yes: "Let it run", field: "to", action: v.at("autonomy"), back: v.at("autonomy"),
		trial: hindsight.Trial{Act: func(tx *store.Tx) error { return setting.Switch(v.r.Context(), tx, v.p.Actor, key, stop) }}}
	if stop {
		q.title, q.about, q.yes, q.danger = "Stop "+label+"?", "It counts at once and on every server, also for what has been announced already. People are called instead.", "Stop it", true
	}
	return v.ask(q)
}

// switchImpacts says beside every switch what it would have done to the last month the other way round.
func (v *visit) switchImpacts(tx *store.Tx, f frame, groups []page.SwitchGroup) error {
	var keys []string
	for _, g := range groups {
		for _, r := range g.Rows {
			keys = append(keys, r.Key)
		}
	}
	impacts, err := hindsight.TrySwitches(v.r.Context(), tx, v.p.LocationScope(), keys)
	if err != nil {
		return err
	}
	for _, g := range groups {
		for i := range g.Rows {
			e := impacts[g.Rows[i].Key]
			shown, err := v.impact(tx, f, hindsight.Impact{Since: tx.Now.Add(-hindsight.Month), Until: tx.Now, Was: e.Was, Would: e.Would, Fewer: e.Fewer, More: e.More, Unknown: e.Unknown})
			if err != nil {
				return err
			}
			g.Rows[i].Differ, g.Rows[i].Impact = len(e.Differ), page.SwitchStory(shown, g.Rows[i].Off)
		}
	}
	return nil
}

// savePermits stores what may run unasked, and where: all of it, or nothing.
func savePermits(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	if !v.p.Everywhere() {
		return club.Forbidden("Only somebody who works everywhere may decide what runs unasked.")
	}
	changed := 0
	permit := func(tx *store.Tx) (err error) {
		versions, err := settingVersions(v, tx)
		if err != nil {
			return err
		}
		if strconv.FormatInt(versions[autonomyGroup], 10) != v.field("version") {
			return club.Conflict("somebody else has changed these settings meanwhile; look at them again")
		}
		changed, err = setting.Permit(v.r.Context(), tx, v.p.Actor, v.field("on") == "true", v.r.PostForm["action"], v.r.PostForm["place"])
		return err
	}
	if v.field(sure) == "" {
		return v.ask(question{section: "autonomy", title: "Allow this unasked?", about: "It counts at once, for the next text on.", yes: "Save", action: v.at("autonomy", "permits"), back: v.at("autonomy"),
			trial: hindsight.Trial{Act: permit}})
	}
	err := v.tenant.Write(v.r.Context(), permit)
	switch club.CodeOf(err) {
	case "":
		if changed == 0 {
			return v.done(v.at("autonomy"), "Nothing was changed.")
		}
		return v.done(v.at("autonomy"), "Saved; it counts at once.")
	case club.CodeInvalid, club.CodeConflict:
		return v.warn(v.at("autonomy"), sentence(club.MessageOf(err)))
	}
	return err
}
