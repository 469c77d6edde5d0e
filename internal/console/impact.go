package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/hindsight"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// shownDiffer is how many decisions a page of a trial lists.
const shownDiffer = 50

// question is what is asked before a change is made.
type question struct {
	section, title string
	about          string // what the change is
	yes            string // label of the button that makes it
	danger         bool
	field          string // that says what is done; "": do
	action, back   string // addresses of the form that makes the change, and of the page that it comes from
	trial          hindsight.Trial
	refused        func(error) error // shows what is wrong with the form; nil: on the page that it comes from
}

// ask shows what a change would have done to the last month, with a button that makes it: the form that
// was posted comes again, and says that the reader is sure.
func (v *visit) ask(q question) error {
	q.trial.Scope = v.p.LocationScope()
	e, err := hindsight.Try(v.r.Context(), v.tenant, v.keys, q.trial)
	switch club.CodeOf(err) {
	case "":
	case club.CodeInvalid, club.CodeConflict:
		if q.refused != nil {
			return q.refused(err)
		}
		return v.warn(q.back, sentence(club.MessageOf(err)))
	default:
		return err
	}
	p := page.ImpactPage{Heading: q.title, About: q.about, Yes: q.yes, Danger: q.danger, Action: q.action, Back: q.back, Fields: again(v.r.PostForm, orText(q.field, "do"))}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, q.section, q.title)
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		p.Impact, err = v.impact(tx, f, e)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.ImpactOf(p))
}

// sure is the field of a form whose sender has seen what it would do; try names what a form would do.
const (
	sure = "sure"
	try  = "try"
)

// again is a posted form as hidden fields, in a fixed order. What would only have been tried is done by the
// name of its field in earnest.
func again(form url.Values, as string) []page.HiddenField {
	var out []page.HiddenField
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name == sure {
			continue
		}
		to := name
		if name == try {
			to = as
		}
		for _, value := range form[name] {
			out = append(out, page.HiddenField{Name: to, Value: value})
		}
	}
	return append(out, page.HiddenField{Name: sure, Value: "yes"})
}

// impact puts what a change would have done in the words of its page. What belongs to locations that the
// reader may not see is not in it.
func (v *visit) impact(tx *store.Tx, f frame, e hindsight.Impact) (page.Impact, error) {
	out := page.Impact{Days: int(e.Until.Sub(e.Since).Hours()+0.5) / 24, Was: page.Spread(e.Was), Would: page.Spread(e.Would), Fewer: page.Share(e.Fewer), More: page.Share(e.More),
		Other: e.Other, Unknown: e.Unknown, Rivals: e.Rivals, Wait: e.Wait, Waits: e.Waits, Differ: len(e.Differ), Truncated: e.Truncated}
	for _, x := range e.Evidence {
		out.Evidence = append(out.Evidence, page.EvidenceRow{Pattern: x.Pattern, Title: x.Title, Made: x.Made, Gone: x.Gone,
			Situations: [2]int{x.Situations, x.SituationsAfter}, Outcomes: [2]int{x.Outcomes, x.OutcomesAfter}, Uses: x.Uses,
			Stop: [2]page.Stop{page.Stop(x.Stop), page.Stop(x.StopAfter)}})
	}
	if !v.p.Can(identity.DecisionsRead) {
		return out, nil
	}
	bays, err := v.bayNames(tx)
	if err != nil {
		return out, err
	}
	for _, d := range e.Differ[:min(len(e.Differ), shownDiffer)] {
		out.List = append(out.List, page.ImpactRow{Decision: d.Decision, Title: orText(clip(strings.Join(strings.Fields(d.Text), " "), 90), d.Title), Place: where(f.locationName(d.Location), bays[d.Bay]),
			Was: d.Past.Tier, Would: d.Would.Tier, Other: d.Other, Known: d.Known, Right: d.Right, At: d.At})
	}
	return out, nil
}
