package simulate

import (
	"net/http"
	"time"

	"clubos/internal/simulate/vendor"
)

// Fault puts vendors' things into a state. At is one of the cast: the bay of their booking, or the door
// of their location.
type Fault struct {
	What  string `yaml:"what"`
	At    string `yaml:"at"`
	Times int    `yaml:"times"` // how many requests it concerns; default all. For faults of answers only
}

// faultRule is a fault by name. Either answers (of some operations at a vendor) or do is set.
type faultRule struct {
	what    string
	placed  bool // it needs At
	answers []answerRule
	do      func(v *vendor.Vendors, bay vendor.Device, door vendor.Door)
}

type answerRule struct {
	vendor string
	ops    []string
	fault  func() vendor.Fault
}

func unavailable() vendor.Fault { return vendor.Fail(http.StatusServiceUnavailable) }

func slow() vendor.Fault { return vendor.Slow(2 * time.Second) }

func faultRules() []faultRule {
	bay := func(what string, change func(*vendor.Device)) faultRule {
		return faultRule{what: what, placed: true, do: func(v *vendor.Vendors, d vendor.Device, _ vendor.Door) {
			change(&d)
			v.RMM.SetDevice(d)
		}}
	}
	door := func(what string, change func(*vendor.Door)) faultRule {
		return faultRule{what: what, placed: true, do: func(v *vendor.Vendors, _ vendor.Device, d vendor.Door) {
			change(&d)
			v.Doors.SetDoor(d)
		}}
	}
	answers := func(what, who string, f func() vendor.Fault, ops ...string) faultRule {
		return faultRule{what: what, answers: []answerRule{{who, ops, f}}}
	}
	all := func(what string, do func(*vendor.Vendors)) faultRule {
		return faultRule{what: what, do: func(v *vendor.Vendors, _ vendor.Device, _ vendor.Door) { do(v) }}
	}
	return []faultRule{
		bay("bay_frozen", func(d *vendor.Device) { d.Frozen = true }),
		bay("bay_stubborn", func(d *vendor.Device) { d.Frozen, d.Stubborn = true, true }),
		bay("pc_offline", func(d *vendor.Device) { d.Offline = true }),
		bay("pc_online", func(d *vendor.Device) { d.Offline = false }),
		bay("pc_maintenance", func(d *vendor.Device) { d.Maintenance = true }),
		door("door_hub_offline", func(d *vendor.Door) { d.Offline = true }),
		door("door_hub_online", func(d *vendor.Door) { d.Offline = false }),
		answers("rmm_fails", "rmm", unavailable, "script", "reboot"),
		answers("rmm_hangs", "rmm", vendor.Hang, "script", "reboot"),
		answers("rmm_slow", "rmm", slow, "script", "reboot"),
		answers("rmm_lies", "rmm", vendor.Lie, "script", "reboot"),
		answers("rmm_loses_answer", "rmm", vendor.LoseAnswer, "script", "reboot"),
		answers("rmm_blind", "rmm", unavailable, "activities", "device"),
		answers("doors_fail", "doors", unavailable, "unlock"),
		answers("doors_hang", "doors", vendor.Hang, "unlock"),
		answers("doors_lie", "doors", vendor.Lie, "unlock"),
		answers("doors_lose_answer", "doors", vendor.LoseAnswer, "unlock"),
		answers("sms_fails", "sms", unavailable, "send"),
		answers("sms_refuses", "sms", func() vendor.Fault { return vendor.Fail(http.StatusBadRequest) }, "send"),
		answers("sms_slow", "sms", slow, "send"),
		answers("sms_loses_answer", "sms", vendor.LoseAnswer, "send"),
		answers("slack_fails", "slack", unavailable, "post", "update"),
		all("sms_down", func(v *vendor.Vendors) { v.SMS.Down() }),
		all("rmm_down", func(v *vendor.Vendors) { v.RMM.Down() }),
		all("doors_down", func(v *vendor.Vendors) { v.Doors.Down() }),
		all("slack_down", func(v *vendor.Vendors) { v.Slack.Down() }),
		all("mail_down", func(v *vendor.Vendors) { v.Mail.Down() }),
		all("pager_down", func(v *vendor.Vendors) { v.Pager.Down() }),
		all("heal", func(v *vendor.Vendors) {
			v.SMS.Heal()
			v.RMM.Heal()
			v.Doors.Heal()
			v.Slack.Heal()
			v.Mail.Heal()
			v.Pager.Heal()
		}),
	}
}

func findFault(what string) (faultRule, bool) {
	for _, r := range faultRules() {
		if r.what == what {
			return r, true
		}
	}
	return faultRule{}, false
}

// inject brings a fault about. "heal" ends every fault of answers and brings vendors back that are down.
func (f Fault) inject(v *vendor.Vendors, bay vendor.Device, door vendor.Door) error {
	rule, _ := findFault(f.What)
	if rule.do != nil {
		rule.do(v, bay, door)
	}
	for _, a := range rule.answers {
		for _, op := range a.ops {
			x := a.fault()
			if f.Times > 0 {
				x = x.Times(f.Times)
			}
			map[string]func(string, vendor.Fault){"sms": v.SMS.Break, "rmm": v.RMM.Break, "doors": v.Doors.Break, "slack": v.Slack.Break}[a.vendor](op, x)
		}
	}
	if f.What != "heal" {
		return nil
	}
	for _, up := range []func() error{v.SMS.Up, v.RMM.Up, v.Doors.Up, v.Slack.Up, v.Mail.Up, v.Pager.Up} {
		if err := up(); err != nil {
			return err
		}
	}
	return nil
}
