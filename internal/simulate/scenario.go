package simulate

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"clubos/internal/club"
	"clubos/internal/simulate/vendor"
)

//go:embed scenarios/*.yaml
var scenarioFiles embed.FS

// Scenario is a short story about members, vendors and staff, with what must come of it. It is data: a
// person can read it, and Run plays it against a server from the outside.
type Scenario struct {
	Name     string          `yaml:"name"`     // of lower-case words with hyphens
	Title    string          `yaml:"title"`    // a sentence that states what must hold
	Rows     []string        `yaml:"rows"`     // of the product's description, "M1"
	Lessons  []int           `yaml:"lessons"`  // of earlier systems, that it guards against
	Slow     bool            `yaml:"slow"`     // the whole time that an action has to prove itself goes by: half a minute and more
	Cast     map[string]Pick `yaml:"cast"`     // who plays, by a name of the scenario's own
	Settings map[string]any  `yaml:"settings"` // of the club, set before the first step
	Steps    []Step          `yaml:"steps"`
}

// Pick chooses a person of the club. Nobody plays two roles in a scenario.
type Pick struct {
	Booking  BookingPick `yaml:"booking"`  // which booking the member has
	Location string      `yaml:"location"` // of the booking; of a person without one: whose line they text. "" is any
	Bay      int         `yaml:"bay"`      // of the booking; 0 is any
	Unknown  bool        `yaml:"unknown"`  // a number that no member has
	Repeat   string      `yaml:"repeat"`   // a member who has the same location as this one of the cast
}

// BookingPick says which booking somebody is chosen by.
type BookingPick string

// The choices.
const (
	BookingAny   BookingPick = ""      // with or without
	BookingNow   BookingPick = "now"   // runs, for at least 15 more minutes
	BookingSoon  BookingPick = "soon"  // begins within 8 minutes
	BookingLater BookingPick = "later" // begins in 40 minutes or more, today or tomorrow
	BookingEnded BookingPick = "ended" // ended at least 15 minutes ago, and nothing runs or begins soon
	BookingNone  BookingPick = "none"  // none in these days
)

func bookingPicks() []BookingPick {
	return []BookingPick{BookingAny, BookingNow, BookingSoon, BookingLater, BookingEnded, BookingNone}
}

// Step is one thing that happens; exactly one field is set.
type Step struct {
	Text    *Text         `yaml:"text"`
	Fault   *Fault        `yaml:"fault"`
	Act     *Act          `yaml:"act"`
	Answer  *Answer       `yaml:"answer"`
	Booking *Rebooking    `yaml:"booking"`
	Door    *DoorReport   `yaml:"door"`
	Wait    time.Duration `yaml:"wait"` // of real time; an expectation is almost always the better step
	Expect  *Expect       `yaml:"expect"`
}

// Text is what a member sends: a signed webhook, as the vendor of the line posts it.
type Text struct {
	From   string   `yaml:"from"`
	Say    string   `yaml:"say"`
	Burst  []string `yaml:"burst"`  // several texts at once, instead of Say
	Edge   string   `yaml:"edge"`   // the name of an edge text, instead of Say
	Media  int      `yaml:"media"`  // how many pictures come with it
	Line   string   `yaml:"line"`   // the location whose line is texted; default: the member's
	Wire   string   `yaml:"wire"`   // "openphone-legacy": the older format, of lines at openphone
	Times  int      `yaml:"times"`  // how often the same delivery is posted; default 1
	AtOnce bool     `yaml:"atonce"` // repeated deliveries are posted side by side
	Spoil  Spoil    `yaml:"spoil"`
	Status int      `yaml:"status"` // the answer; default any 2xx
}

// Spoil is how a delivery is not in order.
type Spoil string

// The ways to spoil a delivery.
const (
	SpoilNot       Spoil = ""
	SpoilUnsigned  Spoil = "unsigned"
	SpoilSignature Spoil = "signature"
	SpoilBody      Spoil = "body"      // changed after signing
	SpoilTruncated Spoil = "truncated" // cut off after signing
)

