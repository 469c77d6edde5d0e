package decide

// What the job runner calls, for tests.
var (
	Lost         = (*Decider).lost
	DeadlineLost = (*Decider).deadlineLost
)
