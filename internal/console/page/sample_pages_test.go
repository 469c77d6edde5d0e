package page_test

import (
	"time"

	"github.com/a-h/templ"

	"clubos/internal/club"
	. "clubos/internal/console/page"
)

// pages are all pages with sample data, by the name of the file that a preview is written to.
func pages(theme string) map[string]templ.Component {
	sh := func(section, title string) Shell { return shell(section, title, theme) }
	flash := sh("inbox", "Inbox")
	flash.Flash = &Flash{ToneOK, "Resolved."}
	flash.Mode.Loud = true
	viewer := sh("inbox", "Inbox")
	viewer.User = User{Name: "Viv Ito", Role: club.RoleViewer}
	outside := Shell{Title: "Choose your club", Theme: theme, Now: now}
	held := thread()
	held.Status, held.HeldBy, held.Proposal = club.ThreadEscalated, "", nil
	held.Escalation = &Escalation{Reason: "Member asks for a person", Summary: "TrackMan was restarted once and verified; the fault came back after 8 minutes.", By: "ClubOS", At: ago(3 * time.Minute), Due: now.Add(7 * time.Minute)}
	held.Can.HandBack = true
	held.Composer.Blocked = "No text can be sent: the member has opted out."
	held.Context.Member.OptOut = true
	unknown := other()
	return map[string]templ.Component{
		"inbox":               Inbox(InboxPage{Shell: flash, List: list("")}),
		"inbox-empty":         Inbox(InboxPage{Shell: viewer, List: ThreadList{Views: list("").Views, Locations: places().Options}}),
		"thread":              ThreadView(ThreadPage{Shell: sh("inbox", "Marcus Oyelaran"), List: list(thr), Thread: thread()}),
		"thread-held":         ThreadView(ThreadPage{Shell: sh("inbox", "Marcus Oyelaran"), List: list(thr), Thread: held}),
		"thread-unknown":      ThreadView(ThreadPage{Shell: sh("inbox", "Unknown"), List: list(""), Thread: unknown}),
		"tickets":             Tickets(ticketsPage(sh("tickets", "Tickets"), "board")),
		"tickets-list":        Tickets(ticketsPage(sh("tickets", "Tickets"), "list")),
		"ticket":              Ticket(ticketPage(sh("tickets", "#212"))),
		"sops":                SOPs(SOPsPage{Shell: sh("sops", "SOPs"), Rows: sops(), Status: all("Any status"), Scope: all("Any scope"), Category: all("Any category"), May: true}),
		"sop":                 SOP(sopPage(sh("sops", "Ball not registering"))),
		"sop-edit":            SOPEdit(SOPEditPage{Shell: sh("sops", "Edit"), Slug: "wifi", Name: "Wifi", Base: 3, Source: source, Problems: []Problem{{Line: 9, Field: "steps[1].action", Text: "the catalogue has no action “restart_trackmann”; did you mean restart_trackman?", Tone: ToneDanger}, {Text: "only 2 test cases; 3 are needed before it goes live", Tone: ToneWarn}}, Actions: catalogue, Key: "k"}),
		"sop-new":             SOPEdit(SOPEditPage{Shell: sh("sops", "New SOP"), Source: source, Checked: true, Actions: catalogue, Key: "k"}),
		"oncall":              OnCall(onCallPage(sh("oncall", "On call"))),
		"oncall-empty":        OnCall(OnCallPage{Shell: sh("oncall", "On call"), Week: "23–29 Nov", Prev: "/p", Next: "/n", Locations: places()}),
		"places":              Places(placesPage(sh("places", "Places"))),
		"bookings":            Bookings(bookingsPage(sh("bookings", "Bookings"))),
		"bookings-empty":      Bookings(BookingsPage{Shell: sh("bookings", "Bookings"), Day: now, Prev: "/p", Next: "/n", Today: "/t", Locations: places(), Status: all("Any state")}),
		"bookings-search":     Bookings(BookingsPage{Shell: sh("bookings", "Bookings"), Day: now, Prev: "/p", Next: "/n", Today: "/t", Locations: places(), Status: all("Any state"), Search: hostile}),
		"booking":             Booking(bookingPage(sh("bookings", "Booking"))),
		"booking-new":         BookingNew(sh("bookings", "New booking"), bookingForm()),
		"booking-import":      BookingImport(BookingImportPage{Shell: sh("bookings", "Import bookings"), Problem: "The file is empty.", MaxMB: 10, MaxRows: 20_000, Dates: all("Find out by the file"), Source: all("By another file"), Columns: []ColumnHelp{{Name: "booking_id", Also: "id, reference", Help: "The booking's id.", Required: true}, {Name: "phone", Help: "Who holds it."}}}),
		"booking-preview":     BookingPreview(previewPage(sh("bookings", "What would change"))),
		"booking-preview-nil": BookingPreview(BookingPreviewPage{Shell: sh("bookings", "What would change"), ID: "bkf_x", File: hostile, Unchanged: 3}),
		"bay":                 Bay(bayPage(sh("places", "Bay 3"))),
		"location-new":        LocationForm(PlaceFormPage{Shell: sh("places", "New location"), Form: PlaceForm{Values: map[string]string{"name": hostile}, Problem: "A name has 1 to 80 characters.", Action: "/c/fairway/places", Back: "/c/fairway/places"}}),
		"location-edit":       LocationForm(PlaceFormPage{Shell: sh("places", "Edit Harbour"), Form: PlaceForm{Values: map[string]string{"name": "Harbour", "details": hostile}, Object: "loc_1", Action: "/c/fairway/places", Back: "/c/fairway/places"}}),
		"bay-new":             BayNew(PlaceFormPage{Shell: sh("places", "New bay"), Form: PlaceForm{Values: map[string]string{"number": "4"}, Action: "/c/fairway/bays", Back: "/c/fairway/places"}}),
		"device":              Device(devicePage(sh("places", "Bay 3 PC"))),
		"device-new":          Device(DevicePage{Shell: sh("places", "New device"), Form: PlaceForm{Values: map[string]string{}, Action: "/c/fairway/devices"}, Kind: all("PC"), Bay: all("The whole location"), Vendor: all("NinjaOne"), Back: "/c/fairway/places"}),
		"clubs-none":          Clubs(ClubsPage{Shell: outside, None: true}),
		"health":              Health(healthPage(sh("health", "Health"))),
		"health-idle":         Health(HealthPage{Shell: sh("health", "Health")}),
		"members":             Members(MembersPage{Shell: sh("members", "Members"), Rows: members()}),
		"members-empty":       Members(MembersPage{Shell: sh("members", "Members"), Search: "Nobody"}),
		"member":              Member(memberPage(sh("members", "Marcus Oyelaran"))),
		"decisions":           Decisions(DecisionsPage{Shell: sh("decisions", "Decisions"), Tier: all("Any tier"), Result: all("Any result"), Locations: places(), Rows: decisions(), Pager: Pager{Next: "/c/fairway/decisions?cursor=x"}}),
		"decision":            Decision(decisionPage(sh("decisions", "Decision"))),
		"memory":              Memory(memoryPage(sh("memory", "Memory"))),
		"memory-empty":        Memory(MemoryPage{Shell: sh("memory", "Memory"), Kind: all("Any kind"), Mode: all("Any mode")}),
		"memory-narrowed":     Memory(MemoryPage{Shell: sh("memory", "Memory"), Narrowed: true, Search: hostile, Kind: all("Any kind"), Mode: all("Any mode")}),
		"autonomy": Autonomy(AutonomyPage{Shell: sh("autonomy", "Autonomy"), May: true, Groups: []SwitchGroup{{Title: "Everything", Rows: []SwitchRow{{Key: "all", Label: "Everything", Off: true}}}, {Title: "Locations", Rows: []SwitchRow{{Key: "location:x", Label: hostile, About: hostile}}}},
			Permits:  PermitForm{Version: 1, On: true, Actions: []PermitGroup{{Kind: PermitRow{Key: "device", Label: "Devices", About: hostile, Allowed: true}, Rows: []PermitRow{{Key: "reboot_pc", Label: hostile}}, Never: []string{hostile}}}, Places: []PermitRow{{Key: "all", Label: "Everywhere"}, {Key: "x", Label: hostile, Allowed: true}}},
			Patterns: []PatternSwitch{{Row: PatternRow{Title: hostile, Mode: PatternWord("paused")}, Version: 1, Paused: true}, {Row: PatternRow{Title: hostile, Mode: PatternWord("auto")}, Version: 2}}, Manage: true}),
		"pattern":         Pattern(patternPage(sh("memory", "Pattern"))),
		"impact":          ImpactOf(impactPage(sh("memory", "Merge these two?"))),
		"impact-none":     ImpactOf(ImpactPage{Shell: sh("memory", "Pause this pattern?"), Heading: "Pause this pattern?", Yes: "Pause it", Action: "/x", Back: "/y", Impact: Impact{Days: 30}}),
		"pattern-plain":   Pattern(PatternPage{Shell: viewer, Row: PatternRow{Title: "Wifi", Kind: "SOP", Mode: PatternWord("paused")}, MergedInto: club.NewPatternID(now), SOP: Link{Label: "Wifi", URL: "/x"}}),
		"reviews":         Reviews(reviewsPage(sh("reviews", "Reviews"))),
		"reviews-none":    Reviews(ReviewsPage{Shell: sh("reviews", "Reviews"), Share: 0.05}),
		"reviews-skipped": Reviews(ReviewsPage{Shell: sh("reviews", "Reviews"), Waiting: 2, Again: true}),
		"results":         Results(resultsPage(sh("results", "Results"))),
		"results-empty":   Results(ResultsPage{Shell: viewer, Days: all("Last 30 days"), Locations: places(), Repeat: RepeatRow{PerPattern: 5}, Rates: []RateRow{{Label: "Right"}}}),
		"audit":           Audit(auditPage(sh("audit", "Audit"))),
		"settings":        Settings(settingsPage(sh("settings", "Settings"))),
		"users":           Users(usersPage(sh("users", "Users"))),
		"keys":            Keys(keysPage(sh("keys", "API keys"))),
		"account":         Account(AccountPage{Shell: sh("account", "Account"), Email: "dana@fairway.example", Scope: "all locations", Expires: now.Add(60 * 24 * time.Hour), Sessions: []SessionRow{{ID: club.NewSessionID(now), Device: "Firefox on Linux", Address: "192.0.2.7", Since: ago(2 * time.Hour), Seen: now, Current: true}, {ID: club.NewSessionID(now), Device: "Safari on iPhone", Address: "198.51.100.4", Since: ago(7 * time.Hour), Seen: ago(time.Hour)}}, Errors: map[string]string{"password": "At least 12 characters are needed."}}),
		"sign-in":         SignIn(SignInPage{Shell: sh("", "Sign in"), Email: "dana@fairway.example", Error: "E-mail or password is wrong.", Demo: []DemoAccount{{"Owner", "owner@demo.example", "demo"}, {"Operator", "operator@demo.example", "demo"}}}),
		"password":        Password(PasswordPage{Shell: sh("", "Password"), Email: "lee@fairway.example", Current: true, Errors: map[string]string{"again": "The two do not agree."}}),
		"link":            SignInLink(SignInLinkPage{Shell: sh("", "Sign in"), Error: "This link was used already."}),
		"clubs":           Clubs(ClubsPage{Shell: outside, Slug: "nowhere", Error: "There is no club of that name."}),
		"error-404":       Error(ErrorPage{Shell: sh("", "Not found"), Status: 404}),
		"error-403":       Error(ErrorPage{Shell: sh("", "Forbidden"), Status: 403}),
		"error-500":       Error(ErrorPage{Shell: outside, Status: 500, ID: "k7f2-9qm1"}),
		"tickets-nothing": Tickets(TicketsPage{Shell: sh("tickets", "Tickets"), View: "list", Status: all("Any"), Locations: places(), Assignee: all("Anybody")}),
		"sops-nothing":    SOPs(SOPsPage{Shell: viewer, Status: all("Any"), Scope: all("Any"), Category: all("Any")}),
		"keys-nothing":    Keys(KeysPage{Shell: sh("keys", "API keys")}),
		"audit-nothing":   Audit(AuditPage{Shell: sh("audit", "Audit")}),
		"places-nothing":  Places(PlacesPage{Shell: sh("places", "Places"), Filter: places()}),
		"decisions-none":  Decisions(DecisionsPage{Shell: sh("decisions", "Decisions")}),
		"clubs-nothing":   Clubs(ClubsPage{Shell: outside}),
	}
}

