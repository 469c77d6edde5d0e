package page_test

import (
	"time"

	"clubos/internal/club"
	. "clubos/internal/console/page"
)

var now = time.Date(2026, 11, 26, 2, 14, 20, 0, time.UTC) // 21:14 in New York the evening before

func ago(d time.Duration) time.Time { return now.Add(-d) }

func zone() *time.Location { return time.FixedZone("EST", -5*3600) }

func shell(section, title, theme string) Shell {
	return Shell{
		Club: "Fairway Indoor Golf", Tenant: "fairway", Title: title, Section: section, Theme: theme, Now: now, Zone: zone(),
		User: User{Name: "Dana Whitfield", Role: club.RoleOwner}, Mode: Mode{Label: "Learning", Text: "ClubOS proposes and never acts alone.", Tone: ToneMachine},
		Counts: Counts{Inbox: 3, Unread: 4, Tickets: 2, Problems: 1}, Version: "0.1.0",
	}
}

const hostile = `<script>alert("x")</script> & 'quoted' {{.}}
second line	with a tab`

var (
	thr  = club.NewThreadID(now)
	thr2 = club.NewThreadID(now)
	mem  = club.NewMemberID(now)
	dec  = club.NewDecisionID(now)
	tkt  = club.NewTicketID(now)
)

func rows() []ThreadRow {
	id := func() club.ThreadID { return club.NewThreadID(now) }
	return []ThreadRow{
		{ID: id(), Title: "Rosa Delgado", Snippet: "my friend fell off the step and cant put weight on his ankle", SnippetBy: club.AuthorMember, Status: club.ThreadEscalated, Priority: club.PriorityEmergency, Place: "Bay 1 · Harbour", Unread: true, WaitingSince: ago(4 * time.Minute), At: ago(4 * time.Minute)},
		{ID: thr, Title: "Marcus Oyelaran", Snippet: "bay 3 froze again, ball not registering. we have 40 min left", SnippetBy: club.AuthorMember, Status: club.ThreadAwaitingAI, Priority: club.PriorityHigh, Place: "Bay 3 · Harbour", Unread: true, ProposalOpen: true, WaitingSince: ago(50 * time.Second), At: ago(50 * time.Second)},
		{ID: id(), Title: "Priya Raman", Snippet: "Can I get my money back for tonight? The projector was out half the session", SnippetBy: club.AuthorMember, Status: club.ThreadEscalated, Priority: club.PriorityNormal, Place: "Bay 2 · Northgate", Unread: true, WaitingSince: ago(14 * time.Minute), At: ago(14 * time.Minute)},
		{ID: id(), Title: "Tom Becker", Snippet: "The wifi is FairwayGuest, the password is on the card at the bar.", SnippetBy: club.AuthorMachine, Status: club.ThreadAIResolved, Priority: club.PriorityNormal, Place: "Harbour", At: ago(22 * time.Minute)},
		{ID: id(), Title: "+1 ••• ••• 4471", Snippet: "is anyone there?? door wont open", SnippetBy: club.AuthorMember, Status: club.ThreadAwaitingResponse, Priority: club.PriorityHigh, Place: "Northgate", Unread: true, At: ago(31 * time.Minute)},
		{ID: id(), Title: "Wei-Lin Zhao", Snippet: "Door is open for you – see you inside!", SnippetBy: club.AuthorOperator, Status: club.ThreadManualOverride, Priority: club.PriorityNormal, Place: "Front door · Riverside", HeldBy: "Sam", At: ago(48 * time.Minute)},
		{ID: id(), Title: "Jonathan Featherstonehaugh-Montgomery III", Snippet: "شكرا جزيلا 🙏", SnippetBy: club.AuthorMember, Status: club.ThreadResolved, Priority: club.PriorityLow, Place: "Bay 4 · Riverside", At: ago(3 * time.Hour)},
		{ID: id(), Title: "Alicia Novak", Snippet: "How long does 18 holes take for two?", SnippetBy: club.AuthorMember, Status: club.ThreadAIResolved, Priority: club.PriorityNormal, Place: "Bay 1 · Northgate", At: ago(5 * time.Hour)},
		{ID: id(), Title: "Ben Carter", Snippet: "Which bay are you in?", SnippetBy: club.AuthorMachine, Status: club.ThreadTimeout, Priority: club.PriorityNormal, Place: "Harbour", At: ago(26 * time.Hour)},
		{ID: id(), Title: "Lena Fischer", Snippet: "ok gehe jetzt rein", SnippetBy: club.AuthorMember, Status: club.ThreadMerged, Priority: club.PriorityNormal, Place: "Harbour", At: ago(50 * time.Hour)},
	}
}

func list(selected club.ThreadID) ThreadList {
	return ThreadList{
		Views:     []Link{{Label: "Open", URL: "/c/fairway/inbox", Count: 6, Current: true}, {Label: "Needs a person", URL: "/c/fairway/inbox?status=needs", Count: 3}, {Label: "Answered", URL: "/c/fairway/inbox?status=answered"}, {Label: "All", URL: "/c/fairway/inbox?status=all"}},
		Locations: places().Options, Threads: rows(), Next: "/c/fairway/inbox?cursor=abc", Selected: selected,
	}
}

