package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"unicode"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// plan is what the steps column of a learned pattern holds; its words are sealed beside it.
type plan struct {
	Steps []knowledge.Step `json:"steps"`
}

// Lesson is a decision that people taught.
type Lesson struct {
	Pattern store.DecisionPattern
	Reply   string // a template
	Steps   []knowledge.Step
	// Texts are the situations in which it was decided so, masked, newest first.
	Texts []string
}

// Actions lists what the lesson does beside writing to the member.
func (l Lesson) Actions() []club.ActionName {
	var out []club.ActionName
	for _, s := range l.Steps {
		if s.Kind() == knowledge.StepAction {
			out = append(out, s.Action)
		}
	}
	return out
}

func replySecret(id club.PatternID) string { return "decision_patterns.reply " + id.String() }

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// LessonOf opens a learned pattern.
func LessonOf(keys *vault.Tenant, row store.DecisionPattern) (Lesson, error) {
	l := Lesson{Pattern: row}
	var p plan
	if err := json.Unmarshal([]byte(row.Steps), &p); err != nil {
		return l, fmt.Errorf("read learned steps: %w", err)
	}
	l.Steps = p.Steps
	if len(row.Reply) == 0 {
		return l, nil
	}
	words, err := keys.OpenSecret(replySecret(row.ID), row.Reply)
	if err != nil {
		return l, fmt.Errorf("open learned words: %w", err)
	}
	l.Reply = string(words)
	l.Steps = append(l.Steps, knowledge.Step{Reply: l.Reply})
	return l, nil
}

// digestOf names a learned plan. The sealed words differ with every sealing, so the epoch stands for
// them: it changes whenever they do, and an outcome of the former words that becomes known later is not
// taken for one of these.
func digestOf(row store.DecisionPattern) (string, error) {
	return Digest([]string{row.ID.String(), row.Steps, strconv.FormatInt(row.Epoch, 10)})
}

// Lessons is what people taught a club, as of a stamp.
type Lessons struct {
	// Stamp changes whenever a lesson does.
	Stamp string
	List  []Lesson
	// Precedents are the situations that people have decided on, oldest first: what is learned comes at
	// the end.
	Precedents []Situation
}

// Situation is a text, or something that was reported, of which people said what it is: one of a lesson,
// one of a procedure, or, with neither, one that nothing known fits.
type Situation struct {
	Pattern club.PatternID // of a lesson
	SOP     club.SOPID
	Text    string // masked
	Event   string // as pattern.Event.Encode writes it; "" of a text
}

// noContext is the context of a precedent that is a text.
const noContext = "{}"

// lessonsKept keeps the newest lessons of each club in memory.
type lessonsKept struct {
	mu   sync.Mutex // guards kept
	kept map[club.Slug]*Lessons
}

// MaxPrecedents bounds how many situations a club's lessons are read from: the newest.
const MaxPrecedents = 120_000

// memoryStamp changes with what Learned returns; heeded says whether whoever is set aside teaches nothing.
func memoryStamp(ctx context.Context, q *store.Queries, heeded bool) (string, error) {
	at, err := q.FindMemoryStamp(ctx)
	if err != nil {
		return "", fmt.Errorf("read memory's stamp: %w", err)
	}
	if !heeded {
		at.Aside, at.PeopleAside = "", 0
	}
	return fmt.Sprintf("%d.%s.%d.%s.%s.%d", at.Patterns, at.Changed, at.Precedents, at.Newest, at.Aside, at.PeopleAside), nil
}

// Learned returns what people have taught the club, from memory where nothing has changed.
func (m *Memory) Learned(ctx context.Context, tx *store.Tx, keys *vault.Tenant) (*Lessons, error) {
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return nil, err
	}
	stamp, err := memoryStamp(ctx, tx.Known(), s.SetAside)
	if err != nil {
		return nil, err
	}
	m.lessons.mu.Lock()
	known := m.lessons.kept[tx.Tenant]
	m.lessons.mu.Unlock()
	if known != nil && known.Stamp == stamp {
		return known, nil
	}
	// What is read from here on is kept under its own stamp, not under one that may be older.
	if stamp, err = memoryStamp(ctx, tx.Queries, s.SetAside); err != nil {
		return nil, err
	}
	fresh := &Lessons{Stamp: stamp}
	rows, err := tx.FindLearnedPatterns(ctx)
	if err != nil {
		return nil, fmt.Errorf("find learned patterns: %w", err)
	}
	index := map[club.PatternID]int{}
	for _, row := range rows {
		l, err := LessonOf(keys, row)
		if err != nil {
			return nil, err
		}
		index[row.ID] = len(fresh.List)
		fresh.List = append(fresh.List, l)
	}
	if err := fresh.situate(ctx, tx, index, s.SetAside); err != nil {
		return nil, err
	}
	m.lessons.mu.Lock()
	m.lessons.kept[tx.Tenant] = fresh
	m.lessons.mu.Unlock()
	return fresh, nil
}

// situate reads the precedents; index says where in the list a lesson stands, heeded whether whoever is set
// aside teaches nothing.
func (l *Lessons) situate(ctx context.Context, tx *store.Tx, index map[club.PatternID]int, heeded bool) error {
	precedents, err := tx.FindPrecedents(ctx, MaxPrecedents)
	if err != nil {
		return fmt.Errorf("find precedents: %w", err)
	}
	aside, err := asideOf(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := tx.FindProcedurePatterns(ctx)
	if err != nil {
		return fmt.Errorf("find procedures: %w", err)
	}
	procedures := map[club.PatternID]club.SOPID{}
	for _, r := range rows {
		procedures[r.ID] = r.SOPID
	}
	for _, p := range precedents {
		if heeded && aside[p.Actor] {
			continue
		}
		s := Situation{SOP: procedures[p.PatternID], Text: p.Text}
		if p.Context != noContext {
			s.Text, s.Event = "", p.Context
		}
		if i, ok := index[p.PatternID]; ok {
			if s.Event == "" {
				l.List[i].Texts = append(l.List[i].Texts, p.Text)
			}
			s.Pattern = p.PatternID
		}
		if !s.Pattern.IsZero() || !s.SOP.IsZero() || p.PatternID.IsZero() { // else of what is out of use
			l.Precedents = append(l.Precedents, s)
		}
	}
	slices.Reverse(l.Precedents) // the query's newest come first
	return nil
}

// PlanOf is what a lesson would do, for Standing and Remember.
func PlanOf(l Lesson) (Plan, error) {
	digest, err := digestOf(l.Pattern)
	p := Plan{Pattern: l.Pattern.ID, Title: l.Pattern.Title, Digest: digest}
	p.Actions = l.Actions()
	return p, err
}
