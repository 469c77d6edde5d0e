package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/store"
)

// thread reads the middle and the right pane.
func (v *visit) thread(tx *store.Tx, f frame, users map[club.UserID]identity.User, id club.ThreadID, t typed) (page.Thread, error) {
	d, err := v.c.Desk.FindThreadDetail(v.r.Context(), tx, v.p, id)
	if err != nil {
		return page.Thread{}, err
	}
	if before := idOf[club.MessageID](v.query("before")); before != "" {
		if d.Messages, d.More, err = v.c.Desk.FindMessages(v.r.Context(), tx, v.p, id, before, 100); err != nil {
			return page.Thread{}, err
		}
	}
	row := d.Thread
	out := page.Thread{ID: row.ID, Version: row.Version, Seen: d.Newest, Title: v.title(d.Person.Name, d.Person.Phone), Status: row.Status, Priority: row.Priority, Place: where(d.Location.Name, d.Bay.Name), MergedInto: row.MergedInto}
	if out.Reported = row.Provider == club.EventProvider; out.Reported {
		out.Title = reportTitle(d.Situation.Domain)
	}
	if !row.AssignedTo.IsZero() {
		out.HeldBy = actorName(users, row.AssignedTo.String())
	}
	if row.SilentUntil != nil && row.SilentUntil.After(tx.Now) {
		out.SilentTill = *row.SilentUntil
	}
	if d.More && len(d.Messages) > 0 {
		out.Earlier = f.Query("threads/"+id.String(), "before", d.Messages[0].ID.String())
	}
	out.Escalation = escalationOf(d, users)
	out.Messages = v.bubbles(f, users, d)
	out.Can = v.can(d)
	out.Composer = composerOf(v, f, d, out, t)
	if out.Proposal, err = v.proposal(tx, f, users, d, &out, t); err != nil {
		return out, err
	}
	for _, o := range d.Others {
		if o.Status != club.ThreadMerged {
			out.MergeWith = append(out.MergeWith, page.Option{Value: o.ID.String(), Label: f.Clock(o.UpdatedAt) + " – " + clip(o.Snippet, 40)})
		}
	}
	out.Templates = v.templates()
	if out.Context, err = v.context(tx, f, users, d); err != nil {
		return out, err
	}
	if e := out.Context.Evidence; e != nil && e.Words != "" && out.Composer.Text == "" && v.query("use") == e.Pattern.String() {
		out.Composer.Text = e.Words
	}
	return out, nil
}

func (v *visit) templates() []page.Option {
	out := []page.Option{{Value: "", Label: "None"}}
	for _, t := range v.c.Desk.TicketTemplates() {
		out = append(out, page.Option{Value: t.Key, Label: t.Title})
	}
	return out
}

// can says which buttons are drawn; the rooms check again.
func (v *visit) can(d desk.ThreadDetail) page.ThreadCan {
	write := v.p.Can(identity.ThreadsWrite)
	may := func(ev club.ThreadEvent) bool {
		_, err := d.Thread.Status.Next(ev)
		return write && err == nil
	}
	mine := d.Thread.Status == club.ThreadInProgress && d.Thread.AssignedTo == v.p.UserID
	return page.ThreadCan{
		Reply: may(club.ThreadHandReply) && (d.Thread.Provider != club.EventProvider || d.Holder.Why == ""), Note: write, Claim: may(club.ThreadClaimed) && !mine && d.Thread.AssignedTo.IsZero(), Resolve: may(club.ThreadResolve),
		HandBack: may(club.ThreadHandedBack), Escalate: may(club.ThreadEscalate), Merge: may(club.ThreadMerge), Ticket: v.p.Can(identity.TicketsWrite),
	}
}

func composerOf(v *visit, f frame, d desk.ThreadDetail, t page.Thread, typed typed) page.Composer {
	c := page.Composer{Key: typed.key, Text: typed.text, Error: typed.problem}
	if c.Key == "" {
		c.Key = newKey()
	}
	held := d.Thread.AssignedTo
	switch {
	case d.Thread.Status == club.ThreadMerged:
		c.Blocked = "This matter continues in another thread: reply there."
	case d.Thread.Provider == club.EventProvider && d.Holder.Why != "":
		c.Blocked = d.Holder.Why + " A note for colleagues can be written."
	case d.Thread.Provider == club.EventProvider && d.Holder.Thread.Status == club.ThreadInProgress && d.Holder.Thread.AssignedTo != v.p.UserID:
		c.Blocked = "A colleague is in conversation with whoever has booked. A note for colleagues can be written."
	case d.Person.Subject.Consent == club.ConsentWithdrawn:
		c.Blocked = "The member has opted out of texts. A note can still be written."
	case len(d.Person.Subject.WrappedKey) == 0:
		c.Blocked = "This person's data has been erased: there is nobody to write to."
	case !held.IsZero() && held != v.p.UserID && !d.Thread.Status.Settled():
		c.Blocked = t.HeldBy + " has this thread. A note can still be written."
	default:
		c.To = v.holder(d)
		c.SilentFor = page.Span(f.settings.HandReplySilence)
	}
	return c
}

