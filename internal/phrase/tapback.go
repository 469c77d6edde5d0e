package phrase

import (
	"regexp"
	"strings"
)

// TapbackKind is what a reaction says; "" is no reaction.
type TapbackKind string

// The kinds. TapbackOther is an emoji without a kind of its own.
const (
	TapbackNone       TapbackKind = ""
	TapbackLiked      TapbackKind = "liked"
	TapbackLoved      TapbackKind = "loved"
	TapbackLaughed    TapbackKind = "laughed"
	TapbackEmphasized TapbackKind = "emphasized"
	TapbackQuestioned TapbackKind = "questioned"
	TapbackDisliked   TapbackKind = "disliked"
	TapbackOther      TapbackKind = "other"
)

// Tapback is a reaction to an earlier text, which phones send to a plain SMS
// line as a text of its own: Liked “…” (iMessage), Reacted 👍 to “…” (iOS 18),
// 👍 to “…” (Google Messages). Removed says that it was taken back.
type Tapback struct {
	Kind    TapbackKind
	Removed bool
}

// Ignorable reports whether the tapback needs no answer. A question mark asks
// something, so it does need one, unless it was taken back.
func (t Tapback) Ignorable() bool {
	return t.Kind != TapbackNone && (t.Kind != TapbackQuestioned || t.Removed)
}

const tapbackTarget = `("|an? (image|photo|picture|movie|video|attachment|sticker|audio message|voice message|link|gif|animoji|memoji|location|contact|file|message|poll)\b)`

var (
	tapbackVerb = regexp.MustCompile(`(?s)^(liked|loved|laughed at|emphasi[sz]ed|questioned|disliked|le gusto|le encanto|a aime|a adore) ` + tapbackTarget + `(.*)$`)
	tapbackGone = regexp.MustCompile(`(?s)^removed (?:an? |the )?(like|heart|love|laugh|exclamation(?: mark| point)?|emphasis|question mark|dislike|\S{1,24})(?: reaction)? from ` + tapbackTarget + `(.*)$`)
	tapbackSign = regexp.MustCompile(`(?s)^(?:reacted (?:with )?)?(\S{1,24})(?: reacted)? to ` + tapbackTarget + `(.*)$`)
)

var tapbackKinds = map[string]TapbackKind{
	"liked": TapbackLiked, "like": TapbackLiked, "le gusto": TapbackLiked, "a aime": TapbackLiked,
	"loved": TapbackLoved, "love": TapbackLoved, "heart": TapbackLoved, "le encanto": TapbackLoved, "a adore": TapbackLoved,
	"laughed at": TapbackLaughed, "laugh": TapbackLaughed,
	"emphasized": TapbackEmphasized, "emphasised": TapbackEmphasized, "emphasis": TapbackEmphasized,
	"exclamation": TapbackEmphasized, "exclamation mark": TapbackEmphasized, "exclamation point": TapbackEmphasized,
	"questioned": TapbackQuestioned, "question mark": TapbackQuestioned,
	"disliked": TapbackDisliked, "dislike": TapbackDisliked,
}

var tapbackSigns = []struct {
	signs string
	kind  TapbackKind
}{
	{"👍", TapbackLiked}, {"❤♥😍🥰💚💙💛🧡💜", TapbackLoved}, {"😂🤣😆😄", TapbackLaughed},
	{"‼❗!", TapbackEmphasized}, {"❓❔?⁉🤔", TapbackQuestioned}, {"👎", TapbackDisliked},
}

// tapback reads a normalised text.
func tapback(text string) Tapback {
	text = strings.ReplaceAll(text, "gustó", "gusto")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "encantó", "encanto"), "aimé ", "aime ")
	if m := tapbackVerb.FindStringSubmatch(text); m != nil && quoteEnds(m[2], m[len(m)-1]) {
		return Tapback{Kind: tapbackKinds[m[1]]}
	}
	if m := tapbackGone.FindStringSubmatch(text); m != nil && quoteEnds(m[2], m[len(m)-1]) {
		if k, ok := tapbackKinds[m[1]]; ok {
			return Tapback{k, true}
		}
		return Tapback{signKind(m[1]), signKind(m[1]) != TapbackNone}
	}
	if m := tapbackSign.FindStringSubmatch(text); m != nil && quoteEnds(m[2], m[len(m)-1]) {
		return Tapback{Kind: signKind(m[1])}
	}
	return Tapback{}
}

// quoteEnds reports whether nothing follows the quoted text. A quote that never
// closes was cut by a carrier and counts.
func quoteEnds(open, rest string) bool {
	rest = strings.TrimRight(rest, " .")
	if open != `"` {
		return rest == ""
	}
	return strings.HasSuffix(rest, `"`) || !strings.Contains(rest, `"`)
}

// signKind is the kind of an emoji reaction, TapbackNone for a plain word.
func signKind(s string) TapbackKind {
	for _, k := range tapbackSigns {
		if strings.ContainsAny(s, k.signs) {
			return k.kind
		}
	}
	for _, r := range s {
		if wordRune(r) || r < 0x80 {
			return TapbackNone
		}
	}
	return TapbackOther
}
