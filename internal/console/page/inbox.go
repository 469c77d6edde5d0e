package page

import (
	"time"

	"clubos/internal/club"
)

// InboxPage is the list of threads with no thread open. Beside it, on a wide screen, is room for one.
type InboxPage struct {
	Shell
	List ThreadList
}

// ThreadList is the left pane: threads, newest first, and what narrows them.
type ThreadList struct {
	Status    string // the view's value in the address: "", "needs", "working", "answered", "all"
	Location  string // a location's id, or ""
	Mine      bool
	Search    string
	Views     []Link // one per status, with counts; Current marks the one shown
	Locations []Option
	Threads   []ThreadRow
	Next      string // address of the next page, or ""
	Selected  club.ThreadID
}

// Filtered reports whether anything but the view narrows the list.
func (l ThreadList) Filtered() bool { return l.Location != "" || l.Mine || l.Search != "" }

// ThreadRow is a thread in the list.
type ThreadRow struct {
	ID           club.ThreadID
	Title        string // the member's name, or a masked number; of what was reported, what it is about
	Snippet      string // the last text, in one line
	SnippetBy    club.Author
	Status       club.ThreadStatus
	Priority     club.Priority
	Place        string // "Bay 3 · Harbour"
	Unread       bool
	ProposalOpen bool
	HeldBy       string    // who has it, or ""
	WaitingSince time.Time // when the member began to wait for a person; zero when nobody waits
	At           time.Time // of the last message
}

// ThreadPage is one thread with the list beside it. Fragment "thread" renders ThreadPane alone.
type ThreadPage struct {
	Shell
	List   ThreadList
	Thread Thread
}

// Thread is the middle and the right pane.
type Thread struct {
	ID         club.ThreadID
	Version    int64          // grows with every change
	Seen       club.MessageID // the member's newest text; sent back by forms that depend on what was seen
	Title      string
	Status     club.ThreadStatus
	Priority   club.Priority
	Place      string
	Reported   bool      // nobody has written here: it stands for what was reported
	HeldBy     string    // the user who has it, or ""
	SilentTill time.Time // until when the machine stays silent; zero when it is not, or without end
	Escalation *Escalation
	MergedInto club.ThreadID
	Messages   []Bubble // oldest first
	Earlier    string   // address that shows earlier messages, or ""
	Proposal   *ProposalCard
	Composer   Composer
	Can        ThreadCan
	MergeWith  []Option // other threads of this member
	Templates  []Option // of tickets
	Context    Context
}

// Escalation is why a person was called.
type Escalation struct {
	Reason  string
	Summary string // what was tried
	By      string
	At      time.Time
	Due     time.Time // by when a person is to look; zero for none
}

// ThreadCan says which buttons the reader may press at present.
type ThreadCan struct {
	Reply, Note, Claim, Resolve, HandBack, Escalate, Merge, Ticket bool
}

// Composer is the form for replies and notes.
type Composer struct {
	To        string // whom a text goes to in a thread of situations; "" in any other thread
	Key       string // fresh for each rendering: two posts with one key are one reply
	Text      string // what was typed, after an error
	Error     string
	Blocked   string // why nothing can be sent ("opted out", "no sending number"); a note still can
	SilentFor string // "4 h": how long the machine steps back after a reply
}

// Bubble is an entry of a thread: a message, a note or, when Event is set, a line about what happened.
type Bubble struct {
	ID       club.MessageID
	Dir      club.Direction
	Author   club.Author
	By       string // the operator's name, "ClubOS" or ""
	Text     string // exactly as written
	Media    []Media
	Status   club.MessageStatus // of messages of ours
	Trouble  string             // the vendor's word on a failure, or ""
	Decision club.DecisionID    // the decision behind it, or zero
	SOP      string             // the SOP it came from, or ""
	Event    string
	At       time.Time
	NewDay   bool // whether a line with the day stands above it
}

// Media is an attachment. URL is ours, never the vendor's.
type Media struct {
	URL  string
	Type string
}

