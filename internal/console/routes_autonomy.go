package console

import (
	"net/http"
	"slices"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (c *console) autonomyRoutes() []route {
	return []route{
		get("/autonomy", identity.SettingsRead, showAutonomy),
		post("/autonomy", identity.SettingsWrite, throwSwitch),
	}
}

// killSwitches is the setting that every switch is kept in.
const killSwitches = "actions.off"

func showAutonomy(v *visit) error {
	p := page.AutonomyPage{May: v.p.Can(identity.SettingsWrite) && v.p.Everywhere()}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "autonomy", "Autonomy")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		p.Groups = v.switches(f)
		paused, err := v.c.Memory.List(v.r.Context(), tx, f.settings, learn.Filter{Scope: v.p.LocationScope(), Mode: learn.ModePaused, Size: listSize})
		if err != nil {
			return err
		}
		for _, b := range paused {
			p.Paused = append(p.Paused, patternRow(f, nil, b))
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Autonomy(p))
}

// switches lists everything that can be stopped, the widest first.
func (v *visit) switches(f frame) []page.SwitchGroup {
	row := func(key, label, about string) page.SwitchRow {
		return page.SwitchRow{Key: key, Label: label, About: about, Off: slices.Contains(f.settings.SwitchedOff, key)}
	}
	out := []page.SwitchGroup{
		{Title: "Everything", Rows: []page.SwitchRow{row("all", "Everything", "ClubOS acts on nothing and writes to nobody; people are called.")}},
		{Title: "Kinds of actions", Rows: []page.SwitchRow{
			row(string(catalogue.CategoryDevice), "Devices", "Nothing is restarted or switched."),
			row(string(catalogue.CategoryAccess), "Doors", "No door is unlocked or locked."),
			row(string(catalogue.CategoryWords), "Words", "No reply goes out by itself."),
		}},
	}
	places := page.SwitchGroup{Title: "Locations"}
	for _, l := range f.locations {
		places.Rows = append(places.Rows, row(setting.AtLocation+l.Slug, l.Name, ""))
	}
	actions := page.SwitchGroup{Title: "Actions"}
	for _, a := range v.c.Catalogue.All() {
		if a.Physical() {
			actions.Rows = append(actions.Rows, row(string(a.Name), a.Title, a.Description))
		}
	}
	if len(places.Rows) > 0 {
		out = append(out, places)
	}
	return append(out, actions)
}

// throwSwitch stops something, or lets it run again. Pressed twice it stays as it is.
func throwSwitch(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	if !v.p.Everywhere() {
		return club.Forbidden("Only somebody who works everywhere may throw these switches.")
	}
	key, stop := v.field("switch"), v.field("to") != "on"
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		s, err := setting.Load(v.r.Context(), tx)
		if err != nil {
			return err
		}
		if slices.Contains(s.SwitchedOff, key) == stop {
			return nil
		}
		off := slices.DeleteFunc(slices.Clone(s.SwitchedOff), func(o string) bool { return o == key })
		if stop {
			off = append(off, key)
		}
		tx.Changed("setting", "autonomy")
		return setting.PutValue(v.r.Context(), tx, v.p.Actor, killSwitches, off)
	})
	if err != nil {
		return err
	}
	if stop {
		return v.warn(v.at("autonomy"), "Stopped. It counts at once.")
	}
	return v.done(v.at("autonomy"), "It runs again, as far as everything else allows.")
}
