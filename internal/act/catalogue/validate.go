package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
)

// Problem is one thing that is wrong with an entry.
type Problem struct {
	Action club.ActionName // the entry's name, or its position when it has none
	Msg    string
}

func (p Problem) String() string { return string(p.Action) + ": " + p.Msg }

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// targetWords are the words that would let a parameter name a target or a person. What an action
// acts on comes from context rows; a text or a model must have no way to say it.
var targetWords = map[string]bool{
	"target": true, "door": true, "bay": true, "box": true, "device": true, "pc": true, "host": true, "hub": true, "lock": true,
	"location": true, "site": true, "club": true, "tenant": true, "member": true, "phone": true, "recipient": true, "to": true,
	"booking": true, "booker": true, "customer": true, "thread": true, "script": true, "id": true, "ref": true, "number": true,
}

// Validate reports everything that is wrong, all at once; nil means sound.
func (c *Catalogue) Validate() []Problem {
	var out []Problem
	seen := map[club.ActionName]bool{}
	for i, a := range c.actions {
		name := a.Name
		if name == "" {
			name = club.ActionName(fmt.Sprintf("entry %d", i+1))
		}
		add := func(format string, args ...any) {
			out = append(out, Problem{Action: name, Msg: fmt.Sprintf(format, args...)})
		}
		if seen[a.Name] {
			add("the name is taken by an earlier entry")
		}
		seen[a.Name] = true
		a.checkWords(add)
		a.checkTimes(add)
		a.checkParams(add)
		a.checkCall(add)
		a.checkRisk(add)
		c.checkCompensation(a, add)
	}
	return out
}

type adder func(format string, args ...any)

func (a Action) checkWords(add adder) {
	if !namePattern.MatchString(string(a.Name)) || len(a.Name) > 40 {
		add("a name has up to 40 lower-case letters, digits and single underscores")
	}
	if strings.TrimSpace(a.Title) == "" || len(a.Title) > 60 {
		add("a title of up to 60 characters is needed")
	}
	if strings.TrimSpace(a.Description) == "" {
		add("a description is needed")
	}
	if !slices.Contains(Categories(), a.Category) {
		add("unknown category %q", a.Category)
	}
	if !slices.Contains([]club.Risk{club.RiskNone, club.RiskLow, club.RiskMedium, club.RiskHigh}, a.Risk) {
		add("unknown risk %q", a.Risk)
	}
	if !slices.Contains(TargetKinds(), a.Target.Kind) {
		add("unknown target kind %q", a.Target.Kind)
	}
	if (a.Target.Kind == TargetDevice) != slices.Contains(club.DeviceKinds(), a.Target.DeviceKind) {
		add("a device target, and no other, names a known device_kind; %q is none", a.Target.DeviceKind)
	}
}

func (a Action) checkTimes(add adder) {
	if a.Timeout < time.Second || a.Timeout > 2*time.Minute {
		add("timeout must lie between 1s and 2m, not %s", a.Timeout)
	}
	if a.Cooldown < 0 || a.Cooldown > 24*time.Hour {
		add("cooldown must lie between 0 and 24h, not %s", a.Cooldown)
	}
	if a.Limits.PerBooking < 0 || a.Limits.PerBayPerHour < 0 || a.Limits.PerMemberPerDay < 0 {
		add("limits are not negative")
	}
	if a.Retry.Attempts < 1 || a.Retry.Attempts > 5 || a.Retry.Wait < 0 || a.Retry.Wait > time.Minute {
		add("retry needs 1 to 5 attempts and a wait of at most 1m")
	}
	seen := map[PrerequisiteKind]bool{}
	for _, p := range a.Prerequisites {
		if err := p.Validate(); err != nil {
			add("%s", club.MessageOf(err))
		}
		if seen[p.Kind] {
			add("prerequisite %s is listed twice", p.Kind)
		}
		seen[p.Kind] = true
	}
	none := a.Verification.Kind == VerifyNone
	if !slices.Contains(VerificationKinds(), a.Verification.Kind) {
		add("unknown verification %q", a.Verification.Kind)
	} else if none != (a.Verification.Within == 0) || a.Verification.Within < 0 || a.Verification.Within > time.Hour {
		add("verification needs within, up to 1h, unless its kind is none")
	}
}

