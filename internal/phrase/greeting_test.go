package phrase

import "testing"

func TestGreetingIsAWholeTextOfGreetings(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"hey", "Hi!", "hello?", "Hello there", "good morning", "Hey hey", "anyone there?", "hola", "are you there"} {
		if !Read(s).Greeting {
			t.Errorf("%q is no greeting", s)
		}
	}
	for _, s := range []string{"hey the door won't open", "hi wifi?", "good", "is anyone hurt", "there", "thanks", "good morning bay 3 froze"} {
		if Read(s).Greeting {
			t.Errorf("%q is a greeting", s)
		}
	}
}