// holder names whom a text in a thread of situations goes to; "" in any other thread.
func (v *visit) holder(d desk.ThreadDetail) string {
	if d.Thread.Provider != club.EventProvider || d.Holder.Why != "" {
		return ""
	}
	return v.title(d.Holder.Person.Name, d.Holder.Person.Phone)
}

func escalationOf(d desk.ThreadDetail, users map[club.UserID]identity.User) *page.Escalation {
	e := d.Escalation
	if e == nil || e.Status == "closed" {
		return nil
	}
	out := &page.Escalation{Reason: sentence(e.Reason), Summary: e.Summary, By: "ClubOS", At: e.CreatedAt}
	if e.Status == "open" {
		out.Due = e.DueAt
	} else if e.AcknowledgedBy != "" {
		out.By += ", seen by " + actorName(users, e.AcknowledgedBy)
	}
	return out
}

// bubbles are the messages and, between them, what was done.
func (v *visit) bubbles(f frame, users map[club.UserID]identity.User, d desk.ThreadDetail) []page.Bubble {
	sops := map[club.DecisionID]string{}
	for _, x := range d.Decisions {
		if !x.SOPID.IsZero() {
			sops[x.ID] = x.Title
		}
	}
	var out []page.Bubble
	for _, m := range d.Messages {
		b := page.Bubble{ID: m.ID, Dir: m.Direction, Author: m.Author, Text: v.words(m), Status: m.Status, Trouble: m.ErrorCode, At: m.CreatedAt}
		switch m.Author {
		case club.AuthorOperator:
			b.By = actorName(users, m.AuthorID)
			if m.AuthorID == "" {
				b.By = "Operator, outside of ClubOS"
			}
		case club.AuthorMachine:
			b.By = "ClubOS"
			if m.Direction == club.DirectionIn {
				b.By = reportTitle(d.Situation.Domain)
			}
		}
		if m.Direction == club.DirectionOut && m.Author == club.AuthorMachine && v.p.Can(identity.DecisionsRead) {
			b.Decision, b.SOP = m.DecisionID, sops[m.DecisionID]
		}
		for i, a := range mediaOf(m.Message) {
			b.Media = append(b.Media, page.Media{URL: v.at("threads", d.Thread.ID.String(), "media", m.ID.String(), fmt.Sprint(i)), Type: a.Type})
		}
		out = append(out, b)
	}
	oldest := time.Time{}
	if d.More && len(out) > 0 {
		oldest = out[0].At
	}
	for _, x := range d.Executions {
		if !x.CreatedAt.Before(oldest) {
			e := v.execution(f, users, x)
			out = append(out, page.Bubble{Event: e.Title + ", " + e.Target + ": " + lower(page.OutcomeWord(x.Outcome).Label), At: e.At})
		}
	}
	slices.SortStableFunc(out, func(a, b page.Bubble) int { return a.At.Compare(b.At) })
	day := ""
	for i := range out {
		if now := f.Day(out[i].At); now != day {
			out[i].NewDay, day = true, now
		}
	}
	return out
}

// words are a message's words: as written for those who may see members, masked for all others.
func (v *visit) words(m desk.Message) string {
	if v.p.Can(identity.MembersRead) || m.Direction == club.DirectionNote && m.Masked == "" {
		return m.Text
	}
	return m.Masked
}

func mediaOf(m store.Message) (out []club.Media) {
	if json.Unmarshal([]byte(m.Media), &out) != nil {
		return nil
	}
	return out
}

