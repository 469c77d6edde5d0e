package phrase

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// both asserts that a reading holds for every text of yes and for none of no.
func both(t *testing.T, name string, holds func(Reading) bool, yes, no []string) {
	t.Helper()
	for _, text := range yes {
		if !holds(Read(text)) {
			t.Errorf("%s: %q is one and was not read so: %+v", name, text, Read(text))
		}
	}
	for _, text := range no {
		if holds(Read(text)) {
			t.Errorf("%s: %q is none and was read so: %+v", name, text, Read(text))
		}
	}
}

func TestEmptyIsWhatShowsNothing(t *testing.T) {
	t.Parallel()
	both(t, "empty", func(r Reading) bool { return r.Empty },
		[]string{"", " ", "\n\t \r", "\u200b\u200d", "\ufeff", "\u2800", "\u00a0", "\x00", "\ufffc", "\u202e \u202c", "\ufe0f"},
		[]string{"?", ".", "👍", "0", "a", "\xff", "null"})
}

func TestCarrierKeywordsCountAsTheWholeTextOnly(t *testing.T) {
	t.Parallel()
	both(t, "opt-out", func(r Reading) bool { return r.OptOut },
		[]string{"STOP", "stop", "Stop.", " “STOP” ", "STOPALL", "stop all", "UNSUBSCRIBE", "Cancel", "END", "quit!", "stop stop", "STOP please", "opt out", "opt-out", "stop texting me", "please stop messaging me", "unsubscribe me", "ＳＴＯＰ", "s\u200btop", "revoke", "take me off your list"},
		[]string{"stop the music in bay 2", "cancel my booking", "the end", "end my session", "quit the game please", "can you stop the timer", "don't stop", "stop it froze again", "stopped", "bus stop", "unsubscribe from the newsletter and book me bay 2", "", "?"})
	both(t, "opt-in", func(r Reading) bool { return r.OptIn },
		[]string{"START", "start", "Unstop", "opt in"},
		[]string{"yes", "start the projector", "how do I start", "restart", "start bay 3"})
	both(t, "help", func(r Reading) bool { return r.Help },
		[]string{"HELP", "help", "Help!", "help please", "INFO"},
		[]string{"help me", "I need help", "help with the wifi", "thanks for your help"})
	for text, want := range map[string]bool{"YES": true, "yes.": true, " Yes ": true, "yes please": false, "yep": false, "": false, "yesterday": false} {
		if got := IsOptInYes(text); got != want {
			t.Errorf("IsOptInYes(%q) = %v", text, got)
		}
	}
}

func TestAWishForAPersonIsSeen(t *testing.T) {
	t.Parallel()
	both(t, "human", func(r Reading) bool { return r.Human },
		[]string{
			"human please", "let me talk to a person", "real person", "agent", "Agent please", "call me", "pls call me back", "speak to someone", "operator", "stop this bot", "HUMAN",
			"I want to talk to a manager", "can someone call me", "can I speak with someone", "is there a real person there", "get me a manager", "give me a call", "are you a bot?", "is this a bot", "this bot is useless",
			"no more bots please", "can I talk to an actual human", "representative", "customer service", "I need a human", "can a live agent help", "talk to staff", "need to speak to the owner", "quiero hablar con una persona",
			"llámame", "parler à quelqu'un", "je veux parler à un humain", "anyone there?", "is anybody there", "call us back please", "transfer me to someone", "need a callback please", "staff please", "i'm talking to a robot", "pls get someone on the phone", "who am I talking to", "stop sending me automated replies", "I want to complain to the manager",
			"i dont want a robot", "please have someone call", "can you ask somebody to call us", "have a person reach out to me", "get someone to text me",
		},
		[]string{
			"don't have someone call me", "have someone check the screen", "I had someone call the bank", "ask someone to fix it", "human error on my side", "they call me Bob", "call me crazy but the ball vanished", "no need to call me", "don't call me", "please do not call me back", "the agent on the PC is offline", "4 person bay",
			"can I bring another person", "password manager popped up", "how do I play against the bot", "this machine is broken", "the ball machine stopped", "someone left clubs in bay 2", "is someone in bay 2",
			"bay 3 froze", "thanks", "free agent", "real estate", "the real driver distance", "I called you yesterday", "the operator panel is dark", "personal best!", "someone took our bay", "the ai opponent is too good", "how many people",
		})
}

