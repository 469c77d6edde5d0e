package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/store"
)

func (c *console) decisionRoutes() []route {
	return []route{
		get("/decisions", identity.DecisionsRead, showDecisions),
		get("/decisions/{id}", identity.DecisionsRead, showDecision),
		get("/audit", identity.AuditRead, showAudit),
	}
}

func showDecisions(v *visit) error {
	p := page.DecisionsPage{Search: v.query("q")}
	arg := store.FindDecisionListParams{Scope: v.p.LocationScope(), Tier: v.query("tier"), Result: v.query("result"), Location: string(idOf[club.LocationID](v.query("location"))), Search: likePattern(p.Search), After: string(idOf[club.DecisionID](v.query("after"))), Size: listSize + 1}
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "decisions", "Decisions")
		if err != nil {
			return err
		}
		p.Shell, p.Locations = f.Shell, f.places(club.LocationID(arg.Location), "All locations")
		rows, err := tx.FindDecisionList(v.r.Context(), arg)
		if err != nil {
			return fmt.Errorf("find decisions: %w", err)
		}
		if len(rows) > listSize {
			rows = rows[:listSize]
			p.Pager.Next = f.Query("decisions", "tier", arg.Tier, "result", arg.Result, "location", arg.Location, "q", p.Search, "after", rows[listSize-1].ID.String())
		}
		for _, r := range rows {
			p.Rows = append(p.Rows, decisionRow(r))
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Tier = page.Choices{Selected: arg.Tier, Options: []page.Option{{Value: "", Label: "All tiers"}}}
	for _, t := range club.Tiers() {
		p.Tier.Options = append(p.Tier.Options, page.Option{Value: string(t), Label: page.TierWord(t).Label})
	}
	p.Result = page.Choices{Selected: arg.Result, Options: []page.Option{{Value: "", Label: "All results"}}}
	for _, s := range []club.ProposalStatus{club.ProposalOpen, club.ProposalApproved, club.ProposalRejected, club.ProposalExecuted, club.ProposalExpired, club.ProposalStale} {
		p.Result.Options = append(p.Result.Options, page.Option{Value: string(s), Label: page.ProposalWord(s).Label})
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Decisions(p))
}

// likePattern finds a text as it stands; "" finds everything.
func likePattern(q string) string {
	if q = strings.Join(strings.Fields(q), " "); q == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(q) + "%"
}

func decisionRow(r store.FindDecisionListRow) page.DecisionRow {
	e := evidenceOf(store.Decision{Evidence: r.Evidence})
	return page.DecisionRow{ID: r.ID, Thread: r.ThreadID, Snippet: orText(clip(strings.Join(strings.Fields(e.Text), " "), 120), "(no words)"), Title: r.Title, Place: where(r.LocationName, r.BayName), Tier: r.Tier, Confidence: r.Confidence, Result: resultOf(r.Kind, r.Tier, r.Proposal), At: r.CreatedAt}
}

// resultOf says what became of a decision, as far as its own rows tell.
func resultOf(kind string, tier club.Tier, p club.ProposalStatus) page.Word {
	if p != "" {
		return page.ProposalWord(p)
	}
	switch {
	case kind == "no_answer":
		return page.Word{Label: "No answer needed", Tone: page.ToneQuiet}
	case kind == "opt_out":
		return page.Word{Label: "Opted out", Tone: page.ToneQuiet}
	case kind == "opt_in":
		return page.Word{Label: "Opted in", Tone: page.ToneQuiet}
	case kind == "escalate" || tier == club.TierEscalate:
		return page.Word{Label: "Person called", Tone: page.ToneDanger}
	}
	return page.Word{Label: "Done by itself", Tone: page.ToneOK}
}

func showDecision(v *visit) error {
	id, err := pathID[club.DecisionID](v)
	if err != nil {
		return err
	}
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.DecisionPage
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "decisions", "Decision")
		if err != nil {
			return err
		}
		nothing := club.NotFound("There is no such decision.")
		dec, err := tx.FindDecision(v.r.Context(), id)
		if err != nil || !v.p.AllowsLocation(dec.LocationID) {
			return orNotFound(err, nothing)
		}
		d, err := v.c.Desk.FindThreadDetail(v.r.Context(), tx, v.p, dec.ThreadID)
		if err != nil {
			return orNotFound(err, nothing)
		}
		p.Shell, p.Thresholds, p.Title = f.Shell, f.settings.Thresholds, dec.Title
		return v.decision(tx, f, users, dec, d, &p)
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Decision(p))
}

func (v *visit) decision(tx *store.Tx, f frame, users map[club.UserID]identity.User, dec store.Decision, d desk.ThreadDetail, p *page.DecisionPage) (err error) {
	p.Evidence = evidenceOf(dec)
	bays, err := v.bayNames(tx)
	if err != nil {
		return err
	}
	objects := []string{dec.ID.String()}
	var status club.ProposalStatus
	for _, prop := range d.Proposals {
		if prop.DecisionID != dec.ID {
			continue
		}
		status = prop.Status
		objects = append(objects, prop.ID.String())
		if p.Proposal, err = v.card(tx, f, users, prop, dec, d); err != nil {
			return err
		}
	}
	p.Decision = page.DecisionRow{ID: dec.ID, Thread: dec.ThreadID, Snippet: p.Evidence.Text, Title: dec.Title, Place: where(f.locationName(dec.LocationID), bays[dec.BayID]), Tier: dec.Tier, Confidence: dec.Confidence, Result: resultOf(dec.Kind, dec.Tier, status), At: dec.CreatedAt}
	if p.Reply, err = v.reply(tx, dec); err != nil {
		return err
	}
	p.Actions = v.proposed(dec, scene{d.Location, d.Bay, d.Devices})
	for _, x := range d.Executions {
		if x.DecisionID == dec.ID {
			p.Executions = append(p.Executions, v.execution(f, users, x))
		}
	}
	for _, o := range objects {
		entries, err := tx.FindAuditEntries(v.r.Context(), store.FindAuditEntriesParams{Object: &o, Size: 50})
		if err != nil {
			return fmt.Errorf("find audit entries: %w", err)
		}
		for _, e := range entries {
			p.After = append(p.After, page.TimelineEntry{By: actorName(users, e.Actor), What: doing(e.Action), At: e.At})
		}
	}
	slices.SortStableFunc(p.After, func(a, b page.TimelineEntry) int { return a.At.Compare(b.At) })
	return nil
}

