package phrase

import (
	"slices"
	"strconv"
)

// Bays and numbers. A bay is spoken of as "bay 3", "box 4", "sim two", "3rd
// bay", "bays 3 and 4"; an answer to "which bay?" may be the number alone.

// maxBay is the highest bay number that is read as one: more digits are times,
// yards or codes.
const maxBay = 99

var bayNouns = set(`bay bays box boxes sim sims simulator simulators room rooms studio stall stalls lane lanes court courts
	booth booths suite station bahia cabina cabine salle pod pods unit`)

var bayMarks = set(`number num no nr nbr numero is in the`)

var cardinals = map[string]int{
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
	"eighteen": 18, "nineteen": 19, "twenty": 20,
	"uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5,
}

var ordinals = map[string]int{
	"first": 1, "second": 2, "third": 3, "fourth": 4, "forth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
	"ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
	"sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20,
}

// countedNouns make the number before them a count, a time or a size.
var countedNouns = set(`hour hours hr hrs h min mins minute minutes pm am oclock people person persons players player guests guest
	of us more other times time holes hole yards yds balls ball clubs club days day weeks week percent dollars bucks
	degrees guys friends adults kids years year months th bays sims simulators rooms men women`)

// answerWords may stand around the number in a brief answer.
var answerWords = set(`its it is im i am in on were we are bay bays box sim simulator room studio stall lane court booth suite
	station number num no the think sorry hi hey hello yes yeah yep um uh oh please thanks pls sir thank you ty one here currently
	ok so just my mine bahia cabine cabina numero estoy en la el lo salle dans suis je nr thats that`)

// number reads a token as a bay number: digits, words, ordinals, "bay3", "3s".
func number(w string) (n int, ordinal, ok bool) {
	if n, ok = cardinals[w]; ok {
		return n, false, true
	}
	if n, ok = ordinals[w]; ok {
		return n, true, true
	}
	digits := 0
	for digits < len(w) && w[digits] >= '0' && w[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 2 {
		return 0, false, false
	}
	n, err := strconv.Atoi(w[:digits])
	if err != nil || n < 1 || n > maxBay {
		return 0, false, false
	}
	switch w[digits:] {
	case "":
		return n, false, true
	case "st", "nd", "rd", "th":
		return n, true, true
	}
	return 0, false, false
}

// glued reads a bay noun and its number written as one word: "bay3", "sim12".
func glued(w string) (n int, ok bool) {
	for i := len(w) - 1; i > 1; i-- {
		if w[i] >= '0' && w[i] <= '9' {
			continue
		}
		if !bayNouns[w[:i+1]] {
			return 0, false
		}
		n, _, ok = number(w[i+1:])
		return n, ok
	}
	return 0, false
}

// bays returns the distinct bays that a text names, in its order. A bay that is
// ruled out in place ("not bay 3") is left out.
func bays(ts []token) []int {
	var out []int
	add := func(n int) {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for i := 0; i < len(ts); i++ {
		if n, ok := glued(ts[i].word); ok && !ruledOut(ts, i) {
			add(n)
			continue
		}
		if n, ordinal, ok := number(ts[i].word); ok && ordinal && i+1 < len(ts) && ts[i+1].before == flow && bayNouns[ts[i+1].word] && !ruledOut(ts, i) {
			add(n)
			continue
		}
		if !bayNouns[ts[i].word] {
			continue
		}
		ns, end := bayList(ts, i)
		if !ruledOut(ts, i) {
			for _, n := range ns {
				add(n)
			}
		}
		i = max(i, end-1)
	}
	return out
}

// bayList reads the numbers that follow the bay noun at i: "3", "number three",
// "3 or 4", "3, 4 and 5", "2-3".
func bayList(ts []token, i int) (ns []int, end int) {
	plural := ts[i].word[len(ts[i].word)-1] == 's'
	k := i + 1
	for k < len(ts) && k <= i+2 && ts[k].before < stop && bayMarks[ts[k].word] {
		k++
	}
	if a, b, ok := span(ts, k); ok {
		return []int{a, b}, k + 1
	}
	for k < len(ts) && ts[k].before < stop {
		joined := len(ns) == 0
		if len(ns) > 0 {
			joined = plural && ts[k].before == comma || ts[k].before == flow && separated(ts, k)
			if w := ts[k].word; w == "and" || w == "or" || w == "y" || w == "et" || w == "not" {
				if w == "not" {
					return ns, k + 2
				}
				joined, k = true, k+1
			}
		}
		if k >= len(ts) {
			break
		}
		if len(ns) > 0 && bayNouns[ts[k].word] {
			break
		}
		n, _, ok := number(ts[k].word)
		if !ok || !joined || k+1 < len(ts) && ts[k+1].before == flow && countedNouns[ts[k+1].word] {
			break
		}
		if n == 20 && k+1 < len(ts) && ts[k+1].before <= comma && cardinals[ts[k+1].word] > 0 && cardinals[ts[k+1].word] < 10 && ts[k].word == "twenty" {
			n += cardinals[ts[k+1].word]
			k++
		}
		ns = append(ns, n)
		k++
	}
	return ns, k
}

// separated reports whether a sign ("&", "/", "+") stands between token k and the
// one before: two numbers with a mere space between them are no list.
func separated(ts []token, k int) bool { return ts[k].start-ts[k-1].end > 1 }

// span reads "2-3", "2/3" or "2,3", which tokenise keeps as one number.
func span(ts []token, k int) (a, b int, ok bool) {
	if k >= len(ts) || k+1 < len(ts) && ts[k+1].before == flow && countedNouns[ts[k+1].word] {
		return 0, 0, false
	}
	w := ts[k].word
	for i := 1; i < len(w)-1 && i <= 2; i++ {
		if w[i] == '-' || w[i] == '/' || w[i] == ',' {
			a, _, okA := number(w[:i])
			b, _, okB := number(w[i+1:])
			return a, b, okA && okB
		}
	}
	return 0, 0, false
}

// ruledOut reports whether the mention at i is denied: "not bay 3", "isn't in bay 3".
func ruledOut(ts []token, i int) bool {
	for k := i; k > 0 && k > i-3 && ts[k].before == flow; k-- {
		switch ts[k-1].word {
		case "not", "isnt", "arent":
			return true
		case "in", "the", "at", "on":
		default:
			return false
		}
	}
	return false
}

// bareNumber reads a brief answer that holds one number and nothing else that
// matters: "3", "I'm in 3", "bay three", "the third one", "#4". Zero is none.
func bareNumber(ts []token, question bool) int {
	if question || len(ts) == 0 || len(ts) > 8 {
		return 0
	}
	found := 0
	for i := 0; i < len(ts); i++ {
		w := ts[i].word
		n, ordinal, ok := number(w)
		if !ok {
			n, ok = glued(w)
		}
		if w == "one" && ordinalBefore(ts, i) {
			continue // "the third one"
		}
		if !ok {
			if !answerWords[w] {
				return 0
			}
			continue
		}
		if i+1 < len(ts) && ts[i+1].before == flow && countedNouns[ts[i+1].word] && !ordinal {
			return 0
		}
		if w == "twenty" && i+1 < len(ts) && cardinals[ts[i+1].word] > 0 && cardinals[ts[i+1].word] < 10 {
			n += cardinals[ts[i+1].word]
			i++
		}
		if found > 0 && found != n {
			return 0
		}
		found = n
	}
	return found
}

func ordinalBefore(ts []token, i int) bool {
	if i == 0 {
		return false
	}
	_, ordinal, ok := number(ts[i-1].word)
	return ok && ordinal
}
