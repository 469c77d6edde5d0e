package club

import "slices"

// Risk is how much harm an action can do when it is wrong.
type Risk string

// The risks.
const (
	RiskNone   Risk = "none"   // words only: a plain information reply, a ticket
	RiskLow    Risk = "low"    // an interruption that mends itself
	RiskMedium Risk = "medium" // interrupts somebody's round
	RiskHigh   Risk = "high"   // lets somebody in, costs money, cannot be undone
)

// Outcome is how an execution ended, or that it has not.
type Outcome string

// The outcomes of an execution.
const (
	OutcomeClaimed     Outcome = "claimed"     // its row exists; the vendor has not been called, or we do not know
	OutcomeRunning     Outcome = "running"     // the vendor accepted; verification is still to come
	OutcomeSuccess     Outcome = "success"     // verified by a second look
	OutcomePartial     Outcome = "partial"     // some of it
	OutcomeUnconfirmed Outcome = "unconfirmed" // called, but nobody can say whether it worked: a person looks
	OutcomeFailed      Outcome = "failed"
	OutcomeTimeout     Outcome = "timeout"
	OutcomeRefused     Outcome = "refused" // the gate said no; the vendor was never called
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{OutcomeClaimed, OutcomeRunning, OutcomeSuccess, OutcomePartial, OutcomeUnconfirmed, OutcomeFailed, OutcomeTimeout, OutcomeRefused}
}

// Final reports whether nothing more will happen to the execution.
func (o Outcome) Final() bool {
	return !slices.Contains([]Outcome{OutcomeClaimed, OutcomeRunning}, o)
}

// ActionName names an entry of the action catalogue, "unlock_door" for example.
type ActionName string