// doing puts an audit entry's action in words: "proposal.approved" is "proposal approved".
func doing(action string) string {
	return strings.NewReplacer(".", " ", "_", " ").Replace(action)
}

// auditKinds are the nouns of audit entries by which the page filters.
var auditKinds = []string{"thread", "decision", "proposal", "execution", "escalation", "ticket", "sop", "pattern", "precedent", "breaker", "setting", "integration", "user", "session", "api_key", "member", "consent", "booking", "location", "bay", "device", "line"}

var auditActors = []club.ActorKind{club.ActorUser, club.ActorAPIKey, club.ActorMember, club.ActorSystem}

func showAudit(v *visit) error {
	users, err := v.users()
	if err != nil {
		return err
	}
	p := page.AuditPage{Search: v.query("q")}
	arg := store.FindAuditPageParams{Scope: v.p.LocationScope(), Self: v.p.Actor.String(), Object: p.Search, Before: string(idOf[club.AuditID](v.query("before"))), Size: listSize + 1}
	if k := v.query("kind"); slices.Contains(auditKinds, k) {
		arg.Kind = k
	}
	if a := club.ActorKind(v.query("actor")); slices.Contains(auditActors, a) {
		arg.Actor = string(a)
	}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "audit", "Audit")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		rows, err := tx.FindAuditPage(v.r.Context(), arg)
		if err != nil {
			return fmt.Errorf("find audit entries: %w", err)
		}
		if len(rows) > listSize {
			rows = rows[:listSize]
			p.Pager.Next = f.Query("audit", "kind", arg.Kind, "actor", arg.Actor, "q", p.Search, "before", rows[listSize-1].ID.String())
		}
		for _, e := range rows {
			p.Rows = append(p.Rows, v.auditRow(f, users, e))
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Kinds = choices(arg.Kind, "All kinds", auditKinds)
	p.Actor = choices(arg.Actor, "Everybody", auditActors)
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Audit(p))
}

func (v *visit) auditRow(f frame, users map[club.UserID]identity.User, e store.AuditEntry) page.AuditRow {
	r := page.AuditRow{ID: e.ID, Actor: orText(e.ActorName, actorName(users, e.Actor)), What: doing(e.Action), Subject: e.Object, Detail: clip(detailText(e.Detail), 300), At: e.At}
	a, _ := club.ParseActor(e.Actor)
	r.Person = a.IsPerson()
	kind, _, _ := strings.Cut(e.Object, "_")
	switch kind {
	case "thr":
		r.URL = f.At("threads", e.Object)
	case "dec":
		r.URL = f.At("decisions", e.Object)
	case "tkt":
		r.URL = f.At("tickets", e.Object)
	case "sop":
		r.URL = f.At("sops", e.Object)
	case "mem":
		r.URL = f.At("members", e.Object)
	default:
		if !e.ThreadID.IsZero() {
			r.URL = f.At("threads", e.ThreadID.String())
		}
	}
	return r
}

// detailText puts an audit entry's detail in one line for people: "from: pending, to: awaiting_ai".
// What is empty is left out, and what is no object is shown as it stands.
func detailText(detail string) string {
	var fields map[string]any
	if json.Unmarshal([]byte(detail), &fields) != nil {
		return detail
	}
	return fieldsText(fields)
}

// fieldsText puts fields in one line. Of something with several fields, as it was before and after, it says
// what has changed.
func fieldsText(fields map[string]any) string {
	var out []string
	before, was := fields["before"].(map[string]any)
	after, is := fields["after"].(map[string]any)
	changed := was && is
	if changed {
		both := maps.Clone(before)
		maps.Copy(both, after)
		for _, key := range slices.Sorted(maps.Keys(both)) {
			if from, to := valueText(before[key]), valueText(after[key]); from != to {
				out = append(out, key+": "+orText(from, "–")+" → "+orText(to, "–"))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		text := valueText(fields[key])
		if _, several := fields[key].(map[string]any); several && text != "" {
			text = "(" + text + ")"
		}
		if text != "" && !(changed && (key == "before" || key == "after")) {
			out = append(out, key+": "+text)
		}
	}
	return strings.Join(out, ", ")
}

func valueText(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case float64:
		if x == math.Trunc(x) {
			return strconv.FormatFloat(x, 'f', 0, 64)
		}
		return strconv.FormatFloat(x, 'g', 3, 64)
	case map[string]any:
		return fieldsText(x)
	case []any:
		out := make([]string, len(x))
		for i, e := range x {
			out[i] = valueText(e)
		}
		return strings.Join(out, " ")
	}
	return fmt.Sprint(v)
}
