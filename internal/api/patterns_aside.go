package api

import (
	"context"
	"time"

	"clubos/internal/learn"
	"clubos/internal/store"
)

// SetAside is somebody whose answers contradict those of everybody else: what they teach trains nothing.
type SetAside struct {
	Person         string          `json:"person" doc:"As in the precedents and the audit log, like user:usr_…"`
	Since          time.Time       `json:"since"`
	Compared       int             `json:"compared" doc:"Texts that others had answered too, when they were set aside."`
	Agreed         int             `json:"agreed" doc:"In how many of them they gave the same answer."`
	OthersCompared int             `json:"others_compared" doc:"The same among the others; 0 where it was not written down."`
	OthersAgreed   int             `json:"others_agreed"`
	Against        []Contradiction `json:"against" nullable:"false" doc:"Their newest answers that contradict somebody, newest first; at most 20."`
}

// Contradiction is two people's answers to nearly the same text.
type Contradiction struct {
	Answer PeerAnswer `json:"answer"`
	Other  PeerAnswer `json:"other"`
}

// PeerAnswer is what somebody answered.
type PeerAnswer struct {
	By        string    `json:"by"`
	PatternID string    `json:"pattern_id"`
	ThreadID  string    `json:"thread_id,omitempty"`
	Text      string    `json:"text" doc:"What was asked, masked."`
	Answer    string    `json:"answer" doc:"A template; of a procedure, its title."`
	At        time.Time `json:"at"`
}

func showSetAside(a learn.Apart) SetAside {
	out := SetAside{Person: a.Actor, Since: a.Since.UTC(), Compared: a.Mine.Compared, Agreed: a.Mine.Agreed, OthersCompared: a.Theirs.Compared, OthersAgreed: a.Theirs.Agreed, Against: []Contradiction{}}
	show := func(s learn.Said) PeerAnswer {
		return PeerAnswer{By: s.By, PatternID: s.Pattern.String(), ThreadID: s.Thread.String(), Text: s.Text, Answer: s.Words, At: s.At.UTC()}
	}
	for _, c := range a.Against {
		out.Against = append(out.Against, Contradiction{show(c.One), show(c.Other)})
	}
	return out
}

type peopleSetAside struct {
	Items []SetAside `json:"items" nullable:"false"`
}

type takeBack struct {
	InClub
	Body struct {
		Person string `json:"person" minLength:"1" maxLength:"80" doc:"As list-set-aside names them."`
		Reason string `json:"reason,omitempty" maxLength:"300" doc:"Why; it is written down, masked."`
	}
}

func (a *api) registerSetAside() {
	register(a, "list-set-aside", func(ctx context.Context, c *call, _ *InClub) (*oneOut[peopleSetAside], error) {
		out := &oneOut[peopleSetAside]{Body: peopleSetAside{Items: []SetAside{}}}
		err := c.read(ctx, func(tx *store.Tx) error {
			list, err := a.cfg.Memory.SetAside(ctx, tx, c.keys, c.by)
			for _, p := range list {
				out.Body.Items = append(out.Body.Items, showSetAside(p))
			}
			return err
		})
		return out, err
	})
	register(a, "take-back", func(ctx context.Context, c *call, in *takeBack) (*noneOut, error) {
		return &noneOut{}, c.write(ctx, func(tx *store.Tx) error {
			return a.cfg.Memory.TakeBack(ctx, tx, c.by, in.Body.Person, in.Body.Reason)
		})
	})
}
