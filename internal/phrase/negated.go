package phrase

import "strings"

// Negation is a request that the text forbids or declines: "do NOT unlock the
// door". Nobody may act on Verb for such a text, whatever else it says.
type Negation struct {
	Verb   string // the plain verb: "unlock"
	Phrase string // from the negating word to the end of what it governs, as normalised
	// Start and End are the byte offsets of Phrase in the normalised text.
	Start, End int
}

// Negations returns the forbidden requests of a normalised text, as Reading.Negated does.
func Negations(normalised string) []Negation { return negated(normalised, tokenise(normalised)) }

// negators begin a forbidden request. A report ("the door does not open", "it
// won't restart", "I can't log in") has none of them, or has a subject that
// negated tells apart.
var negators = compile(`
dont|donot|dnt|never
do|pls|please|and|but|you|better|should|must|may|rather|prefer|or|so|just|ask|asked|told|tell|said not
should|must not
not to
shouldnt|mustnt|neednt
no need|reason
no point
no longer need|want
no more
dont|do|not|doesnt|does not? need|have|want|wish
wouldnt want|like
rather|instead of|than not?
rather not
rather|prefer you|they|nobody|noone didnt|dont|not|didn
do nt
make|be sure|certain .. doesnt|dont|not|isnt|nobody|never|noone
without
stop|quit|avoid
refrain from
hold off
instead of
nobody|noone should|may|can|is|to
no one should|may|can|is
under no circumstances
by no means
no
cancel|abort|skip|forget|scrap the|that|this|your
no permiso|hace|es falta|necesario
ne|nouvrez|nouvre|nouvrir
sans
`)

// commandVerbs are the things that a club can be asked to do, with the forms in
// which a text names them.
var commandVerbs = verbForms(`
open: open opens opening opened
unlock: unlock unlocks unlocking unlocked
lock: lock locks locking locked
restart: restart restarts restarting restarted
reboot: reboot reboots rebooting rebooted
reset: reset resets resetting
close: close closes closing closed
shut: shut shuts shutting shutdown
turn: turn turns turning turned
switch: switch switches switching switched
power: power powers powering powered powercycle
start: start starts starting
stop: stop
cancel: cancel cancels canceling cancelling cancelled canceled cancellation
book: book booking booked rebook
charge: charge charges charging charged
refund: refund refunds refunding refunded
send: send sends sending
call: call calls calling
text: text texting
move: move moves moving
change: change changes changing
extend: extend extends extending extension
remove: remove removes removing
delete: delete deletes deleting
kill: kill
touch: touch touching
release: release releases releasing
grant: grant grants granting
give: give giving
let: let letting
allow: allow allowing
disable: disable disables disabling
enable: enable enables enabling
update: update updates updating
issue: issue issuing
do: do doing
connect: connect
share: share sharing
escalate: escalate
recalibrate: recalibrate calibrate
open: abra abras abran abrir abre ouvrez ouvre ouvrir nouvrez nouvre nouvrir deverrouillez deverrouille deverrouiller
unlock: desbloquee desbloquees desbloquear
restart: reinicie reinicies reinicien reiniciar redemarrez redemarre redemarrer
cancel: cancele canceles cancelen cancelar annulez annule annuler
close: cierre cierres cerrar fermez ferme fermer
`)

// nounVerbs may follow a bare "no": "no restart please". Other verbs after "no"
// are reports or rules ("no open bays", "no change").
var nounVerbs = set(`restart reboot reset refund unlock unlocking restarting rebooting resetting cancellation refunds`)

func verbForms(list string) map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(list, "\n") {
		if verb, forms, ok := strings.Cut(line, ":"); ok {
			for _, f := range strings.Fields(forms) {
				m[f] = strings.TrimSpace(verb)
			}
		}
	}
	return m
}

// keptShut asks for the state that opening would end, which forbids it as plainly.
var keptShut = compile(`
keep|leave the|my|our|that|this|it|all? front|back|main|side? door|doors|it|gate? locked|closed|shut
`)

