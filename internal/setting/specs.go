package setting

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/act/catalogue"
	"clubos/internal/audit"
	"clubos/internal/club"
)

// Kind is how a setting is written in JSON.
type Kind string

// The kinds. Durations are text such as "90s", "4h" or "1h30m".
const (
	KindText     Kind = "text"
	KindBool     Kind = "bool"
	KindNumber   Kind = "number"
	KindCount    Kind = "count" // a whole number
	KindDuration Kind = "duration"
	KindList     Kind = "list"
)

// Spec describes a setting.
type Spec struct {
	Key     string
	Title   string
	Help    string
	Group   string
	Kind    Kind
	Default json.RawMessage

	set   func(*Settings, json.RawMessage) error
	get   func(Settings) any
	check func(Settings) error // of a new value; nil: what set takes is good
}

// Value returns the setting's value in s, as JSON would show it.
func (s Spec) Value(of Settings) any { return s.get(of) }

// Specs lists every setting in the order pages show them.
func Specs() []Spec { return slices.Clone(specs) }

// Find returns the spec of a key.
func Find(key string) (Spec, bool) {
	i := slices.IndexFunc(specs, func(s Spec) bool { return s.Key == key })
	if i < 0 {
		return Spec{}, false
	}
	return specs[i], true
}

var specs = []Spec{
	text("club.name", "Club", "Club's name", "Shown in the console and usable in replies.", "Our club", 1, 80, func(s *Settings) *string { return &s.ClubName }),
	text("club.region", "Club", "Region", "Country of phone numbers written without a country code, as two letters.", "US", 2, 2, func(s *Settings) *string { return &s.Region }),

	checked(list("webhooks.ninjaone_from", "Club", "Where NinjaOne's webhooks come from", "Addresses or networks, like 203.0.113.7 or 203.0.113.0/24; reports from elsewhere are refused, whatever secret they carry. Empty: from anywhere. NinjaOne signs nothing.", func(s *Settings) *[]string { return &s.NinjaOneFrom }), knownNetworks),
	number("confidence.high", "Autonomy", "Confidence to act alone", "A decision that is at least this sure may be carried out at once.", 0.95, func(s *Settings) *float64 { return &s.Thresholds.High }),
	number("confidence.medium", "Autonomy", "Confidence to announce", "From here up the action is announced and runs at a deadline unless somebody objects.", 0.75, func(s *Settings) *float64 { return &s.Thresholds.Medium }),
	number("confidence.low", "Autonomy", "Confidence to propose", "From here up an operator is asked; below it a person takes over.", 0.50, func(s *Settings) *float64 { return &s.Thresholds.Low }),
	flag("replies.auto_safe", "Autonomy", "Send plain information unasked", "Replies that a procedure marks as safe (wifi, prices, how-tos) go out without an operator.", false, func(s *Settings) *bool { return &s.AutoSafeReplies }),
	flag("actions.auto_execution", "Autonomy", "Act unasked", "Off: everything waits for a person. On: what is permitted below may run by itself, or when its deadline passes without an objection.", false, func(s *Settings) *bool { return &s.AutoExecution }),
	checked(list("autonomy.actions", "Autonomy", "What may run unasked", "Kinds (device, access, words) or names of actions, once acting unasked is on. What cannot be undone always waits for a person. The Autonomy page has a box for each.", func(s *Settings) *[]string { return &s.AutoActions }), knownPermits),
	list("autonomy.places", "Autonomy", "Where it may run unasked", "Short names of locations, or all. Nothing runs unasked anywhere else. The Autonomy page has a box for each.", func(s *Settings) *[]string { return &s.AutoPlaces }),
	count("memory.propose_outcomes", "Autonomy", "Outcomes before a learned decision is proposed", "What operators taught is kept back until it has had this many outcomes.", 3, 1, 1000, func(s *Settings) *int { return &s.ProposeOutcomes }),
	count("memory.propose_people", "Autonomy", "People before a learned decision is proposed", "How many different people must stand behind it.", 1, 1, 100, func(s *Settings) *int { return &s.ProposePeople }),
	count("memory.execute_people", "Autonomy", "People before a learned decision may act", "How many different people must stand behind it before it announces or acts alone.", 2, 1, 100, func(s *Settings) *int { return &s.ExecutePeople }),
	flag("memory.set_aside", "Autonomy", "Set contradicting answers aside", "What somebody teaches whose answers contradict those of everybody else trains nothing, until they agree again. Owners are told either way.", true, func(s *Settings) *bool { return &s.SetAside }),
	share("reviews.share", "Autonomy", "Share that people look at afterwards", "Of what is done alone, this share is drawn by chance and put before a person: was it right? 0 asks for no reviews; what is then done alone is judged by complaints only.", 0.05, func(s *Settings) *float64 { return &s.ReviewShare }),
	checked(list("actions.off", "Autonomy", "Kill switches", "What is switched off: all, a category (device, access, words), an action's name, or location:NAME with a location's short name. The Autonomy page has a button for each.", func(s *Settings) *[]string { return &s.SwitchedOff }), knownSwitches),

	duration("wait.burst", "Timing", "Wait for the rest of a burst", "How long after a text we wait for the next one before answering both.", 2*time.Second, 0, time.Minute, func(s *Settings) *time.Duration { return &s.BurstWait }),
	duration("wait.suggest", "Timing", "Time to object", "How long an announced action waits for an objection where it is only just sure enough to be announced; the surer, the shorter, down to half of it.", 60*time.Second, 5*time.Second, time.Hour, func(s *Settings) *time.Duration { return &s.SuggestDeadline }),
	duration("wait.hand_reply", "Timing", "Silence after a hand-written reply", "How long the machine leaves a thread alone after an operator wrote.", 4*time.Hour, time.Minute, 7*24*time.Hour, func(s *Settings) *time.Duration { return &s.HandReplySilence }),
	duration("wait.episode", "Timing", "A new matter begins after", "A text that comes this long after the last message is a new matter: what was said before is history.", 6*time.Hour, time.Minute, 7*24*time.Hour, func(s *Settings) *time.Duration { return &s.EpisodeGap }),
	duration("wait.answer", "Timing", "Time for the member to answer", "A question that nobody answers for this long is closed.", 12*time.Hour, time.Minute, 7*24*time.Hour, func(s *Settings) *time.Duration { return &s.AnswerWait }),

	sla("sla.escalation.emergency", "Escalated emergency seen within", 2*time.Minute, escalation(club.PriorityEmergency)),
	sla("sla.escalation.high", "Escalated high priority seen within", 10*time.Minute, escalation(club.PriorityHigh)),
	sla("sla.escalation.normal", "Escalated thread seen within", 30*time.Minute, escalation(club.PriorityNormal)),
	sla("sla.escalation.low", "Escalated low priority seen within", 4*time.Hour, escalation(club.PriorityLow)),
	sla("sla.ticket.emergency", "Emergency ticket resolved within", time.Hour, ticket(club.PriorityEmergency)),
	sla("sla.ticket.high", "High priority ticket resolved within", 4*time.Hour, ticket(club.PriorityHigh)),
	sla("sla.ticket.normal", "Ticket resolved within", 24*time.Hour, ticket(club.PriorityNormal)),
	sla("sla.ticket.low", "Low priority ticket resolved within", 72*time.Hour, ticket(club.PriorityLow)),

	duration("monitor.interval", "Monitoring", "Look at devices every", "How often the device vendor is asked whether devices are online. A device may have an interval of its own.", time.Minute, 5*time.Second, time.Hour, func(s *Settings) *time.Duration { return &s.WatchInterval }),
	duration("monitor.incident", "Monitoring", "Gather faults for", "Devices of one place that fail within this time are one incident. One that is back by then is none.", time.Minute, 0, 10*time.Minute, func(s *Settings) *time.Duration { return &s.IncidentWait }),
	duration("monitor.no_show", "Monitoring", "Nobody came after", "How long after its start it is looked whether anybody came to a booking: at the doors, or by text. Known only where doors report entries. 0 never looks.", 20*time.Minute, 0, 4*time.Hour, func(s *Settings) *time.Duration { return &s.NoShowWait }),

	duration("monitor.alarm_after", "Monitoring", "Tell people of slowness after", "When what is promised on the page Health has not been kept for this long, or work that is due waits that no server takes up, whoever is on call and those who run the club are told, once, and again when it is over. 0 tells nobody.", 5*time.Minute, 0, 24*time.Hour, func(s *Settings) *time.Duration { return &s.AlarmAfter }),

	count("recurrence.tickets", "Recurring faults", "Tickets that make a root cause", "So many tickets of the same fault at the same place within the window open a root-cause ticket. 0 opens none.", 3, 0, maxRecurrence, func(s *Settings) *int { return &s.RecurrenceTickets }),
	duration("recurrence.window", "Recurring faults", "Within", "How far back tickets count. A root-cause ticket that was resolved within this time is reopened when the fault comes back.", 14*24*time.Hour, time.Hour, 365*24*time.Hour, func(s *Settings) *time.Duration { return &s.RecurrenceWindow }),

	text("reply.opt_out", "Replies", "Answer to STOP", "Sent once when a member opts out.", "You will get no more texts from us. Text START to hear from us again.", 1, 320, func(s *Settings) *string { return &s.OptOutReply }),
	text("reply.opt_in", "Replies", "Answer to START", "Sent when a member opts in again.", "You are back. Text us whenever you need something.", 1, 320, func(s *Settings) *string { return &s.OptInReply }),
	text("reply.help", "Replies", "Answer to HELP", "Sent when a member texts HELP alone.", "Text us what you need, or PERSON to reach one of us. STOP ends texts.", 1, 320, func(s *Settings) *string { return &s.HelpReply }),
	text("reply.greeting", "Replies", "Answer to a greeting", "Sent when a member says hello and nothing else yet.", "Hi! How can we help?", 1, 320, func(s *Settings) *string { return &s.GreetingReply }),
	text("reply.escalated", "Replies", "When a person was called", "Sent when a member asks for a person, or when nobody can be reached otherwise.", "I have called one of our team. They will text you here.", 1, 320, func(s *Settings) *string { return &s.EscalatedReply }),
	text("reply.emergency", "Replies", "In an emergency", "Sent at once for fire, injury or danger.", "If anyone is in danger, call 911 now. Our team has been alerted and will contact you here.", 1, 320, func(s *Settings) *string { return &s.EmergencyReply }),

	plan("calls.emergency", "Who is called in an emergency", "now: slack, pagerduty, on-call by sms+email; 2m: operators by sms; 5m: owners by sms+email", calls(club.PriorityEmergency)),
	plan("calls.high", "Who is called at high priority", "now: slack, on-call by sms; sla: admins by sms+email", calls(club.PriorityHigh)),
	plan("calls.normal", "Who is called otherwise", "now: slack; sla: on-call by sms unless quiet", calls(club.PriorityNormal)),
	plan("calls.low", "Who is called at low priority", "now: slack; sla: on-call by email", calls(club.PriorityLow)),

	text("notify.slack_channel", "People", "Slack channel", "Where proposals and escalations are posted; empty posts nothing.", "", 0, 80, func(s *Settings) *string { return &s.SlackChannel }),
	checked(text("access.alarm", "People", "Door forced or held open", "What a door makes that was forced, or held open at night: ticket, emergency (a ticket that presses), or off. Nothing is ever done to the door.", DoorAlarmTicket, 1, 20, func(s *Settings) *string { return &s.DoorAlarm }), knownAlarm),
	checked(text("access.night", "People", "Night", "When a door that is held open matters, by the clock of its place.", "22:00-06:00", 1, 20, func(s *Settings) *string { return &s.Night }), knownNight),
	text("console.url", "People", "Address of the console", "For links in notifications, like https://club.example.com.", "", 0, 200, func(s *Settings) *string { return &s.ConsoleURL }),

	count("retention.access_days", "What is kept", "What doors report is kept for", "In days. Who used which credential is never kept. Tickets and decisions that a report led to stay.", 365, 7, 3650, func(s *Settings) *int { return &s.AccessDays }),
	count("retention.audit_days", "What is kept", "The audit log is kept for", "In days. On PostgreSQL entries go by whole weeks. That some have gone is an entry itself.", 2557, audit.LeastDays, 36500, func(s *Settings) *int { return &s.AuditDays }),
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return b
}