func all(label string) Choices { return Choices{Options: []Option{{Value: "", Label: label}}} }

func ticketsPage(s Shell, view string) TicketsPage {
	p := TicketsPage{Shell: s, View: view, Status: all("Any status"), Locations: places(), Assignee: all("Anybody"), Rows: tickets(), May: true,
		New: TicketForm{Key: "k", Priority: club.PriorityNormal, Template: all("None"), Location: places(), Bay: all("None")}}
	for _, st := range club.TicketStatuses() {
		c := TicketColumn{Status: st}
		for _, r := range tickets() {
			if r.Status == st {
				c.Rows = append(c.Rows, r)
			}
		}
		c.Total = len(c.Rows)
		if st == club.TicketClosed {
			c.Total = 41
		}
		p.Columns = append(p.Columns, c)
	}
	return p
}

func ticketPage(s Shell) TicketPage {
	t := tickets()[2]
	t.Thread = thr
	return TicketPage{Shell: s, Ticket: t, Version: 3, Parts: []TicketPart{{Text: "Third freeze this week. TrackMan drops off USB, comes back after a restart.\nPlease check the cable and the hub behind the screen."}, {"Note the serial number", 1, true}, {"Swap the USB cable", 2, false}, {Text: hostile}, {hostile, 3, false}}, CreatedBy: "Sam Ortiz", CreatedAt: ago(3 * time.Hour), Template: "Hardware fault", Device: "TrackMan 4", Member: "Marcus Oyelaran", MemberID: mem,
		Moves:     []club.TicketStatus{club.TicketWaiting, club.TicketResolved, club.TicketClosed},
		Assignees: Choices{Options: []Option{{Value: "", Label: "Nobody"}, {Value: "u1", Label: "Sam Ortiz"}}, Selected: "u1"},
		Relations: []TicketRelation{{club.NewRelationID(now), club.RelationCausedBy, tickets()[5]}, {club.NewRelationID(now), club.RelationBlocks, tickets()[1]}}, Caused: 2,
		Relate: RelateForm{Kind: all("Is related to"), Query: "trackman", Found: tickets()[:2], Open: true}, Seen: &SeenBefore{Nth: 3, Days: 30, At: "bay", Earlier: tickets()[3:5], Root: &tickets()[5]},
		Timeline: []TimelineEntry{{"Sam Ortiz", "made the ticket", "", ago(3 * time.Hour)}, {"ClubOS", "added another freeze of Bay 3", "", ago(50 * time.Minute)}, {"Lee Park", "wrote", "On my way, have a cable in the van.", ago(20 * time.Minute)}}, May: true, Key: "k"}
}

