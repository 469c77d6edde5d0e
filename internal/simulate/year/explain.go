package year

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Remaining is what people still had to do for one cause with one kind of matter.
type Remaining struct {
	Kind   string `json:"kind"`
	Cause  string `json:"cause"`
	Months []int  `json:"months"` // matters, by month of 30 days
}

// sum is how many matters it was in all.
func (r Remaining) sum() (n int) {
	for _, m := range r.Months {
		n += m
	}
	return n
}

// blame notes why a person has to do something about a matter: what held the machine back in the newest
// decision on it. The first cause counts.
func (w *world) blame(ctx context.Context, m *matter) error {
	if m.touched {
		return nil
	}
	m.touched = true
	return w.tenant.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: m.thread, Limit: 5})
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(d store.Decision) bool { return d.CreatedAt.Before(m.at) })
		if len(list) == 0 {
			m.cause = "nothing was decided"
			return nil
		}
		match, err := tx.FindChosenMatch(ctx, list[0].ID)
		if err != nil && !missing(err) {
			return err
		}
		m.cause, err = causeOf(list[0], match)
		return err
	})
}

// figures that differ from one decision to the next say nothing of their cause.
var particular = regexp.MustCompile(`"[^"]*"|\b\d[\d.]*\b`)

// causeOf says what held the machine back in a decision: a rule, what lowered its tier, or what the figures
// lack that its confidence is made of.
func causeOf(dec store.Decision, match store.PatternMatch) (string, error) {
	var e club.Evidence
	if err := json.Unmarshal([]byte(dec.Evidence), &e); err != nil {
		return "", fmt.Errorf("read evidence: %w", err)
	}
	what := "lesson"
	if !dec.SOPID.IsZero() {
		what = "procedure"
	}
	switch {
	case e.Rule != "":
		return "rule: " + e.Rule, nil
	case dec.Tier == club.TierAuto || dec.Tier == club.TierSuggest:
		return what + " announced or done, and a person stepped in", nil
	case len(e.Limits) > 0:
		first, _, _ := strings.Cut(e.Limits[0], "(")
		return what + ": " + strings.TrimSpace(particular.ReplaceAllString(first, "…")), nil
	case match.Probability < club.DefaultThresholds().Medium:
		return what + ": not sure enough that it is this matter", nil
	}
	return what + ": its record does not reach so far", nil
}

// remaining lists what people had to do, the commonest first.
func (w *world) remaining() []Remaining {
	type key struct{ kind, cause string }
	by := map[key]*Remaining{}
	months := (w.cfg.Days + month - 1) / month
	for _, m := range w.matters {
		if !m.touched || m.day >= w.cfg.Days {
			continue
		}
		k := key{m.kind.Name, m.cause}
		if by[k] == nil {
			by[k] = &Remaining{Kind: k.kind, Cause: k.cause, Months: make([]int, months)}
		}
		by[k].Months[m.day/month]++
	}
	out := make([]Remaining, 0, len(by))
	for _, r := range by {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Remaining) int {
		return cmp.Or(cmp.Compare(b.sum(), a.sum()), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Cause, b.Cause))
	})
	return out
}

// WriteRemaining writes, by month, what people still had to do and why: by cause over all kinds of matters,
// then by kind and cause.
func (r *Report) WriteRemaining(out io.Writer) error {
	causes := map[string]*Remaining{}
	for _, x := range r.Remaining {
		if causes[x.Cause] == nil {
			causes[x.Cause] = &Remaining{Kind: "all", Cause: x.Cause, Months: make([]int, len(x.Months))}
		}
		for i, n := range x.Months {
			causes[x.Cause].Months[i] += n
		}
	}
	all := slices.SortedFunc(maps.Values(causes), func(a, b *Remaining) int {
		return cmp.Or(cmp.Compare(b.sum(), a.sum()), cmp.Compare(a.Cause, b.Cause))
	})
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	line := func(x Remaining) {
		fmt.Fprintf(w, "%d\t%s\t", x.sum(), x.Kind)
		for _, n := range x.Months {
			fmt.Fprintf(w, "%d\t", n)
		}
		fmt.Fprintf(w, "  %s\n", x.Cause)
	}
	for _, x := range all {
		line(*x)
	}
	for _, x := range r.Remaining {
		line(x)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
