package decide

// LateAfter is when a text counts as late.
const LateAfter = lateAfter

// What the job runner calls, for tests.
var (
	Lost         = (*Decider).lost
	DeadlineLost = (*Decider).deadlineLost
)