var catalogue = []CatalogueEntry{{"send_reply", "Reply to the member", club.RiskNone}, {"restart_trackman", "Restart TrackMan", club.RiskLow}, {"reboot_pc", "Reboot the bay PC", club.RiskMedium}, {"unlock_door", "Unlock a door", club.RiskHigh}}

const source = `slug: ball-not-registering
title: Ball not registering
category: equipment
scope: global
triggers:
  - similar: the ball is not picked up
  - words: [ball, register]
steps:
  - action: restart_trackman
  - reply: |
      I've restarted TrackMan in {bay}. Please take a test shot.
`

func sops() []SOPRow {
	return []SOPRow{
		{Slug: "ball-not-registering", Title: "Ball not registering", Category: "Equipment", Status: "live", Scope: "Harbour", Version: 4, Used: 38, Worked: 35, Actions: []string{"Restart TrackMan", "Reply"}, UpdatedBy: "Dana", UpdatedAt: ago(50 * time.Hour)},
		{Slug: "wifi", Title: "Wifi", Category: "Facility", Status: "live", Scope: "Everywhere", Version: 3, Used: 112, Worked: 111, Actions: []string{"Reply"}, UpdatedAt: ago(400 * time.Hour)},
		{Slug: "door", Title: "Door will not open", Category: "Access", Status: "live", Scope: "Everywhere", Version: 7, Used: 41, Worked: 33, Actions: []string{"Unlock door", "Reply", "Escalate"}, UpdatedAt: ago(20 * time.Hour)},
		{Slug: "refund", Title: "Refund", Category: "Money", Status: "draft", Scope: "Everywhere", Version: 1, Actions: []string{"Escalate"}, UpdatedAt: ago(2 * time.Hour)},
		{Slug: "noise", Title: "Noise from the next bay", Category: "Facility", Status: "archived", Scope: "Bay 2 · Northgate", Version: 2, Used: 1, Worked: 1, UpdatedAt: ago(2000 * time.Hour)},
	}
}

