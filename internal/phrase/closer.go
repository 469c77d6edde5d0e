package phrase

// closerWords end a talk: thanks, praise, "all good". A text is a closer only
// if it is nothing but these and closerFill; one word more ("thanks but it's
// still frozen", "ok what's the code") and it is not.
var closerWords = compile(`
thanks|thank|thx|thanx|thankyou|tx|ty|tysm|tyvm|tnx|thnx|cheers|ta|appreciated|appreciate|grateful
thank you|u|ya
perfect|perfecto|great|awesome|cool|nice|sweet|amazing|excellent|brilliant|wonderful|fantastic|lovely|beautiful|love|super|neat|dope|sick|rad|wow|yay|phenomenal|fabulous
good|fine|alright|alrighty|right
ok|okay|okey|okie|k|kk|kay|okok|oki
got it|ya|you|that
gotcha|gotchya|understood|noted|roger|copy|bet|word|aight|ight
will do
sounds good|great|perfect|like
all good|set|sorted|fixed|clear|working|done|fine|better|is well|good
all|were|im|we|i|you|youre|am|are good|set|sorted|fine now|here?
we|i are|am all? set|good|sorted|fine
figured|worked|sorted it|that|everything out
got it|that|them|everything working|fixed|sorted|going|running
door|doors|gate|its|it is? open|opened|unlocked now? thanks|thank|thanx|thx|ty|cheers
the door|gate|screen|sim|simulator|picture|sound|wifi is? open|opened|unlocked|back|up|on|working now|again? thanks|thank|thanx|thx|ty|cheers
screen|sim|simulator|picture|sound|projector|wifi|trackman is? back|up|on|working now|again? thanks|thank|thanx|thx|ty|cheers
nothing else thanks|thank|thx|ty
no thats|that all|it
sorted|fixed|solved|resolved
it|its|thats|everything|that|all|they|now is? working|works|worked|fixed now|again|fine|great|perfectly?
works|working|worked now|again|great|perfectly|fine|like|good
back up and? running?
up and running
were|im in|inside
we|i are|am|got|made it? in|inside
got|made it? in|inside
its|were|it|we is|are|came? back up|on|online
its|were|it|we is|are|came? back now? thanks|thank|thanx|thx|ty|cheers # bare, it may be the fault that is back
that|it did it
did the trick
no worries|problem|prob|problems|probs|biggie|stress|rush|sweat
no thanks|thank|thx|ty
np|nw|nvm|nevermind
never mind
have a|an good|great|nice|wonderful|awesome|excellent one|day|night|evening|weekend|afternoon|morning
good night|day|evening|one|job|work|stuff|deal|to
goodnight|gnight|gn|night
bye|goodbye|cya|later|laters|ciao|adios
see you|ya
lol|lmao|haha*|hehe*|lolol|rofl|yw
youre|ur|you|u|yall guys? are? the? best|legend|lifesaver|star|rock|awesome|great|amazing|welcome|hero|man|goat
legend|lifesaver|hero
much|really|greatly|very appreciated|obliged|better
happy .. days|golfing|holidays|weekend
had a|an|such? a? great|good|nice|awesome|amazing|excellent|wonderful|fantastic|lovely|fun time|day|night|evening|afternoon|morning|round|session|game
had a? lot|lots|so? of|much? fun
gracias|listo|genial|excelente|vale|bueno
muchas gracias
muy amable|bien
de acuerdo|nada
merci|parfait|super|daccord|nickel
merci beaucoup|bien
obrigado|obrigada|danke|grazie
`)

var closerFill = compile(`
so|very|much|a|lot|lots|again|really|just|and|man|dude|mate|bro|buddy|guys|sir|maam|team|all|yall|everyone|folks|friend|boss|brother|bud|fam|love
you|u|ya|i|we|it|now|that|thats|its|its|is|this|today|tonight|tomorrow|then|here|bunch|million|ton|tons|oh|ah|well|hey|hi|omg|sounds|looks|bye|know
for the|your|all|that|such .. help|helping|response|reply|responses|replies|assistance|support|service|time|info|patience|work|effort|fix
for helping|letting|getting|fixing|responding|replying|checking|sorting|looking|being|making .. me|us|know|back|it|this|that|out|into|so|patient|quickly|fast|quick|happen
for everything|helping|this|that
for having|hosting me|us
for yesterday|today|tonight
for last night|time|week|weekend
for a|an|the great|good|nice|awesome|amazing|excellent|wonderful|fantastic|lovely|fun time|day|night|evening|afternoon|morning|round|session|game
your|the help|response|reply|quick
quick|fast|prompt response|reply|help|service
x|xx|xo|xoxo
`)

// overWords, in a closer, say that the matter has settled itself.
var overWords = compile(`
all good|set|sorted|fixed|clear|working|done|fine|better
were|im|am|are good|fine|set|sorted
sorted|fixed|solved|resolved
works|working|worked
back up
up and running
were|im in|inside
we|i are|am|got|made it? in|inside
got|made it? in|inside
its|were|it|we is|are|came? back up|on|online
its|were|it|we is|are|came? back now? thanks|thank|thanx|thx|ty|cheers # bare, it may be the fault that is back
that|it did it
did the trick
nvm|nevermind
never mind
no thanks|thank|thx|ty
`)

// closerEmoji say thanks, agreement or joy.
const closerEmoji = "👍🙏👌❤♥😊🙂🎉💯🙌✅✔☑🫡😀😃😄😁😆😅👏🤙⛳🏌🔥😎🤝💪🤘✌😍🥰😘🤩🥳🤗☺😇🙃😉💚💙💛🧡💜🖤🤍🏆⭐🌟✨🫶🤟🤣😂👊🍻🥂"

func closer(text string, ts []token, r Reading) bool {
	if r.Question || r.Emergency != EmergencyNone || r.Human || len(r.Negated) > 0 {
		return false
	}
	if len(ts) == 0 {
		return onlyEmoji(text, closerEmoji)
	}
	if hasRune(text, "👎❌🤬😡😠😭😢😞😤🤔❓❔🆘🚨🚒🚑🙄😒😕🤷") {
		return false
	}
	return len(ts) <= 16 && closerWords.covers(ts, closerFill) && yesHead.at(ts, 0) < 0
}
