package phrase

// yesWords and noAnswers answer a question of ours, as whole texts. "done" and
// "it works" answer the questions we ask most: did that help, have you tried.
var yesWords = compile(`
yes|yep|yeah|yup|ya|yea|y|yess|yesss|yas|yeh|yah|yessir|yups|aye|affirmative|sure|definitely|absolutely|correct|exactly|indeed|totally|certainly
ok|okay|k|kk|alright|fine|done|right|works|confirmed|confirm|agreed
sure thing
of course
no doubt
for sure
do it|that|so
go ahead
go for it
please do
yes please
thats|that is? right|correct|it|fine|ok|good|works|worked
sounds good|great|perfect
it|that|everything did|is|does|has|works|worked|helped
its|now working|works|fixed|back|good|on|up
works|working|worked now|again
i|we|they|he|she did|have|am|are|do|would|can|is|was
were|im good|here|in|ready
si|claro|sip|correcto|dale|oui|ouais|vale|bien|sur|da
por supuesto
bien sur
`)

var yesHead = compile(`yes|yep|yeah|yup|ya|yea|y|yeh|yah|yessir|si|oui|correct|affirmative`)

var noAnswers = compile(`
no|nope|nah|naw|n|noo|nooo|negative|nay|non|nop|nein
not yet|really|working|exactly|now|at|quite|anymore|fixed|ok|okay|good|correct|right|helping
no luck|thanks|thank|thankyou|thx|ty|change|difference|joy|dice|good|gracias|merci|sir|way
still not|no|nothing|isnt|wont|doesnt|cant|didnt working|work|luck|good|fixed|open|opening|on|there|change|loading|responding|connecting|registering?
still the? same
still frozen|broken|stuck|down|black|blank|locked|out|off|dead|same|bad|offline|the|happening|lagging|nothing
same problem|issue|thing|error
the same problem|issue|thing|error
the same
non merci
nothing changed|happened|happens|works|worked|yet
didnt|doesnt|wont|isnt|hasnt|havent|wasnt|werent|arent|cant|couldnt work|working|help|fix|change|yet|open|worked|helped
did|does|do|is|has|was|am|will|can not work|working|help|fix|change|yet|open
it|that|i|we|they|he|she didnt|doesnt|dont|wont|isnt|hasnt|havent|wasnt|cant
it|that|i|we|they|he|she|its|im did|does|do|is|has|was|am|have|still? not
its|it still? not|broken|frozen|black|stuck|dead|down
todavia no
aun no
pas encore
`)

var answerFill = compile(`
please|pls|plz|thanks|thank|you|ty|thx|it|its|is|that|thats|the|i|we|sir|maam|man|now|sorry|oh|um|uh|hmm|yet|just|did|do|does|work|working|at|all|one|unfortunately|still|here|this|so|me|im|sadly|dude|bro|for|to|and|too|worked|good
`)

const (
	yesEmoji = "👍✅✔☑👌🙌💯🤙"
	noEmoji  = "👎❌🚫✖"
)

var contradiction = set(`but not dont doesnt didnt isnt wasnt cant wont no nope nah never without except however although though still hasnt havent`)

// answer reads brief affirmations and negations. A text that says both
// ("yeah no", "yes but it's still frozen") is neither.
func answer(text string, ts []token, question bool) (yes, no bool) {
	if len(ts) == 0 {
		return onlyEmoji(text, yesEmoji), onlyEmoji(text, noEmoji)
	}
	if question || len(ts) > 7 {
		return false, false
	}
	if denies(ts) {
		return false, !hasYesHead(ts)
	}
	for i := range ts {
		if contradiction[ts[i].word] && !(ts[i].word == "no" && i+1 < len(ts) && ts[i+1].word == "doubt") {
			return false, false
		}
	}
	if yesWords.covers(ts, answerFill) || yesHead.at(ts, 0) > 0 {
		return true, false
	}
	return false, false
}

func hasYesHead(ts []token) bool { return yesHead.has(ts) }

// denies reports whether ts is a no: nothing but words of denial, or an answer
// that begins with one. "no sound in bay 3" begins with one and is none: it
// lacks something, so a noun follows at once.
func denies(ts []token) bool {
	if len(ts) > 1 && ts[0].word == "no" && ts[1].before == flow && noNot[ts[1].word] {
		return false
	}
	if noAnswers.covers(ts, answerFill) {
		return true
	}
	switch ts[0].word {
	case "nope", "nah", "naw":
		return true
	case "no":
		return len(ts) > 1 && (ts[1].before > flow || noFollow[ts[1].word])
	case "not":
		return len(ts) > 1 && ts[1].word == "yet"
	}
	return false
}

// noNot follow a "no" that denies nothing; noFollow begin the rest of an answer.
var (
	noNot    = set(`problem problems prob worries worry need idea clue doubt rush biggie stress sweat wonder one longer more`)
	noFollow = set(`it its i im we were that thats they theyre not thanks thank the still sorry he she hes shes please didnt isnt doesnt dont`)
)