func sopPage(s Shell) SOPPage {
	return SOPPage{Shell: s, SOP: sops()[0], Shown: 4, Summary: "The tracker does not see shots although the game runs.",
		Triggers:      []SOPTrigger{{"similar", "the ball is not picked up"}, {"words", "ball, register"}, {"exact", "no ball"}},
		Prerequisites: []string{"The sender holds a running booking", "TrackMan was not restarted in the last 5 minutes"},
		Steps:         []SOPStep{{"Action", "Restart TrackMan in the member's bay", "verified by a second look"}, {"Reply", "I've restarted TrackMan in {bay}. Please take a test shot and tell me.", ""}, {"Ask", "Does it pick up the ball now?", "waits 5 min"}},
		Fallback:      "Escalate to the operator on call and make a hardware ticket.", Overrides: []Link{{Label: "Overrides “Ball not registering” (everywhere)", URL: "/c/fairway/sops/ball-global"}},
		Source: source, Versions: []SOPVersionRow{{4, "Ask after the restart", "Dana", ago(50 * time.Hour), true, []SOPRelease{{true, "the shorter one confused people", "Sam", ago(20 * time.Hour)}, {false, "", "Dana", ago(49 * time.Hour)}}}, {3, "Shorter reply", "Sam", ago(200 * time.Hour), false, nil}, {1, "Imported", "ClubOS", ago(900 * time.Hour), false, nil}},
		Diff: &Diff{3, 4, []DiffLine{{"", "steps:"}, {"", "  - action: restart_trackman"}, {"-", "  - reply: Restarted."}, {"+", "  - reply: I've restarted TrackMan in {bay}. Please take a test shot and tell me whether it works, thank you."}, {"+", "  - ask: Does it pick up the ball now?"}}},
		Uses: []SOPUse{{Decision: dec, Thread: thr, Snippet: "bay 3 froze again, ball not registering", Place: "Bay 3 · Harbour", Tier: club.TierSuggest, Confidence: .82, Result: Word{"Waiting", ToneMachine, ""}, At: ago(time.Minute)}, {Decision: dec, Thread: thr, Snippet: "it doesn't see my ball", Place: "Bay 1 · Harbour", Confidence: .9, Result: Word{"Verified", ToneOK, ""}, At: ago(6 * time.Hour)}}, MayEdit: true, Key: "k"}
}

func placesPage(s Shell) PlacesPage {
	bay := func(name string, w Word, playing string) BayBlock {
		id := club.NewBayID(now)
		return BayBlock{ID: id, Name: name, State: w, Playing: playing, Devices: devices()[:3], Actions: actions()[:3]}
	}
	b3 := bay("Bay 3", Word{"Trouble", ToneDanger, ""}, "until 22:00")
	b3.Tickets = 1
	b3.Troubles = []TroubleRow{{Text: hostile, Since: ago(time.Hour), URL: "/c/fairway/threads/x"}, {Text: "Bay 3 PC went offline", Since: ago(time.Minute)}}
	return PlacesPage{Shell: s, Filter: places(), May: true, MayDevices: true, Archived: []ArchivedRow{{Object: "bay_1", Name: "Bay 9 · Harbour", Kind: "Bay", By: "Dana", At: ago(time.Hour)}}, Locations: []LocationBlock{
		{ID: club.NewLocationID(now), Name: "Harbour", Address: "12 Quay St, Boston", Zone: "America/New_York", Hours: "24/7", Doors: []DeviceRow{devices()[3], {Kind: club.DeviceNetwork, Name: "Router", Known: true, Online: true}, {Kind: club.DeviceHub, Name: "Door hub", Known: false}},
			Bays: []BayBlock{bay("Bay 1", Word{"Good", ToneOK, ""}, "until 21:30"), bay("Bay 2", Word{"Good", ToneOK, ""}, ""), b3, bay("Bay 4", Word{"Maintenance", ToneWarn, ""}, "")}},
		{ID: club.NewLocationID(now), Name: "Northgate", Address: "9 Mill Rd", Zone: "America/New_York", Hours: "6–24", Bays: []BayBlock{bay("Bay 1", Word{"Good", ToneOK, ""}, "")}},
	}}
}

func bookingsPage(s Shell) BookingsPage {
	p := BookingsPage{Shell: s, Day: now.In(zone()), IsToday: true, Prev: "/c/fairway/bookings?day=2026-11-24", Next: "/c/fairway/bookings?day=2026-11-26", Today: "/c/fairway/bookings", Locations: places(), Status: all("Any state"), May: true}
	d := BookingDay{ID: "a", Place: "Harbour", Zone: "America/New_York (EST)", FromHour: 6, ToHour: 24, Now: 21*60 + 14}
	for i, bay := range []string{"Bay 1", "Bay 2", "Bay 3", "Bay 4"} {
		l := BookingLane{Bay: bay, URL: "/c/fairway/bays/" + bay, Rows: 1}
		for k := range 3 {
			from := 8*60 + i*45 + k*280
			l.Slots = append(l.Slots, BookingSlot{From: from, To: from + 60 + 30*(k%2), Time: "08:00–09:00", Label: "Marcus Oyelaran", URL: "/c/fairway/bookings/x", Tone: ToneQuiet})
		}
		l.Slots = append(l.Slots, BookingSlot{From: 20*60 + 15*i, To: 21*60 + 30 + 15*i, Time: "20:00–21:30", Label: hostile, URL: "/c/fairway/bookings/y", Tone: ToneOK})
		d.Lanes = append(d.Lanes, l)
	}
	d.Lanes[2].Note, d.Lanes[2].Rows = "Out of service", 2
	d.Lanes[2].Slots = append(d.Lanes[2].Slots, BookingSlot{From: 20 * 60, To: 22 * 60, Row: 1, Time: "20:00–22:00", Label: "Not named", URL: "/c/fairway/bookings/z", Overlaps: true})
	p.Days = []BookingDay{d, {ID: "b", Place: "Northgate", Zone: "Europe/London (GMT)", FromHour: 6, ToHour: 24, Now: -1}}
	p.Rows = bookings()
	return p
}

func bookings() []BookingRow {
	return []BookingRow{
		{ID: club.NewBookingID(now), Start: ago(74 * time.Minute), End: now.Add(46 * time.Minute), Bay: "Bay 3", Place: "Harbour", Member: "Marcus Oyelaran", MemberID: mem, Status: club.BookingConfirmed, Running: true, Source: "Webhook", Thread: thr},
		{ID: club.NewBookingID(now), Start: now.Add(46 * time.Minute), End: now.Add(106 * time.Minute), Bay: "Bay 3", Place: "Harbour", Status: club.BookingConfirmed, Source: "iCal"},
		{ID: club.NewBookingID(now), Start: ago(200 * time.Minute), End: ago(140 * time.Minute), Bay: "Bay 1", Place: "Northgate", Member: "Ben Carter", MemberID: mem, Status: club.BookingNoShow, Source: "Webhook"},
	}
}