func text(key, group, title, help, def string, minLen, maxLen int, field func(*Settings) *string) Spec {
	return Spec{Key: key, Group: group, Title: title, Help: help, Kind: KindText, Default: mustJSON(def),
		set: func(s *Settings, raw json.RawMessage) error {
			var v string
			if json.Unmarshal(raw, &v) != nil {
				return errors.New("must be text")
			}
			if n := utf8.RuneCountInString(v); n < minLen || n > maxLen {
				return fmt.Errorf("must have %d to %d characters", minLen, maxLen)
			}
			*field(s) = v
			return nil
		},
		get: func(s Settings) any { return *field(&s) }}
}

// textFunc makes the spec of a text that is kept as something else.
func textFunc(key, group, title, help, def string, put func(*Settings, string) error, take func(Settings) string) Spec {
	return Spec{Key: key, Group: group, Title: title, Help: help, Kind: KindText, Default: mustJSON(def),
		set: func(s *Settings, raw json.RawMessage) error {
			var v string
			if json.Unmarshal(raw, &v) != nil {
				return errors.New("must be text")
			}
			return put(s, v)
		},
		get: func(s Settings) any { return take(s) }}
}

func flag(key, group, title, help string, def bool, field func(*Settings) *bool) Spec {
	return Spec{Key: key, Group: group, Title: title, Help: help, Kind: KindBool, Default: mustJSON(def),
		set: func(s *Settings, raw json.RawMessage) error {
			var v bool
			if json.Unmarshal(raw, &v) != nil {
				return errors.New("must be true or false")
			}
			*field(s) = v
			return nil
		},
		get: func(s Settings) any { return *field(&s) }}
}

