package phrase

// Carrier keywords count only as the whole text: CTIA Messaging Principles
// (2023) §5.1.3, and the revocation words of 47 CFR 64.1200(a)(10). The longer
// forms are plain wishes to get no more texts, which that rule equally honours.
var optOutWords = compile(`
stop
stopall
stop all
unsubscribe
unsubscribe me
cancel
end
quit
revoke
optout
opt out
opt me out
stop texting|messaging|contacting|texts me?
dont text|message|contact me anymore|again?
do not text|message|contact me anymore|again?
take|remove me off|from your|this|the list
alto|parar|baja
arret
`)

var optInWords = compile(`
start
unstop
opt in
optin
resubscribe
`)

var helpWords = compile(`
help
info
`)

var yesKeyword = compile(`yes`)

// politeWords may stand around a keyword without changing it.
var politeWords = compile(`
please|pls|plz
`)

// IsOptInYes reports whether text is the word YES and nothing else. It opts a
// member in only where the caller knows that the member had opted out; anywhere
// else YES is an answer.
func IsOptInYes(text string) bool {
	ts := tokenise(Normalise(text))
	return len(ts) == 1 && yesKeyword.covers(ts, noWords)
}

// keyword reports whether ts is words of t only ("STOP", "stop stop", "Stop, please").
func keyword(t *table, ts []token) bool {
	return len(ts) > 0 && len(ts) <= 7 && t.covers(ts, politeWords)
}

var noWords = compile()