func healthPage(s Shell) HealthPage {
	return HealthPage{Shell: s, Overall: Word{"One thing needs a look", ToneWarn, ""},
		Stats:    []Stat{{"Members waiting", "3", "for an answer", ToneQuiet}, {"Calls for a person", "1", "nobody has seen it yet", ToneDanger}, {"Texts on their way", "0", "", ""}},
		Speed:    SpeedReport{Decisions: 212, P50: 2300 * time.Millisecond, P95: 5800 * time.Millisecond, Slowest: 31 * time.Second, Partial: true, Tiers: []TierShare{{TierWord(club.TierAuto), 150}, {TierWord(club.TierSuggest), 40}, {TierWord(club.TierApprove), 10}, {TierWord(club.TierEscalate), 12}}},
		Vendors:  []ServiceRow{{"OpenPhone", Word{"Answers", ToneOK, ""}, "texts", time.Time{}}, {"NinjaOne", Word{"Does not answer", ToneDanger, ""}, hostile, time.Time{}}, {"Slack", Word{"Not connected", ToneQuiet, ""}, "calls people", time.Time{}}},
		Services: []ServiceRow{{"Database", Word{"Answers", ToneOK, ""}, "sqlite", now}, {"Calls to people", Word{"Well", ToneOK, ""}, "", time.Time{}}},
		Promises: []PromiseRow{{"Texts taken in", "the last 5 minutes, this server", "95 % within 500 ms", time.Time{}, 900, time.Millisecond, 4 * time.Millisecond, 9 * time.Millisecond, Word{"Kept", ToneOK, ""}}, {"Actions sent to the vendor", "the last hour, this club", "95 % within 5.0 s", ago(time.Hour), 3, time.Second, 9 * time.Second, 9 * time.Second, Word{"Missed", ToneWarn, ""}}, {Title: "Pages shown", About: "the last 5 minutes, this server", Promise: "90 % within 1.0 s", State: Word{"Nothing measured", ToneQuiet, ""}}},
		Traffic:  []Traffic{{"Texts read", 240, 4}, {"Decisions", 212, 3.5}, {"Actions", 3, .05}, {"Replies", 0, 0}},
		Process: &ProcessReport{Minutes: 5, Waiting: "3 of 128 requests at a time, 0 wait", Uses: []UseRow{{"Processor time", "31 % of 80 %", .39, Word{"Well", ToneOK, ""}}, {"Memory", "1100 MiB of 1024 MiB", 1.07, Word{"Above its limit", ToneWarn, ""}}, {"Cache", hostile, -1, Word{"Answers", ToneOK, ""}}},
			Classes: []ClassRow{{"Texts that speak of danger", 2, 0}, {"Pages", 40, 3}}, Queues: []QueueRow{{"default", 4, 2, 31, 3 * time.Minute, Word{"Waits too long", ToneDanger, ""}}, {"vendor", 0, 0, 1, 0, Word{"Well", ToneOK, ""}}}},
		Places: []PlaceHealth{{"Harbour", 15, 17, 3, Word{"Trouble", ToneWarn, ""}}, {"Northgate", 12, 12, 1, Word{"Good", ToneOK, ""}}, {"Riverside", 11, 11, 0, Word{"Good", ToneOK, ""}}}}
}

func members() []MemberRow {
	return []MemberRow{{mem, "Marcus Oyelaran", "+1 ••• ••• 0182", "Harbour", false, ago(time.Minute), 14}, {club.NewMemberID(now), "Priya Raman", "+1 ••• ••• 7733", "Northgate", false, ago(14 * time.Minute), 3}, {club.NewMemberID(now), "Wei-Lin Zhao", "+1 ••• ••• 9016", "Riverside", true, ago(48 * time.Hour), 1}}
}

func memberPage(s Shell) MemberPage {
	return MemberPage{Shell: s, Member: members()[0], Email: "m•••@example.com", Since: ago(9000 * time.Hour), Consents: []ConsentRow{{"Texts about bookings", true, "by START", ago(9000 * time.Hour)}, {"News", false, "by STOP", ago(4000 * time.Hour)}}, Threads: rows()[1:4], Bookings: bookings(), Tickets: tickets()[2:3]}
}

func decisions() []DecisionRow {
	return []DecisionRow{
		{dec, thr, "bay 3 froze again, ball not registering", "Ball not registering", "Bay 3 · Harbour", club.TierSuggest, .82, Word{"Open", ToneMachine, ""}, ago(time.Minute)},
		{club.NewDecisionID(now), thr, "my friend fell off the step", "Rule: emergency", "Bay 1 · Harbour", club.TierEscalate, 1, Word{"With a person", ToneDanger, ""}, ago(4 * time.Minute)},
		{club.NewDecisionID(now), thr, "wifi password?", "Wifi", "Harbour", club.TierAuto, .97, Word{"Delivered", ToneOK, ""}, ago(22 * time.Minute)},
		{club.NewDecisionID(now), thr, "can I get my money back", "Refund", "Bay 2 · Northgate", club.TierApprove, .61, Word{"Rejected", ToneQuiet, ""}, ago(30 * time.Minute)},
	}
}

