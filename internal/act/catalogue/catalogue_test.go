package catalogue

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"clubos/internal/club"
)

func mustLoad(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestShippedCatalogueIsSoundAndHasWhatTheClubNeeds(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	for _, name := range []club.ActionName{"restart_trackman", "reboot_pc", "restart_display", "restart_side_screens", "unlock_door",
		"send_reply", "create_ticket", "escalate", "ask_member"} {
		if a, ok := c.Find(name); !ok || a.Name != name {
			t.Errorf("%s is missing", name)
		}
	}
	if len(c.All()) != len(c.Names()) {
		t.Error("All and Names differ")
	}
	if _, ok := c.Find("launch_missiles"); ok {
		t.Error("found what is not there")
	}
}

func TestDoorsOpenOnlyForTheBookerInTime(t *testing.T) {
	t.Parallel()
	a, _ := mustLoad(t).Find("unlock_door")
	for _, k := range []PrerequisiteKind{DoorKnown, MemberKnown, BookingActive, MemberIsBooker} {
		if _, ok := a.Requires(k); !ok {
			t.Errorf("unlock_door does not require %s", k)
		}
	}
	if w, ok := a.Requires(WithinTimeWindow); !ok || w.Before != 10*time.Minute || w.After != 10*time.Minute {
		t.Errorf("time window %+v", w)
	}
	if len(a.Params) != 0 || a.Risk != club.RiskHigh {
		t.Error("unlock_door takes parameters or is not of high risk")
	}
}

func TestEveryPhysicalActionIsVerifiedCooledAndBounded(t *testing.T) {
	t.Parallel()
	for _, a := range mustLoad(t).All() {
		if !a.Physical() {
			continue
		}
		if a.Verification.Kind == VerifyNone || a.Cooldown == 0 || len(a.Prerequisites) == 0 {
			t.Errorf("%s can run unseen or without pause", a.Name)
		}
	}
}

func TestCompensationIsAnotherActionAndNeverOfHighRisk(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	for _, a := range c.All() {
		if a.Compensation == nil {
			continue
		}
		if b, ok := c.Find(a.Compensation.Action); !ok || b.Risk == club.RiskHigh {
			t.Errorf("%s is made good by %s", a.Name, a.Compensation.Action)
		}
	}
}

// entry returns a sound entry with some lines replaced or added.
func entry(change map[string]string) string {
	lines := map[string]string{
		"name": "nudge", "title": "Nudge", "description": "Nudges.", "category": "device", "risk": "medium",
		"target": "{kind: device, device_kind: pc}", "timeout": "10s", "prerequisites": "[bay_known]", "cooldown": "1m",
		"limits": "{per_booking: 1}", "verification": "{kind: script_completed, within: 1m}",
		"call": "{op: rmm.script, setting: rmm.script.nudge}", "retry": "{attempts: 1}",
	}
	for k, v := range change {
		lines[k] = v
	}
	var b strings.Builder
	b.WriteString("actions:\n  -\n")
	for k, v := range lines {
		if v != "-" {
			fmt.Fprintf(&b, "    %s: %s\n", k, v)
		}
	}
	return b.String()
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Parse([]byte(entry(nil))); err != nil {
		t.Fatalf("the sound entry: %v", err)
	}
	param := func(s string) map[string]string { return map[string]string{"params": "[" + s + "]"} }
	cases := []struct {
		name   string
		change map[string]string
		want   string
	}{
		{"a name in capitals", map[string]string{"name": "Nudge"}, "lower-case"},
		{"no name", map[string]string{"name": `""`}, "entry 1"},
		{"no title", map[string]string{"title": "-"}, "title"},
		{"no description", map[string]string{"description": "-"}, "description"},
		{"an unknown category", map[string]string{"category": "magic"}, "category"},
		{"an unknown risk", map[string]string{"risk": "extreme"}, "unknown risk"},
		{"an unknown target", map[string]string{"target": "{kind: roof}"}, "target kind"},
		{"a device target without its kind", map[string]string{"target": "{kind: device}"}, "device_kind"},
		{"a target the op does not act on", map[string]string{"target": "{kind: door}"}, "acts on a device"},
		{"no timeout", map[string]string{"timeout": "-"}, "timeout"},
		{"a negative cooldown", map[string]string{"cooldown": "-1m"}, "cooldown"},
		{"a negative limit", map[string]string{"limits": "{per_booking: -1}"}, "negative"},
		{"endless retries", map[string]string{"retry": "{attempts: 99}"}, "attempts"},
		{"an unknown prerequisite", map[string]string{"prerequisites": "[bay_known, full_moon]"}, "full_moon"},
		{"a prerequisite twice", map[string]string{"prerequisites": "[bay_known, bay_known]"}, "twice"},
		{"a window on the wrong prerequisite", map[string]string{"prerequisites": "[{kind: bay_known, before: 5m}]"}, "neither before"},
		{"a recent on the wrong prerequisite", map[string]string{"prerequisites": "[{kind: bay_known, within: 5m}]"}, "does not take within"},
		{"a window of a day", map[string]string{"prerequisites": "[bay_known, {kind: within_time_window, before: 24h}]"}, "between 0 and"},
		{"a recent of nothing", map[string]string{"prerequisites": "[bay_known, {kind: no_recent_action, within: 0s}]"}, "within lies"},
		{"a device action without the bay", map[string]string{"prerequisites": "[device_online]"}, "bay_known"},
		{"an unknown verification", map[string]string{"verification": "{kind: hope, within: 1m}"}, "hope"},
		{"a verification without end", map[string]string{"verification": "{kind: script_completed}"}, "needs within"},
		{"another op's verification", map[string]string{"verification": "{kind: door_unlocked_log, within: 1m}"}, "is verified by"},
		{"high risk without verification", map[string]string{"risk": "high", "verification": "{kind: none}"}, "needs a verification"},
		{"medium risk without prerequisite", map[string]string{"prerequisites": "[]"}, "needs a prerequisite"},
		{"medium risk without cooldown", map[string]string{"cooldown": "-"}, "cooldown and a limit"},
		{"medium risk without limit", map[string]string{"limits": "-"}, "cooldown and a limit"},
		{"a device action without risk", map[string]string{"risk": "none"}, "not without risk"},
		{"an unknown op", map[string]string{"call": "{op: rmm.explode}"}, "unknown op"},
		{"a script without its setting", map[string]string{"call": "{op: rmm.script}"}, "names the setting"},
		{"a category the op does not have", map[string]string{"category": "words"}, "belongs to"},
		{"a compensation that does not exist", map[string]string{"compensation": `{action: pray, text: "Pray?"}`}, "pray"},
		{"itself as compensation", map[string]string{"compensation": `{action: nudge, text: "Again?"}`}, "not another action"},
		{"a compensation without text", map[string]string{"compensation": `{action: nudge, text: ""}`}, "needs a text"},
		{"a parameter that names a door", param("{name: door_name, type: string, max: 9, description: x}"), "must not name a target"},
		{"a parameter that names bays", param("{name: bays, type: int, description: x}"), "must not name a target"},
		{"a parameter that names a device", param("{name: device, type: string, max: 9, description: x}"), "must not name a target"},
		{"a parameter that names a recipient", param("{name: to, type: string, max: 9, description: x}"), "must not name a target"},
		{"a parameter without description", param("{name: why, type: string, max: 9}"), "description"},
		{"a parameter of unknown type", param("{name: why, type: blob, description: x}"), "unknown type"},
		{"a parameter twice", param("{name: why, type: bool, description: x}, {name: why, type: bool, description: x}"), "of its own"},
		{"an enum without values", param("{name: why, type: enum, description: x}"), "lists its values"},
		{"text without an end", param("{name: why, type: string, description: x}"), "needs a max"},
		{"min above max", param("{name: n, type: int, min: 3, max: 2, description: x}"), "above max"},
		{"bounds of another type", param("{name: n, type: duration, min: 3, description: x}"), "do not fit"},
		{"a default out of range", param("{name: n, type: int, max: 3, default: 4, description: x}"), "the default"},
		{"a default of a required one", param("{name: n, type: int, required: true, default: 4, description: x}"), "has no default"},
		{"an unknown key", map[string]string{"automatic": "true"}, "automatic"},
		{"a prerequisite that is a number", map[string]string{"prerequisites": "[7]"}, "a prerequisite is a name"},
		{"a prerequisite without kind", map[string]string{"prerequisites": "[{before: 5m}]"}, "no kind"},
		{"a prerequisite with an unknown key", map[string]string{"prerequisites": "[{kind: bay_known, until: 5m}]"}, "until"},
		{"a prerequisite with a bad duration", map[string]string{"prerequisites": "[{kind: within_time_window, before: soon}]"}, "duration"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(entry(c.change)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestValidateReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(entry(map[string]string{"title": "-", "category": "magic", "timeout": "-", "prerequisites": "[full_moon]"})))
	if club.CodeOf(err) != club.CodeInvalid || strings.Count(err.Error(), "\n") < 4 {
		t.Errorf("error %v", err)
	}
	double := entry(nil) + strings.TrimPrefix(entry(nil), "actions:\n")
	if _, err := Parse([]byte(double)); err == nil || !strings.Contains(err.Error(), "taken by an earlier") {
		t.Errorf("a name twice: %v", err)
	}
}

func paramsAction() Action {
	return Action{Name: "nudge", Params: []Param{
		{Name: "text", Type: ParamString, Required: true, Min: 2, Max: 5},
		{Name: "count", Type: ParamInt, Min: 1, Max: 3, Default: 2},
		{Name: "hold", Type: ParamDuration, Min: "1m", Max: "1h"},
		{Name: "mode", Type: ParamEnum, Enum: []string{"soft", "hard"}},
		{Name: "loud", Type: ParamBool},
		{Name: "floor", Type: ParamInt, Min: 0},
		{Name: "roof", Type: ParamInt, Max: 9},
	}}
}

func TestParseParamsTypesValuesAndFillsDefaults(t *testing.T) {
	t.Parallel()
	var in map[string]any
	if err := json.Unmarshal([]byte(`{"text":"héllo","count":3,"hold":"90s","mode":"soft","loud":true,"floor":null}`), &in); err != nil {
		t.Fatal(err)
	}
	got, err := paramsAction().ParseParams(in)
	if err != nil {
		t.Fatal(err)
	}
	want := Params{"text": "héllo", "count": int64(3), "hold": 90 * time.Second, "mode": "soft", "loud": true}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got.String("text") != "héllo" || got.Int("count") != 3 || got.Duration("hold") != 90*time.Second || !got.Bool("loud") {
		t.Error("getters")
	}
	b, _ := json.Marshal(got)
	var back map[string]any
	_ = json.Unmarshal(b, &back)
	again, err := paramsAction().ParseParams(back)
	if d := cmp.Diff(got, again); d != "" || err != nil {
		t.Errorf("stored and read back: %v %s", err, d)
	}
	if p, err := paramsAction().ParseParams(map[string]any{"text": "ab"}); err != nil || p.Int("count") != 2 {
		t.Errorf("default: %v, %v", p, err)
	}
}

func TestParseParamsRefusesAndNamesTheField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   map[string]any
		want string
	}{
		{"missing", map[string]any{}, "text: is required"},
		{"null for a required one", map[string]any{"text": nil}, "text: is required"},
		{"unknown", map[string]any{"text": "abc", "door": "front"}, "door: nudge has no such parameter"},
		{"blank", map[string]any{"text": "   "}, "text: must not be empty"},
		{"too short", map[string]any{"text": "a"}, "text: must have at least 2"},
		{"too long", map[string]any{"text": "abcdef"}, "text: must have at most 5"},
		{"NUL", map[string]any{"text": "ab\x00"}, "text: must be valid UTF-8"},
		{"broken UTF-8", map[string]any{"text": "ab\xff"}, "text: must be valid UTF-8"},
		{"a number for text", map[string]any{"text": 7}, "text: must be text"},
		{"half a count", map[string]any{"text": "abc", "count": 1.5}, "count: must be a whole number"},
		{"text for a count", map[string]any{"text": "abc", "count": "2"}, "count: must be a whole number"},
		{"too many", map[string]any{"text": "abc", "count": 4}, "count: must lie between 1 and 3"},
		{"below the floor", map[string]any{"text": "abc", "floor": -1}, "floor: must be at least 0"},
		{"above the roof", map[string]any{"text": "abc", "roof": json.Number("10")}, "roof: must be at most 9"},
		{"a number no integer holds", map[string]any{"text": "abc", "count": json.Number("1e3")}, "count: must be a whole"},
		{"a duration without unit", map[string]any{"text": "abc", "hold": 90}, "hold: must be a duration"},
		{"a duration too long", map[string]any{"text": "abc", "hold": "2h"}, "hold: must lie between 1m and 1h"},
		{"an unknown mode", map[string]any{"text": "abc", "mode": "medium"}, "mode: must be one of soft, hard"},
		{"text for a bool", map[string]any{"text": "abc", "loud": "true"}, "loud: must be true or false"},
	} {
		_, err := paramsAction().ParseParams(c.in)
		if club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	_, err := paramsAction().ParseParams(map[string]any{"a": 1, "b": 2, "count": 9})
	if strings.Count(err.Error(), ";") != 3 {
		t.Errorf("not everything at once: %v", err)
	}
}

func TestPrerequisitesReadAndWriteTheirShortForm(t *testing.T) {
	t.Parallel()
	in := []Prerequisite{NewPrerequisite(BayKnown), NewPrerequisite(WithinTimeWindow), {Kind: WithinTimeWindow, Before: 0, After: time.Hour},
		{Kind: NoRecentAction, Within: time.Minute}}
	y, err := yaml.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(y), "- bay_known\n- within_time_window\n- kind: within_time_window\n") {
		t.Errorf("YAML:\n%s", y)
	}
	var fromYAML, fromJSON []Prerequisite
	j, _ := json.Marshal(in)
	if err := yaml.Unmarshal(y, &fromYAML); err != nil {
		t.Error(err)
	}
	if err := json.Unmarshal(j, &fromJSON); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(in, fromYAML) + cmp.Diff(in, fromJSON); d != "" {
		t.Error(d)
	}
	if json.Unmarshal([]byte(`[[1]]`), &fromJSON) == nil {
		t.Error("a list was read as a prerequisite")
	}
}

func TestVerifiedWithinCutsEverySecondLookAndNothingElse(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	cut := c.VerifiedWithin(time.Second)
	for _, a := range c.All() {
		got, _ := cut.Find(a.Name)
		if want := min(a.Verification.Within, time.Second); got.Verification.Within != want {
			t.Errorf("%s proves itself within %s, want %s", a.Name, got.Verification.Within, want)
		}
		got.Verification.Within = a.Verification.Within
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("%s changed (-want +got):\n%s", a.Name, diff)
		}
	}
}
