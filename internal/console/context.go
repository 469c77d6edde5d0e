package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/store"
)

const columnReply = decide.ColumnReply

// context reads the right pane: what the server knows around the thread.
func (v *visit) context(tx *store.Tx, f frame, users map[club.UserID]identity.User, d desk.ThreadDetail) (page.Context, error) {
	out := page.Context{Bay: where(d.Location.Name, d.Bay.Name)}
	if d.Bay.Status == "out_of_service" {
		out.BayNote = "Out of service."
	}
	person := d.Person
	if d.Thread.Provider == club.EventProvider {
		person = d.Holder.Person
		if id := d.Holder.Thread.ID; !id.IsZero() && v.p.AllowsLocation(d.Holder.Thread.LocationID) {
			out.Conversation = id
		}
	}
	if person.Known() {
		n, err := tx.CountThreadsOfSubject(v.r.Context(), person.Subject.ID)
		if err != nil {
			return out, fmt.Errorf("count member's threads: %w", err)
		}
		m := page.MemberCard{ID: person.Member.ID, Name: v.title(person.Name, person.Phone), Phone: maskPhone(person.Phone), Since: person.Member.CreatedAt, Threads: int(n), OptOut: person.Subject.Consent == club.ConsentWithdrawn}
		if m.Closed = !v.p.Can(identity.MembersRead); !m.Closed {
			m.Phone = person.Phone
		}
		out.Member = &m
	}
	if v.p.Can(identity.BookingsRead) {
		v.bookings(f, d, &out)
	}
	if v.p.Can(identity.DevicesRead) {
		out.Devices = devicesOf(d.Devices)
		for _, e := range d.Doors {
			out.Doors = append(out.Doors, page.DoorRow{Text: orText(e.DoorName, "A door") + ": " + e.Kind.Words(), Tone: doorTone(e.Kind), At: e.At})
		}
	}
	if v.p.Can(identity.ActionsExecute) && d.Thread.Status != club.ThreadMerged {
		out.Actions = v.buttons(scene{d.Location, d.Bay, d.Devices})
	}
	if v.p.Can(identity.DecisionsRead) {
		for _, x := range d.Executions {
			row := v.execution(f, users, x)
			row.Undo = v.undo(x, out.Actions)
			out.Executions = append(out.Executions, row)
		}
		if dec, ok := inQuestion(d); ok {
			out.Evidence = evidenceCard(dec)
			if v.p.Can(identity.ThreadsWrite) {
				words, pattern, err := v.formerWords(tx, dec)
				if err != nil {
					return out, err
				}
				out.Evidence.Words, out.Evidence.Pattern = words, pattern
			}
		}
	}
	for _, t := range d.Tickets {
		out.Tickets = append(out.Tickets, ticketRow(f, users, t))
	}
	return out, nil
}

// inQuestion is the decision that people ask about: the one of the open proposal, else the newest.
func inQuestion(d desk.ThreadDetail) (store.Decision, bool) {
	if len(d.Proposals) > 0 && d.Proposals[0].Status == club.ProposalOpen {
		for _, dec := range d.Decisions {
			if dec.ID == d.Proposals[0].DecisionID {
				return dec, true
			}
		}
	}
	if len(d.Decisions) == 0 {
		return store.Decision{}, false
	}
	return d.Decisions[0], true
}

// bookings shows the one that runs or is next, and the others near.
func (v *visit) bookings(f frame, d desk.ThreadDetail, out *page.Context) {
	for _, b := range d.Bookings {
		bay := ""
		if b.BayID == d.Bay.ID {
			bay = d.Bay.Name
		}
		card := page.BookingCard{ID: b.ID, Bay: where(f.locationName(b.LocationID), bay), Start: b.StartsAt, End: b.EndsAt, Status: b.Status, Source: capital(inbox.SourceName(b.Source)),
			Running: b.Status == club.BookingConfirmed && !f.Now.Before(b.StartsAt) && f.Now.Before(b.EndsAt)}
		if out.Booking == nil && f.Now.Before(b.EndsAt) && b.Status != club.BookingCancelled {
			out.Booking = &card
		} else {
			out.Others = append(out.Others, card)
		}
	}
}