// proposal is the card of the newest proposal while it is open, and for a little while after it was
// settled. What somebody typed into one that is gone moves to the composer.
func (v *visit) proposal(tx *store.Tx, f frame, users map[club.UserID]identity.User, d desk.ThreadDetail, t *page.Thread, typed typed) (*page.ProposalCard, error) {
	keep := func() {
		if typed.editText != "" {
			t.Composer.Text, t.Composer.Error = typed.editText, typed.editError
		}
	}
	if len(d.Proposals) == 0 || !v.p.Can(identity.DecisionsRead) {
		keep()
		return nil, nil
	}
	p := d.Proposals[0]
	if p.Status != club.ProposalOpen {
		keep()
		if p.DecidedAt == nil || f.Now.Sub(*p.DecidedAt) > settledShown {
			return nil, nil
		}
	}
	i := slices.IndexFunc(d.Decisions, func(x store.Decision) bool { return x.ID == p.DecisionID })
	if i < 0 {
		keep()
		return nil, nil
	}
	card, err := v.card(tx, f, users, p, d.Decisions[i], d)
	if err == nil && p.Status == club.ProposalOpen && typed.editText != "" {
		if typed.proposal == p.ID {
			card.EditText, card.EditNote, card.Error = typed.editText, typed.editNote, typed.editError
		} else {
			keep()
		}
	}
	return card, err
}

// settledShown is how long a settled proposal stays on the page.
const settledShown = 10 * time.Minute

// card draws a proposal with its decision.
func (v *visit) card(tx *store.Tx, f frame, users map[club.UserID]identity.User, p store.Proposal, dec store.Decision, d desk.ThreadDetail) (*page.ProposalCard, error) {
	c := &page.ProposalCard{ID: p.ID, Decision: dec.ID, Status: p.Status, Tier: p.Tier, Confidence: dec.Confidence, SOP: dec.Title, CreatedAt: p.CreatedAt, ActsAlone: p.Tier == club.TierSuggest,
		Can: v.p.Can(identity.ProposalsDecide), Key: newKey()}
	if p.DeadlineAt != nil {
		c.Deadline = *p.DeadlineAt
	}
	if p.DecidedBy != "" {
		c.SettledBy = actorName(users, p.DecidedBy)
	}
	var err error
	if c.Text, err = v.reply(tx, dec); err != nil {
		return nil, err
	}
	if c.Text != "" {
		c.To = v.holder(d)
	}
	e := evidenceOf(dec)
	c.Why = whyOf(dec, e)
	c.Actions = v.proposed(dec, scene{d.Location, d.Bay, d.Devices})
	c.Record, err = v.record(tx, f, dec)
	return c, err
}

// record says what a proposal can show for itself; nil where it follows nothing known.
func (v *visit) record(tx *store.Tx, f frame, dec store.Decision) (*page.ProposalRecord, error) {
	s, ok, err := v.c.Memory.Story(v.r.Context(), tx, f.settings, dec, v.p.AllowsLocation)
	if err != nil || !ok {
		return nil, err
	}
	out := &page.ProposalRecord{Story: "Nobody knows yet what comes of it: no outcomes so far."}
	if v.p.Can(identity.MemoryRead) {
		out.Pattern = s.Pattern
	}
	if s.Outcomes > 0 {
		out.Story = "Decided so " + count(s.Outcomes, "time", "times")
		if s.People > 0 {
			out.Story += " by " + count(s.People, "person", "people")
		}
		out.Story += ", " + count(s.Good, "good outcome", "good outcomes")
		if s.Last != nil {
			place := ""
			if !s.Last.BayID.IsZero() {
				b, err := tx.FindBay(v.r.Context(), s.Last.BayID)
				if err != nil {
					return nil, fmt.Errorf("find bay: %w", err)
				}
				place = b.Name
			}
			out.Story += "; last time " + strings.TrimPrefix(inPlace(where(f.locationName(s.Last.LocationID), place))+", ", ", ") + f.Day(s.Last.At)
		}
		out.Story += "."
	}
	out.Claim = fmt.Sprintf("It may claim %.0f %% here. %s", 100*s.Confidence, nextWords(s.Next))
	return out, nil
}

// inPlace is a place with its preposition; "" for none.
func inPlace(place string) string {
	if place == "" {
		return ""
	}
	return "in " + place
}

// reply opens the words of a decision, for those who may see members.
func (v *visit) reply(tx *store.Tx, dec store.Decision) (string, error) {
	if len(dec.Reply) == 0 || !v.p.Can(identity.MembersRead) {
		return "", nil
	}
	s, err := tx.FindSubject(v.r.Context(), dec.SubjectID)
	if err != nil {
		return "", fmt.Errorf("find subject: %w", err)
	}
	if len(s.WrappedKey) == 0 {
		return people.Erased, nil
	}
	return people.Open(v.keys, s, columnReply, dec.ID.String(), dec.Reply)
}

// clip shortens a text for a line.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
