package phrase

import "strings"

// A table is a set of phrases that a text is searched for. Its notation, one
// phrase per line ("# …" is a comment):
//
//	word        that word, folded as in token
//	a|b|c       any one of these
//	wor*        any word that begins so
//	word?       may be missing
//	..          up to three words between
//	....        up to eight words between
//	<person>    a word class from the list below
//
// No phrase runs across the end of a sentence.
type table struct {
	byWord   map[string][]phrase // first element, exact
	byPrefix map[string][]phrase // first element ends in *, by its first three bytes
}

type phrase []element

type element struct {
	exact    []string
	prefixes []string
	optional bool
	gap      int // > 0: up to so many arbitrary words, nothing else is set
}

// wordClasses are the lists that several tables share.
var wordClasses = strings.NewReplacer(
	"<person>", "someone|someones|somebody|he|hes|she|shes|man|woman|guy|guys|lady|kid|kids|boy|girl|person|people|son|daughter|wife|husband|friend|buddy|dad|father|mom|mum|mother|child|children|brother|sister|player|member|guest|customer|baby|uncle|grandpa|grandma|partner|coworker|colleague|girlfriend|boyfriend|teammate|dude|nephew|niece|patient|we|i|im|ive|hubby|grandfather|grandmother|golfer|everyone|employee|cleaner",
	"<other>", "someone|someones|somebody|man|men|woman|guy|guys|stranger|strangers|person|people|dude|dudes|kids|teenagers|intruder|homeless|drunk|he|hes|two",
	"<kin>", "wife|husband|son|daughter|kid|kids|friend|buddy|dad|father|mom|mum|mother|child|brother|sister|girlfriend|boyfriend|partner|guest|player|man|woman|guy|girl|boy|person|member|baby|uncle|grandma|grandpa|mate|nephew|niece|guest",
	"<body>", "head|face|eye|eyes|arm|leg|hand|finger|fingers|thumb|wrist|ankle|knee|foot|toe|nose|neck|skull|rib|ribs|elbow|shoulder|hip|collarbone|jaw|tooth|teeth|mouth|temple|throat|stomach|chest|forehead",
	"<their>", "my|his|her|their|our|someones|a|the|your",
	"<device>", "projector|projectors|pc|pcs|computer|computers|outlet|outlets|socket|plug|screen|monitor|tv|trackman|sensor|radar|unit|machine|heater|fridge|microwave|panel|cable|cables|cord|wire|wires|ceiling|wall|light|lights|lamp|vent|box|rack|server|router|kiosk|thing|it|its|that|something|charger|battery|speaker|camera|toaster|oven|ac",
	"<is>", "is|was|are|were|s|been|got|gets|getting|has|have|just|started|keeps|keep|be",
)

// compile reads tables in the notation above. A phrase must begin with a word
// that is neither optional nor a gap; anything else is our bug.
func compile(lists ...string) *table {
	t := &table{byWord: map[string][]phrase{}, byPrefix: map[string][]phrase{}}
	for _, line := range strings.Split(strings.Join(lists, "\n"), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		p := parse(wordClasses.Replace(line))
		if p[0].optional || p[0].gap > 0 {
			panic("BUG: phrase begins with nothing certain: " + line)
		}
		for _, w := range p[0].exact {
			t.byWord[w] = append(t.byWord[w], p)
		}
		for _, w := range p[0].prefixes {
			t.byPrefix[w[:3]] = append(t.byPrefix[w[:3]], p)
		}
	}
	return t
}

func parse(line string) phrase {
	var p phrase
	for _, f := range strings.Fields(line) {
		switch f {
		case "..":
			p = append(p, element{gap: 3})
			continue
		case "....":
			p = append(p, element{gap: 8})
			continue
		}
		var e element
		f, e.optional = strings.CutSuffix(f, "?")
		for _, alt := range strings.Split(f, "|") {
			if stem, ok := strings.CutSuffix(alt, "*"); ok {
				e.prefixes = append(e.prefixes, stem)
			} else {
				e.exact = append(e.exact, alt)
			}
		}
		p = append(p, e)
	}
	return p
}

// at returns the end of the longest phrase of t that starts at token i, or -1.
func (t *table) at(ts []token, i int) int {
	best := -1
	w := ts[i].word
	for _, p := range t.byWord[w] {
		best = max(best, p.end(ts, i, true))
	}
	if len(w) >= 3 {
		for _, p := range t.byPrefix[w[:3]] {
			best = max(best, p.end(ts, i, true))
		}
	}
	return best
}

// find returns the first span of t in ts at or after token from.
func (t *table) find(ts []token, from int) (i, j int, ok bool) {
	for i := from; i < len(ts); i++ {
		if j := t.at(ts, i); j > i {
			return i, j, true
		}
	}
	return 0, 0, false
}

// has reports whether any phrase of t occurs in ts.
func (t *table) has(ts []token) bool {
	_, _, ok := t.find(ts, 0)
	return ok
}

// covers reports whether ts is nothing but phrases of t and of fill, with at
// least one of t.
func (t *table) covers(ts []token, fill *table) bool {
	core := false
	for i := 0; i < len(ts); {
		j := t.at(ts, i)
		core = core || j > i
		j = max(j, fill.at(ts, i))
		if j <= i {
			return false
		}
		i = j
	}
	return core
}

// end returns where the phrase ends when it starts at token i, or -1. The
// first element may follow the end of a sentence, the others may not.
func (p phrase) end(ts []token, i int, first bool) int {
	if len(p) == 0 {
		return i
	}
	e := p[0]
	if e.gap > 0 {
		return p[1:].endAfterGap(ts, i, e.gap)
	}
	best := -1
	if e.optional {
		best = p[1:].end(ts, i, first)
	}
	if i < len(ts) && (first || ts[i].before < stop) && e.matches(ts[i].word) {
		best = max(best, p[1:].end(ts, i+1, false))
	}
	return best
}

func (p phrase) endAfterGap(ts []token, i, gap int) int {
	for skip := 0; skip <= gap && i+skip <= len(ts); skip++ {
		if end := p.end(ts, i+skip, false); end >= 0 {
			return end
		}
		if i+skip < len(ts) && ts[i+skip].before == stop {
			return -1
		}
	}
	return -1
}

func (e element) matches(word string) bool {
	for _, w := range e.exact {
		if w == word {
			return true
		}
	}
	for _, w := range e.prefixes {
		if strings.HasPrefix(word, w) {
			return true
		}
	}
	return false
}

// set is the words of list, which are separated by white space.
func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}