func devicesOf(rows []store.Device) []page.DeviceRow {
	out := make([]page.DeviceRow, 0, len(rows))
	for _, d := range rows {
		r := page.DeviceRow{ID: d.ID, Kind: d.Kind, Name: d.Name, Online: d.Online, Known: d.SeenAt != nil}
		if d.SeenAt != nil {
			r.At = *d.SeenAt
		}
		if d.StateSince != nil {
			r.Since = *d.StateSince
		}
		out = append(out, r)
	}
	return out
}

// doorTone is how a door's report is shown.
func doorTone(k club.AccessKind) page.Tone {
	switch {
	case k.Alarms():
		return page.ToneDanger
	case k == club.AccessDenied:
		return page.ToneWarn
	}
	return page.ToneQuiet
}

// scene is where an action would act.
type scene struct {
	location store.Location
	bay      store.Bay
	devices  []store.Device // of the bay, and those of the whole location
}

// target finds what an action acts on in a scene; the gate finds it by itself again. Missing says what is
// not known.
func (s scene) target(a catalogue.Action) (id, name, missing string) {
	switch a.Target.Kind {
	case catalogue.TargetBay:
		if s.bay.ID.IsZero() {
			return "", "", "The bay is not known."
		}
		return s.bay.ID.String(), s.bay.Name, ""
	case catalogue.TargetDevice:
		if s.bay.ID.IsZero() {
			return "", "", "The bay is not known."
		}
		return s.device(s.bay.Name, func(d store.Device) bool { return d.Kind == a.Target.DeviceKind && d.BayID == s.bay.ID })
	case catalogue.TargetDoor:
		if s.location.ID.IsZero() {
			return "", "", "The location is not known."
		}
		return s.device(s.location.Name, func(d store.Device) bool {
			return d.Kind == club.DeviceDoor && (d.BayID.IsZero() || d.BayID == s.bay.ID)
		})
	}
	return "", "", "It acts on nothing in the club."
}

func (s scene) device(at string, fits func(store.Device) bool) (id, name, missing string) {
	i := slices.IndexFunc(s.devices, fits)
	if i < 0 {
		return "", "", at + " has no such device."
	}
	d := s.devices[i]
	return d.ID.String(), d.Name + ", " + at, ""
}

// offline reports whether a device was not seen when it was last looked at.
func (s scene) offline(id string) bool {
	return slices.ContainsFunc(s.devices, func(d store.Device) bool { return d.ID.String() == id && d.SeenAt != nil && !d.Online })
}

// buttons are the actions of the catalogue that move something, with why one cannot be used. Whether it
// may run is for the gate to say when it is asked.
func (v *visit) buttons(s scene) []page.ActionButton {
	var out []page.ActionButton
	for _, a := range v.c.Catalogue.All() {
		if !a.Physical() || slices.ContainsFunc(a.Params, func(p catalogue.Param) bool { return p.Required }) {
			continue
		}
		id, name, missing := s.target(a)
		b := page.ActionButton{Name: a.Name, Title: a.Title, Target: id, On: name, Risk: a.Risk, Disabled: missing, Key: newKey()}
		if a.Risk == club.RiskHigh || a.Risk == club.RiskMedium {
			b.Confirm = strings.TrimSuffix(a.Description, ".") + ". Do it to " + name + "?"
		}
		if missing == "" && v.p.Can(identity.ActionsForce) && a.NeedsOnline() && s.offline(id) {
			b.Anyway, b.Confirm = true, strings.TrimSuffix(a.Description, ".")+". "+name+" is offline: it may never arrive, or only when the device is back. Do it to "+name+"?"
		}
		if n := len(out); n > 0 {
			out[n-1].Again = missing != "" && out[n-1].Disabled == missing
		}
		out = append(out, b)
	}
	return out
}

// undo offers the compensating action of an execution that may have done something.
func (v *visit) undo(x store.Execution, buttons []page.ActionButton) *page.ActionButton {
	a, ok := v.c.Catalogue.Find(x.Action)
	if !ok || a.Compensation == nil || !slices.Contains([]club.Outcome{club.OutcomeSuccess, club.OutcomePartial, club.OutcomeUnconfirmed, club.OutcomeTimeout}, x.Outcome) {
		return nil
	}
	for _, b := range buttons {
		if b.Name == a.Compensation.Action && b.Disabled == "" {
			b.Key = newKey()
			return &b
		}
	}
	return nil
}

func (v *visit) execution(f frame, users map[club.UserID]identity.User, x store.Execution) page.ExecutionRow {
	row := page.ExecutionRow{ID: x.ID, Title: v.actionTitle(x.Action), Target: f.locationName(x.LocationID), Outcome: x.Outcome, Detail: sentence(x.Detail), By: actorName(users, x.RequestedBy), At: x.CreatedAt}
	if row.Target == "" {
		row.Target = "the club"
	}
	return row
}

