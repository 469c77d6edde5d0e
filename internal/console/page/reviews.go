package page

import (
	"time"
)

// ReviewsPage puts one decision that was carried out alone before a person: was it right?
type ReviewsPage struct {
	Shell
	Waiting int
	Share   float64     // of what is done alone that is asked about
	Card    *ReviewCard // nil: none waits, or all were skipped
	Again   bool        // there are some that were skipped
}

// ReviewCard is a review with all that is needed to answer it.
type ReviewCard struct {
	DecisionPage           // its Shell is not used
	Asked        time.Time // when it was drawn
	Skip         string    // address of the next one
	After        string    // where in the queue this one stands
	May          bool      // the reader may answer reviews
	Own          bool      // the reader taught what was done: somebody else has to look
	Faults       Choices
	Instead      Choices
	Said, SaidBy string // what a colleague answered instead: nobody knows whether it is another answer; "" for what was done alone
	Words, Note  string // as typed, when the answer was not taken
	Problem      string
}

// FaultWord names what was wrong with a decision.
func FaultWord(fault string) string {
	switch fault {
	case "matter":
		return "It was about something else"
	case "action":
		return "Another thing should have been done"
	case "words":
		return "What it said was wrong"
	case "person":
		return "A person should have decided"
	}
	return "Something else"
}
