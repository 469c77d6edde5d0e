package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"clubos/internal/club"
)

// Change is a figure in two reports.
type Change struct {
	Old, New Measure
	Percent  float64 // by how much the figure grew; infinite where it was 0 and is no more
	Counts   bool    // whether it being worse is a regression
	Worse    bool    // by more than the tolerance
}

// Comparison is two reports side by side.
type Comparison struct {
	Old, New Report
	Changes  []Change // steady figures first, each kind in the new report's order
	Only     []string // titles of figures that one report alone has
}

// ParseReport reads what clubos bench --json has written.
func ParseReport(b []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(b, &r); err != nil || len(r.Measures) == 0 || r.Engine == "" {
		return r, club.Invalid("this is no report of clubos bench --json")
	}
	return r, nil
}

// ParseTolerance reads a share: 15% or 0.15.
func ParseTolerance(s string) (float64, error) {
	digits, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(digits, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 10) {
		return 0, club.Invalid("a tolerance is written like 15%% or 0.15")
	}
	return v, nil
}

// Compare compares two reports of the same engine. A figure is worse when it is so by more than the
// tolerance, a share of the old one. Rates and times count only if absolute is set: they depend on what else the
// machine did.
func Compare(old, new Report, tolerance float64, absolute bool) (Comparison, error) {
	if old.Engine != new.Engine {
		return Comparison{}, club.Invalid("the reports are of different engines, %s and %s", old.Engine, new.Engine)
	}
	c := Comparison{Old: old, New: new}
	for _, n := range new.Measures {
		i := slices.IndexFunc(old.Measures, n.same)
		if i < 0 {
			c.Only = append(c.Only, n.Title)
			continue
		}
		c.Changes = append(c.Changes, compare(old.Measures[i], n, tolerance, absolute))
	}
	for _, o := range old.Measures {
		if !slices.ContainsFunc(new.Measures, o.same) {
			c.Only = append(c.Only, o.Title)
		}
	}
	slices.SortStableFunc(c.Changes, func(a, b Change) int {
		if a.New.Steady == b.New.Steady {
			return 0
		}
		return cmp.Compare(kind(a), kind(b))
	})
	return c, nil
}

func (m Measure) same(o Measure) bool { return m.Name == o.Name }

func kind(c Change) int {
	if c.New.Steady {
		return 0
	}
	return 1
}

func compare(old, new Measure, tolerance float64, absolute bool) Change {
	c := Change{Old: old, New: new, Counts: new.Steady || absolute || isCount(new)}
	switch old.Value {
	case new.Value:
	case 0:
		c.Percent = math.Inf(1)
	default:
		c.Percent = 100 * (new.Value - old.Value) / math.Abs(old.Value)
	}
	worse := c.Percent
	switch new.Better {
	case More:
		worse = -worse
	case Less:
	default:
		return c
	}
	c.Worse = worse > 100*tolerance
	return c
}

// isCount reports whether a figure counts what must not happen at all.
func isCount(m Measure) bool { return m.Better == Less && m.Floor != nil && *m.Floor == 0 }

// Regressions counts the figures that are worse and count.
func (c Comparison) Regressions() (n int) {
	for _, x := range c.Changes {
		if x.Worse && x.Counts {
			n++
		}
	}
	return n
}

// WriteTable writes the comparison for people.
func (c Comparison) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "ClubOS %s of %s and %s of %s, on %s\n", c.Old.Version, c.Old.At.Format("2006-01-02 15:04"), c.New.Version, c.New.At.Format("2006-01-02 15:04"), c.New.Engine)
	if c.Old.Machine != c.New.Machine {
		fmt.Fprintf(w, "The machines differ (%s and %s): only ratios compare.\n", c.Old.Machine, c.New.Machine)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i, x := range c.Changes {
		if i == 0 || x.New.Steady != c.Changes[i-1].New.Steady {
			title := "RATES AND TIMES, as busy as the machine was"
			if x.New.Steady {
				title = "RATIOS, PROCESSOR TIME, MEMORY"
			}
			fmt.Fprintf(t, "\n%s\tOLD\tNEW\tCHANGE\t\n", title)
		}
		fmt.Fprintf(t, "%s: %s\t%s\t%s\t%s\t%s\n", x.New.Name, strings.TrimPrefix(x.New.Title, "… "), amount(x.Old.Value, x.Old.Unit), amount(x.New.Value, x.New.Unit), x.change(), x.verdict())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(c.Only) > 0 {
		fmt.Fprintf(w, "\nIn one report only: %s.\n", strings.Join(c.Only, "; "))
	}
	return nil
}

func (c Change) change() string {
	if math.IsInf(c.Percent, 1) {
		return "from 0"
	}
	return fmt.Sprintf("%+.0f%%", c.Percent+0) // -0 would show
}

func (c Change) verdict() string {
	switch {
	case c.Worse && c.Counts:
		return "WORSE"
	case c.Worse:
		return "worse"
	}
	return ""
}