// negated returns every forbidden request. It errs towards finding one: a
// member asked again costs seconds, a door opened against a member's word may
// cost far more.
func negated(text string, ts []token) []Negation {
	var out []Negation
	if i, j, ok := keptShut.find(ts, 0); ok && (j == len(ts) || ts[j].word != "out") {
		for _, verb := range []string{"open", "unlock"} {
			out = append(out, Negation{verb, words(text, ts, i, j), ts[i].start, ts[j-1].end})
		}
	}
	for from := 0; from < len(ts); {
		i, j, ok := negators.find(ts, from)
		if !ok {
			break
		}
		from = j
		if reports(text, ts, i, j) {
			continue
		}
		end := scopeEnd(ts, j)
		seen := map[string]bool{}
		for k := i; k < end; k++ {
			verb, ok := commandVerbs[ts[k].word]
			bareNo := j-i == 1 && ts[i].word == "no" || calledOff[ts[i].word]
			if !ok || seen[verb] || k < j && !strings.HasPrefix(ts[k].word, "nouvr") || bareNo && (!nounVerbs[ts[k].word] && !spanishCommand(ts[k].word) || k > j+1) {
				continue
			}
			if verb == "do" && k > j {
				continue
			}
			seen[verb] = true
			out = append(out, Negation{verb, words(text, ts, i, end), ts[i].start, ts[end-1].end})
			from = end
		}
	}
	return out
}

// calledOff withdraw a thing by its name: "cancel the restart".
var calledOff = set(`cancel abort skip forget scrap`)

func spanishCommand(w string) bool {
	for _, stem := range []string{"abr", "reinici", "cancel", "desbloque", "cierr"} {
		if strings.HasPrefix(w, stem) && w != "cancel" && w != "cancellation" {
			return true
		}
	}
	return false
}

// scopeEnd returns where the reach of a negator ends whose phrase ends at j: at
// the end of the clause, or where another request begins ("don't restart, open
// the door"; "don't restart it just open the door"). An aside right behind the
// negator ("do not, under any circumstances, unlock") does not end it.
func scopeEnd(ts []token, j int) int {
	aside := j < len(ts) && ts[j].before == comma
	for k := j; k < len(ts); k++ {
		if ts[k].before == stop || ts[k].before == comma && !aside && k > j {
			return k
		}
		switch ts[k].word {
		case "but", "instead", "only", "because", "until", "unless":
			if k > j {
				return k
			}
		case "just":
			if k > j+1 {
				return k
			}
		}
	}
	return len(ts)
}

// reports reports whether the negator at [i, j) tells of something instead of
// forbidding it: its subject is a thing or the speaker ("the doors don't open",
// "we don't open it"), it asks ("why don't you restart it?"), or it urges
// ("don't forget to unlock").
func reports(text string, ts []token, i, j int) bool {
	if j < len(ts) && (ts[j].word == "forget" || ts[j].word == "hesitate" || ts[j].word == "worry") {
		return true
	}
	if j+1 < len(ts) && ts[j].word == "you" && (ts[j+1].word == "have" || ts[j+1].word == "know" || ts[j+1].word == "guys") {
		return true
	}
	first := ts[i].word
	if first != "dont" && first != "do" && first != "never" && first != "not" {
		return false
	}
	if i == 0 || ts[i].before > flow {
		asks := first == "dont" && j < len(ts) && ts[j].word == "you" && strings.Contains(text[ts[j].end:], "?")
		return asks || first == "never" && j < len(ts) && (ts[j].word == "got" || ts[j].word == "mind")
	}
	wants := j < len(ts) && wantVerbs[ts[j].word] || j-i > 1 && wantVerbs[ts[j-1].word]
	before := ts[i-1].word
	switch {
	case before == "why":
		return true
	case wants:
		return false
	case before == "i", before == "we", before == "they", before == "which", before == "that":
		return true
	case before == "please", before == "pls", before == "plz", before == "and", before == "so", before == "yes", before == "guys", before == "thanks":
		return false
	}
	return len(before) > 3 && strings.HasSuffix(before, "s") && !strings.HasSuffix(before, "ss")
}

var wantVerbs = set(`want need have wish authorize authorise allow approve consent agree like think request ask`)
