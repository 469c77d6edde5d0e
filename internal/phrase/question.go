package phrase

import "strings"

// askWords begin a question where the question mark was left out.
var askWords = compile(`
who|whos|whom|whose|which|what|whats|where|wheres|why|whys|how|hows
can|could|would|will|should|may you|i|we|someone|somebody|anyone|it|they|the|my|this|u|ya|he|she
do|did you|u|i|we|they|yall|these|clubs|members|guests|lights|people
does|did it|that|the|he|she|my|your|anyone|this|someone|everyone|bay|parking
is|are|was|were|am|isnt|arent there|it|the|this|that|you|u|we|they|my|your|he|she|anyone|anybody|someone|i|bay|these|those|any|parking|food|lessons|lefty
has|have|had|havent|hasnt you|i|we|it|the|they|anyone|my|your
when|whens is|are|do|does|can|will|did|would|should|was
any chance|idea|way|update|news|word|luck|availability|openings|bays|eta
wanna|wondering know|if|how|what|when
anyone know
do need
que|cual|donde|cuando|cuanto|cuantos|como|puedo|pueden|hay
ou|quand|comment|combien|pourquoi|quel|quelle|peux|pouvez|est
`)

// notAsking begin like a question and are none.
var notAsking = compile(`
what a|an
how nice|cool|great|awesome|funny|amazing|annoying
will do
may be
have a|an
is what
como siempre
est ok
`)

// leadWords may stand before a question.
var leadWords = set(`hi hey hello yo so and also ok okay but or um uh well please thanks thank sorry quick question good morning
	afternoon evening there guys hola bonjour just btw oh then plus`)

func question(text string, ts []token) bool {
	if strings.ContainsAny(text, "?¿؟？❓❔") {
		return true
	}
	start := true
	for i := range ts {
		start = start || ts[i].before > flow
		if !start {
			continue
		}
		if askWords.at(ts, i) > i && notAsking.at(ts, i) < 0 {
			return true
		}
		start = leadWords[ts[i].word] || ts[i].word == "you" && i > 0 && ts[i-1].word == "thank"
	}
	return false
}