// ProposalCard is what the machine would do and the buttons to let it.
type ProposalCard struct {
	ID         club.ProposalID
	Decision   club.DecisionID
	Status     club.ProposalStatus
	Text       string // the reply it would send; "" when there is none
	To         string // whom it would send it to, where nobody has written
	Actions    []ProposedAction
	Tier       club.Tier
	Confidence float64
	Why        string // one sentence: the trigger, the limit
	Record     *ProposalRecord
	SOP        string
	CreatedAt  time.Time
	Deadline   time.Time // when it acts or expires; zero for none
	ActsAlone  bool      // at the deadline: it acts, or it expires
	SettledBy  string
	Can        bool // the reader may settle it
	Key        string
	EditText   string // what was typed, after an error
	EditNote   string // and why
	Error      string
}

// ProposalRecord is what a proposal can show for itself.
type ProposalRecord struct {
	Story   string         // "Decided so 7 times by 3 people, 7 good outcomes; last time in Bay 2, Tuesday 14:10."
	Claim   string         // what it may claim from that, and how far it is from the next tier
	Pattern club.PatternID // zero: the reader may not see the memory
}

// ProposedAction is an action a proposal would run.
type ProposedAction struct {
	Title  string
	Target string
	Risk   club.Risk
}

// Context is the right pane: what the server knows, each with where it comes from.
type Context struct {
	Member     *MemberCard
	Booking    *BookingCard
	Others     []BookingCard // further bookings near now
	Bay        string
	BayNote    string
	Devices    []DeviceRow
	Doors      []DoorRow // what doors reported of late, newest first
	Actions    []ActionButton
	Executions []ExecutionRow
	Tickets    []TicketRow
	Evidence   *EvidenceCard
	// Conversation is the one with the holder of what was reported; zero where none goes on.
	Conversation club.ThreadID
}

// MemberCard is who writes.
type MemberCard struct {
	ID      club.MemberID // zero for an unknown number
	Name    string
	Phone   string // masked unless the reader may see it
	Since   time.Time
	Threads int
	OptOut  bool
	Closed  bool // the reader may not open the member's page
	Note    string
}

// BookingCard is a booking in the context.
type BookingCard struct {
	ID         club.BookingID
	Bay        string
	Start, End time.Time
	Status     club.BookingStatus
	Running    bool
	Guests     string
	Source     string
}

// DeviceRow is a device and how it is.
type DeviceRow struct {
	ID          club.DeviceID
	Kind        club.DeviceKind
	Name        string
	Known       bool // whether anybody has asked it
	Online      bool
	Maintenance bool
	Detail      string
	At          time.Time // when that was true
	Since       time.Time // since when it is so; zero: not known
	Unwatched   bool      // nobody looks at it
}

// DoorRow is something that a door reported.
type DoorRow struct {
	Text string // "Front door: access denied"
	Tone Tone
	At   time.Time
}

// ActionButton runs an action of the catalogue. The target comes from rows of the server; the form
// sends its id back and the handler looks it up among the thread's own.
type ActionButton struct {
	Name     club.ActionName
	Title    string
	Target   string // its id
	On       string // its name
	Risk     club.Risk
	Disabled string // why it cannot be run at present, or ""
	Again    bool   // the next button says why for both
	Confirm  string // the question to ask first, or ""
	Anyway   bool   // it can be tried although its device is not seen
	Key      string // idempotency, as in Composer
}

// ExecutionRow is an action that was run.
type ExecutionRow struct {
	ID      club.ExecutionID
	Title   string
	Target  string
	Outcome club.Outcome
	Detail  string
	By      string
	At      time.Time
	Undo    *ActionButton // the compensating action, offered, never automatic
}

// EvidenceCard is the short form of a decision's evidence.
type EvidenceCard struct {
	Decision   club.DecisionID
	Tier       club.Tier
	Confidence float64
	Rule       string
	SOP        string
	SOPSlug    string
	Why        string
	Record     string         // what came of the like before
	Words      string         // that people wrote before in the like situation, filled in
	Pattern    club.PatternID // whose words they are
	Limits     []string
	Facts      []club.Fact
}
