package console

import (
	"fmt"
	"strconv"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

// sopVersions reads the versions, the one that is shown, and the difference that is asked for.
func (v *visit) sopVersions(tx *store.Tx, s store.SOP, users map[club.UserID]identity.User, p *page.SOPPage) error {
	ctx := v.r.Context()
	versions, err := v.c.Library.Versions(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	shown := s.Version
	if s.LiveVersion != nil {
		shown = *s.LiveVersion
	}
	if n, err := strconv.ParseInt(v.query("v"), 10, 64); err == nil {
		shown = n
	}
	releases, err := v.c.Library.Releases(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	made := map[int64][]page.SOPRelease{}
	for _, r := range releases {
		made[r.Version] = append(made[r.Version], page.SOPRelease{Restored: r.Restored, Reason: r.Reason, By: orText(r.By.Name, actorName(users, r.By.String())), At: r.At})
	}
	for _, x := range versions {
		p.Versions = append(p.Versions, page.SOPVersionRow{Made: made[x.Version], Number: int(x.Version), Note: x.Note, By: actorName(users, x.CreatedBy), At: x.CreatedAt, Live: s.Status == string(knowledge.StatusLive) && s.LiveVersion != nil && *s.LiveVersion == x.Version})
	}
	doc, _, err := v.c.Library.FindVersion(ctx, tx, s.ID, shown)
	if err != nil {
		return err
	}
	p.Shown = int(shown)
	if p.Source, err = yamlOf(doc); err != nil {
		return err
	}
	describeSOP(v.c.Catalogue, doc, p)
	to, err := strconv.ParseInt(v.query("diff"), 10, 64)
	if err != nil || to < 2 {
		return nil
	}
	changes, err := v.c.Library.DiffVersions(ctx, tx, s.ID, to-1, to)
	if err != nil {
		return err
	}
	p.Diff = &page.Diff{From: int(to - 1), To: int(to)}
	for _, c := range changes {
		p.Diff.Lines = append(p.Diff.Lines, page.DiffLine{Text: c.Path})
		if c.Kind != knowledge.Added {
			p.Diff.Lines = append(p.Diff.Lines, page.DiffLine{Op: "-", Text: c.Before})
		}
		if c.Kind != knowledge.Removed {
			p.Diff.Lines = append(p.Diff.Lines, page.DiffLine{Op: "+", Text: c.After})
		}
	}
	return nil
}

// describeSOP puts a document in the words of the page.
func describeSOP(cat *catalogue.Catalogue, doc knowledge.Document, p *page.SOPPage) {
	p.Summary = doc.Notes
	for _, t := range doc.Triggers {
		p.Triggers = append(p.Triggers, page.SOPTrigger{Kind: string(t.Mode), Text: t.Text})
	}
	for _, q := range doc.Prerequisites {
		p.Prerequisites = append(p.Prerequisites, strings.ReplaceAll(string(q.Kind), "_", " "))
	}
	for _, s := range doc.Steps {
		p.Steps = append(p.Steps, stepOf(cat, s))
	}
	var fallback []string
	for _, s := range doc.Fallback {
		x := stepOf(cat, s)
		fallback = append(fallback, capital(x.Kind)+": "+x.Text)
	}
	p.Fallback = strings.Join(fallback, "\n")
}

func stepOf(cat *catalogue.Catalogue, s knowledge.Step) page.SOPStep {
	out := page.SOPStep{Kind: string(s.Kind())}
	switch s.Kind() {
	case knowledge.StepReply:
		out.Text = s.Reply
	case knowledge.StepAsk:
		out.Text = s.Ask
	case knowledge.StepTicket:
		out.Text = s.Ticket
	case knowledge.StepEscalate:
		out.Text = s.Escalate
	case knowledge.StepNote:
		out.Text = s.Note
	case knowledge.StepAction:
		out.Text = string(s.Action)
		if a, ok := cat.Find(s.Action); ok {
			out.Text = a.Title
		}
	}
	var notes []string
	if s.When != "" {
		notes = append(notes, "when the action before was "+string(s.When))
	}
	if s.Safe {
		notes = append(notes, "plain information")
	}
	out.Note = strings.Join(notes, ", ")
	return out
}

// sopSiblings links the same procedure in other scopes.
func (v *visit) sopSiblings(tx *store.Tx, f frame, bays map[club.BayID]string, s store.SOP, p *page.SOPPage) error {
	all, err := v.c.Library.FindBySlug(v.r.Context(), tx, s.Slug)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.ID != s.ID && v.p.AllowsLocation(o.LocationID) {
			p.Overrides = append(p.Overrides, page.Link{Label: sopRow(f, bays, o).Scope + ": " + o.Title, URL: f.At("sops", o.ID.String())})
		}
	}
	return nil
}

func (v *visit) sopUses(tx *store.Tx, s store.SOP, p *page.SOPPage) error {
	if !v.p.Can(identity.DecisionsRead) {
		return nil
	}
	rows, err := tx.FindDecisionList(v.r.Context(), store.FindDecisionListParams{Scope: v.p.LocationScope(), SOP: s.ID.String(), Size: 12})
	if err != nil {
		return fmt.Errorf("find uses: %w", err)
	}
	for _, r := range rows {
		d := decisionRow(r)
		p.Uses = append(p.Uses, page.SOPUse{Decision: d.ID, Thread: d.Thread, Snippet: d.Snippet, Place: d.Place, Tier: d.Tier, Confidence: d.Confidence, Result: d.Result, At: d.At})
	}
	return nil
}
