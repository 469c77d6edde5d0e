package club

import "slices"

// ThreadStatus is where a thread stands. There are ten; see threadTable for how they follow one
// another.
type ThreadStatus string

// The statuses of a thread.
const (
	ThreadPending          ThreadStatus = "pending"           // a text came in; nothing has looked at it yet
	ThreadAwaitingAI       ThreadStatus = "awaiting_ai"       // the machine's turn: deciding, acting, or a proposal is open
	ThreadAwaitingResponse ThreadStatus = "awaiting_response" // the member was asked something
	ThreadAIResolved       ThreadStatus = "ai_resolved"       // the machine answered; nobody is waiting
	ThreadEscalated        ThreadStatus = "escalated"         // a person must look; the machine is silent
	ThreadInProgress       ThreadStatus = "in_progress"       // a person has taken it; the machine is silent
	ThreadResolved         ThreadStatus = "resolved"          // a person closed it
	ThreadManualOverride   ThreadStatus = "manual_override"   // a person wrote by hand; the machine is silent for a time
	ThreadTimeout          ThreadStatus = "timeout"           // the member never answered what was asked
	ThreadMerged           ThreadStatus = "merged"            // continued in another thread
)

// ThreadStatuses lists every status.
func ThreadStatuses() []ThreadStatus {
	return []ThreadStatus{ThreadPending, ThreadAwaitingAI, ThreadAwaitingResponse, ThreadAIResolved, ThreadEscalated,
		ThreadInProgress, ThreadResolved, ThreadManualOverride, ThreadTimeout, ThreadMerged}
}

// ThreadEvent is something that happens to a thread and may move its status.
type ThreadEvent string

// The events of a thread.
const (
	ThreadTextIn     ThreadEvent = "text_in"     // the member wrote
	ThreadTaken      ThreadEvent = "taken"       // the machine took it up
	ThreadAnswered   ThreadEvent = "answered"    // the machine answered, or saw that no answer is needed
	ThreadAsked      ThreadEvent = "asked"       // the machine asked the member something
	ThreadEscalate   ThreadEvent = "escalate"    // handed to people, by the machine or by a person
	ThreadClaimed    ThreadEvent = "claimed"     // a person took it
	ThreadHandReply  ThreadEvent = "hand_reply"  // a person wrote to the member
	ThreadHandedBack ThreadEvent = "handed_back" // a person gave it back to the machine
	ThreadResolve    ThreadEvent = "resolve"     // a person closed it
	ThreadExpire     ThreadEvent = "expire"      // the member's time to answer ran out
	ThreadMerge      ThreadEvent = "merge"       // continued elsewhere
)

// ThreadEvents lists every event.
func ThreadEvents() []ThreadEvent {
	return []ThreadEvent{ThreadTextIn, ThreadTaken, ThreadAnswered, ThreadAsked, ThreadEscalate, ThreadClaimed,
		ThreadHandReply, ThreadHandedBack, ThreadResolve, ThreadExpire, ThreadMerge}
}

// threadTable says where an event leads from a status. What is not listed is not allowed. Texts into
// a thread that people hold leave it with them: only a person hands it back.
var threadTable = map[ThreadStatus]map[ThreadEvent]ThreadStatus{
	ThreadPending: {
		ThreadTextIn: ThreadPending, ThreadTaken: ThreadAwaitingAI, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress,
		ThreadHandReply: ThreadManualOverride, ThreadResolve: ThreadResolved, ThreadMerge: ThreadMerged,
	},
	ThreadAwaitingAI: {
		ThreadTextIn: ThreadPending, ThreadTaken: ThreadAwaitingAI, ThreadAnswered: ThreadAIResolved, ThreadAsked: ThreadAwaitingResponse,
		ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress, ThreadHandReply: ThreadManualOverride,
		ThreadResolve: ThreadResolved, ThreadMerge: ThreadMerged,
	},
	ThreadAwaitingResponse: {
		ThreadTextIn: ThreadPending, ThreadAnswered: ThreadAIResolved, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress,
		ThreadHandReply: ThreadManualOverride, ThreadResolve: ThreadResolved, ThreadExpire: ThreadTimeout, ThreadMerge: ThreadMerged,
	},
	ThreadAIResolved: {
		ThreadTextIn: ThreadPending, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress, ThreadHandReply: ThreadManualOverride,
		ThreadResolve: ThreadResolved, ThreadMerge: ThreadMerged, ThreadAnswered: ThreadAIResolved,
	},
	ThreadEscalated: {
		ThreadTextIn: ThreadEscalated, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress, ThreadHandReply: ThreadManualOverride,
		ThreadHandedBack: ThreadPending, ThreadResolve: ThreadResolved, ThreadMerge: ThreadMerged,
	},
	ThreadInProgress: {
		ThreadTextIn: ThreadInProgress, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress, ThreadHandReply: ThreadManualOverride,
		ThreadHandedBack: ThreadPending, ThreadResolve: ThreadResolved, ThreadMerge: ThreadMerged,
	},
	ThreadResolved: {
		ThreadTextIn: ThreadPending, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress, ThreadHandReply: ThreadManualOverride,
		ThreadMerge: ThreadMerged,
	},
	ThreadManualOverride: {
		ThreadTextIn: ThreadManualOverride, ThreadTaken: ThreadAwaitingAI, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress,
		ThreadHandReply: ThreadManualOverride, ThreadHandedBack: ThreadPending, ThreadResolve: ThreadResolved, ThreadMerge: ThreadMerged,
	},
	ThreadTimeout: {
		ThreadTextIn: ThreadPending, ThreadEscalate: ThreadEscalated, ThreadClaimed: ThreadInProgress, ThreadHandReply: ThreadManualOverride,
		ThreadResolve: ThreadResolved, ThreadMerge: ThreadMerged,
	},
	ThreadMerged: {},
}

