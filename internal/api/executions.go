package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// Execution is an action that the gate let pass or refused, and what became of it.
type Execution struct {
	ID          string     `json:"id"`
	DecisionID  string     `json:"decision_id,omitempty" doc:"Absent: somebody's own act."`
	ThreadID    string     `json:"thread_id,omitempty"`
	Action      string     `json:"action"`
	Params      Value      `json:"params"`
	LocationID  string     `json:"location_id,omitempty"`
	BayID       string     `json:"bay_id,omitempty"`
	DeviceID    string     `json:"device_id,omitempty"`
	BookingID   string     `json:"booking_id,omitempty"`
	MemberID    string     `json:"member_id,omitempty"`
	Outcome     string     `json:"outcome" enum:"claimed,running,success,partial,unconfirmed,failed,timeout,refused"`
	Detail      string     `json:"detail,omitempty" doc:"Why it was refused, or what the vendor said."`
	Proofs      Value      `json:"proofs" doc:"What the gate looked at."`
	RequestedBy string     `json:"requested_by"`
	Attempts    int64      `json:"attempts"`
	CreatedAt   time.Time  `json:"created_at"`
	CalledAt    *time.Time `json:"called_at,omitempty"`
	FinishedAt  *time.Time `json:"finished_at,omitempty"`
}

func showExecution(e store.Execution) Execution {
	return Execution{ID: e.ID.String(), DecisionID: e.DecisionID.String(), ThreadID: e.ThreadID.String(), Action: string(e.Action), Params: Value{json.RawMessage(e.Params)},
		LocationID: e.LocationID.String(), BayID: e.BayID.String(), DeviceID: e.DeviceID.String(), BookingID: e.BookingID.String(), MemberID: e.MemberID.String(), Outcome: string(e.Outcome),
		Detail: e.Detail, Proofs: Value{json.RawMessage(e.Proofs)}, RequestedBy: e.RequestedBy, Attempts: e.Attempts, CreatedAt: e.CreatedAt.UTC(), CalledAt: utc(e.CalledAt), FinishedAt: utc(e.FinishedAt)}
}

type listExecutions struct {
	Paging
	Outcome string `query:"outcome" enum:"claimed,running,success,partial,unconfirmed,failed,timeout,refused"`
	Thread  string `query:"thread" maxLength:"80"`
}

type requestAction struct {
	ByID
	Body struct {
		Action string         `json:"action" maxLength:"60" example:"restart_trackman"`
		Params map[string]any `json:"params,omitempty" doc:"As the action's entry in the catalogue says."`
		Reason string         `json:"reason,omitempty" maxLength:"500" doc:"Overrides what the gate holds against the member."`
		Anyway bool           `json:"anyway,omitempty" doc:"Tries it, with a reason, although the vendor does not see the device. For people who may (actions.force); never for keys."`
	}
}

// Action is an entry of the catalogue: something that the club can do.
type Action struct {
	Name          string        `json:"name"`
	Title         string        `json:"title"`
	Description   string        `json:"description"`
	Category      string        `json:"category"`
	Risk          string        `json:"risk" enum:"none,low,medium,high"`
	Reversible    bool          `json:"reversible"`
	Target        string        `json:"target"`
	Physical      bool          `json:"physical" doc:"Whether it moves something in the club; only those can be requested."`
	Params        []ActionParam `json:"params" nullable:"false"`
	Prerequisites []string      `json:"prerequisites" nullable:"false" doc:"What the gate proves before."`
	Cooldown      string        `json:"cooldown,omitempty" doc:"Between two runs on one target, like 5m0s."`
	Verification  string        `json:"verification" doc:"How one sees that it worked."`
}

// ActionParam is a parameter of an action.
type ActionParam struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type" enum:"string,int,duration,enum,bool"`
	Required    bool     `json:"required"`
	Enum        []string `json:"enum,omitempty"`
}