func TestClosersNeedNoAnswerButReportsDo(t *testing.T) {
	t.Parallel()
	both(t, "closer", func(r Reading) bool { return r.Closer },
		[]string{
			"thanks!", "ok great", "perfect ty", "all good now", "👍", "cheers", "got it", "Thank you so much", "thx", "ty", "Great, thanks for the help!", "awesome thank you guys", "no worries", "np", "👍🏽", "🙏🙏", "❤️", "ok",
			"k", "cool", "sounds good", "will do", "perfect, it works now. thanks a lot", "that worked, thank you", "never mind", "nvm", "all set", "we're good now thanks", "It's working now thanks!", "you guys are the best", "have a great night",
			"good night", "thanks again", "lol thanks", "haha perfect", "gracias", "muchas gracias!", "merci beaucoup", "thank you for the quick response", "appreciate it", "much appreciated", "👌 thanks", "Ok cool thanks man", "that did the trick",
			"thanks for your help tonight", "bye", "see ya", "thanks for letting me know", "no thanks", "excellent", "i'm good thanks", "🎉", "⛳️👍",
			"thanks so much for yesterday!", "thank you for last night 🙏", "thanks for having us", "had a great time, you guys are awesome", "we had a lot of fun, thanks", "thanks for a great evening",
			"were in, thanks", "We're in!", "got in, thank you", "ok we got inside now thx", "awesome its back, thx", "it's back on, thanks", "we are back up, cheers",
			"we are all set", "we figured it out", "nvm figured it out", "got it working", "the door is open, thanks", "door opened thx", "its open now thank you", "screen is back, thank you", "nothing else thanks", "no that's all",
		},
		[]string{
			"thanks but it's still frozen", "ok what's the code", "ok?", "great, frozen again", "thanks, bay 3", "thanks can you also open the door", "not good", "ok now the screen is black", "thanks for nothing, still broken", "is it working now",
			"yes", "yes thanks", "no", "👎", "😡", "thanks 😡", "perfect timing the power went out", "good morning, is bay 2 free", "cool it down in here please", "ok we are locked out", "great but no sound", "thanks for the help but the ball is stuck",
			"all good except the projector", "it is not working", "fine, I want a refund", "hello", "hi", "3", "", "?", "ok help", "done", "🤔", "🆘", "nice try, still black", "not cool", "thanks, call me", "ok don't open it", "still",
			"thanks. one more thing the wifi is slow", "appreciate a call back", "love the place but bay 1 smells",
			"we had a great time until the screen froze", "thanks for yesterday, you charged me twice", "yesterday", "had a bad time", "we had fun but left a glove", "last night", "had time?",
			"im in 3", "we're in bay 2", "they got in, thanks", "someone got in", "in", "we got in the wrong bay", "thanks, can't get in", "we are in and it's frozen", "we're back outside", "he is back, thanks", "im back", "door is open", "the door opened by itself", "is the door open", "figured out the code is wrong", "the door is open but the light is off, thanks", "screen is back to blue", "nothing", "nothing works, thanks", "we are all locked out", "no", "its back to black", "its back", "great, it's back again",
		})
}

func TestThanksAloneDoNotSayThatAMatterIsOver(t *testing.T) {
	t.Parallel()
	both(t, "over", func(r Reading) bool { return r.Over },
		[]string{"all good now", "perfect, it works now. thanks a lot", "never mind", "nvm", "we're good now thanks", "It's working now thanks!", "that did the trick", "no thanks", "fixed", "i'm good thanks", "thanks, it works again!", "were in, thanks", "awesome its back, thx"},
		[]string{"thanks!", "ok", "👍", "great, thanks for the help!", "got it", "cheers", "it is not working", "all good except the projector", "is it working now", "still not fixed", "", "Liked “all good”"})
}