func places() Choices {
	return Choices{Options: []Option{{Value: "", Label: "All locations"}, {Value: "loc_1", Label: "Harbour"}, {Value: "loc_2", Label: "Northgate"}, {Value: "loc_3", Label: "Riverside"}}}
}

func devices() []DeviceRow {
	return []DeviceRow{
		{ID: club.NewDeviceID(now), Kind: club.DevicePC, Name: "Bay PC", Known: true, Online: true, Detail: "CPU 97 %", At: ago(40 * time.Second)},
		{ID: club.NewDeviceID(now), Kind: club.DeviceTracker, Name: "TrackMan 4", Known: true, Detail: "no answer for 3 min", At: ago(40 * time.Second)},
		{ID: club.NewDeviceID(now), Kind: club.DeviceDisplay, Name: "Projector", Known: true, Online: true, At: ago(time.Minute)},
		{ID: club.NewDeviceID(now), Kind: club.DeviceDoor, Name: "Front door", Known: true, Online: true, Detail: "locked", At: ago(20 * time.Second)},
	}
}

func actions() []ActionButton {
	return []ActionButton{
		{Name: "restart_trackman", Title: "Restart TrackMan", Target: "dev_1", On: "Bay 3", Risk: club.RiskLow, Key: "k1"},
		{Name: "reboot_pc", Title: "Reboot the bay PC", Target: "dev_2", On: "Bay 3", Risk: club.RiskMedium, Anyway: true, Confirm: "Bay 3 is being played. A reboot takes about 3 minutes. Reboot its PC?", Key: "k2"},
		{Name: "unlock_door", Title: "Unlock the front door", Target: "dev_3", On: "Harbour", Risk: club.RiskHigh, Confirm: "The front door of Harbour opens for 10 seconds for anybody who stands there. Unlock it?", Key: "k3"},
		{Name: "lights_on", Title: "Lights on", Target: "dev_4", On: "Bay 3", Disabled: "Lights in Bay 3 were switched 12 s ago; again from 21:15."},
	}
}

func proposal() *ProposalCard {
	return &ProposalCard{
		ID: club.NewProposalID(now), Decision: dec, Status: club.ProposalOpen,
		Text:    "Sorry about that, Marcus! I'm restarting TrackMan in Bay 3 now. It takes about a minute; your session continues where it was. Tell me if the ball still isn't picked up after that.",
		Actions: []ProposedAction{{Title: "Restart TrackMan", Target: "Bay 3", Risk: club.RiskLow}}, Tier: club.TierSuggest,
		Record: &ProposalRecord{Story: "Decided so 7 times by 3 people, 7 good outcomes; last time in Bay 2 · Northside, Tuesday.", Claim: "It may claim 82 % here.", Pattern: club.NewPatternID(now)}, Confidence: .82,
		Why: "Matches “ball not registering” (v4, Harbour). TrackMan does not answer; Marcus holds the running booking.", SOP: "Ball not registering",
		CreatedAt: ago(35 * time.Second), Deadline: now.Add(85 * time.Second), ActsAlone: true, Can: true, Key: "p1",
	}
}

