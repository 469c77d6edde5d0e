package phrase

// humanWords ask for a person, in English and in basic Spanish and French.
var humanWords = compile(`
human|humans
real|actual|live|living|vraie person|people|human|agent|personne|employee
persona real
speak|talk|chat|connect|transfer|speaking|talking|chatting to|with|me .. someone|somebody|person|human|agent|manager|staff|operator|owner|employee|representative|rep|people|anyone|supervisor|support
get me? a|an|the|your manager|person|human|agent|operator|representative|rep|supervisor|owner
agent|operator|representative|manager|supervisor please|pls|plz|now
an|live agent|operator
call|phone|ring me
call|phone us|me back
give me|us a call|ring
can|could|please|pls|plz|need|want a?  callback
callback please|pls
someone|somebody|anyone|anybody .. call me|us|back
have|ask|get|tell someone|somebody|person|staff|manager|owner to? call
have|ask|get|tell a|the|your? someone|somebody|person|staff|manager|owner to? call|text|phone|contact|reach out? to? me|us
dont|not want|need|like a|any|this|your? bot|bots|robot|robots|chatbot|ai|machine
stop|no|not|hate|enough .. bot|bots|robot|robots|chatbot|ai
stop this|the machine answering|replying|texting
bot|chatbot|robot is|isnt|doesnt|not ..  useless|stupid|dumb|helping|help|work|working|annoying|terrible
useless|stupid|dumb|annoying bot|robot|chatbot|machine
you|this|it a? bot|robot|chatbot|ai
you a? machine|computer
someone|somebody|anyone|person on the phone|line
complain|complaint to .. manager|owner|supervisor
who am i talking|speaking|texting
automated|automatic|canned|robotic replies|reply|responses|response|messages|texts|answers
youre a? bot|robot|chatbot|machine
talking to a bot|robot|machine|computer|chatbot|ai
customer|member service|support|services|care
need|want a? person|human|agent|manager|representative|operator|supervisor|staff
need|want to talk|speak|chat
hablar|comunicarme con .. alguien|persona|humano|agente|gerente|encargado
llamame|llameme|llamenme
agente|humano|operador por favor
parler a|avec .. quelquun|personne|humain|agent|conseiller|responsable
appelez|rappelez|appelle|rappelle moi
`)

// humanAlone ask for a person only as the whole text: inside a sentence they
// are mostly about something else ("the agent on the PC is offline").
var humanAlone = compile(`
agent|operator|representative|rep|manager|supervisor|person|human|humano|humain|agente|operador|persona|staff
anyone|anybody|someone|somebody there|here|available|around
is anyone|anybody|someone|somebody there|here|available|around
`)

var humanFill = compile(`
please|pls|plz|now|hello|hi|hey|a|an|the|i|need|want|por|favor|ok|real|just|asap|get|me|and
`)

// humanIdioms only look like a wish for a person.
var humanIdioms = compile(`
human error|resources|nature|size|sized
they|friends|everyone|everybody|people|folks|guys call me
call me crazy|lazy|old|biased|a|an|names|ishmael|maybe|dumb|stupid|impressed
bot|ai opponent|opponents|player|players|mode|difficulty
against|vs|versus|play|playing the? bot|bots|ai|computer
no ai|bots|bot mode|opponent|opponents
stop .. machine .. from
vending|ball|ice|coffee|tee|smoke machine
in real life
`)

func human(ts []token) bool {
	if len(ts) <= 5 && humanAlone.covers(ts, humanFill) {
		return true
	}
	open := blank(ts, humanIdioms)
	for from := 0; ; {
		i, j, ok := humanWords.find(open, from)
		if !ok {
			return false
		}
		if !refused(open, i) {
			return true
		}
		from = j
	}
}

// refused reports whether the wish at token i is denied: "no need to call me",
// "don't call me", "I don't want to talk to anyone".
func refused(ts []token, i int) bool {
	for k := i; k > 0 && k > i-4 && ts[k].before == flow; k-- {
		switch ts[k-1].word {
		case "dont", "not", "never", "no", "neednt", "without", "didnt":
			return true
		case "to", "need", "have", "want", "for", "you", "a", "do", "please":
		default:
			return false
		}
	}
	return false
}

// blank returns ts with the words of every phrase of t made unmatchable.
func blank(ts []token, t *table) []token {
	i, j, ok := t.find(ts, 0)
	if !ok {
		return ts
	}
	out := append([]token(nil), ts...)
	for ok {
		for k := i; k < j; k++ {
			out[k].word = ""
		}
		i, j, ok = t.find(ts, j)
	}
	return out
}
