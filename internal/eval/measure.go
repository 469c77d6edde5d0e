package eval

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Shares is how a set of rows fared.
type Shares struct {
	RightIn        float64 `json:"right_in"`
	Coverage       float64 `json:"coverage"`
	Error          float64 `json:"error"`
	OOSFalseAccept float64 `json:"oos_false_accept"`
}

// summarise counts. An answer to a row out of scope is always wrong.
func summarise(rows []answer) Shares {
	var inside, outside, given, right, accepted int
	for _, a := range rows {
		if a.inScope {
			inside++
		} else {
			outside++
		}
		if !a.given {
			continue
		}
		given++
		if a.right {
			right++
		}
		if !a.inScope {
			accepted++
		}
	}
	return Shares{RightIn: share(right, inside), Coverage: share(given, len(rows)), Error: share(given-right, given), OOSFalseAccept: share(accepted, outside)}
}

// separation returns the area under the ROC curve of the scores as a test for
// being in scope (the Mann–Whitney statistic, ties counting half), and the share
// of rows out of scope that score above the threshold passed by 95 % of those in
// scope. Both are 0 when there is but one kind.
func separation(rows []seen) (auroc, fpr95 float64) {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b seen) int { return cmp.Compare(a.score, b.score) })
	var inside, outside, below, wins float64
	for _, s := range sorted {
		if s.inScope {
			inside++
		} else {
			outside++
		}
	}
	if inside == 0 || outside == 0 {
		return 0, 0
	}
	for i := 0; i < len(sorted); {
		j, in, out := i, 0.0, 0.0
		for ; j < len(sorted) && sorted[j].score == sorted[i].score; j++ {
			if sorted[j].inScope {
				in++
			} else {
				out++
			}
		}
		wins += in * (below + out/2)
		below += out
		i = j
	}
	var passed, above float64
	for i := len(sorted) - 1; i >= 0 && passed < 0.95*inside; i-- {
		if sorted[i].inScope {
			passed++
		} else {
			above++
		}
	}
	return wins / (inside * outside), above / outside
}

// calibrationError is the expected calibration error over ten bins of equal
// width: how far the stated probabilities are from the shares that were right.
func calibrationError(rows []answer) float64 {
	const bins = 10
	var count, right, stated [bins]float64
	for _, a := range rows {
		b := min(bins-1, int(a.probability*bins))
		count[b]++
		stated[b] += a.probability
		if a.right {
			right[b]++
		}
	}
	sum := 0.0
	for b := range count {
		sum += math.Abs(right[b] - stated[b])
	}
	return sum / float64(max(1, len(rows)))
}

// residentMB is the most memory that this process has held, in MiB; 0 where the system does not
// tell.
func residentMB() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, l := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(l, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				return 0
			}
			return kb / 1024
		}
	}
	return 0
}

func (c StaticConfig) say(format string, args ...any) {
	if c.Progress != nil {
		c.Progress(fmt.Sprintf(format, args...))
	}
}
