package pattern

// Domain says what kind of event is being weighed. All domains share one
// engine; the domain is a feature like any other, so what is learned of a fault
// helps with a text about it.
type Domain string

// The domains.
const (
	DomainDecision Domain = "decision" // what a person wrote
	DomainError    Domain = "error"    // what a device reported
	DomainBooking  Domain = "booking"
	DomainAccess   Domain = "access"
)

// Event is what happened: a text, if there is one, and where and when it was.
// The zero Domain is DomainDecision.
type Event struct {
	Domain Domain
	Text   string
	// Tags are discrete circumstances: "place": "north", "device": "projector",
	// "code": "E42", "recent": "restart". Their weight is learned. Keys are a
	// closed list of the caller's; values may be anything.
	Tags map[string]string
	// Numbers are measured circumstances. They are read in steps of powers of
	// two, so that 3 and 3.5 are alike and 3 and 300 are not.
	Numbers map[string]float64
}

// Example is an event whose right label is known.
type Example struct {
	Event
	// Label names the situation; empty means that it is none of the known ones.
	Label string
	// Weight is how much the example counts; 0 is taken for 1.
	Weight float64
}

// weight is the Weight with its default.
func (e *Example) weight() float32 {
	if e.Weight == 0 {
		return 1
	}
	return float32(e.Weight)
}
