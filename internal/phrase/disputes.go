package phrase

// disputesWords say that what somebody was told unasked is not so. They are looked for where something was said
// to them just before, because of a report.
var disputesWords = compile(`
thats|that|its|it|this|youre not|isnt true|correct|right|so|me|mine|us|ours|my|our
that|it|this is|was|isnt|wasnt not? true|correct|right|me|mine|us|ours
that|it|this is|was not my|our booking|bay|session|name
thats|its not my|our booking|bay|session|name
isnt|wasnt|not my|our booking|session
thats|that|its|it|this wrong|false|untrue|incorrect|nonsense|mistaken
thats|that|its|it|this|there|theres|must is|was|be a|an? wrong|false|untrue|incorrect|nonsense|mistake|error|mixup
theres a|an mistake|error|mixup
youre|you wrong|mistaken
you are wrong|mistaken
you have|got the|a wrong person|number|guy|booking|customer|one
youve got? the|a wrong person|number|guy|booking|customer|one
wrong person|number|guy|customer
i|we never|didnt|havent|hadnt .. book|booked|cancel|cancelled|canceled|change|changed|move|moved|reserve|reserved|ask|asked|agree|agreed|order|ordered|leave|left|open|opened|miss|missed
i|we did|have|had not|never .. book|booked|cancel|cancelled|canceled|change|changed|move|moved|reserve|reserved|ask|asked|agree|agreed|leave|left|open|opened|miss|missed
i|we did show|come|shut|close|cancel|book
i|we have|dont have? no|any|a booking
i|we have no booking
door isnt|wasnt|not open
nobody|noone opened|left|has|had|booked
eso|esto no es|era cierto|verdad|correcto|asi
no es|era cierto|verdad|correcto
no reserve
ce nest pas vrai|moi|correct|juste
cest faux
stimmt nicht
das stimmt|ist nicht|falsch
`)

// presentWords say that somebody has come.
var presentWords = compile(`
im|i|were|we am|are|been|was|have|already|both|all? already|still|right|now|actually|been? here|there|inside|playing
im|ive|were|weve|i|we already|still|right|now|actually|been? here|inside|playing
im|were|i|we am|are|was? in|at the|our|my bay|simulator|sim|club
im|were|i|we am|are|was? in|at bay
i|we came|arrived|showed
i|we did come|show|arrive|turn
estoy|estamos aqui
je suis la|ici
ich bin|war hier|da
`)

// disputes reports whether a text says that what its writer was told is not so.
func disputes(ts []token) bool { return len(ts) <= longestComplaint && disputesWords.has(ts) }

// present reports whether a text says that its writer is, or was, at the place.
func present(ts []token) bool { return len(ts) <= longestComplaint && presentWords.has(ts) }
