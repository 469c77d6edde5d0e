package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/pattern"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// maxTitle is how many characters a pattern's title may have.
const maxTitle = 120

// Correction is what a learned pattern is to be called and to do.
type Correction struct {
	Title   string
	Words   string // a template for the member; "" says nothing
	Actions []club.ActionName
}

// Correct changes what people taught. Other words or actions are another decision: the record begins
// anew, and what is known about the former one does not count for it.
func (m *Memory) Correct(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c Change, to Correction) (store.DecisionPattern, error) {
	return m.change(ctx, tx, c, "pattern.corrected", func(row *store.DecisionPattern) (map[string]any, error) {
		if !row.SOPID.IsZero() {
			return nil, club.Invalid("what this pattern does is written in its SOP; change it there")
		}
		if err := to.clean(row.Domain); err != nil {
			return nil, err
		}
		was, err := LessonOf(keys, *row)
		if err != nil {
			return nil, err
		}
		row.Title = to.Title
		other := was.Reply != to.Words || !slices.Equal(was.Actions(), to.Actions)
		detail := map[string]any{"actions": to.Actions, "words_changed": was.Reply != to.Words}
		if !other {
			return detail, nil
		}
		if err := fill(keys, row, to.Words, stepsOf(row.Domain, to.Actions)); err != nil {
			return nil, err
		}
		row.Epoch++
		row.Earned = club.TierEscalate
		return detail, m.restart(ctx, tx, row.ID)
	})
}

// clean makes a correction fit to be stored, or says what is wrong with it. Of something that was reported
// it is an answer, too, that nothing is done.
func (to *Correction) clean(domain string) error {
	to.Title, to.Words = phrase.Mask(strings.TrimSpace(to.Title)), strings.TrimSpace(to.Words)
	if n := utf8.RuneCountInString(to.Title); n == 0 || n > maxTitle {
		return club.Invalid("a title has 1 to %d characters", maxTitle)
	}
	if utf8.RuneCountInString(to.Words) > knowledge.MaxText {
		return club.Invalid("words to a member have at most %d characters", knowledge.MaxText)
	}
	if _, err := knowledge.Placeholders(to.Words); err != nil {
		return err
	}
	if to.Words == "" && len(to.Actions) == 0 && domain == string(pattern.DomainDecision) {
		return club.Invalid("a pattern says or does something; retire it instead")
	}
	cat, err := catalogue.Load()
	if err != nil {
		return fmt.Errorf("read action catalogue: %w", err)
	}
	seen := map[club.ActionName]bool{}
	for _, name := range to.Actions {
		a, ok := cat.Find(name)
		if !ok || !Teachable(a) || seen[name] {
			return club.Invalid("%.40q is not an action that a pattern can do once", string(name))
		}
		seen[name] = true
	}
	return nil
}

// Teachable reports whether a learned pattern can do an action: it moves something, and what it moves
// follows from the place alone.
func Teachable(a catalogue.Action) bool {
	return a.Physical() && !slices.ContainsFunc(a.Params, func(p catalogue.Param) bool { return p.Required })
}

// stepsOf is what a pattern does whose actions are these. Where nothing is done about something that was
// reported, it is written down.
func stepsOf(domain string, actions []club.ActionName) []knowledge.Step {
	if len(actions) == 0 && domain != string(pattern.DomainDecision) {
		return WrittenDown()
	}
	out := make([]knowledge.Step, len(actions))
	for i, a := range actions {
		out[i] = knowledge.Step{Action: a}
	}
	return out
}

// fill puts what is learned into a pattern, its words sealed.
func fill(keys *vault.Tenant, row *store.DecisionPattern, words string, steps []knowledge.Step) error {
	body, err := json.Marshal(plan{Steps: steps})
	if err != nil {
		return fmt.Errorf("encode steps: %w", err)
	}
	row.Steps, row.Reply = string(body), nil
	if words == "" {
		return nil
	}
	if row.Reply, err = keys.SealSecret(replySecret(row.ID), []byte(words)); err != nil {
		return fmt.Errorf("seal learned words: %w", err)
	}
	return nil
}

// restart lets a pattern's breaker count from the beginning. One that has tripped stays so.
func (m *Memory) restart(ctx context.Context, tx *store.Tx, id club.PatternID) error {
	b, err := m.lockBreaker(ctx, tx, scope{BreakerPattern, id.String()})
	if err != nil {
		return err
	}
	b.Statistic = 0
	return m.saveBreaker(ctx, tx, b)
}