func decisionPage(s Shell) DecisionPage {
	t := thread()
	p := proposal()
	p.Status, p.SettledBy = club.ProposalApproved, "Dana Whitfield"
	return DecisionPage{Shell: s, Decision: decisions()[0], Thresholds: club.DefaultThresholds(), Reply: p.Text, Actions: p.Actions, Proposal: p, Executions: t.Context.Executions, Took: 42 * time.Millisecond,
		Evidence: club.Evidence{Text: "bay 3 froze again, ball not registering. we have 40 min left", Model: "ngram-1", Limits: []string{"not yet calibrated", "learning mode"},
			Candidates: []club.Candidate{{Title: "Ball not registering", SOPVersion: 4, Scope: "location", Why: "“ball not registering” is similar", Score: .91, Confidence: .82}, {Title: "Frozen screen", SOPVersion: 2, Scope: "global", Why: "the word “froze”", Score: .66, Confidence: .58, Note: "the nearer scope wins"}, {Title: "How long is left?", SOPVersion: 1, Scope: "global", Why: "“min left”", Score: .31, Confidence: .12, Note: "too unlike"}},
			Facts:      []club.Fact{{Name: "Booking", Value: "Bay 3, running until 22:00, held by the sender", Source: "bookings", At: ago(2 * time.Hour)}, {Name: "TrackMan", Value: "offline for 3 minutes", Source: "ninjaone", At: ago(40 * time.Second)}, {Name: "Recent action", Value: "TrackMan restarted 9 min ago", Source: "executions", At: ago(9 * time.Minute)}}},
		After: []TimelineEntry{{"ClubOS", "proposed a reply and a restart", "", ago(35 * time.Second)}, {"Dana Whitfield", "approved it", "", ago(5 * time.Second)}}}
}

func auditPage(s Shell) AuditPage {
	return AuditPage{Shell: s, Kinds: all("Any kind"), Actor: all("Anybody"), Rows: []AuditRow{
		{club.NewAuditID(now), "Dana Whitfield", true, "Approved a proposal", "prp_01kb1v9c6qf8x9n0r3m5t7w2za", "/c/fairway/decisions/x", "", ago(time.Minute)},
		{club.NewAuditID(now), "ClubOS", false, "Restarted TrackMan", "exe_01kb1v9c6qf8x9n0r3m5t7w2zb", "", "Bay 3 · Harbour: verified", ago(9 * time.Minute)},
		{club.NewAuditID(now), "Dana Whitfield", true, "Changed a setting", "autonomy.information_replies", "", "off → on", ago(26 * time.Hour)},
	}}
}

func settingsPage(s Shell) SettingsPage {
	return SettingsPage{Shell: s, Groups: []SettingGroup{
		{Key: "autonomy", Title: "Autonomy", About: "How far ClubOS may go", Version: 4, Rows: []Setting{
			{Name: "auto_execution", Label: "Act alone", About: "Off: everything waits for a person.", Kind: "switch", Default: "off"},
			{Name: "information_replies", Label: "Plain information replies", About: "Send them without asking.", Kind: "switch", Value: "true", Default: "on"},
			{Name: "confidence_high", Label: "Confidence to act alone", About: "Lower bound on being right.", Kind: "number", Value: "0.95", Default: "0.95", Min: "0.5", Max: "1", Step: "0.01", Error: "It must not be below the one to propose."},
			{Name: "suggest_seconds", Label: "Time to object", About: "After this a suggestion is carried out.", Kind: "number", Value: "120", Default: "120", Unit: "seconds", Min: "10", Max: "3600"}}},
		{Key: "desk", Title: "Desk", About: "People and their hours", Version: 1, Rows: []Setting{
			{Name: "silence", Label: "Silence after a hand reply", About: "ClubOS steps back for this long.", Kind: "select", Value: "4h", Options: []Option{{Value: "1h", Label: "1 hour"}, {Value: "4h", Label: "4 hours"}}},
			{Name: "line", Label: "Sending number", About: "The club's line.", Kind: "text", Value: "+1 617 555 0100", Source: "CLUBOS_OPENPHONE_NUMBER"}}},
	}}
}

func onCallPage(s Shell) OnCallPage {
	dana, sam := club.NewUserID(now), club.NewUserID(now)
	p := OnCallPage{Shell: s, Week: "23–29 Nov", Prev: "/p", Next: "/n", May: true, People: []Option{{Value: dana.String(), Label: "Dana Whitfield"}, {Value: sam.String(), Label: "Sam Ortiz"}}, Locations: places(),
		Shift: ShiftForm{Days: []string{"mon", "tue"}, From: "18:00", Until: "02:00", Error: "This user does not work there."}, Cover: CoverForm{Error: "A cover ends after it begins."},
		Shifts:   []ShiftRow{{ID: club.NewShiftID(now), Who: "Dana Whitfield", When: "18:00–02:00", Days: "Monday to Friday", Where: "Everywhere", May: true}, {ID: club.NewShiftID(now), Who: "Sam Ortiz", When: "02:00–10:00", Days: "every day", Where: "Harbour"}},
		Covers:   []CoverRow{{ID: club.NewCoverID(now), Who: "Sam Ortiz", For: "everybody", When: "Fri 27 Nov 22:00 – Sat 28 Nov 06:00", Where: "Harbour", Under: true, May: true}},
		Contacts: []ContactForm{{ID: dana, Name: "Dana Whitfield", Self: true, Phone: "+1 617 555 0199", Email: "dana@fairway.example", BySMS: true, ByEmail: true, QuietFrom: "23:00", QuietUntil: "07:00", Zone: "America/New_York", Ways: "Text and mail"}, {ID: sam, Name: "Sam Ortiz", Error: "Texts need a number."}}}
	for i, l := range []string{"Harbour", "Northgate"} {
		pl := OnCallPlace{Name: l, Zone: "America/New_York", Gaps: 7 * i}
		if i == 0 {
			pl.Now = []string{"Dana Whitfield"}
		}
		for d := range 7 {
			spans := []OnCallSpan{{From: "00:00", Until: "10:00", Who: "Sam Ortiz"}, {From: "10:00", Until: "24:00", Who: "Dana Whitfield, Sam Ortiz", Now: d == 3}}
			if i == 1 {
				spans[0].Who = ""
			}
			pl.Days = append(pl.Days, OnCallDay{Label: now.AddDate(0, 0, d-3).Format("Mon 2"), Today: d == 3, Spans: spans})
		}
		p.Places = append(p.Places, pl)
	}
	return p
}

