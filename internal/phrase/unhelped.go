package phrase

// unhelpedWords say that what was done has not helped. They are looked for where something was done just
// before, so they need not say what it was.
var unhelpedWords = compile(`
didnt|doesnt|wont|hasnt|havent|dont|didn|not help|helped|helping|fix|fixed|work|worked|change|changed|solve|solved
did|does|has|do not help|helped|fix|fixed|work|worked|change|changed|solve|solved
still the? same|frozen|broken|stuck|black|down|dead|blank|off|not|isnt|wont|doesnt|cant|nothing|no|offline|lagging|crashing|crashed|happening|locked|hanging|out|freezing|error|errors
still .. not|same|frozen|broken|black|dead|nothing|crashing|freezing
same problem|issue|thing|error|message|story|trouble again?
exactly|just the? same
no change|difference|luck|improvement|success|effect|better
not fixed|better|resolved|solved|any? different
nothing changed|helped|happened|different
frozen|froze|stuck|black|down|crashed|broken|dead|blank|gone|locked again
again frozen|froze|stuck|black|down|crashed|broken|dead|blank
back to? black|frozen|where
sigue igual|congelado
toujours pas|bloque
immer noch
`)

// longestComplaint is how many words a text has at most that says no more than this.
const longestComplaint = 25

func unhelped(ts []token) bool { return len(ts) <= longestComplaint && unhelpedWords.has(ts) }
