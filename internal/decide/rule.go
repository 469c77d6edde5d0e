package decide

import (
	"strings"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/phrase"
)

// The kinds of decisions.
const (
	kindAnswer   = "answer"    // a procedure is carried out or proposed
	kindNoAnswer = "no_answer" // nothing needs to be said
	kindOptOut   = "opt_out"
	kindOptIn    = "opt_in"
	kindHelp     = "help"
	kindEscalate = "escalate" // a person takes over
)

// ruleOptedOut names the rule for texts of somebody whom we may not answer.
const ruleOptedOut = "opted out"

// ruleGreeting names the rule for texts that say hello and nothing yet: what they are about follows, and
// the machine must not have given the thread away by then.
const ruleGreeting = "greeting"

// verdict is what fixed rules say of a matter.
type verdict struct {
	kind     string
	rule     string        // its name, for the evidence
	title    string        // for people
	reason   string        // why a person must look; kindEscalate only
	priority club.Priority // "" leaves it
	reply    string        // what the member is told; "" nothing
}

// judge applies the fixed rules in their order; ok is false when none has anything to say. The order
// matters: STOP is honoured in every state, danger comes before everything else that could be read
// from the same words, and nobody who asks for a person is made to argue with a machine.
func judge(m *matter) (v verdict, ok bool) {
	if _, found := m.first(func(t text) bool { return t.reading.OptOut }); found {
		return verdict{kind: kindOptOut, rule: "opt-out", title: "Opted out", reply: m.settings.OptOutReply}, true
	}
	if t, found := m.first(func(t text) bool { return t.reading.Emergency != phrase.EmergencyNone }); found {
		return verdict{kind: kindEscalate, rule: "emergency", title: "Emergency: " + words(string(t.reading.Emergency)), priority: club.PriorityEmergency,
			reason: "emergency (" + words(string(t.reading.Emergency)) + ")", reply: m.settings.EmergencyReply}, true
	}
	withdrawn := m.person.Subject.Consent == club.ConsentWithdrawn
	if _, found := m.first(func(t text) bool { return t.reading.OptIn || withdrawn && phrase.IsOptInYes(t.body) }); found {
		return verdict{kind: kindOptIn, rule: "opt-in", title: "Opted in", reply: m.settings.OptInReply}, true
	}
	if _, found := m.first(func(t text) bool { return t.reading.Human }); found {
		return verdict{kind: kindEscalate, rule: "human", title: "Asked for a person", priority: club.PriorityHigh,
			reason: "the member asks for a person", reply: m.settings.EscalatedReply}, true
	}
	if withdrawn {
		return verdict{kind: kindEscalate, rule: ruleOptedOut, title: "Wrote after opting out",
			reason: "the member has opted out of texts and wrote again; the machine may not answer"}, true
	}
	if len(m.texts) == 1 && m.texts[0].reading.Help {
		return verdict{kind: kindHelp, rule: "help", title: "Asked for help", reply: m.settings.HelpReply}, true
	}
	return judgeAnswerless(m)
}

// judgeAnswerless sees texts that need no answer or that words alone cannot answer.
func judgeAnswerless(m *matter) (verdict, bool) {
	if _, found := m.first(func(t text) bool {
		return t.reading.Tapback.Kind == phrase.TapbackQuestioned && !t.reading.Tapback.Ignorable()
	}); found {
		return verdict{kind: kindEscalate, rule: "questioned", title: "Questioned a reply", reason: "the member put a question mark on an earlier text"}, true
	}
	if _, found := m.first(func(t text) bool { return t.reading.Empty && t.row.Media != "[]" }); found && m.every(silent) {
		return verdict{kind: kindEscalate, rule: "media", title: "Sent a picture", reason: "the member sent media without words"}, true
	}
	if _, greets := m.first(func(t text) bool { return t.reading.Greeting }); greets && m.every(func(t text) bool { return t.reading.Greeting || silent(t) }) {
		return verdict{kind: kindHelp, rule: ruleGreeting, title: "Said hello", reply: m.settings.GreetingReply}, true
	}
	if m.every(silent) && !m.answersYesNo() {
		return verdict{kind: kindNoAnswer, rule: "no answer needed", title: "No answer needed"}, true
	}
	return verdict{}, false
}

// silent reports whether a text asks for nothing: thanks, a reaction, nothing at all.
func silent(t text) bool {
	r := t.reading
	return r.Empty || r.Closer || r.Tapback.Kind != phrase.TapbackNone && r.Tapback.Ignorable()
}

// answersYesNo reports whether a text is the yes or no that we asked for: "ok" is then an answer, not
// a good-bye.
func (m *matter) answersYesNo() bool {
	if m.asked == nil || m.asked.Expect != knowledge.ExpectYesNo {
		return false
	}
	_, found := m.first(func(t text) bool { return t.reading.Yes || t.reading.No })
	return found
}

// words makes an identifier readable.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }
