package phrase

// refutesWords say that what was answered just before is not what was asked or meant. They are looked for
// where something was answered just before.
var refutesWords = compile(`
not what i|we|im|id|ive asked|asking|ask|meant|mean|wanted|want|needed|need|said|after
not what i|we was|were|am|are asking|after|saying
thats|that|its|it|this not|isnt|wasnt it|that
that|it|this is|was not it|that
i|we meant
what i|we meant|mean|asked
i|we didnt|dont|never ask|asked|mean|meant|want|say
i|we did not ask|mean|want|say
i|we asked|was asking|talking? about|for|if|how|where|when|whether
im asking|talking about|for|if|how|where|when|whether
wrong answer|question|topic|thing|reply
not my|the question|problem|issue
different|another question|problem|issue
you misunderstood|misread
misunderstood
doesnt|didnt|not answer|answering my|the question
eso|esto no
no es eso|lo
no pregunte
pas ce que
ce nest pas ca|cela|ce
das meine|meinte ich nicht
das war nicht
`)

// refutesHead begins a text that takes issue with what was just said; what follows must say more than thanks.
var (
	refutesHead = set(`no nope nah naw`)
	content     = set(`thanks thank thankyou thx ty cheers gracias merci danke good great fine ok okay cool perfect worries worry problem problems prob rush need stress bother`)
)

// refutes reports whether a text says that what was just answered was not what was asked for, or was of no use.
func refutes(ts []token) bool {
	if len(ts) > longestComplaint {
		return false
	}
	if len(ts) > 2 && refutesHead[ts[0].word] && ts[1].before > flow {
		for _, t := range ts[1:] {
			if content[t.word] {
				return false
			}
		}
		return true
	}
	return unhelpedWords.has(ts) || refutesWords.has(ts)
}
