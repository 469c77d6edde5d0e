package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/hindsight"
	"clubos/internal/identity"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (c *console) settingRoutes() []route {
	return []route{
		get("/settings", identity.SettingsRead, func(v *visit) error { return showSettings(v, http.StatusOK, "", "", nil) }),
		post("/settings", identity.SettingsWrite, saveSettings),
	}
}

// showSettings shows every setting. In one group, after an error, it shows what was typed.
func showSettings(v *visit, status int, problem, group string, errs map[string]string) error {
	p := page.SettingsPage{Error: problem}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "settings", "Settings")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		versions, err := settingVersions(v, tx)
		if err != nil {
			return err
		}
		for _, s := range setting.Specs() {
			i := slices.IndexFunc(p.Groups, func(g page.SettingGroup) bool { return g.Key == groupKey(s.Group) })
			if i < 0 {
				i = len(p.Groups)
				p.Groups = append(p.Groups, page.SettingGroup{Key: groupKey(s.Group), Title: s.Group, Version: versions[s.Group]})
			}
			r := settingOf(s, f.settings)
			if group == groupKey(s.Group) {
				r.Value, r.Error = v.r.PostForm.Get(s.Key), errs[s.Key]
			}
			p.Groups[i].Rows = append(p.Groups[i].Rows, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(status, page.Settings(p))
}

func groupKey(group string) string { return strings.ToLower(strings.ReplaceAll(group, " ", "-")) }

// settingVersions is when each group was last changed, in microseconds: the version that its form saw.
func settingVersions(v *visit, tx *store.Tx) (map[string]int64, error) {
	rows, err := tx.FindSettings(v.r.Context())
	if err != nil {
		return nil, fmt.Errorf("find settings: %w", err)
	}
	out := map[string]int64{}
	for _, r := range rows {
		if s, ok := setting.Find(r.Key); ok {
			out[s.Group] = max(out[s.Group], r.UpdatedAt.UnixMicro())
		}
	}
	return out, nil
}

func settingOf(s setting.Spec, now setting.Settings) page.Setting {
	r := page.Setting{Name: s.Key, Label: s.Title, About: s.Help, Kind: "text", Value: settingText(s.Value(now)), Default: settingText(s.Value(setting.Default()))}
	switch s.Kind {
	case setting.KindBool:
		r.Kind = "switch"
		r.Default = map[string]string{"true": "on", "false": "off"}[r.Default]
	case setting.KindCount:
		r.Kind, r.Step, r.Min = "number", "1", "0"
	case setting.KindNumber:
		r.Kind, r.Step, r.Min, r.Max = "number", "any", "0", "1"
	}
	return r
}

// settingText shows a setting's value as a form has it.
func settingText(value any) string {
	switch x := value.(type) {
	case []string:
		return strings.Join(x, ", ")
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}

// saveSettings saves the changed settings of a group, all or none.
func saveSettings(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	group, errs, changed := v.field("group"), map[string]string{}, 0
	save := func(tx *store.Tx) error {
		clear(errs)
		changed = 0
		now, err := setting.Load(v.r.Context(), tx)
		if err != nil {
			return err
		}
		versions, err := settingVersions(v, tx)
		if err != nil {
			return err
		}
		specs := slices.DeleteFunc(setting.Specs(), func(s setting.Spec) bool { return groupKey(s.Group) != group })
		if len(specs) == 0 {
			return club.Invalid("There is no such group of settings.")
		}
		if strconv.FormatInt(versions[specs[0].Group], 10) != v.field("version") {
			return club.Conflict("Somebody else has changed these settings meanwhile. What you typed is still here; saving again replaces theirs.")
		}
		for _, s := range inOrder(specs, now, v) {
			typed := v.r.PostForm.Get(s.Key)
			if s.Kind == setting.KindBool && typed == "" {
				typed = "false"
			}
			if strings.TrimSpace(typed) == settingText(s.Value(now)) {
				continue
			}
			raw, err := s.Parse(typed)
			if err == nil {
				err = setting.Put(v.r.Context(), tx, v.p.Actor, s.Key, raw)
			}
			if club.CodeOf(err) == club.CodeInvalid {
				errs[s.Key] = sentence(club.MessageOf(err))
				continue
			}
			if err != nil {
				return err
			}
			changed++
		}
		if len(errs) > 0 {
			return club.Invalid("Nothing was saved: some values do not fit.")
		}
		if changed > 0 {
			tx.Changed("setting", group)
		}
		return nil
	}
	refused := func(err error) error {
		return showSettings(v, statusOf(club.CodeOf(err)), sentence(club.MessageOf(err)), group, errs)
	}
	weighs, err := v.weighs(group)
	if err != nil {
		return err
	}
	if weighs && v.field(sure) == "" {
		return v.ask(question{section: "settings", title: "Save these settings?", about: "They say how far ClubOS may go by itself. They count at once, for the next text on.", yes: "Save",
			action: v.at("settings"), back: v.at("settings"), trial: hindsight.Trial{Act: save}, refused: refused})
	}
	err = v.tenant.Write(v.r.Context(), save)
	switch code := club.CodeOf(err); code {
	case "":
		if changed == 0 {
			return v.done(v.at("settings"), "Nothing was changed.")
		}
		return v.done(v.at("settings"), "Saved; it counts at once.")
	case club.CodeInvalid, club.CodeConflict:
		return refused(err)
	}
	return err
}

// weighing are the settings that say how far decisions may go, of the group Autonomy.
var weighing = []string{"confidence.high", "confidence.medium", "confidence.low", "actions.auto_execution", "actions.off", "autonomy.actions", "autonomy.places", "replies.auto_safe",
	"memory.propose_outcomes", "memory.propose_people", "memory.execute_people"}

// weighs reports whether a posted group changes a setting by which decisions of the last month would have
// gone otherwise.
func (v *visit) weighs(group string) (weighs bool, err error) {
	if group != groupKey(autonomyGroup) {
		return false, nil
	}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		now, err := setting.Load(v.r.Context(), tx)
		for _, key := range weighing {
			s, ok := setting.Find(key)
			typed := strings.TrimSpace(v.r.PostForm.Get(key))
			if s.Kind == setting.KindBool && typed == "" {
				typed = "false"
			}
			weighs = weighs || ok && typed != settingText(s.Value(now))
		}
		return err
	})
	return weighs, err
}

// inOrder sorts the confidences so that each one, put by itself, fits between its neighbours: those that
// rise from the highest down, then those that fall from the lowest up.
func inOrder(specs []setting.Spec, now setting.Settings, v *visit) []setting.Spec {
	var rising, others, falling []setting.Spec
	for _, s := range specs {
		was, isNumber := s.Value(now).(float64)
		to, err := strconv.ParseFloat(strings.TrimSpace(v.r.PostForm.Get(s.Key)), 64)
		switch {
		case !isNumber || err != nil:
			others = append(others, s)
		case to > was:
			rising = append(rising, s)
		default:
			falling = append(falling, s)
		}
	}
	slices.Reverse(falling)
	return slices.Concat(rising, others, falling)
}
