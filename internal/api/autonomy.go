package api

import (
	"context"
	"slices"

	"clubos/internal/act/catalogue"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Autonomy is how far the machine may go by itself, and what stops it.
type Autonomy struct {
	Unasked     bool             `json:"unasked" doc:"The main switch: whether anything runs unasked."`
	SafeReplies bool             `json:"safe_replies" doc:"Whether plain information goes out unasked."`
	Actions     []AutonomyAction `json:"actions" nullable:"false"`
	Permitted   []string         `json:"permitted" nullable:"false" doc:"Kinds (device, access, words) and names of actions that may run unasked."`
	Places      []string         `json:"places" nullable:"false" doc:"Short names of the locations where they may, or all."`
	Stopped     []string         `json:"stopped" nullable:"false" doc:"Kill switches that are thrown."`
	Switches    []string         `json:"switches" nullable:"false" doc:"Every kill switch that there is."`
	Breakers    []Breaker        `json:"breakers" nullable:"false" doc:"Those that have tripped."`
	High        float64          `json:"high" doc:"Confidence to act alone."`
	Medium      float64          `json:"medium" doc:"Confidence to announce."`
	Low         float64          `json:"low" doc:"Confidence to propose."`
}

// AutonomyAction is what may become of an action that nobody asked for.
type AutonomyAction struct {
	Name      string `json:"name"`
	Category  string `json:"category" enum:"device,access"`
	Unaskable bool   `json:"unaskable" doc:"Whether it may ever run unasked: it can be undone."`
	Permitted bool   `json:"permitted" doc:"Whether it is permitted by name or by kind."`
	Stopped   bool   `json:"stopped" doc:"Whether a switch stops it everywhere."`
}

type putPermits struct {
	InClub
	Body struct {
		Unasked   bool     `json:"unasked"`
		Permitted []string `json:"permitted" maxItems:"100" doc:"Kinds (device, access, words) and names of actions."`
		Places    []string `json:"places" maxItems:"100" doc:"Short names of locations, or all."`
	}
}

type putSwitch struct {
	InClub
	Key  string `path:"key" maxLength:"80" example:"device" doc:"all, a kind (device, access, words), the name of an action, or location:NAME."`
	Body struct {
		Stopped bool `json:"stopped"`
	}
}

func (a *api) autonomy(ctx context.Context, c *call, tx *store.Tx) (*oneOut[Autonomy], error) {
	s, err := setting.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := Autonomy{Unasked: s.AutoExecution, SafeReplies: s.AutoSafeReplies, Actions: []AutonomyAction{}, Permitted: slices.Concat([]string{}, s.AutoActions), Places: []string{}, Stopped: []string{},
		Switches: []string{"all", string(catalogue.CategoryDevice), string(catalogue.CategoryAccess), string(catalogue.CategoryWords)}, Breakers: []Breaker{}, High: s.Thresholds.High, Medium: s.Thresholds.Medium, Low: s.Thresholds.Low}
	for _, x := range a.cfg.Catalogue.All() {
		if !x.Physical() {
			continue
		}
		_, off := s.Off(string(x.Category), x.Name)
		out.Actions = append(out.Actions, AutonomyAction{Name: string(x.Name), Category: string(x.Category), Unaskable: setting.Unaskable(x), Permitted: s.Permits(x), Stopped: off})
		out.Switches = append(out.Switches, string(x.Name))
	}
	if err := c.autonomyPlaces(ctx, tx, s, &out); err != nil {
		return nil, err
	}
	out.Breakers, err = a.tripped(ctx, c, tx)
	return &oneOut[Autonomy]{Body: out}, err
}

// autonomyPlaces fills in what names locations, with those alone that the caller may see.
func (c *call) autonomyPlaces(ctx context.Context, tx *store.Tx, s setting.Settings, out *Autonomy) error {
	list, err := tx.FindLocations(ctx)
	if err != nil {
		return err
	}
	hidden := map[string]bool{}
	for _, l := range list {
		if !c.by.AllowsLocation(l.ID) {
			hidden[l.Slug] = true
			continue
		}
		out.Switches = append(out.Switches, setting.AtLocation+l.Slug)
	}
	for _, p := range s.AutoPlaces {
		if !hidden[p] {
			out.Places = append(out.Places, p)
		}
	}
	for _, off := range s.SwitchedOff {
		if len(off) <= len(setting.AtLocation) || !hidden[off[len(setting.AtLocation):]] {
			out.Stopped = append(out.Stopped, off)
		}
	}
	return nil
}

func (a *api) registerAutonomy() {
	change := func(ctx context.Context, c *call, fn func(*store.Tx) error) (out *oneOut[Autonomy], err error) {
		if err := c.everywhere(); err != nil {
			return nil, err
		}
		err = c.write(ctx, func(tx *store.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			out, err = a.autonomy(ctx, c, tx)
			return err
		})
		return out, err
	}
	register(a, "get-autonomy", func(ctx context.Context, c *call, _ *InClub) (out *oneOut[Autonomy], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			out, err = a.autonomy(ctx, c, tx)
			return err
		})
		return out, err
	})
	register(a, "put-permits", func(ctx context.Context, c *call, in *putPermits) (*oneOut[Autonomy], error) {
		return change(ctx, c, func(tx *store.Tx) error {
			_, err := setting.Permit(ctx, tx, c.by.Actor, in.Body.Unasked, in.Body.Permitted, in.Body.Places)
			return err
		})
	})
	register(a, "put-switch", func(ctx context.Context, c *call, in *putSwitch) (*oneOut[Autonomy], error) {
		return change(ctx, c, func(tx *store.Tx) error {
			return setting.Switch(ctx, tx, c.by.Actor, in.Key, in.Body.Stopped)
		})
	})
}
