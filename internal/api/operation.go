package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"clubos/internal/identity"
)

// operation is a row of the table: what it is, where it stands, what it asks for.
type operation struct {
	id      string
	method  string
	path    string // below /{tenant}
	needs   identity.Permission
	also    identity.Permission // "" where shows says it all
	tag     string
	summary string
	// detail is what a caller must know beyond the summary.
	detail string
	status int      // of success; 0 is 200
	edits  bool     // by version: If-Match is required
	due    bool     // open to a session whose password is due
	terse  bool     // the answer shows no more than what was sent
	media  []string // of the body, or of the answer where there is no body; nil is JSON
	limit  int64    // of the body in bytes; 0 is maxBody

	served bool
}

// signedIn is asked for by what everybody may do who is signed in: look at themselves.
const signedIn identity.Permission = "signed_in"

// Content types.
const (
	typeJSON = "application/json"
	typeYAML = "application/yaml"
	typeCSV  = "text/csv"
	typeForm = "multipart/form-data"
)

func (o *operation) route() string   { return Prefix + "/{tenant}" + o.path }
func (o *operation) pattern() string { return o.method + " " + o.route() }

// shows is the permission to read what the operation answers with, "" when it needs none. Whoever may
// change a thing and not read it is refused before anything has happened, not after.
func (o *operation) shows() identity.Permission {
	if o.terse || o.also != "" || o.status == http.StatusNoContent {
		return o.also
	}
	return map[identity.Permission]identity.Permission{
		identity.ThreadsWrite: identity.ThreadsRead, identity.ProposalsDecide: identity.DecisionsRead, identity.ActionsExecute: identity.DecisionsRead,
		identity.TicketsWrite: identity.TicketsRead, identity.SOPsWrite: identity.SOPsRead, identity.SOPsPublish: identity.SOPsRead, identity.MembersWrite: identity.MembersRead,
		identity.BookingsWrite: identity.BookingsRead, identity.PlacesWrite: identity.PlacesRead, identity.DevicesWrite: identity.DevicesRead, identity.UsersWrite: identity.UsersRead,
		identity.KeysWrite: identity.KeysRead, identity.SettingsWrite: identity.SettingsRead, identity.OnCallWrite: identity.OnCallRead,
		identity.MemoryManage: identity.MemoryRead,
	}[o.needs]
}

// takesBody reports whether a request may have a body.
func (o *operation) takesBody() bool {
	return o.method == http.MethodPost || o.method == http.MethodPut || o.method == http.MethodPatch
}

// most is the size of a body.
func (o *operation) most() int64 {
	if o.limit > 0 {
		return o.limit
	}
	return maxBody
}

// accepts lists the content types of a body.
func (o *operation) accepts() []string {
	if len(o.media) > 0 {
		return o.media
	}
	return []string{typeJSON}
}

// huma returns the operation as the framework wants it. The framework's own list of errors is not used:
// describe writes ours.
func (o *operation) huma() huma.Operation {
	detail := o.detail
	if also := o.shows(); also != "" {
		detail = "Needs the permissions `" + string(o.needs) + "` and `" + string(also) + "`. " + detail
	} else if o.needs != signedIn {
		detail = "Needs the permission `" + string(o.needs) + "`. " + detail
	}
	return huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.route(), Summary: o.summary, Description: detail, Tags: []string{o.tag},
		DefaultStatus: o.status, MaxBodyBytes: o.most() + 1, Security: []map[string][]string{{"key": {}}, {"session": {}}},
	}
}

// everyPlace is said of what decides for every location.
const everyPlace = "Not for those who are limited to some locations."

