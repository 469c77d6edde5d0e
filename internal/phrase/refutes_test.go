package phrase

import "testing"

func TestRefutingSaysThatTheAnswerWasTheWrongOne(t *testing.T) {
	t.Parallel()
	both(t, "refuting", func(r Reading) bool { return r.Refutes },
		[]string{"thats not it, can the tee be lower", "not what i asked. how high is the tee", "i meant the side screens", "no, are there higher tees somewhere",
			"No - the one in bay 3", "nope still not working", "that didn't help, its still the same", "that's not what I meant", "wrong answer", "I asked about parking",
			"you misunderstood me", "that doesn't answer my question", "i was asking how to change the tee", "no es eso", "ce n'est pas ça", "das meine ich nicht"},
		[]string{"no", "nope", "no thanks", "no, thank you!", "no, all good", "no worries", "no problem, thanks", "no hot water in the bathroom", "no lights in bay 2", "thanks, and where can i park",
			"great. is there wifi too", "what does it cost", "yes", "how do i change the tee", "is it not open on sundays?", "", "👎"})
}
