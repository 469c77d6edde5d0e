package phrase

// Emergency is the kind of danger that a text speaks of; "" is none.
type Emergency string

// The kinds, most urgent first: a text that speaks of several gets the first.
const (
	EmergencyNone        Emergency = ""
	EmergencyFire        Emergency = "fire"        // fire, smoke, burning smell
	EmergencyMedical     Emergency = "medical"     // injury, illness, unconsciousness
	EmergencySelfHarm    Emergency = "self_harm"   // someone means to hurt themselves
	EmergencyViolence    Emergency = "violence"    // assault, a fight, a threat to kill
	EmergencyThreat      Emergency = "threat"      // break-in, weapon, robbery, a stranger, fear
	EmergencyTrapped     Emergency = "trapped"     // a person cannot get out
	EmergencyHazard      Emergency = "hazard"      // gas, flood or leak, electricity, collapse
	EmergencyUnspecified Emergency = "unspecified" // 911, SOS, "emergency", and no more
)

type emergencyRule struct {
	kind Emergency
	// certain phrases hold whatever stands around them: they carry their own
	// negation ("not breathing") or outweigh an idiom.
	certain *table
	// likely phrases hold unless an idiom covers them or they are denied.
	likely *table
}

// emergency returns the kind and the words that say so. Where a text may or may
// not mean danger it is called: a person who looks in vain costs a minute.
func emergency(text string, ts []token) (Emergency, string) {
	for _, r := range emergencyRules {
		if i, j, ok := r.certain.find(ts, 0); ok {
			return r.kind, words(text, ts, i, j)
		}
	}
	open := blank(ts, emergencyIdioms)
	for _, r := range emergencyRules {
		for from := 0; ; {
			i, j, ok := r.likely.find(open, from)
			if !ok {
				break
			}
			if !denied(open, i) {
				return r.kind, words(text, ts, i, j)
			}
			from = i + 1
		}
	}
	return EmergencyNone, ""
}

// denied reports whether the phrase at token i is directly negated: "no fire",
// "nobody is hurt", "it's not an emergency". Only small words may stand
// between, so that "can't put out the fire" stays a fire, and a comma ends it:
// "no, fire!".
func denied(ts []token, i int) bool {
	for k := i; k > 0 && k >= i-3 && ts[k].before == flow; k-- {
		w := ts[k-1].word
		switch {
		case denials[w]:
			return true
		case !lightWords[w]:
			return false
		}
	}
	return false
}

var denials = set(`no not nobody none never without isnt wasnt arent werent aint noone neither nor
	dont doesnt didnt hasnt havent nonemergency pas sin ningun ninguna aucun aucune`)

var lightWords = set(`a an the any one is was are were be been got getting get really seriously badly on is
	smell see actual of has have had been feel de sign signs there your my`)