func operations() []operation {
	get, post, put, patch, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	const made = http.StatusCreated
	const done = http.StatusNoContent
	return []operation{
		{id: "get-me", method: get, path: "/me", needs: signedIn, due: true, tag: "You", summary: "Who you are and what you may do"},
		{id: "change-password", method: put, path: "/me/password", needs: signedIn, due: true, tag: "You", summary: "Choose another password", status: done,
			detail: "Ends your other sessions. Only a person can: with a session, not with a key."},
		{id: "sign-out", method: del, path: "/me/session", needs: signedIn, due: true, tag: "You", summary: "End the session that this request came with", status: done,
			detail: "Only a person can: with a session, not with a key."},
		{id: "get-my-contact", method: get, path: "/me/contact", needs: signedIn, tag: "You", summary: "How you are called",
			detail: "Only a person can: with a session, not with a key."},
		{id: "put-my-contact", method: put, path: "/me/contact", needs: signedIn, tag: "You", summary: "Change how you are called",
			detail: "What is left out is removed. Only a person can: with a session, not with a key."},

		{id: "list-threads", method: get, path: "/threads", needs: identity.ThreadsRead, tag: "Conversations", summary: "Conversations, the last changed first"},
		{id: "get-thread", method: get, path: "/threads/{id}", needs: identity.ThreadsRead, tag: "Conversations", summary: "One conversation"},
		{id: "list-messages", method: get, path: "/threads/{id}/messages", needs: identity.ThreadsRead, tag: "Conversations", summary: "Messages of a conversation, newest first"},
		{id: "reply", method: post, path: "/threads/{id}/reply", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Send the member your own words", status: made, terse: true,
			detail: "The text is queued; its message says what became of it. The machine steps back for a time."},
		{id: "note", method: post, path: "/threads/{id}/note", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Write something for colleagues", status: made, terse: true},
		{id: "claim", method: post, path: "/threads/{id}/claim", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Take a conversation",
			detail: "Only a person can: with a session, not with a key."},
		{id: "assign", method: post, path: "/threads/{id}/assign", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Give a conversation to a user, whoever has it"},
		{id: "acknowledge", method: post, path: "/threads/{id}/acknowledge", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Say that you have seen the call to a conversation", status: done},
		{id: "escalate", method: post, path: "/threads/{id}/escalate", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Call people to a conversation"},
		{id: "resolve", method: post, path: "/threads/{id}/resolve", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Close a conversation",
			detail: "Say in `seen`, or by `If-Match`, how far you had read: a text that came since is not closed unread."},
		{id: "hand-back", method: post, path: "/threads/{id}/hand-back", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Give a conversation back to the machine",
			detail: "`seen` and `If-Match` as for closing."},
		{id: "merge", method: post, path: "/threads/{id}/merge", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Continue a conversation in another one of the same person",
			detail: "Answers with the one in which it goes on. `seen` and `If-Match` as for closing."},
		{id: "read", method: post, path: "/threads/{id}/read", needs: identity.ThreadsWrite, tag: "Conversations", summary: "Mark messages as read", status: done, also: identity.ThreadsRead},

		{id: "list-decisions", method: get, path: "/decisions", needs: identity.DecisionsRead, tag: "Decisions", summary: "Decisions, newest first"},
		{id: "get-decision", method: get, path: "/decisions/{id}", needs: identity.DecisionsRead, tag: "Decisions", summary: "One decision with what it rests on"},
		{id: "list-proposals", method: get, path: "/proposals", needs: identity.DecisionsRead, tag: "Decisions", summary: "Proposals, newest first"},
		{id: "get-proposal", method: get, path: "/proposals/{id}", needs: identity.DecisionsRead, tag: "Decisions", summary: "One proposal"},
		{id: "approve-proposal", method: post, path: "/proposals/{id}/approve", needs: identity.ProposalsDecide, tag: "Decisions", summary: "Let a proposal run, with your words if you give some",
			detail: "Conflict when somebody else, or its time, was first."},
		{id: "reject-proposal", method: post, path: "/proposals/{id}/reject", needs: identity.ProposalsDecide, tag: "Decisions", summary: "Decline a proposal; the conversation is then yours"},

		{id: "list-reviews", method: get, path: "/reviews", needs: identity.DecisionsRead, tag: "Decisions", summary: "Decisions carried out alone that were drawn for a person to look at, oldest first",
			detail: "Of what is done alone a share is drawn by chance; setting reviews.share."},
		{id: "get-review", method: get, path: "/reviews/{id}", needs: identity.DecisionsRead, tag: "Decisions", summary: "One review with its decision; a review has the id of its decision"},
		{id: "answer-review", method: post, path: "/reviews/{id}/answer", needs: identity.ProposalsDecide, tag: "Decisions", summary: "Say whether what was done alone was right",
			detail: "For people only: a key cannot judge. Conflict when somebody was first; forbidden to whoever taught what was done. What would have been right is learned."},
		{id: "get-results", method: get, path: "/results", needs: identity.DecisionsRead, tag: "Results", summary: "How far the club keeps what ClubOS promises"},

		{id: "list-actions", method: get, path: "/actions", needs: identity.DecisionsRead, tag: "Actions", summary: "What the club can do"},
		{id: "list-executions", method: get, path: "/executions", needs: identity.DecisionsRead, tag: "Actions", summary: "Executions, newest first"},
		{id: "get-execution", method: get, path: "/executions/{id}", needs: identity.DecisionsRead, tag: "Actions", summary: "One execution"},
		{id: "request-action", method: post, path: "/threads/{id}/executions", needs: identity.ActionsExecute, tag: "Actions", summary: "Ask for an action in a conversation", status: made,
			detail: "What it acts on follows from the conversation's place, never from the request. The gate decides: an execution that it refuses is answered like any other, with the outcome `refused` and the reason. The outcome of the others follows; read the execution again."},

		{id: "list-tickets", method: get, path: "/tickets", needs: identity.TicketsRead, tag: "Tickets", summary: "Tickets, the last changed first"},
		{id: "get-ticket", method: get, path: "/tickets/{id}", needs: identity.TicketsRead, tag: "Tickets", summary: "One ticket with its history"},
		{id: "create-ticket", method: post, path: "/tickets", needs: identity.TicketsWrite, tag: "Tickets", summary: "Write a ticket", status: made},
		{id: "update-ticket", method: patch, path: "/tickets/{id}", needs: identity.TicketsWrite, tag: "Tickets", summary: "Change a ticket", edits: true,
			detail: "A ticket is never deleted; close it instead."},
		{id: "comment-ticket", method: post, path: "/tickets/{id}/comments", needs: identity.TicketsWrite, tag: "Tickets", summary: "Add to a ticket's history", status: made},
		{id: "tick-ticket", method: put, path: "/tickets/{id}/checklist/{item}", needs: identity.TicketsWrite, tag: "Tickets", summary: "Mark an item of a ticket's checklist as done or not",
			detail: "An item that is so already stays as it is. Conflict when `text` is given and the item reads differently."},
		{id: "list-ticket-relations", method: get, path: "/tickets/{id}/relations", needs: identity.TicketsRead, tag: "Tickets", summary: "Tickets that a ticket is related to",
			detail: "Each relation is stored once and shown from both tickets, from each in its own words. Those to tickets that you may not see are left out."},
		{id: "relate-tickets", method: post, path: "/tickets/{id}/relations", needs: identity.TicketsWrite, tag: "Tickets", summary: "Relate a ticket to another one", status: made,
			detail: "A relation that is there already is returned as it is. The ticket that is a duplicate is closed. Conflict when duplicates, blocks or causes would go in a circle; the problem says by which way."},
		{id: "unrelate-tickets", method: del, path: "/tickets/{id}/relations/{relation}", needs: identity.TicketsWrite, tag: "Tickets", summary: "Take a relation away", status: done,
			detail: "A duplicate that was closed stays closed."},
		{id: "resolve-caused", method: post, path: "/tickets/{id}/resolve-caused", needs: identity.TicketsWrite, tag: "Tickets", summary: "Resolve the tickets that a resolved one is the cause of"},
		{id: "get-ticket-recurrence", method: get, path: "/tickets/{id}/recurrence", needs: identity.TicketsRead, tag: "Tickets", summary: "How often a ticket's fault has come back at its place",
			detail: "It is the same fault where place and procedure, action, kind of fault or title are the same. Several in the club's window open a root-cause ticket, or reopen the one before."},
		{id: "list-ticket-templates", method: get, path: "/ticket-templates", needs: identity.TicketsRead, tag: "Tickets", summary: "Kinds of tickets"},

		{id: "list-locations", method: get, path: "/locations", needs: identity.PlacesRead, tag: "Places", summary: "Locations"},
		{id: "get-location", method: get, path: "/locations/{id}", needs: identity.PlacesRead, tag: "Places", summary: "One location"},
		{id: "create-location", method: post, path: "/locations", needs: identity.PlacesWrite, tag: "Places", summary: "Add a location", status: made,
			detail: "Not for those who are limited to some locations."},
		{id: "update-location", method: patch, path: "/locations/{id}", needs: identity.PlacesWrite, tag: "Places", summary: "Change a location", edits: true,
			detail: "`details` replaces all details. The short name stays."},
		{id: "list-bays", method: get, path: "/bays", needs: identity.PlacesRead, tag: "Places", summary: "Bays"},
		{id: "get-bay", method: get, path: "/bays/{id}", needs: identity.PlacesRead, tag: "Places", summary: "One bay"},
		{id: "create-bay", method: post, path: "/bays", needs: identity.PlacesWrite, tag: "Places", summary: "Add a bay", status: made},
		{id: "update-bay", method: patch, path: "/bays/{id}", needs: identity.PlacesWrite, tag: "Places", summary: "Change a bay", edits: true},
		{id: "list-lines", method: get, path: "/lines", needs: identity.PlacesRead, tag: "Places", summary: "Numbers that members text"},
		{id: "put-line", method: put, path: "/lines/{number}", needs: identity.PlacesWrite, tag: "Places", summary: "Add or change a number that members text",
			detail: "Not for those who are limited to some locations."},
		{id: "list-devices", method: get, path: "/devices", needs: identity.DevicesRead, tag: "Places", summary: "Devices"},
		{id: "get-device", method: get, path: "/devices/{id}", needs: identity.DevicesRead, tag: "Places", summary: "One device"},
		{id: "create-device", method: post, path: "/devices", needs: identity.DevicesWrite, tag: "Places", summary: "Add a device", status: made},
		{id: "update-device", method: patch, path: "/devices/{id}", needs: identity.DevicesWrite, tag: "Places", summary: "Change a device", edits: true},

		{id: "list-access-events", method: get, path: "/access-events", needs: identity.DevicesRead, tag: "Places", summary: "What doors reported, the latest first",
			detail: "Who used which credential is not kept. Reports of doors that the club has not entered are shown to those alone who may see every location. How long they are kept is the setting `retention.access_days`."},

		{id: "list-members", method: get, path: "/members", needs: identity.MembersRead, tag: "Members", summary: "Members",
			detail: "`q` finds whole words of a name, a phone number or an e-mail address; those are sealed, so no part of a word can be found."},
		{id: "get-member", method: get, path: "/members/{id}", needs: identity.MembersRead, tag: "Members", summary: "One member"},
		{id: "create-member", method: post, path: "/members", needs: identity.MembersWrite, tag: "Members", summary: "Add a member", status: made},
		{id: "update-member", method: patch, path: "/members/{id}", needs: identity.MembersWrite, tag: "Members", summary: "Change a member", edits: true},

		{id: "list-bookings", method: get, path: "/bookings", needs: identity.BookingsRead, tag: "Bookings", summary: "Bookings by their start"},
		{id: "get-booking", method: get, path: "/bookings/{id}", needs: identity.BookingsRead, tag: "Bookings", summary: "One booking"},
		{id: "put-booking", method: post, path: "/bookings", needs: identity.BookingsWrite, tag: "Bookings", summary: "Store a booking or a later change of it",
			detail: "A booking is named by `source` and `external_id`. A change whose `sequence` is lower than what is stored changes nothing; the booking as it stands is returned."},
		{id: "set-booking-status", method: patch, path: "/bookings/{id}", needs: identity.BookingsWrite, tag: "Bookings", summary: "Mark a booking as confirmed, cancelled or a no-show", edits: true},

		{id: "booking-file-template", method: get, path: "/booking-file", needs: identity.BookingsRead, tag: "Bookings", summary: "A file of bookings to fill in", media: []string{typeCSV}},
		{id: "import-bookings", method: post, path: "/booking-file", needs: identity.BookingsWrite, tag: "Bookings", summary: "Take in a file of bookings", media: []string{typeCSV, typeForm}, limit: maxFileBody,
			detail: "Comma-separated values with a heading row, as the body or as the field `file` of a form; at most 10 MB. All good lines are taken in one transaction and every other one is named, or nothing with `strict`. Times without an offset are those of the location."},

		{id: "list-users", method: get, path: "/users", needs: identity.UsersRead, tag: "Staff", summary: "Users"},
		{id: "get-user", method: get, path: "/users/{id}", needs: identity.UsersRead, tag: "Staff", summary: "One user"},
		{id: "create-user", method: post, path: "/users", needs: identity.UsersWrite, tag: "Staff", summary: "Invite a user", status: made,
			detail: "The user comes in by a sign-in link; passwords are never set by API."},
		{id: "update-user", method: patch, path: "/users/{id}", needs: identity.UsersWrite, tag: "Staff", summary: "Change or disable a user", edits: true},
		{id: "list-keys", method: get, path: "/keys", needs: identity.KeysRead, tag: "Staff", summary: "API keys"},
		{id: "create-key", method: post, path: "/keys", needs: identity.KeysWrite, tag: "Staff", summary: "Make an API key", status: made,
			detail: "The key is shown once. It carries at most what its maker may do; a key cannot make keys."},
		{id: "revoke-key", method: del, path: "/keys/{id}", needs: identity.KeysWrite, tag: "Staff", summary: "Revoke an API key for good", status: done},

		{id: "list-on-call", method: get, path: "/on-call", needs: identity.OnCallRead, also: identity.PlacesRead, tag: "On call", summary: "Who is on call at each location, and the gaps of the next seven days"},
		{id: "list-shifts", method: get, path: "/shifts", needs: identity.OnCallRead, tag: "On call", summary: "Weekly shifts"},
		{id: "create-shift", method: post, path: "/shifts", needs: identity.OnCallWrite, tag: "On call", summary: "Add a weekly shift", status: made,
			detail: "The same shift twice is one."},
		{id: "delete-shift", method: del, path: "/shifts/{id}", needs: identity.OnCallWrite, tag: "On call", summary: "Remove a weekly shift", status: done},
		{id: "list-covers", method: get, path: "/covers", needs: identity.OnCallRead, tag: "On call", summary: "Covers that are not over"},
		{id: "create-cover", method: post, path: "/covers", needs: identity.OnCallWrite, tag: "On call", summary: "Put somebody on call for once, instead of the weekly shifts", status: made},
		{id: "delete-cover", method: del, path: "/covers/{id}", needs: identity.OnCallWrite, tag: "On call", summary: "Remove a cover", status: done},
		{id: "get-contact", method: get, path: "/users/{id}/contact", needs: identity.UsersWrite, also: identity.UsersRead, tag: "On call", summary: "How a user is called"},
		{id: "put-contact", method: put, path: "/users/{id}/contact", needs: identity.UsersWrite, tag: "On call", summary: "Change how a user is called",
			detail: "What is left out is removed."},

		{id: "list-settings", method: get, path: "/settings", needs: identity.SettingsRead, tag: "Settings", summary: "Settings with their meaning and defaults"},
		{id: "get-setting", method: get, path: "/settings/{key}", needs: identity.SettingsRead, tag: "Settings", summary: "One setting"},
		{id: "put-setting", method: put, path: "/settings/{key}", needs: identity.SettingsWrite, tag: "Settings", summary: "Change a setting",
			detail: "Not for those who are limited to some locations."},
		{id: "list-integrations", method: get, path: "/integrations", needs: identity.SettingsRead, tag: "Settings", summary: "Vendors and whether they are connected",
			detail: "Values are never shown, only which fields are set."},
		{id: "put-integration", method: put, path: "/integrations/{vendor}", needs: identity.SettingsWrite, tag: "Settings", summary: "Connect a vendor or change some of its fields",
			detail: "An empty value removes a field, one that is not named stays. Not for those who are limited to some locations."},
		{id: "remove-integration", method: del, path: "/integrations/{vendor}", needs: identity.SettingsWrite, tag: "Settings", summary: "Disconnect a vendor", status: done},

		{id: "list-patterns", method: get, path: "/patterns", needs: identity.MemoryRead, tag: "Memory", summary: "Known situations with what is done in them, newest first"},
		{id: "get-pattern", method: get, path: "/patterns/{id}", needs: identity.MemoryRead, tag: "Memory", summary: "One pattern with its record, and how far it is from the next tier"},
		{id: "pause-pattern", method: post, path: "/patterns/{id}/pause", needs: identity.MemoryManage, tag: "Memory", summary: "Keep a pattern from being followed: people decide", edits: true, detail: everyPlace},
		{id: "resume-pattern", method: post, path: "/patterns/{id}/resume", needs: identity.MemoryManage, tag: "Memory", summary: "Let a paused or retired pattern be followed again", edits: true, detail: everyPlace},
		{id: "retire-pattern", method: post, path: "/patterns/{id}/retire", needs: identity.MemoryManage, tag: "Memory", summary: "Take a pattern out of use", edits: true, detail: "Its record is kept. " + everyPlace},
		{id: "pin-pattern", method: put, path: "/patterns/{id}/ceiling", needs: identity.MemoryManage, tag: "Memory", summary: "Set the most that a pattern may do", edits: true, detail: everyPlace},
		{id: "correct-pattern", method: put, path: "/patterns/{id}/lesson", needs: identity.MemoryManage, tag: "Memory", summary: "Change what a learned pattern says and does", edits: true,
			detail: "Other words or actions are another decision: its record begins anew. " + everyPlace},
		{id: "merge-pattern", method: post, path: "/patterns/{id}/merge", needs: identity.MemoryManage, tag: "Memory", summary: "Make a learned pattern a part of another one", edits: true,
			detail: "Answers with the one that stays. The record counts there only where both do exactly the same. " + everyPlace},
		{id: "split-pattern", method: post, path: "/patterns/{id}/split", needs: identity.MemoryManage, tag: "Memory", summary: "Make some situations of a learned pattern a pattern of their own", edits: true, status: made,
			detail: everyPlace},
		{id: "forget-precedent", method: del, path: "/patterns/{id}/precedents/{precedent}", needs: identity.MemoryManage, tag: "Memory", summary: "Forget a situation for good", edits: true,
			detail: "Its outcome no longer counts. " + everyPlace},
		{id: "delete-pattern", method: del, path: "/patterns/{id}", needs: identity.MemoryManage, tag: "Memory", summary: "Delete a learned pattern for good", edits: true, status: done,
			detail: "Its words, situations and outcomes go with it, and what was merged into it; the decisions that followed it stay. To keep them, retire it. " + everyPlace},
		{id: "preview-pattern", method: post, path: "/patterns/{id}/preview", needs: identity.MemoryManage, tag: "Memory", summary: "What a change to a pattern would have done to the last 30 days",
			detail: "Nothing is changed. Decisions are replayed from what was recorded of them; what would be refused is refused. " + everyPlace},
		{id: "trip-breaker", method: post, path: "/patterns/{id}/trip", needs: identity.MemoryManage, tag: "Memory", summary: "Have people asked every time before a pattern acts", edits: true, detail: everyPlace},
		{id: "list-breakers", method: get, path: "/breakers", needs: identity.MemoryRead, tag: "Memory", summary: "Breakers that have tripped, the last first"},
		{id: "close-breaker", method: post, path: "/breakers/close", needs: identity.MemoryManage, tag: "Memory", summary: "Close a tripped breaker", status: done, detail: everyPlace},
		{id: "list-set-aside", method: get, path: "/set-aside", needs: identity.MemoryManage, tag: "Memory", summary: "People whose answers contradict those of everybody else, and so teach nothing",
			detail: "With what they answered against whom. " + everyPlace},
		{id: "take-back", method: post, path: "/set-aside/take-back", needs: identity.MemoryManage, tag: "Memory", summary: "Let what somebody teaches count again", status: done,
			detail: "They are compared with the others by what they answer from then on. Nobody takes themselves back in. " + everyPlace},

		{id: "get-autonomy", method: get, path: "/autonomy", needs: identity.SettingsRead, tag: "Autonomy", summary: "How far the machine may go by itself, and what stops it"},
		{id: "preview-autonomy", method: post, path: "/autonomy/preview", needs: identity.SettingsWrite, tag: "Autonomy", summary: "What other permissions, switches or thresholds would have done to the last 30 days",
			detail: "Nothing is changed. " + everyPlace},
		{id: "put-permits", method: put, path: "/autonomy/permits", needs: identity.SettingsWrite, tag: "Autonomy", summary: "Set what may run unasked, and where",
			detail: "All three together. What cannot be undone is refused: it always waits for a person. " + everyPlace},
		{id: "put-switch", method: put, path: "/autonomy/switches/{key}", needs: identity.SettingsWrite, tag: "Autonomy", summary: "Throw a kill switch, or let run again what it stopped",
			detail: "It counts at once, also for what has been announced. Twice is once. " + everyPlace},

		{id: "list-sops", method: get, path: "/sops", needs: identity.SOPsRead, tag: "SOPs", summary: "SOPs"},
		{id: "get-sop", method: get, path: "/sops/{id}", needs: identity.SOPsRead, tag: "SOPs", summary: "One SOP with its newest version"},
		{id: "list-sop-versions", method: get, path: "/sops/{id}/versions", needs: identity.SOPsRead, tag: "SOPs", summary: "Versions of a SOP, newest first"},
		{id: "get-sop-version", method: get, path: "/sops/{id}/versions/{version}", needs: identity.SOPsRead, tag: "SOPs", summary: "One version of a SOP"},
		{id: "diff-sop", method: get, path: "/sops/{id}/diff", needs: identity.SOPsRead, tag: "SOPs", summary: "What changed between two versions"},
		{id: "create-sop", method: post, path: "/sops", needs: identity.SOPsWrite, tag: "SOPs", summary: "Write a SOP as a draft", status: made,
			detail: "Whoever is limited to some locations writes SOPs of those alone."},
		{id: "save-sop", method: put, path: "/sops/{id}", needs: identity.SOPsWrite, tag: "SOPs", summary: "Save the next version of a SOP", edits: true,
			detail: "What is live stays live until that version is published."},
		{id: "publish-sop", method: post, path: "/sops/{id}/publish", needs: identity.SOPsPublish, tag: "SOPs", summary: "Make a version live"},
		{id: "archive-sop", method: post, path: "/sops/{id}/archive", needs: identity.SOPsPublish, tag: "SOPs", summary: "Take a SOP out of use"},
		{id: "restore-sop", method: post, path: "/sops/{id}/restore", needs: identity.SOPsPublish, tag: "SOPs", summary: "Make an older version live again, with a reason"},
		{id: "list-sop-effects", method: get, path: "/sop-effects", needs: identity.SOPsRead, tag: "SOPs", summary: "How SOPs fared in the last 90 days, and which are to be looked at"},
		{id: "export-sops", method: get, path: "/sop-file", needs: identity.SOPsRead, tag: "SOPs", summary: "All SOPs as a file", media: []string{typeYAML, typeJSON},
			detail: "YAML, or JSON with `format=json`. Whoever is limited to some locations gets theirs and those for every location."},
		{id: "import-sops", method: post, path: "/sop-file", needs: identity.SOPsPublish, tag: "SOPs", summary: "Bring a file of SOPs in, all or nothing", media: []string{typeYAML, typeJSON},
			detail: "An import twice over changes nothing the second time. Not for those who are limited to some locations."},

		{id: "list-audit", method: get, path: "/audit", needs: identity.AuditRead, tag: "Audit", summary: "Who changed what, newest first",
			detail: "Not for those who are limited to some locations: the log tells of all of them."},
		{id: "get-health", method: get, path: "/health", needs: identity.HealthRead, tag: "Health", summary: "How each part of the club fares"},
	}
}