func thread() Thread {
	msg := func() club.MessageID { return club.NewMessageID(now) }
	day := 24 * time.Hour
	return Thread{
		ID: thr, Version: 12, Title: "Marcus Oyelaran", Status: club.ThreadAwaitingAI, Priority: club.PriorityHigh, Place: "Bay 3 · Harbour",
		Earlier: "/c/fairway/threads/x?before=y",
		Messages: []Bubble{
			{ID: msg(), Dir: club.DirectionIn, Author: club.AuthorMember, Text: "What's the wifi password?", At: ago(day), NewDay: true},
			{ID: msg(), Dir: club.DirectionOut, Author: club.AuthorMachine, By: "ClubOS", Text: "The network is FairwayGuest and the password is on the card at the bar: birdie-2026", Status: club.MessageDelivered, Decision: dec, SOP: "Wifi", At: ago(day - time.Minute)},
			{ID: msg(), Dir: club.DirectionIn, Author: club.AuthorMember, Text: hostile, At: ago(12 * time.Minute), NewDay: true},
			{ID: msg(), Dir: club.DirectionIn, Author: club.AuthorMember, Text: "screen froze in bay 3", Media: []Media{{URL: "/c/fairway/media/1", Type: "image/jpeg"}}, At: ago(11 * time.Minute)},
			{ID: msg(), Dir: club.DirectionOut, Author: club.AuthorMachine, By: "ClubOS", Text: "Restarted – can you see the game again?", Status: club.MessageDelivered, Decision: dec, SOP: "Frozen screen", At: ago(9 * time.Minute)},
			{Event: "TrackMan in Bay 3 restarted, verified", At: ago(9 * time.Minute)},
			{ID: msg(), Dir: club.DirectionNote, Author: club.AuthorOperator, By: "Sam", Text: "Third time this week in bay 3 – cable? Ticket #212.", At: ago(8 * time.Minute)},
			{ID: msg(), Dir: club.DirectionOut, Author: club.AuthorOperator, By: "Sam", Text: "Hi Marcus, Sam here. Sorry for the trouble, I've added 15 minutes to your booking.", Status: club.MessageSent, At: ago(7 * time.Minute)},
			{ID: msg(), Dir: club.DirectionOut, Author: club.AuthorMachine, By: "ClubOS", Text: "Is it better now?", Status: club.MessageUnconfirmed, Trouble: "the text service did not answer", At: ago(5 * time.Minute)},
			{ID: msg(), Dir: club.DirectionIn, Author: club.AuthorMember, Text: "bay 3 froze again, ball not registering. we have 40 min left", At: ago(50 * time.Second)},
		},
		Proposal:  proposal(),
		Composer:  Composer{Key: "c1", SilentFor: "4 h"},
		Can:       ThreadCan{Reply: true, Note: true, Claim: true, Resolve: true, Escalate: true, Merge: true, Ticket: true},
		MergeWith: []Option{{Value: thr2.String(), Label: "Yesterday, 20:05 – wifi"}}, Templates: []Option{{Value: "", Label: "None"}, {Value: "hardware", Label: "Hardware fault"}},
		Context: Context{
			Member:  &MemberCard{ID: mem, Name: "Marcus Oyelaran", Phone: "+1 ••• ••• 0182", Since: ago(400 * 24 * time.Hour), Threads: 14},
			Booking: &BookingCard{ID: club.NewBookingID(now), Bay: "Bay 3 · Harbour", Start: ago(74 * time.Minute), End: now.Add(46 * time.Minute), Running: true, Guests: "Marcus, 2 players", Source: "Skedda"},
			Bay:     "Bay 3 · Harbour", Devices: devices(), Actions: actions(),
			Executions: []ExecutionRow{
				{ID: club.NewExecutionID(now), Title: "Restart TrackMan", Target: "Bay 3", Outcome: club.OutcomeSuccess, Detail: "Answered again after 41 s", By: "ClubOS", At: ago(9 * time.Minute)},
				{ID: club.NewExecutionID(now), Title: "Unlock front door", Target: "Harbour", Outcome: club.OutcomeUnconfirmed, By: "Sam", At: ago(70 * time.Minute), Undo: &ActionButton{Name: "lock_door", Title: "Lock the door", Target: "dev_3", Key: "u"}},
				{ID: club.NewExecutionID(now), Title: "Reboot PC", Target: "Bay 3", Outcome: club.OutcomeRefused, Detail: "Rebooted 4 min before; again after 10 min", By: "ClubOS", At: ago(80 * time.Minute)},
			},
			Tickets:  []TicketRow{{ID: tkt, Number: 212, Title: "Bay 3 freezes, suspect USB cable", Status: club.TicketInProgress}},
			Evidence: &EvidenceCard{Decision: dec, Tier: club.TierSuggest, Confidence: .82, SOP: "Ball not registering", SOPSlug: "ball-not-registering", Why: "2 of 3 words, similar 0.91", Record: "decided so 7 times by 3 people; 100 % good", Words: hostile, Pattern: club.NewPatternID(now), Limits: []string{"not yet calibrated"}, Facts: []club.Fact{{Name: "Booking", Value: "running, held by the sender"}, {Name: "TrackMan", Value: "offline 3 min"}}},
		},
	}
}

func tickets() []TicketRow {
	row := func(n int64, title string, st club.TicketStatus, p club.Priority, place, who string, due time.Duration, used float64) TicketRow {
		return TicketRow{ID: club.NewTicketID(now), Number: n, Title: title, Status: st, Priority: p, Place: place, Assignee: who, SLA: SLA{Due: now.Add(due), Used: used, Stopped: !st.Running()}, At: ago(time.Duration(n%7+1) * time.Hour)}
	}
	return []TicketRow{
		row(214, "Door strike at Northgate clicks but does not open", club.TicketOpen, club.PriorityHigh, "Northgate", "", -20*time.Minute, 1.1),
		row(213, "Restock balls and tees", club.TicketOpen, club.PriorityLow, "Riverside", "Lee Park", 20*time.Hour, .2),
		row(212, "Bay 3 freezes, suspect USB cable", club.TicketInProgress, club.PriorityHigh, "Bay 3 · Harbour", "Sam Ortiz", 40*time.Minute, .8),
		row(211, "Projector lamp at 95 % of its hours", club.TicketInProgress, club.PriorityNormal, "Bay 2 · Northgate", "Lee Park", 30*time.Hour, .4),
		row(209, "Replacement launch monitor ordered", club.TicketWaiting, club.PriorityNormal, "Bay 1 · Riverside", "Lee Park", 0, .5),
		row(205, "Side screen flickers", club.TicketResolved, club.PriorityNormal, "Bay 4 · Riverside", "Sam Ortiz", 0, .6),
		row(198, "Refund for Priya Raman", club.TicketClosed, club.PriorityNormal, "Northgate", "Dana Whitfield", 0, .3),
	}
}
