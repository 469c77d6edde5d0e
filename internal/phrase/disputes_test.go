package phrase

import "testing"

func TestDisputingSaysThatWhatOneWasToldIsNotSo(t *testing.T) {
	t.Parallel()
	both(t, "disputing", func(r Reading) bool { return r.Disputes },
		[]string{"no, that's wrong, I am here", "I never booked that", "we didn't book anything for tonight", "i did not cancel that", "That is not my booking", "that's not true",
			"it wasn't me", "you have the wrong number", "there must be a mistake", "this is a mistake", "you're wrong", "but I did show up", "I never asked to be moved", "i haven't left the door open",
			"we have no booking", "the door isn't open", "eso no es cierto", "c'est faux", "das stimmt nicht"},
		[]string{"thanks", "ok", "no problem, thanks", "that's right", "that's fine", "on my way", "sorry, forgot to cancel", "sorry we left it open", "can you move it to 8", "yes that's mine", "what's wrong with it?",
			"i booked bay 3", "can i cancel?", "is that right?", "still locked", "", "👍"})
}

func TestPresentSaysThatSomebodyHasCome(t *testing.T) {
	t.Parallel()
	both(t, "present", func(r Reading) bool { return r.Present },
		[]string{"no, that's wrong, I am here", "I'm here", "we're already here", "we've been here since 6", "im in bay 3", "we are in the bay", "we came at half past", "I was there", "we are playing right now", "estamos aqui"},
		[]string{"I'll be there in ten", "running late", "sorry, can't come", "is anyone here?", "on my way", "here is my number", "we will be playing tomorrow", ""})
}