func TestTapbacksAreReadInEveryDialect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Tapback{
		"Liked “We restarted bay 3.”":                           {Kind: TapbackLiked},
		"Loved \"Enjoy!\"":                                      {Kind: TapbackLoved},
		"Laughed at “That’s a first”":                           {Kind: TapbackLaughed},
		"Emphasized “Is the door open?”":                        {Kind: TapbackEmphasized},
		"Emphasised “x”":                                        {Kind: TapbackEmphasized},
		"Questioned “The code is 4821”":                         {Kind: TapbackQuestioned},
		"Disliked “We are closed”":                              {Kind: TapbackDisliked},
		"Removed a like from “We restarted bay 3.”":             {TapbackLiked, true},
		"Removed a heart from “ok”":                             {TapbackLoved, true},
		"Removed a question mark from “ok”":                     {TapbackQuestioned, true},
		"Removed an exclamation from “ok”":                      {TapbackEmphasized, true},
		"Reacted 👍 to “Your bay is ready”":                      {Kind: TapbackLiked},
		"Reacted 🎉 to “Your bay is ready”":                      {Kind: TapbackOther},
		"Reacted ❤️ to “Fire drill on Monday, call 911?”":       {Kind: TapbackLoved},
		"Removed 👍 from “Your bay is ready”":                    {TapbackLiked, true},
		"👍 to “Your bay is ready”":                              {Kind: TapbackLiked},
		"\u200a\u200b👍\u200b to \u201c\u200aready\u200a\u201d ": {Kind: TapbackLiked},
		"😂 to \"haha\"":                                         {Kind: TapbackLaughed},
		"Reacted ❓ to “Is it?”":                                 {Kind: TapbackQuestioned},
		"Reacted 👎 to “no”":                                     {Kind: TapbackDisliked},
		"Liked an image":                                        {Kind: TapbackLiked},
		"Loved a movie":                                         {Kind: TapbackLoved},
		"Questioned an image":                                   {Kind: TapbackQuestioned},
		"Liked “line one\nline 2”":                              {Kind: TapbackLiked},
		"Liked “cut off by the carr":                            {Kind: TapbackLiked},
		"Le gustó “hola”":                                       {Kind: TapbackLiked},
		"A aimé « bonjour »":                                    {Kind: TapbackLiked},
		"Liked the new sim":                                     {},
		"Loved it":                                              {},
		"Liked “Pebble” but it froze":                           {},
		"I liked “Pebble”":                                      {},
		"Questioned my swing":                                   {},
		"👍":                                                     {},
		"go to \"settings\"":                                    {},
		"Removed a club from bay 2":                             {},
		"":                                                      {},
	} {
		got := Read(text)
		if diff := cmp.Diff(want, got.Tapback); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		if want.Kind != TapbackNone && (got.Emergency != "" || got.Question || got.Closer) {
			t.Errorf("%q: something was read from the quoted text: %+v", text, got)
		}
	}
	if (Tapback{Kind: TapbackQuestioned}).Ignorable() || (Tapback{}).Ignorable() {
		t.Error("a question mark or no tapback at all was ignorable")
	}
	if !(Tapback{TapbackQuestioned, true}).Ignorable() || !(Tapback{Kind: TapbackLiked}).Ignorable() {
		t.Error("a like or a withdrawn question mark was not ignorable")
	}
}

func TestBriefAnswersAreYesOrNoOrNeither(t *testing.T) {
	t.Parallel()
	both(t, "yes", func(r Reading) bool { return r.Yes },
		[]string{"yes", "Yep", "yeah", "yup", "y", "sure", "ok", "yes please", "go ahead", "do it", "please do", "correct", "that's right", "yes it is", "yes thanks", "it works now", "works now", "of course", "sí", "oui", "👍", "✅", "Yes!!", "yeah bay 3", "done", "I did", "no doubt", "absolutely", "yes that one"},
		[]string{"no", "yes?", "ok?", "yeah no", "yes but it's still frozen", "yes and no", "not sure", "yesterday", "bay 3 froze", "ok but it still doesn't work", "👎", "I did not", "", "okay so the projector in bay two has been black since we came"})
	both(t, "no", func(r Reading) bool { return r.No },
		[]string{"no", "Nope", "nah", "not yet", "still not working", "no luck", "didn't work", "it didn't work", "still frozen", "no thanks", "n", "👎", "no, it's still black", "no it didn't help", "doesn't work", "same problem", "still the same", "not really", "nothing changed", "nope still stuck", "no I'm not", "No.", "still nothing", "not working", "it's still not working", "todavía no", "non merci"},
		[]string{"yes", "no problem", "no worries", "no sound in bay 3", "no wifi", "no ball flight on the screen", "no?", "yeah no", "know", "no idea", "no clue", "no need to open the door", "nobody is here", "no one at the door", "not sure", "", "ok", "now", "no more balls in bay 2"})
}