// Next returns the status that ev leads to from s. Conflict when the event is not allowed there.
func (s ThreadStatus) Next(ev ThreadEvent) (ThreadStatus, error) {
	if to, ok := threadTable[s][ev]; ok {
		return to, nil
	}
	return s, Conflict("a thread that is %s cannot be %s", s, ev)
}

// HeldByPeople reports whether the machine must keep silent: a person has the thread or is called to it.
func (s ThreadStatus) HeldByPeople() bool {
	return s == ThreadEscalated || s == ThreadInProgress || s == ThreadManualOverride
}

// Settled reports whether nobody is waiting for anything.
func (s ThreadStatus) Settled() bool {
	return s == ThreadAIResolved || s == ThreadResolved || s == ThreadTimeout || s == ThreadMerged
}

// ParseThreadStatus reads a status's name.
func ParseThreadStatus(s string) (ThreadStatus, error) {
	if slices.Contains(ThreadStatuses(), ThreadStatus(s)) {
		return ThreadStatus(s), nil
	}
	return "", Invalid("%q is not a thread status", clip(s, 40))
}

// Priority orders threads, tickets and escalations.
type Priority string

// The priorities.
const (
	PriorityEmergency Priority = "emergency"
	PriorityHigh      Priority = "high"
	PriorityNormal    Priority = "normal"
	PriorityLow       Priority = "low"
)

// Priorities lists every priority, most pressing first.
func Priorities() []Priority {
	return []Priority{PriorityEmergency, PriorityHigh, PriorityNormal, PriorityLow}
}

// Rank orders priorities: 0 is the most pressing. An unknown priority ranks as normal.
func (p Priority) Rank() int {
	if i := slices.Index(Priorities(), p); i >= 0 {
		return i
	}
	return 2
}

// ParsePriority reads a priority's name.
func ParsePriority(s string) (Priority, error) {
	if slices.Contains(Priorities(), Priority(s)) {
		return Priority(s), nil
	}
	return "", Invalid("%q is not a priority; the priorities are emergency, high, normal and low", clip(s, 40))
}

// TicketStatus is where a ticket stands.
type TicketStatus string

// The statuses of a ticket.
const (
	TicketOpen       TicketStatus = "open"
	TicketInProgress TicketStatus = "in_progress"
	TicketWaiting    TicketStatus = "waiting" // for a part, a vendor, a member
	TicketResolved   TicketStatus = "resolved"
	TicketClosed     TicketStatus = "closed"
)

// TicketStatuses lists every status in the order of the board.
func TicketStatuses() []TicketStatus {
	return []TicketStatus{TicketOpen, TicketInProgress, TicketWaiting, TicketResolved, TicketClosed}
}

// ticketTable lists what may follow a ticket's status.
var ticketTable = map[TicketStatus][]TicketStatus{
	TicketOpen:       {TicketInProgress, TicketWaiting, TicketResolved, TicketClosed},
	TicketInProgress: {TicketOpen, TicketWaiting, TicketResolved, TicketClosed},
	TicketWaiting:    {TicketOpen, TicketInProgress, TicketResolved, TicketClosed},
	TicketResolved:   {TicketOpen, TicketClosed},
	TicketClosed:     {TicketOpen},
}

// CanBecome reports whether a ticket may go from s to next.
func (s TicketStatus) CanBecome(next TicketStatus) bool { return slices.Contains(ticketTable[s], next) }

// Running reports whether the SLA clock runs: waiting, resolved and closed tickets stop it.
func (s TicketStatus) Running() bool { return s == TicketOpen || s == TicketInProgress }