func (v *visit) actionTitle(name club.ActionName) string {
	if a, ok := v.c.Catalogue.Find(name); ok {
		return a.Title
	}
	return strings.ReplaceAll(string(name), "_", " ")
}

// plan is what a decision would carry out, as decide stores it.
type plan struct {
	Steps    []knowledge.Step `json:"steps"`
	Fallback []knowledge.Step `json:"fallback"`
}

// proposed lists what a decision would do beside writing to the member.
func (v *visit) proposed(dec store.Decision, s scene) []page.ProposedAction {
	var p plan
	if json.Unmarshal([]byte(dec.Steps), &p) != nil {
		return nil
	}
	var out []page.ProposedAction
	var last knowledge.When
	known := map[string]string{"location": s.location.Name, "bay": s.bay.Name}
	for _, st := range p.Steps {
		if !st.Runs(last) { // what only follows when something fails is not what is proposed
			continue
		}
		switch st.Kind() {
		case knowledge.StepAction:
			a, _ := v.c.Catalogue.Find(st.Action)
			_, name, missing := s.target(a)
			if missing != "" {
				name = "its place is not known"
			}
			out = append(out, page.ProposedAction{Title: v.actionTitle(st.Action), Target: name, Risk: a.Risk})
			last = knowledge.WhenSuccess
		case knowledge.StepTicket:
			out = append(out, page.ProposedAction{Title: "Make a ticket", Target: clip(knowledge.Preview(st.Ticket, known), 80), Risk: club.RiskNone})
		case knowledge.StepNote:
			out = append(out, page.ProposedAction{Title: "Note it", Target: clip(knowledge.Preview(st.Note, known), 80), Risk: club.RiskNone})
		case knowledge.StepEscalate:
			out = append(out, page.ProposedAction{Title: "Call a person", Target: clip(knowledge.Preview(st.Escalate, known), 80), Risk: club.RiskNone})
		}
	}
	return out
}

func evidenceOf(dec store.Decision) (e club.Evidence) {
	if json.Unmarshal([]byte(dec.Evidence), &e) != nil {
		return club.Evidence{}
	}
	return e
}

// whyOf is one sentence on why a decision came out as it did.
func whyOf(dec store.Decision, e club.Evidence) string {
	why := e.Rule
	for _, c := range e.Candidates {
		if c.SOP == dec.SOPID && !c.SOP.IsZero() {
			why = c.Why
			break
		}
	}
	if why = sentence(why); len(e.Limits) > 0 { // each is a clause with commas of its own
		why = strings.TrimSpace(why + " " + sentence("held back: "+strings.Join(e.Limits, "; ")))
	}
	return why
}

func evidenceCard(dec store.Decision) *page.EvidenceCard {
	e := evidenceOf(dec)
	out := &page.EvidenceCard{Decision: dec.ID, Tier: dec.Tier, Confidence: dec.Confidence, Rule: dec.Title, Limits: e.Limits, Facts: e.Facts}
	if e.Rule != "" {
		out.Rule = e.Rule
	}
	if !dec.SOPID.IsZero() {
		out.SOP, out.SOPSlug = dec.Title, dec.SOPID.String()
	}
	for _, c := range e.Candidates {
		if c.SOP == dec.SOPID && !c.SOP.IsZero() {
			out.Why = c.Why
			break
		}
	}
	if len(e.Candidates) > 0 {
		out.Record = e.Candidates[0].Record
	}
	return out
}

// formerWords are what people wrote before in the situation that a decision found alike, filled in for
// this member; "" where it found none, or has an answer of its own.
func (v *visit) formerWords(tx *store.Tx, dec store.Decision) (string, club.PatternID, error) {
	e := evidenceOf(dec)
	if e.Rule != learn.RuleLearning || len(e.Candidates) == 0 {
		return "", "", nil
	}
	id := e.Candidates[0].Pattern
	words, err := v.c.Memory.Words(v.r.Context(), tx, v.keys, id)
	if err != nil || words == "" {
		return "", "", err
	}
	values, err := act.Values(v.r.Context(), tx, v.keys, dec)
	if err != nil {
		return "", "", err
	}
	return knowledge.Preview(words, values), id, nil
}

func lower(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
