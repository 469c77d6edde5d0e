// Package learn turns what came of decisions into what may be claimed of the next ones.
//
// A decision rests on a pattern: a known situation with what is to be done in it, either a published
// procedure or something that people taught. What came of the decision is judged from the rows that
// tell it (proposal, override, executions, later texts), never from the order in which they appeared:
// whoever changes such a row calls Consider in the same transaction, and a job judges afresh. One
// decision has one outcome, replaced when more becomes known, so that judging again changes nothing.
//
// Outcomes are summed in tallies by pattern, plan (a digest of what is done: other steps are another
// decision and begin without a record), epoch, person and place. Package pattern/reliability says what
// the tallies prove; Standing asks it for the decision at hand.
//
// Breakers watch each pattern, each action and the club. One that trips lowers what it watches to
// approval by people, tells them, and closes when enough good outcomes in a row have come, or by hand.
// A pattern's record begins anew when its breaker trips.
package learn
