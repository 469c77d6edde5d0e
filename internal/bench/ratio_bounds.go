package bench

// How often more processor time than its reference each may take: one and a half times what was measured, which
// differed by a tenth between a machine of its own and one on which a dozen processes wanted two processors.
const (
	mostText     = 8.0
	mostPage     = 7.0
	mostList     = 8.0
	mostDecision = 28.0
	mostLimit    = 6.0
)
