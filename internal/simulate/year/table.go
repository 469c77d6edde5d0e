package year

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// WriteTable writes the report for people.
func (r *Report) WriteTable(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "days\tmatters\tinterventions per 100\twithout anybody\tat once\twrong\tannounced\twrong\tapproved\tmedian time\t\n")
	for _, f := range append(r.Months, r.Total) {
		fmt.Fprintf(w, "%d–%d\t%d\t%.1f\t%.0f %%\t%d\t%.1f %%\t%d\t%.1f %%\t%d\t%s\t\n", f.From+1, f.Until, f.Matters, f.Interventions, 100*f.Coverage,
			f.Auto.Done, 100*f.Auto.Error(), f.Announced.Done, 100*f.Announced.Error(), f.Approved.Done, (time.Duration(f.MedianSeconds) * time.Second).String())
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	l := r.Lessons
	fmt.Fprintf(out, "\nLearned: %s; %d in quarantine, %d proposed, %d announced, %d at once.\n", plural(l.Learned, "lesson", "lessons"), l.Quarantine, l.Proposed, l.Announced, l.Auto)
	fmt.Fprintf(out, "Looked at afterwards: %d said to be right, %d wrong; %d of these answers were mistaken.\n", r.Reviews.Right, r.Reviews.Wrong, r.Reviews.Mistaken)
	for _, t := range r.Trips {
		fmt.Fprintf(out, "Day %d: breaker of %s %q tripped.\n", t.Day+1, t.Kind, t.What)
	}
	for _, a := range r.Apart {
		fmt.Fprintf(out, "Day %d: %s answers otherwise than everybody else, and is set aside.\n", a.Day+1, a.Name)
	}
	if d := r.Drifted; d != nil {
		fmt.Fprintf(out, "The procedure that fails from day %d on: noticed on day %d after %s; acted alone in vain %d times afterwards.\n", d.FailsFrom+1, d.NoticedDay+1, plural(d.Outcomes, "outcome", "outcomes"), d.Unheeded)
		fmt.Fprintf(out, "The fault that is new from day %d on: %s, %d settled without anybody (the first was number %d), %d acted on wrongly.\n", d.NewFrom+1, plural(d.NewMatters, "matter", "matters"), d.NewSettled, d.NewProposed, d.NewWrong)
	}
	fmt.Fprintf(out, "\nSeed %d, %s, %s, trace %s, %s.\n\n", r.Seed, plural(r.Days, "day", "days"), r.Engine, r.Digest, r.Took.Round(time.Second))
	for _, p := range r.Promises {
		mark := "ok  "
		if !p.Holds {
			mark = "MISS"
		}
		fmt.Fprintf(out, "%s  %s: %.3g (%s)\n", mark, p.Name, p.Got, p.Want)
	}
	return nil
}
