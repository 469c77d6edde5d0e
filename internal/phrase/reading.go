package phrase

// Reading is what fixed rules see in one text. Several may hold at once: "ok"
// is both Yes and Closer, "no thanks" both No and Closer. The caller weighs them by
// what was asked, in this order: Tapback, OptOut, Emergency, Human, an open
// question of ours (Yes, No, Number), Closer. The zero Reading is that of a
// text about which the rules have nothing to say.
type Reading struct {
	// Text is the normalised text that Emergency and Negated quote.
	Text string
	// Empty: nothing but white space and invisible characters. A text that came
	// with media only is empty too.
	Empty bool
	// OptOut, OptIn and Help are carrier keywords, as the whole text only.
	// YES is never OptIn: see IsOptInYes.
	OptOut, OptIn, Help bool
	// Greeting: "hey", "hello?", "anyone there", and no more. It says that somebody is about to ask.
	Greeting bool
	// Human: a wish to deal with a person.
	Human bool
	// Emergency is the kind of danger, EmergencyWords the words that said so.
	Emergency      Emergency
	EmergencyWords string
	// Closer: thanks or a good-bye that needs no answer. Never true together
	// with Question, Human, Emergency or a plain "yes".
	Closer bool
	// Over: a closer that says that what was asked for is needed no more ("it works
	// now", "never mind"), which mere thanks do not.
	Over bool
	// Tapback is a reaction to an earlier text; nothing else is read from it.
	Tapback Tapback
	// Yes and No are brief answers. At most one of them is true.
	Yes, No bool
	// Unhelped: it says that something has not helped, or is as before. It means something only where
	// something was done just before.
	Unhelped bool
	// Refutes: it says that what was answered just before was not what was asked for, or was of no use. A bare
	// "no" does not say that much.
	Refutes bool
	// Disputes: it says that what its writer was told of themselves or of their booking is not so. Present: it
	// says that its writer has come, which means something only to who was told that nobody had.
	Disputes, Present bool
	// Negated holds the requests that the text forbids. Nobody may act on them.
	Negated []Negation
	// Number is the bay that a brief answer names ("3", "I'm in 3"); 0 is none.
	Number int
	// Bays holds the distinct bays that the text names ("bay 3 froze"), in its
	// order. More than one is ambiguous: ask.
	Bays []int
	// Question: the text asks something, with or without a question mark.
	Question bool
}

// maxRead bounds the time that a text can cost, in bytes; the longest SMS has 1 600
// characters.
const maxRead = 32 << 10

// Read reads one member text. It never fails: bytes that are no UTF-8 are read
// as well as they can be, and of a text beyond 32 KiB the first and the last 16 KiB.
func Read(text string) Reading {
	if len(text) > maxRead {
		text = text[:maxRead/2] + "\n" + text[len(text)-maxRead/2:]
	}
	n := Normalise(text)
	r := Reading{Text: n}
	if n == "" {
		r.Empty = true
		return r
	}
	if r.Tapback = tapback(n); r.Tapback.Kind != TapbackNone {
		return r
	}
	ts := tokenise(n)
	r.Greeting = keyword(greetingWords, ts)
	r.OptOut, r.OptIn, r.Help = keyword(optOutWords, ts), keyword(optInWords, ts), keyword(helpWords, ts)
	if len(ts) > 0 {
		r.Emergency, r.EmergencyWords = emergency(n, ts)
		r.Human = human(ts)
		r.Negated = negated(n, ts)
		r.Bays = bays(ts)
	}
	if r.Emergency == EmergencyNone && hasRune(n, "🚨🚒🚑🆘") {
		r.Emergency, r.EmergencyWords = EmergencyUnspecified, "emoji"
	}
	r.Question = question(n, ts)
	r.Number = bareNumber(ts, r.Question)
	r.Yes, r.No = answer(n, ts, r.Question)
	r.Unhelped = r.No || unhelped(ts)
	r.Refutes = refutes(ts)
	r.Disputes, r.Present = disputes(ts), present(ts)
	r.Closer = closer(n, ts, r)
	r.Over = r.Closer && overWords.has(ts)
	return r
}

// Ambiguous reports whether the text names more than one bay.
func (r Reading) Ambiguous() bool { return len(r.Bays) > 1 }