func TestAForbiddenRequestNamesItsVerb(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"do NOT unlock the door":                            "unlock",
		"Do NOT unlock the door, a stranger is outside":     "unlock",
		"don't restart":                                     "restart",
		"Don’t restart bay 3":                               "restart",
		"dont reboot it pls":                                "reboot",
		"no need to open":                                   "open",
		"no need for you to restart it, works again":        "restart",
		"please don't open the door":                        "open",
		"never open the back door":                          "open",
		"Please do not, under any circumstances, unlock it": "unlock",
		"under no circumstances unlock the door":            "unlock",
		"you don't have to refund me":                       "refund",
		"I don't want you to restart it":                    "restart",
		"we don't need a restart":                           "restart",
		"no restart please":                                 "restart",
		"don't cancel my booking":                           "cancel",
		"stop opening the door":                             "open",
		"fix it without rebooting":                          "reboot",
		"please refrain from unlocking":                     "unlock",
		"hold off on the reset":                             "reset",
		"you should not open that door":                     "open",
		"I would rather you not restart the pc":             "restart",
		"nobody should open the door":                       "open",
		"could you not restart it":                          "restart",
		"don't let anyone in":                               "let",
		"don't you dare open the door":                      "open",
		"do not turn off the lights":                        "turn",
		"hey, don't move my booking":                        "move",
		"no abras la puerta":                                "open",
		"no reinicie por favor":                             "restart",
		"n'ouvrez pas la porte":                             "open",
		"ne redémarrez pas":                                 "restart",
		"it's fine, don't send anyone":                      "send",
		"instead of restarting, can you move us":            "restart",
		"we no longer need a refund":                        "refund",
		"I said don't open it":                              "open",
		"keep the door locked":                              "open", "please leave it locked": "open", "cancel the restart": "restart", "i'd rather you didn't open it": "open", "do n't unlock": "unlock", "Please make sure the door does not get unlocked": "unlock",
		"dnt unlock": "unlock",
	} {
		r := Read(text)
		if len(r.Negated) == 0 || r.Negated[0].Verb != want {
			t.Errorf("%q: got %+v, want %q", text, r.Negated, want)
		}
	}
	for _, text := range []string{
		"unlock the door", "please restart bay 3", "the door won't open", "the door does not open", "it doesn't restart", "I can't open the door", "door not opening", "the doors don't open", "why don't you restart it",
		"don't forget to unlock the door", "we don't have sound", "no sound", "no open bays?", "I don't know how to start", "they don't open", "can't log in", "the pc did not restart", "nothing opens", "no change",
		"not working", "thanks", "stop", "never mind", "don't you open at 9?", "bay 3 froze", "don't hesitate to open", "the buttons dont start anything", "I do not see the ball", "we keep getting locked out", "cancel the booking", "cancel my reservation", "don't you have an open bay", "you keep the door code where",
	} {
		if r := Read(text); len(r.Negated) > 0 {
			t.Errorf("%q: read as forbidding %+v", text, r.Negated)
		}
	}
}

