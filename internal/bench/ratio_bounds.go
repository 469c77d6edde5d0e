package bench

// What a change must not exceed: one and a half times what was measured, with nothing else on the machine and
// with much.
const (
	mostText     = 1000.0
	mostPage     = 1000.0
	mostList     = 1000.0
	mostDecision = 1000.0
	mostLimit    = 1000.0
)