func usersPage(s Shell) UsersPage {
	return UsersPage{Shell: s, Roles: []Option{{Value: "operator", Label: "Operator"}, {Value: "admin", Label: "Admin"}}, Locations: places().Options[1:], Link: "/c/fairway/join/9f8a7c6d5e4f3a2b1c0d9f8a7c6d5e4f", Rows: []UserRow{
		{ID: club.NewUserID(now), Name: "Dana Whitfield", Email: "dana@fairway.example", Role: club.RoleOwner, ScopeOf: "Everywhere", MFA: true, LastSeen: now, Self: true},
		{ID: club.NewUserID(now), Name: "Sam Ortiz", Email: "sam@fairway.example", Role: club.RoleOperator, Scope: []string{"loc_1"}, ScopeOf: "Harbour, Northgate", LastSeen: ago(7 * time.Minute), May: true},
		{ID: club.NewUserID(now), Name: "Lee Park", Email: "lee@fairway.example", Role: club.RoleTech, ScopeOf: "Everywhere", Invited: true, May: true},
		{ID: club.NewUserID(now), Name: "Old Hand", Email: "old@fairway.example", Role: club.RoleViewer, ScopeOf: "Everywhere", Disabled: true, LastSeen: ago(4000 * time.Hour), May: true}}}
}

func keysPage(s Shell) KeysPage {
	return KeysPage{Shell: s, Key: "k", Name: "Booking sync", Secret: "clubos_live_8Jq2mXw4Rk9sTn3vYc7bLp5zHd1gFa6e", Scopes: []Option{{Value: "threads:read", Label: "Read threads"}, {Value: "bookings:write", Label: "Write bookings"}}, Rows: []KeyRow{
		{ID: club.NewAPIKeyID(now), Name: "Booking sync", Hint: "clubos_live_8Jq2", Scopes: []string{"bookings:write"}, By: "Dana", CreatedAt: now, ExpiresAt: now.Add(90 * 24 * time.Hour)},
		{ID: club.NewAPIKeyID(now), Name: "Dashboard", Hint: "clubos_live_x81k", Scopes: []string{"threads:read", "health:read"}, By: "Dana", CreatedAt: ago(2000 * time.Hour), ExpiresAt: ago(time.Hour), LastUsed: ago(2 * time.Hour)},
		{ID: club.NewAPIKeyID(now), Name: "Old script", Hint: "clubos_live_p0c3", Scopes: []string{"tickets:write"}, Revoked: true}}}
}

// other is a thread of an unknown number, in which a reply was refused.
func other() Thread {
	return Thread{ID: thr2, Title: "+1 ••• ••• 4471", Status: club.ThreadAwaitingResponse, Messages: []Bubble{{ID: club.NewMessageID(now), Dir: club.DirectionIn, Author: club.AuthorMember, Text: "is anyone there??", At: now, NewDay: true}}, Can: ThreadCan{Reply: true}, Composer: Composer{Key: "k", Error: "A reply cannot be empty."}}
}

func bookingForm() BookingForm {
	return BookingForm{Where: places(), Day: "2026-11-26", Start: "18:00", End: "19:00", Key: "k", Known: true, Taken: true, Problem: "The bay is taken.", Errors: map[string]string{"holder": "Nobody is known.", "where": "Choose a bay."}, Action: "/c/fairway/bookings", Complete: "Book", Cancel: "/c/fairway/bookings", Zone: "Times are those of the location."}
}

func bookingPage(s Shell) BookingPage {
	f := bookingForm()
	return BookingPage{Shell: s, Row: bookings()[0], Edited: "Changed by Kim.", Comes: "This booking comes from a calendar feed.", Version: "1", Form: &f, Day: "/c/fairway/bookings",
		History: []TimelineEntry{{By: "Kim", What: "changed it", Text: hostile, At: ago(time.Hour)}, {By: "ClubOS", What: "created it, told by a calendar feed", At: ago(2 * time.Hour)}}}
}

func previewPage(s Shell) BookingPreviewPage {
	return BookingPreviewPage{Shell: s, ID: "bkf_x", File: "november.csv", Fingerprint: "abc", Notice: "Something has changed.", Created: 2, Changed: 1, Cancelled: 1, Unchanged: 4, Ignored: []string{"colour", hostile},
		Faults: []FaultRow{{Line: 3, Column: "bay", Problem: "There is no bay called 99.", Remedy: "Add it."}, {Line: 9, Problem: "The quotes do not match.", Remedy: "Mend them."}}, MoreFaults: 3, MoreLines: 7,
		Lines: []PreviewRow{{Line: 2, Reference: hostile, What: Word{Label: "New", Tone: ToneOK}, Where: "Bay 1 · Harbour", When: "26 Nov 18:00 – 19:00 EST", Overlaps: "line 4"}, {Line: 4, Reference: "B2", What: Word{Label: "Changed", Tone: ToneInfo}, Where: "Bay 1 · Harbour", When: "26 Nov 18:00 – 19:00 EST", Before: "26 Nov 17:00 – 18:00 EST, Bay 2 · Harbour"}}}
}

func bayPage(s Shell) BayPage {
	b := BayBlock{ID: club.NewBayID(now), Name: "Bay 3", State: Word{"Device offline", ToneDanger, ""}, Playing: "until 22:00", Devices: devices(), Actions: actions(), Outage: "New screen"}
	return BayPage{Shell: s, Bay: b, Location: "Harbour", LocationID: club.NewLocationID(now), Building: devices()[3:], Bookings: bookings(), Threads: rows()[:2], May: true, MayDevices: true, MayBook: true,
		Executions: []ExecutionRow{{ID: club.NewExecutionID(now), Title: "Restart TrackMan", Target: "Bay 3", Outcome: club.OutcomeSuccess, By: "Dana", At: ago(time.Hour)}},
		Edit:       PlaceForm{Values: map[string]string{"name": "Bay 3"}, Version: "1", Action: "/c/fairway/bays/x", Object: "bay_1"}, Outage: outageForm()}
}

func outageForm() OutageForm {
	return OutageForm{Action: "/c/fairway/bays/x/outage", Current: "New screen, until Thu 26 Nov 18:00 EST", Reason: hostile, Zone: "America/New_York", Problem: "Say why."}
}

