// Package knowledge is the library of standard operating procedures (SOPs): what the club does when
// a member says a certain thing.
//
// A Document is one procedure for one scope. It is plain data: triggers that recognise the matter,
// prerequisites that must hold, steps, a fallback, and tests. Reading, checking, comparing, rendering
// and choosing among documents are pure functions and safe for concurrent use.
//
// How a document is run (by others; the meaning is fixed here):
//
//   - Steps run in order. A step without "when" runs while no action has run or the last one
//     succeeded; "when" binds it to another outcome of the last action that ran. See Step.Runs.
//   - The fallback runs instead of the rest when a prerequisite does not hold, or when an action
//     failed and no later step waits for that. It starts afresh, as if no action had run, and an action
//     in it is checked to lead to a person when it fails too.
//   - An unconfirmed action that no step waits for goes to a person, never to the fallback: what may
//     have been done must not be done again.
//   - A question ends the run; the answer is decided on together with the texts before it. A question
//     for the bay is skipped where context names the bay, so steps may follow it.
//   - Tickets, escalations and replies are steps of their own kind, not actions by name, so that
//     every word a member reads passes through Render.
//
// A Library keeps documents in a tenant's database as SOPs with versions. A version is never edited:
// Save adds one, Publish makes one live, Restore goes back to an older one, Archive takes the SOP out
// of use. Live returns what is live as the caller's transaction sees it; that is what decisions are
// made from. Whoever changes the library does so in one Write, one after the other within a tenant.
package knowledge
