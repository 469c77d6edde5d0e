package console

import (
	"fmt"
	"strings"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/store"
)

func ticketOfThread(v *visit) error {
	id, err := pathID[club.ThreadID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	t, err := v.c.Desk.CreateTicket(v.r.Context(), v.tenant, v.p, desk.NewTicket{Template: v.field("template"), Title: v.field("title"), Priority: club.Priority(v.field("priority")), Thread: id, DedupKey: v.field("key") + ":ticket"})
	switch club.CodeOf(err) {
	case "":
		return v.done(v.at("threads", id.String()), fmt.Sprintf("Ticket #%d has been made.", t.Number))
	case club.CodeInvalid, club.CodeConflict:
		return v.warn(v.at("threads", id.String()), sentence(club.MessageOf(err)))
	}
	return err
}

// actInThread asks the gate for an action. What it acts on is found by the gate; the form only says what
// the person saw, and when that is no longer so, nothing is done.
func actInThread(v *visit) error {
	id, err := pathID[club.ThreadID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	back := v.at("threads", id.String())
	name, target := club.ActionName(v.field("action")), v.field("target")
	a, ok := v.c.Catalogue.Find(name)
	if !ok || !a.Physical() {
		return club.Invalid("There is no such action.")
	}
	b, err := v.offered(id, a, target)
	if err != nil {
		return err
	}
	switch {
	case b == nil:
		return v.warn(back, "Nothing was done: the thread's place has changed. Please look again.")
	case b.Confirm != "" && v.field("confirmed") != "yes":
		return v.warn(back, "Nothing was done: please confirm it first.")
	}
	ground, err := v.ground()
	if err != nil {
		return v.warn(back, sentence(club.MessageOf(err)))
	}
	key := v.field("key")
	fresh, err := v.first(key)
	if err != nil {
		return err
	}
	if !fresh {
		return v.done(back, "That was asked for already; what came of it stands under “What was done”.")
	}
	_, no, err := v.c.Engine.Request(v.r.Context(), v.tenant, v.p.Actor, id, name, nil, ground)
	switch {
	case err != nil && (club.CodeOf(err) == club.CodeConflict || club.CodeOf(err) == club.CodeInvalid):
		v.release(key)
		return v.warn(back, sentence(club.MessageOf(err)))
	case err != nil:
		return err
	case no != "":
		return v.warn(back, "Refused: "+strings.TrimSuffix(no, ".")+". Nothing was done.")
	}
	return v.done(back, a.Title+": under way. It counts as done once a second look has shown it.")
}

// ground is what the form of an action gives for it.
func (v *visit) ground() (act.Ground, error) {
	g := act.Ground{Reason: v.field("reason"), Anyway: v.field("anyway") == "yes"}
	switch {
	case g.Anyway && !v.p.Can(identity.ActionsForce):
		return g, club.Forbidden("nothing was done: you may not have it tried anyway")
	case g.Anyway && g.Reason == "":
		return g, club.Invalid("nothing was done: say why it is to be tried anyway")
	}
	return g, nil
}

// offered returns the button that the thread's page offers for an action on a target at present; nil
// when it does not.
func (v *visit) offered(id club.ThreadID, a catalogue.Action, target string) (b *page.ActionButton, err error) {
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		d, err := v.c.Desk.FindThreadDetail(v.r.Context(), tx, v.p, id)
		if err != nil {
			return err
		}
		for _, have := range v.buttons(scene{d.Location, d.Bay, d.Devices}) {
			if have.Name == a.Name && have.Target == target && have.Disabled == "" {
				b = &have
			}
		}
		return nil
	})
	return b, err
}