func spoils() []Spoil {
	return []Spoil{SpoilNot, SpoilUnsigned, SpoilSignature, SpoilBody, SpoilTruncated}
}

// Act is what one of the staff does.
type Act struct {
	By    string    `yaml:"by"` // a role; "operator2" is the second operator
	Do    Do        `yaml:"do"`
	Of    string    `yaml:"of"`    // whose thread
	About string    `yaml:"about"` // regexp: of their situations the newest whose title fits, whose thread is meant; "": their own
	Say   string    `yaml:"say"`   // for reply, edit, and the reason of reject and escalate
	Via   string    `yaml:"via"`   // "api" (default) or "slack": a press on the button of the post
	Times int       `yaml:"times"` // how often, side by side; default 1. One must succeed.
	Code  club.Code `yaml:"code"`  // the refusal that is expected; "" expects success
}

// Answer is what one of the staff texts back when they were called.
type Answer struct {
	By  string `yaml:"by"` // a role, "operator2", or "oncall"
	Of  string `yaml:"of"` // whose matter: its line is texted
	Say string `yaml:"say"`
}

// Called is what one of the staff must have got since the scenario began.
type Called struct {
	Who  string `yaml:"who"`  // a role, "operator2", or "oncall"
	Text string `yaml:"text"` // regexp: some text; "none"
	Mail string `yaml:"mail"` // regexp: some mail; "none"
}

// Do names an act.
type Do string

// The acts. Approve, edit and reject decide on the thread's open proposal; raise answers the newest report of a
// booking on the booking's page, which opens its conversation.
const (
	DoApprove  Do = "approve"
	DoEdit     Do = "edit"
	DoReject   Do = "reject"
	DoReply    Do = "reply"
	DoClaim    Do = "claim"
	DoEscalate Do = "escalate"
	DoHandBack Do = "hand_back"
	DoResolve  Do = "resolve"
	DoRaise    Do = "raise"
)

func dos() []Do {
	return []Do{DoApprove, DoEdit, DoReject, DoReply, DoClaim, DoEscalate, DoHandBack, DoResolve, DoRaise}
}

// Rebooking changes a booking through the signed booking webhook. The zero Start leaves the times.
type Rebooking struct {
	Beside string        `yaml:"beside"` // a further booking, of nobody, at the time and bay of this one of the cast
	Of     string        `yaml:"of"`
	Cancel bool          `yaml:"cancel"`
	In     time.Duration `yaml:"in"`   // the new start, from now; negative lies back
	Last   time.Duration `yaml:"last"` // how long it lasts; default 1 h
}

// DoorReport is what the door of somebody's place reports, by its controller's signed webhook.
type DoorReport struct {
	At     string            `yaml:"at"` // whose place
	Report vendor.DoorReport `yaml:"report"`
	Times  int               `yaml:"times"` // one after the other; default 1
	// Before says how long ago it was, for what the club had on record before the scenario begins.
	Before time.Duration `yaml:"before"`
}

// Reported is what must have come of a report at the place of somebody since the scenario began.
type Reported struct {
	Title    string `yaml:"title"`    // regexp: the situation that is meant, the newest that fits; "none" is there none
	Proposal string `yaml:"proposal"` // regexp: the title of the open proposal in its conversation; "none"
	Ticket   string `yaml:"ticket"`   // regexp: the title of some ticket of its conversation; "none"
	Note     string `yaml:"note"`     // regexp: some note for colleagues there
	Joined   *bool  `yaml:"joined"`   // whether its conversation is the member's
	Over     *bool  `yaml:"over"`     // whether it is over
}