func showAction(a catalogue.Action) (Action, error) {
	out := Action{Name: string(a.Name), Title: a.Title, Description: a.Description, Category: string(a.Category), Risk: string(a.Risk), Reversible: a.Reversible, Target: string(a.Target.Kind),
		Physical: a.Physical(), Params: []ActionParam{}, Prerequisites: []string{}, Verification: string(a.Verification.Kind)}
	if a.Cooldown > 0 {
		out.Cooldown = a.Cooldown.String()
	}
	for _, p := range a.Params {
		out.Params = append(out.Params, ActionParam{Name: p.Name, Description: p.Description, Type: string(p.Type), Required: p.Required, Enum: p.Enum})
	}
	for _, p := range a.Prerequisites {
		out.Prerequisites = append(out.Prerequisites, string(p.Kind))
	}
	return out, nil
}

func (a *api) registerExecutions() {
	register(a, "list-executions", func(ctx context.Context, c *call, in *listExecutions) (out *pageOut[Execution], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			m, err := in.mark()
			if err != nil {
				return err
			}
			rows, err := tx.FindExecutionsInScope(ctx, store.FindExecutionsInScopeParams{Scope: c.by.LocationScope(), Outcome: in.Outcome, Thread: in.Thread, After: m.id, Size: in.more()})
			if err != nil {
				return fmt.Errorf("find executions: %w", err)
			}
			out, err = pageOf(in.Paging, rows, func(e store.Execution) mark { return mark{id: e.ID.String()} }, func(e store.Execution) (Execution, error) { return showExecution(e), nil })
			return err
		})
		return out, err
	})
	register(a, "get-execution", func(ctx context.Context, c *call, in *ByID) (*oneOut[Execution], error) {
		return c.oneExecution(ctx, club.ExecutionID(in.ID))
	})
	register(a, "request-action", func(ctx context.Context, c *call, in *requestAction) (*madeOut[Execution], error) {
		id := club.ThreadID(in.ID)
		if err := c.read(ctx, func(tx *store.Tx) error { _, err := c.findThread(ctx, tx, id); return err }); err != nil {
			return nil, err
		}
		if in.Body.Anyway {
			if err := mayForce(c.by, in.Body.Reason); err != nil {
				return nil, err
			}
		}
		x, _, err := a.cfg.Engine.Request(ctx, c.tenant, c.by.Actor, id, club.ActionName(in.Body.Action), in.Body.Params, act.Ground{Reason: in.Body.Reason, Anyway: in.Body.Anyway})
		if err != nil {
			return nil, err
		}
		out, err := c.oneExecution(ctx, x)
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/executions", out.Body.ID, "", out.Body), nil
	})
	register(a, "list-actions", func(_ context.Context, _ *call, in *Paging) (*pageOut[Action], error) {
		return cut(*in, a.cfg.Catalogue.All(), func(e catalogue.Action) string { return string(e.Name) }, showAction)
	})
}

// mayForce admits who may have something tried although its device is not seen.
func mayForce(by identity.Principal, reason string) error {
	if err := by.Require(identity.ActionsForce); err != nil {
		return err
	}
	if !by.Actor.IsPerson() {
		return club.Forbidden("only a person can have it tried anyway")
	}
	if strings.TrimSpace(reason) == "" {
		return club.Invalid("say why it is to be tried anyway")
	}
	return nil
}

func (c *call) oneExecution(ctx context.Context, id club.ExecutionID) (out *oneOut[Execution], err error) {
	none := club.NotFound("there is no such execution")
	err = c.read(ctx, func(tx *store.Tx) error {
		e, err := act.FindExecution(ctx, tx, id)
		if err != nil {
			return err
		}
		if !c.by.AllowsLocation(e.LocationID) {
			return none
		}
		if !e.ThreadID.IsZero() {
			if _, err := c.findThread(ctx, tx, e.ThreadID); err != nil {
				return none
			}
		}
		out = &oneOut[Execution]{Body: showExecution(e)}
		return nil
	})
	return out, err
}
