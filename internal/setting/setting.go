// Package setting holds what a club may set for itself: one typed struct, read in the transaction
// that uses it, edited in the console and audited.
//
// Every setting stands in the table of specs.go with its default, its bounds and a sentence for
// people; the console's page, the API and the documentation are made from that table.
package setting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
)

// Settings are a club's settings, with defaults where it has set nothing.
type Settings struct {
	ClubName   string
	Region     string // of numbers without a country code
	Thresholds club.Thresholds

	AutoSafeReplies bool // plain information replies of a SOP marked safe go out unasked
	AutoExecution   bool // announced actions run at their deadline; off: a person decides
	SwitchedOff     []string

	// What may be done unasked once AutoExecution is on; see Unasked.
	AutoActions, AutoPlaces []string

	// What a learned decision needs before it is proposed, and before it may act.
	ProposeOutcomes, ProposePeople, ExecutePeople int

	// NinjaOneFrom are the networks that its webhooks may come from; none: any.
	NinjaOneFrom []string
	SetAside     bool    // what somebody teaches against everybody else trains nothing
	ReviewShare  float64 // of what is done alone, how much a person looks at afterwards

	BurstWait        time.Duration
	SuggestDeadline  time.Duration
	HandReplySilence time.Duration
	EpisodeGap       time.Duration
	AnswerWait       time.Duration

	EscalationSLA map[club.Priority]time.Duration
	TicketSLA     map[club.Priority]time.Duration

	WatchInterval time.Duration // between two looks at a device that has no interval of its own
	IncidentWait  time.Duration // within which faults at one place are one incident
	AlarmAfter    time.Duration // until people are told that a promise is not kept; 0 tells nobody
	NoShowWait    time.Duration // after a booking's start, until it is looked whether anybody came; 0 never looks

	RecurrenceTickets int // of one cause in the window make a root-cause ticket; 0: never
	RecurrenceWindow  time.Duration

	OptOutReply, OptInReply, HelpReply, GreetingReply, EscalatedReply, EmergencyReply string

	Calls        map[club.Priority]CallPlan // who is called to an escalation, and when
	SlackChannel string
	ConsoleURL   string

	DoorAlarm string // what a door that was forced or held open makes: DoorAlarmTicket and its like
	Night     string // "22:00-06:00"; see AtNight

	AccessDays int // for which what doors report is kept
	AuditDays  int // for which the audit log is kept
}

// Off reports whether a switch is thrown that stops an action: "all", its category or its name.
func (s Settings) Off(category string, action club.ActionName) (string, bool) {
	for _, off := range s.SwitchedOff {
		if off == "all" || off == category || off == string(action) {
			return off, true
		}
	}
	return "", false
}

// AtLocation begins a switch that stops everything at one location; its short name follows.
const AtLocation = "location:"

// OffAt is Off at a location, whose own switch stops everything there. A zero location is nowhere.
func (s Settings) OffAt(ctx context.Context, tx *store.Tx, category string, action club.ActionName, location club.LocationID) (string, bool, error) {
	if off, thrown := s.Off(category, action); thrown {
		return off, true, nil
	}
	local := func(off string) bool { return strings.HasPrefix(off, AtLocation) }
	if location.IsZero() || !slices.ContainsFunc(s.SwitchedOff, local) {
		return "", false, nil
	}
	l, err := tx.FindLocation(ctx, location)
	if err != nil {
		return "", false, fmt.Errorf("find location: %w", err)
	}
	off := AtLocation + l.Slug
	return off, slices.Contains(s.SwitchedOff, off), nil
}

// Default returns the settings of a club that has set nothing.
func Default() Settings { return defaults() }

// defaults reads the specs once. The maps inside are shared: a spec that changes one makes a copy.
var defaults = sync.OnceValue(func() Settings {
	var s Settings
	for _, spec := range specs {
		if err := spec.set(&s, spec.Default); err != nil {
			panic("BUG: default of " + spec.Key + ": " + err.Error())
		}
	}
	return s
})

