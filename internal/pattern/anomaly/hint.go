package anomaly

import "regexp"

// hints are words that ask for what nobody may have, as they stand in a normalised text: lower case,
// plain apostrophes, single spaces.
var hints = []struct {
	words  *regexp.Regexp
	need   Need
	acting bool
	says   string
}{
	{regexp.MustCompile(`\b(ignore|disregard|forget) (all |any |the |your )*(previous|prior|above|earlier|instructions|rules)\b|\b(system prompt|developer mode|jailbreak|sudo|admin mode|override code|master code)\b|\b(you are|act as) (now )?(an? )?(admin|administrator|operator|owner|root)\b|\b\w+_(confirmed|verified)\s*[=:]`),
		NeedApproval, false, "the text gives orders to the machine"},
	{regexp.MustCompile(`\b(phone|number|address|email|e-mail|name|surname|door code|pin|password) (of|for) (the )?(other|another|previous|last|next|guy|man|woman|girl|lady|person|member|player|customer|people)\b|\bwho (is|was|has|had|booked|else is|else was) (\w+ )?(in|at|on) (bay|box|room|simulator)\b|\bwho (has )?booked\b|\b(his|her|their) (phone|number|address|email|e-mail|door code|pin|booking)\b|\b(list|names|numbers) of (all |the )*(members|customers|players)\b`),
		NeedApproval, false, "the text asks for other people's data"},
	{regexp.MustCompile(`\b(open|unlock|buzz|let)\b[^.?!]{0,40}\b(my (friend|friends|brother|sister|wife|husband|mate|mates|guest|guests|son|daughter|dad|mum|mom|boss|colleague)|somebody else|someone else|a friend|for him|for her|for them|him in|her in|them in)\b`),
		NeedApproval, true, "the text asks to open for somebody else"},
}

// dead says that something shows no sign of life.
var dead = regexp.MustCompile(`\b(dead|no power|powered off|(won't|wont|will not|doesn't|doesnt|does not|not) (turn|turning|power|powering|boot|booting|switch) on|completely off|is offline|went offline|lost power)\b`)

// Hints finds what a text asks for that nobody may have. The text is normalised.
func Hints(text string) []Finding {
	var out []Finding
	for _, h := range hints {
		if h.words.MatchString(text) {
			out = append(out, Finding{Kind: KindSecurity, Need: h.need, Acting: h.acting, Words: h.says})
		}
	}
	return out
}

// SaysDead reports whether a normalised text says that something shows no sign of life.
func SaysDead(text string) bool { return dead.MatchString(text) }

// Conflict is a finding of data that contradict each other: a person looks before something moves.
func Conflict(words string) Finding {
	return Finding{Kind: KindConflict, Need: NeedApproval, Acting: true, Words: words}
}