// Expect is what must be seen from outside: at members' phones, at the vendors, in the club's records.
// Everything that is set must hold at one time, at the latest Within after the step begins, and what
// counts something must still hold after Quiet.
type Expect struct {
	Of         string                           `yaml:"of"`
	Status     []club.ThreadStatus              `yaml:"status"` // one of them
	Priority   club.Priority                    `yaml:"priority"`
	Replies    *int                             `yaml:"replies"`    // texts the member got since the scenario began
	Reply      string                           `yaml:"reply"`      // regexp: the newest of them
	Said       []string                         `yaml:"said"`       // regexps: some of them, in this order
	NeverSaid  string                           `yaml:"never_said"` // regexp: none of them
	Texts      *int                             `yaml:"texts"`      // the member's texts that are kept
	Threads    *int                             `yaml:"threads"`    // of the member, merged ones apart
	Member     *bool                            `yaml:"member"`     // whether the thread knows its member
	Escalation string                           `yaml:"escalation"` // regexp: the reason of an escalation that is not closed; "none"
	Proposal   string                           `yaml:"proposal"`   // regexp: the title of the open proposal; "none"
	Ticket     string                           `yaml:"ticket"`     // regexp: the title of some ticket; "none"
	Rule       string                           `yaml:"rule"`       // the fixed rule that the newest decision rests on
	Fact       string                           `yaml:"fact"`       // regexp: some "name: value" of the newest decision
	Consent    club.ConsentState                `yaml:"consent"`
	Outcomes   map[club.ActionName]club.Outcome `yaml:"outcomes"` // the newest execution's outcome by action
	Effects    []EffectCount                    `yaml:"effects"`
	Posted     string                           `yaml:"posted"` // regexp: some post in Slack since the scenario began
	Called     []Called                         `yaml:"called"`
	Paged      string                           `yaml:"paged"` // regexp: "status summary" of some incident at the pager
	Reported   *Reported                        `yaml:"reported"`
	Taken      string                           `yaml:"taken"`  // regexp: who has acknowledged the escalation that is not closed
	Locked     *bool                            `yaml:"locked"` // the door of the member's location
	Within     time.Duration                    `yaml:"within"` // default 15 s
	Quiet      time.Duration                    `yaml:"quiet"`  // default 700 ms where something is counted
}

// EffectCount is how often something really happened at the vendors since the scenario began. Op is
// "reboot", "unlock", "send", "post", or a script by its name ("restart_trackman").
type EffectCount struct {
	Op    string `yaml:"op"`
	At    string `yaml:"at"`    // the bay or door of this one of the cast; "" anywhere
	Count int    `yaml:"count"` // exactly
}

// Scenarios returns every scenario that ships with the program, by file and place in it. An error is a
// fault of ours.
func Scenarios() ([]Scenario, error) {
	files, err := fs.Glob(scenarioFiles, "scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list scenarios: %w", err)
	}
	slices.Sort(files)
	var out []Scenario
	for _, name := range files {
		data, err := scenarioFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read scenarios: %w", err)
		}
		part, err := ParseScenarios(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, part...)
	}
	return out, unique(out)
}

// FindScenario returns the scenario of that name.
func FindScenario(name string) (Scenario, error) {
	all, err := Scenarios()
	if err != nil {
		return Scenario{}, err
	}
	for _, s := range all {
		if s.Name == name {
			return s, nil
		}
	}
	return Scenario{}, club.NotFound("there is no scenario %q", name)
}

// ParseScenarios reads a file of scenarios: YAML, a list under the key "scenarios". The error is Invalid
// and says everything that is wrong.
func ParseScenarios(data []byte) ([]Scenario, error) {
	var file struct {
		Scenarios []Scenario `yaml:"scenarios"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, club.Invalid("not a file of scenarios: %s", err)
	}
	var wrong []string
	for i, s := range file.Scenarios {
		for _, w := range s.check() {
			name := s.Name
			if name == "" {
				name = fmt.Sprintf("scenario %d", i+1)
			}
			wrong = append(wrong, name+": "+w)
		}
	}
	if len(wrong) > 0 {
		return nil, club.Invalid("%s", strings.Join(wrong, "\n"))
	}
	return file.Scenarios, unique(file.Scenarios)
}

func unique(all []Scenario) error {
	seen := map[string]bool{}
	for _, s := range all {
		if seen[s.Name] {
			return club.Invalid("there are two scenarios named %s", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}