// Load reads the club's settings. A value that no longer fits its spec falls back to the default, so
// that an old row cannot stop the club.
func Load(ctx context.Context, tx *store.Tx) (Settings, error) { return load(ctx, tx.Queries) }

// Known is Load as store.Tx.Known tells it: for how things are done and said, never for what may be done.
func Known(ctx context.Context, tx *store.Tx) (Settings, error) { return load(ctx, tx.Known()) }

func load(ctx context.Context, q *store.Queries) (Settings, error) {
	s := Default()
	rows, err := q.FindSettings(ctx)
	if err != nil {
		return s, fmt.Errorf("read settings: %w", err)
	}
	for _, row := range rows {
		spec, ok := Find(row.Key)
		if !ok {
			continue
		}
		next := s
		if spec.set(&next, json.RawMessage(row.Value)) == nil {
			s = next
		}
	}
	if s.Thresholds.Validate() != nil {
		s.Thresholds = club.DefaultThresholds()
	}
	return s, nil
}

// Put stores one setting. The value is JSON, as Spec.Kind says.
func Put(ctx context.Context, tx *store.Tx, by club.Actor, key string, value json.RawMessage) error {
	spec, ok := Find(key)
	if !ok {
		return club.NotFound("there is no setting %q", key)
	}
	now, err := Load(ctx, tx)
	if err != nil {
		return err
	}
	before, was := spec.get(now), now
	if err := spec.set(&now, value); err != nil {
		return club.Invalid("%s: %s", spec.Title, err)
	}
	if spec.check != nil {
		if err := spec.check(now); err != nil {
			return err
		}
	}
	if err := now.Thresholds.Validate(); err != nil {
		return err
	}
	if err := knownLocations(ctx, tx, was.SwitchedOff, now.SwitchedOff); err != nil {
		return err
	}
	if err := knownPlaces(ctx, tx, was.AutoPlaces, now.AutoPlaces); err != nil {
		return err
	}
	canonical, err := json.Marshal(spec.get(now))
	if err != nil {
		return fmt.Errorf("encode setting: %w", err)
	}
	if err := tx.PutSetting(ctx, store.PutSettingParams{Key: key, Value: string(canonical), UpdatedAt: tx.Now, UpdatedBy: by.String()}); err != nil {
		return fmt.Errorf("store setting: %w", err)
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "setting.changed", Object: key, Detail: map[string]any{"before": before, "after": spec.get(now)}})
}

// knownLocations refuses a switch that is thrown for a location that does not exist.
func knownLocations(ctx context.Context, tx *store.Tx, before, after []string) error {
	for _, off := range after {
		name, local := strings.CutPrefix(off, AtLocation)
		if !local || slices.Contains(before, off) {
			continue
		}
		if err := knownLocation(ctx, tx, name); err != nil {
			return err
		}
	}
	return nil
}

// Parse reads what a person typed into a form as the JSON that Put wants.
func (s Spec) Parse(text string) (json.RawMessage, error) {
	text = strings.TrimSpace(text)
	var v any = text
	switch s.Kind {
	case KindBool:
		v = text == "true" || text == "on" || text == "1"
	case KindCount:
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, club.Invalid("%s: %q is not a whole number", s.Title, text)
		}
		v = n
	case KindNumber:
		var f float64
		if _, err := fmt.Sscanf(text, "%g", &f); err != nil {
			return nil, club.Invalid("%s: %q is not a number", s.Title, text)
		}
		v = f
	case KindList:
		v = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' })
	case KindText, KindDuration:
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode setting: %w", err)
	}
	return b, nil
}

// PutValue is Put for a value of Go.
func PutValue(ctx context.Context, tx *store.Tx, by club.Actor, key string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode setting: %w", err)
	}
	return Put(ctx, tx, by, key, raw)
}