func number(key, group, title, help string, def float64, field func(*Settings) *float64) Spec {
	return Spec{Key: key, Group: group, Title: title, Help: help, Kind: KindNumber, Default: mustJSON(def),
		set: func(s *Settings, raw json.RawMessage) error {
			var v float64
			if json.Unmarshal(raw, &v) != nil || v <= 0 || v > 1 {
				return errors.New("must be a number above 0 and at most 1")
			}
			*field(s) = v
			return nil
		},
		get: func(s Settings) any { return *field(&s) }}
}

// share makes the spec of a number from 0 to 1.
func share(key, group, title, help string, def float64, field func(*Settings) *float64) Spec {
	s := number(key, group, title, help, def, field)
	s.set = func(s *Settings, raw json.RawMessage) error {
		var v float64
		if json.Unmarshal(raw, &v) != nil || v < 0 || v > 1 {
			return errors.New("must be a number from 0 to 1")
		}
		*field(s) = v
		return nil
	}
	return s
}

// maxRecurrence is as many tickets as are ever counted.
const maxRecurrence = 50

func count(key, group, title, help string, def, least, most int, field func(*Settings) *int) Spec {
	return Spec{Key: key, Group: group, Title: title, Help: help, Kind: KindCount, Default: mustJSON(def),
		set: func(s *Settings, raw json.RawMessage) error {
			var v int
			if json.Unmarshal(raw, &v) != nil || v < least || v > most {
				return fmt.Errorf("must be a whole number from %d to %d", least, most)
			}
			*field(s) = v
			return nil
		},
		get: func(s Settings) any { return *field(&s) }}
}

