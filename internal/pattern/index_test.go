package pattern

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// told is how somebody might write of a situation: other words around it, and one of its own less.
func told(i int, s Trigger) string {
	switch i % 3 {
	case 0:
		return "hello, " + strings.Replace(strings.Replace(s.Text, "since", "ever since", 1), ", code", " it says", 1)
	case 1:
		return strings.Replace(s.Text, "the ", "our ", 1) + ". Can you help us please?"
	}
	ws := strings.Fields(s.Text)
	return strings.Join(slices.Delete(ws, 5, 7), " ")
}

// BenchmarkVeryManyPatterns matches texts against a hundred thousand patterns and reports how
// long it takes, how many are found, and what the patterns take in memory.
func BenchmarkVeryManyPatterns(b *testing.B) {
	all := append(clubExamples(), situations(100_000)...)
	tr, err := TrainTriggers(b.Context(), all)
	if err != nil {
		b.Fatal(err)
	}
	m := tr.Matcher(all)
	var times []time.Duration
	found, i := 0, 0
	for b.Loop() {
		s := all[len(all)-1-(i*37)%100_000]
		text := told(i, s)
		start := time.Now()
		r := m.Match(text, 3)
		times = append(times, time.Since(start))
		if len(r.Candidates) > 0 && r.Candidates[0].Label == s.Label {
			found++
		}
		i++
	}
	slices.Sort(times)
	at := func(q float64) float64 { return float64(times[int(q*float64(len(times)-1))].Microseconds()) }
	b.ReportMetric(at(0.5), "p50-µs")
	b.ReportMetric(at(0.99), "p99-µs")
	b.ReportMetric(100*float64(found)/float64(len(times)), "%found")
	b.ReportMetric(float64(tr.SizeBytes())/(1<<20), "model-MB")
	b.ReportMetric(0, "ns/op")
}

func TestWhatIsMostAlikeOfVeryManyIsInTheShortlist(t *testing.T) {
	t.Parallel()
	all := situations(3000)
	var r eventReader
	n := newIndexing(len(all))
	for i, s := range all {
		n.add(s.Label, int32(i), r.read(&Event{Text: s.Text}))
	}
	x := n.done()
	var ask asking
	missed := 0
	for i := range 150 {
		found := r.read(&Event{Text: told(i, all[i*19])})
		got := x.precedents(found, &ask)
		best, alike := exhaustive(x, found)
		if len(got) == 0 || got[0].alike < alike-1e-6 {
			missed++
			t.Logf("%d: %v, most alike is %d at %.3f", i, got[:min(1, len(got))], best, alike)
		}
	}
	if missed > 1 {
		t.Errorf("%d of 150 most alike were not found", missed)
	}
}

// exhaustive compares with every row.
func exhaustive(x *index, found []occurrence) (best int, alike float64) {
	q := x.bucketsOf(found, nil)
	square := 0.0
	for _, b := range q {
		square += float64(x.queryWeight(b)) * float64(x.queryWeight(b))
	}
	for i := range x.label {
		sum, own := 0.0, 0.0
		for _, b := range x.row(uint32(i)) {
			w := float64(x.weight[b]) * float64(x.weight[b])
			own += w
			if _, ok := slices.BinarySearch(q, b); ok {
				sum += w
			}
		}
		if a := sum / max(math.Sqrt(square*own), 1e-9); a > alike {
			best, alike = i, a
		}
	}
	return best, alike
}

func TestAnIndexWithoutRowsFindsNothing(t *testing.T) {
	t.Parallel()
	var ask asking
	if got := newIndexing(0).done().precedents([]occurrence{{feature: 1}}, &ask); got != nil {
		t.Errorf("%v", got)
	}
	n := newIndexing(2)
	n.add("empty", 0, nil)
	n.add("full", 1, []occurrence{{feature: 1}})
	if got := n.done().precedents([]occurrence{{feature: 1}}, &ask); len(got) != 1 || got[0].label != "full" || fmt.Sprintf("%.3f", got[0].alike) != "1.000" {
		t.Errorf("%v", got)
	}
}
