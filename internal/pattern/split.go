package pattern

import "slices"

const (
	// mostLinear is how many labels get learners of their own: they keep a weight for
	// each label and feature, and time grows with both.
	mostLinear = 512
	// mostWork bounds a training: examples times labels. It is some 15 s of one processor.
	mostWork = 4_000_000
	// mostStrange is how many examples of the other labels the learners see, as
	// none of theirs.
	mostStrange = 2000
)

// split says which examples the learners are fitted on, and which are found by an
// index alone.
type split struct {
	near   []Example
	origin []int32 // by near: index among all examples
	far    []int32 // indices among all examples
}

// splitExamples gives the labels with the most examples learners, up to most labels.
func splitExamples(examples []Example, most int) split {
	count := map[string]int{}
	for i := range examples {
		if l := examples[i].Label; l != "" {
			count[l]++
		}
	}
	linear := byCount(count)
	linear = linear[:min(len(linear), most)]
	per := perLabelMost(count, linear)
	taught := make(map[string]bool, len(linear))
	for _, l := range linear {
		taught[l] = true
	}
	var s split
	var others []int32
	seen := make(map[string]int, len(linear))
	for i := range examples {
		l := examples[i].Label
		switch {
		case l == "":
			s.take(examples, int32(i), l)
		case !taught[l]:
			s.far, others = append(s.far, int32(i)), append(others, int32(i))
		case evenly(seen[l], count[l], per):
			seen[l]++
			s.take(examples, int32(i), l)
		default:
			seen[l]++
			s.far = append(s.far, int32(i))
		}
	}
	strange := min(len(others), max(200, min(mostStrange, len(s.near)/5)))
	for k := range strange {
		s.take(examples, others[k*len(others)/strange], "")
	}
	return s
}

func (s *split) take(examples []Example, i int32, label string) {
	e := examples[i]
	e.Label = label
	s.near, s.origin = append(s.near, e), append(s.origin, i)
}

// byCount lists the labels, those with the most examples first, of equals by name.
func byCount(count map[string]int) []string {
	labels := sortedKeys(count)
	slices.SortStableFunc(labels, func(a, b string) int { return count[b] - count[a] })
	return labels
}

// perLabelMost is how many examples of a label fit into a training.
func perLabelMost(count map[string]int, linear []string) int {
	budget := mostWork / max(1, len(linear))
	low, high := 1, budget
	for low < high {
		mid, total := (low+high+1)/2, 0
		for _, l := range linear {
			total += min(count[l], mid)
		}
		if total <= budget {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}

// evenly reports whether the i-th of n things is among most that are spread evenly over them.
func evenly(i, n, most int) bool {
	return n <= most || (i+1)*most/n > i*most/n
}