func list(key, group, title, help string, field func(*Settings) *[]string) Spec {
	return Spec{Key: key, Group: group, Title: title, Help: help, Kind: KindList, Default: json.RawMessage("[]"),
		set: func(s *Settings, raw json.RawMessage) error {
			v := []string{}
			if json.Unmarshal(raw, &v) != nil || len(v) > 100 {
				return errors.New("must be a list of at most 100 words")
			}
			*field(s) = v
			return nil
		},
		get: func(s Settings) any { return *field(&s) }}
}

// checked adds what a new value must fulfil. A stored one counts all the same: a kill switch that was
// thrown stays thrown beside one whose action is gone.
func checked(s Spec, check func(Settings) error) Spec {
	s.check = check
	return s
}

// knownNetworks refuses what is no address and no network: a list that admits nobody by mistake would lose reports.
func knownNetworks(s Settings) error {
	_, err := Networks(s.NinjaOneFrom)
	return err
}

// Networks reads addresses and networks.
func Networks(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		if a, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, club.Invalid("%.40q is neither an address nor a network", text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// knownSwitches refuses a kill switch that stops nothing: whoever throws it believes that it does.
func knownSwitches(s Settings) error {
	cat, err := catalogue.Load()
	if err != nil {
		return fmt.Errorf("read action catalogue: %w", err)
	}
	for _, off := range s.SwitchedOff {
		stops := func(a catalogue.Action) bool {
			return a.Category != catalogue.CategoryDesk && (off == string(a.Category) || off == string(a.Name) && (a.Physical() || a.Name == "send_reply"))
		}
		name, local := strings.CutPrefix(off, AtLocation)
		if local && name != "" {
			continue // a location that is gone stops nothing, and a switch outlives it
		}
		if off != "all" && !slices.ContainsFunc(cat.All(), stops) {
			return club.Invalid("%.40q switches nothing off; write all, device, access, words, location:NAME, or the name of an action", off)
		}
	}
	return nil
}

func duration(key, group, title, help string, def, least, most time.Duration, field func(*Settings) *time.Duration) Spec {
	return durationFunc(key, group, title, help, def, least, most,
		func(s *Settings, d time.Duration) { *field(s) = d }, func(s Settings) time.Duration { return *field(&s) })
}

func durationFunc(key, group, title, help string, def, least, most time.Duration, put func(*Settings, time.Duration), take func(Settings) time.Duration) Spec {
	return Spec{Key: key, Group: group, Title: title, Help: help, Kind: KindDuration, Default: mustJSON(def.String()),
		set: func(s *Settings, raw json.RawMessage) error {
			var v string
			if json.Unmarshal(raw, &v) != nil {
				return errors.New(`must be a duration such as "90s" or "4h"`)
			}
			d, err := time.ParseDuration(v)
			if err != nil || d < least || d > most {
				return fmt.Errorf("must be a duration from %s to %s", least, most)
			}
			put(s, d)
			return nil
		},
		get: func(s Settings) any { return take(s).String() }}
}

type slaField struct {
	of func(*Settings) *map[club.Priority]time.Duration
	p  club.Priority
}

func escalation(p club.Priority) slaField {
	return slaField{func(s *Settings) *map[club.Priority]time.Duration { return &s.EscalationSLA }, p}
}

func ticket(p club.Priority) slaField {
	return slaField{func(s *Settings) *map[club.Priority]time.Duration { return &s.TicketSLA }, p}
}

func sla(key, title string, def time.Duration, f slaField) Spec {
	return durationFunc(key, "Service levels", title, "The clock starts when it is created and stands still while it waits for somebody outside.", def, 10*time.Second, 90*24*time.Hour,
		func(s *Settings, d time.Duration) {
			m := map[club.Priority]time.Duration{} // a copy: the map may be shared with another Settings value
			for k, v := range *f.of(s) {
				m[k] = v
			}
			m[f.p] = d
			*f.of(s) = m
		},
		func(s Settings) time.Duration { return (*f.of(&s))[f.p] })
}