func (a Action) checkParams(add adder) {
	seen := map[string]bool{}
	for _, p := range a.Params {
		say := func(format string, args ...any) {
			add("parameter "+p.Name+": "+format, args...)
		}
		if !namePattern.MatchString(p.Name) || seen[p.Name] {
			say("a parameter needs a lower-case name of its own")
		}
		seen[p.Name] = true
		for word := range strings.SplitSeq(p.Name, "_") {
			if targetWords[word] || targetWords[strings.TrimSuffix(word, "s")] {
				say("a parameter must not name a target (%s); targets come from context", word)
				break
			}
		}
		if strings.TrimSpace(p.Description) == "" {
			say("a description is needed")
		}
		p.check(say)
	}
}

func (p Param) check(say adder) {
	if !slices.Contains(ParamTypes(), p.Type) {
		say("unknown type %q", p.Type)
		return
	}
	if (p.Type == ParamEnum) != (len(p.Enum) > 0) {
		say("an enum, and no other type, lists its values")
	}
	lo, hasLo := p.bound(p.Min)
	hi, hasHi := p.bound(p.Max)
	if p.Min != nil && !hasLo || p.Max != nil && !hasHi || (p.Type == ParamEnum || p.Type == ParamBool) && (hasLo || hasHi) {
		say("min and max do not fit the type %s", p.Type)
	}
	if hasLo && hasHi && lo > hi {
		say("min is above max")
	}
	if p.Type == ParamString && !hasHi {
		say("text needs a max")
	}
	if p.Default == nil {
		return
	}
	if p.Required {
		say("a required parameter has no default")
	}
	if _, err := p.parse(p.Default); err != nil {
		say("the default %s", club.MessageOf(err))
	}
}

func (a Action) checkCall(add adder) {
	r, ok := findOpRule(a.Call.Op)
	if !ok {
		add("unknown op %q; the ops are %s", a.Call.Op, list(Ops()))
		return
	}
	if a.Target.Kind != r.target {
		add("%s acts on a %s, not on %q", r.op, r.target, a.Target.Kind)
	}
	if !slices.Contains(r.categories, a.Category) {
		add("%s belongs to the category %s", r.op, list(r.categories))
	}
	if a.Verification.Kind != VerifyNone && !slices.Contains(r.verification, a.Verification.Kind) {
		add("%s is verified by %s, not by %s", r.op, list(r.verification), a.Verification.Kind)
	}
	if r.setting != (a.Call.Setting != "") {
		add("rmm.script, and no other op, names the setting that holds the script's id")
	}
}

func (a Action) checkRisk(add adder) {
	risky := a.Risk == club.RiskMedium || a.Risk == club.RiskHigh
	if risky && a.Verification.Kind == VerifyNone {
		add("%s risk needs a verification", a.Risk)
	}
	if risky && len(a.Prerequisites) == 0 {
		add("%s risk needs a prerequisite", a.Risk)
	}
	if risky && (a.Cooldown == 0 || a.Limits.IsZero()) {
		add("%s risk needs a cooldown and a limit", a.Risk)
	}
	if a.Physical() && a.Risk == club.RiskNone {
		add("an action that moves something is not without risk")
	}
	known := map[TargetKind]PrerequisiteKind{TargetBay: BayKnown, TargetDevice: BayKnown, TargetDoor: DoorKnown}[a.Target.Kind]
	if _, ok := a.Requires(known); known != "" && !ok {
		add("an action on a %s needs the prerequisite %s", a.Target.Kind, known)
	}
}

func (c *Catalogue) checkCompensation(a Action, add adder) {
	if a.Compensation == nil {
		return
	}
	if _, ok := c.Find(a.Compensation.Action); !ok || a.Compensation.Action == a.Name {
		add("the compensation %q is not another action of the catalogue", a.Compensation.Action)
	}
	if strings.TrimSpace(a.Compensation.Text) == "" {
		add("the compensation needs a text")
	}
}