func devicePage(s Shell) DevicePage {
	return DevicePage{Shell: s, ID: club.NewDeviceID(now), Form: PlaceForm{Values: map[string]string{"name": "Bay 3 PC", "location_name": "Harbour"}, Version: "1", Action: "/c/fairway/devices/x"}, Outage: outageForm(), Kind: all("PC"), Bay: all("The whole location"), Vendor: all("NinjaOne"), Device: devices()[0], Back: "/c/fairway/places"}
}

func memoryPage(s Shell) MemoryPage {
	p := MemoryPage{Shell: s, Kind: all("Any kind"), Mode: all("Any mode"), Manage: true, Pager: Pager{Next: "/n"}}
	for i, mode := range []string{"quarantine", "learning", "suggest", "auto", "paused", "retired"} {
		p.Rows = append(p.Rows, PatternRow{ID: club.NewPatternID(now), Title: hostile, Kind: "Learned", Domain: "Texts", Place: "Everywhere", Precedents: i, Outcomes: 7 * i, Confidence: .15 * float64(i), Tier: club.TierApprove, Mode: PatternWord(mode)})
	}
	p.Breakers = []BreakerRow{{Kind: "action", Scope: "reboot_pc", What: "Reboot the PC", Reason: "It has stopped helping.", At: ago(time.Hour), Good: 3, Needed: 22}}
	p.Apart = []ApartRow{{Actor: "user:usr_1", Name: hostile, Why: "Gave the same answer as others to 1 of 24 texts that others have answered too.", Since: ago(time.Hour), Against: []ContradictionRow{{Text: hostile, OtherText: hostile, Thread: thr, Words: hostile, OtherWords: hostile, Pattern: club.NewPatternID(now), OtherPattern: club.NewPatternID(now), OtherBy: "Dana", At: ago(time.Hour)}, {Text: "wifi?", Words: "On the board.", OtherWords: hostile}}}, {Actor: "user:usr_2", Name: "Dana", Own: true, Since: ago(time.Hour)}}
	return p
}

func impactPage(s Shell) ImpactPage {
	e := Impact{Days: 30, Was: Spread{9, 3, 2, 1}, Would: Spread{0, 0, 12, 3}, Fewer: Share{12, 7, 1}, More: Share{1, 1, 0}, Other: 2, Unknown: 1, Rivals: 1, Wait: 4 * time.Minute, Waits: 23, Differ: 14, Truncated: true}
	for i := range 3 {
		e.List = append(e.List, ImpactRow{Decision: club.NewDecisionID(now), Title: hostile, Place: "Bay 2", Was: club.TierAuto, Would: club.TierApprove, Other: i == 0, Known: i < 2, Right: i == 1, At: ago(time.Hour)})
	}
	e.Evidence = []EvidenceRow{{Pattern: club.NewPatternID(now), Title: hostile, Situations: [2]int{2, 4}, Outcomes: [2]int{3, 3}, Stop: [2]Stop{{}, {Paused: true, Ceiling: club.TierApprove, Broken: true}}}, {Title: hostile, Gone: true, Situations: [2]int{3, 0}, Uses: 4}, {Title: "A part", Made: true, Situations: [2]int{0, 1}}}
	return ImpactPage{Shell: s, Heading: hostile, About: "Its situations move.", Yes: "Merge", Danger: true, Action: "/c/fairway/memory/x/act", Back: "/c/fairway/memory/x", Fields: []HiddenField{{"do", "merge"}, {"onto", hostile}}, Impact: e}
}

func patternPage(s Shell) PatternPage {
	id := club.NewPatternID(now)
	p := PatternPage{Shell: s, Row: memoryPage(s).Rows[1], Version: 3, Story: "Decided so 7 times with 3 people behind it; 6 good; last in Bay 2, 14:10.", Steps: []SOPStep{{Kind: "reply", Text: hostile}, {Kind: "action", Text: "Reboot the PC"}},
		Limits: []string{"this pattern is paused"}, Bounds: []BoundRow{{club.TierAuto, .61, .95}, {club.TierSuggest, .78, .75}, {club.TierApprove, .9, .5}}, Next: "12 good outcomes more would lead to “acts alone”.",
		Manage: true, Learned: true, Words: hostile, Actions: []PatternAction{{"reboot_pc", "Reboot the PC", true}}, Others: all("Another"), Tiers: all("Acts alone")}
	for i, source := range []string{"verified", "reviewed", "helped", "decided", "approved", "edited", "silent", "reopened", "rejected", "corrected", "failed", "other"} {
		w := OutcomeSourceWord(source)
		p.Points = append(p.Points, ChartPoint{At: ago(time.Hour), Outcome: w, Count: i + 1, Auto: .05 * float64(i), Suggest: .08 * float64(i), Approve: .5})
		p.Record = append(p.Record, PatternOutcomeRow{Decision: club.NewDecisionID(now), Outcome: w, By: "Dana", Place: "Bay 2", At: ago(time.Hour), Earlier: i == 0})
		p.Uses = append(p.Uses, PatternUse{Decision: club.NewDecisionID(now), Thread: thr, Taught: i%2 == 0, Tier: club.TierApprove, Confidence: .8, Place: "Bay 2", At: ago(time.Hour)})
		p.Known = append(p.Known, PrecedentRow{ID: club.NewPrecedentID(now), Thread: thr, Text: hostile, By: "Dana", Place: "Bay 2", At: ago(time.Hour)})
	}
	p.Notes = []PatternNote{{Decision: club.NewDecisionID(now), Rejected: true, Reason: "The answer is wrong.", Text: hostile, By: "Dana", Place: "Bay 2", At: ago(time.Hour)}, {Decision: club.NewDecisionID(now), Text: "Shorter", By: "Opal", At: ago(time.Hour)}}
	p.Breaker = &BreakerRow{Kind: "pattern", Scope: id.String(), What: hostile, Reason: "Stopped by hand.", At: ago(time.Hour), Needed: 9, Pattern: id}
	return p
}