func TestNegationReachesToTheNextRequest(t *testing.T) {
	t.Parallel()
	const text = "Hi!  Don't restart it. Thanks"
	if n := Read(text).Negated; len(n) != 1 || Normalise(text)[n[0].Start:n[0].End] != n[0].Phrase {
		t.Errorf("the offsets are not those of the phrase: %+v", n)
	}
	for text, want := range map[string][]Negation{
		"don't restart, open the door":               {{Verb: "restart", Phrase: "don't restart"}},
		"Don't open or unlock the door":              {{Verb: "open", Phrase: "don't open or unlock the door"}, {Verb: "unlock", Phrase: "don't open or unlock the door"}},
		"do not restart it but open the door":        {{Verb: "restart", Phrase: "do not restart it"}},
		"do not open the door. restart bay 3 please": {{Verb: "open", Phrase: "do not open the door"}},
	} {
		if diff := cmp.Diff(want, Read(text).Negated, cmpopts.IgnoreFields(Negation{}, "Start", "End")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestABriefAnswerNamesABay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"I'm in 3": 3, "3": 3, "bay three": 3, "box 4": 4, "number four": 4, "#4": 4, "Bay 12": 12, "im in bay 7": 7, "we're in 2": 2, "twenty": 20, "twenty one": 21, "the third one": 3, "3rd": 3, "third bay": 3,
		"it's number 5": 5, "sim 2": 2, "bay3": 3, "3 please": 3, "3!": 3, "sorry, 4": 4, "yes bay 3": 3, "bay no. 6": 6, "№ 3": 3, "uno": 1, "estoy en la 3": 3, "in bay number two thanks": 2, "bay 3, bay 3": 3, "３": 3, "I think 3": 3, "second": 2,
		"not 3": 0, "3 or 4": 0, "2 hours": 0, "18 holes": 0, "3pm": 0, "4:30": 0, "100": 0, "0": 0, "bay 3 froze": 0, "3?": 0, "3 people": 0, "": 0, "none": 0, "bay": 0, "3.5": 0, "4821": 0, "-3": 3, "at 7": 0, "for 3": 0, "3 of us": 0, "bay 3 or 4": 0,
	} {
		if got := Read(text).Number; got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestBaysAreFoundInLongerTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int{
		"bay 3 froze": {3}, "the screen in bay three is black": {3}, "Box 4 has no sound": {4}, "sim #2 is down": {2}, "bay number 5 please": {5}, "bay3 not working": {3}, "in the second bay the light is out": {2}, "3rd bay is dirty": {3},
		"bay 3 or 4, not sure": {3, 4}, "bays 3, 4 and 5 are down": {3, 4, 5}, "bay 3 and bay 4": {3, 4}, "bay 2/3 are dark": {2, 3}, "bays 2-3": {2, 3}, "bay 1 & 2": {1, 2}, "it's not bay 3, it's bay 4": {4}, "bay 3 not 4": {3}, "bay 3 is not working": {3},
		"bay 3, I repeat bay 3": {3}, "simulator twelve": {12}, "move us from bay 1 to bay 2": {1, 2}, "bay 3's projector": {3}, "court 2 lights": {2}, "bay twenty two": {22}, "bay 3 and 2 people waiting": {3}, "bay #3": {3}, "Bay: 3": {3},
		"book a bay 2 hours": nil, "the bay is cold": nil, "can we get a bay at 3": nil, "3 bays?": nil, "bay 100": nil, "18 holes": nil, "bay 4 people": nil, "bayside 3": nil, "ebay 3": nil, "first time here": nil, "box of 12 balls": nil, "bay 3pm": nil, "bay 3 4": {3},
	} {
		if diff := cmp.Diff(want, Read(text).Bays); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if !Read("bay 3 or 4").Ambiguous() || Read("bay 3").Ambiguous() {
		t.Error("two bays are ambiguous, one is not")
	}
}

func TestQuestionsAreSeenWithoutTheirMark(t *testing.T) {
	t.Parallel()
	both(t, "question", func(r Reading) bool { return r.Question },
		[]string{"what's the wifi password", "Can you open the door", "is bay 2 free?", "hi, how do I log in", "do you have lefty clubs", "where is the bathroom", "any chance we can extend", "hello?", "thanks. what time do you close", "ok so when do we get in", "¿cuánto cuesta?", "is there parking", "are you open today", "how much", "could someone help", "?", "did you restart it"},
		[]string{"the screen froze", "do not open the door", "don't restart", "what a shot!", "will do", "thanks", "have a good night", "bay 3", "i know what is wrong", "is what it is", "when I press start nothing happens", "stop", "how nice", "restart it please", "may be later"})
}

func TestAnEndlessTextIsReadAtBothEnds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("fire no hit my broke stuck ", 100_000)
	if r := Read("do not open the door. " + long + ". someone is bleeding"); len(r.Text) > 33_000 || len(r.Negated) == 0 || r.Emergency == EmergencyNone {
		t.Errorf("read %d bytes, %d negations, emergency %q", len(r.Text), len(r.Negated), r.Emergency)
	}
}
