package pattern

import (
	"fmt"
	"testing"
)

// Lessons are named by ids that are made by chance: what is matched must not depend on them.
func TestIDsOfLessonsChangeNothing(t *testing.T) {
	t.Parallel()
	texts := []string{"any towels we can use", "is there any league this season", "where do i find my old rounds", "planning an event for 15 people", "do nurses get a discount", "where can i charge a phone"}
	var odds []float64
	for _, id := range []string{"01jgxk3v5te8br2dqfwhz9m4ya", "01jgxk9pzc6n7y0s1xah3kvd8w"} {
		var triggers []Trigger
		for i, text := range texts {
			triggers = append(triggers, Trigger{Label: fmt.Sprintf("pat_%s%d", id[:25], i), Text: text}, Trigger{Label: fmt.Sprintf("door-%d", i), Text: "the door is locked " + text[:8]})
		}
		for _, c := range Train(triggers).Match("where are the towels for my phone", 3).Candidates {
			odds = append(odds, c.Confidence)
		}
	}
	for i := range len(odds) / 2 {
		if odds[i] != odds[len(odds)/2+i] {
			t.Fatalf("confidences %v", odds)
		}
	}
}
