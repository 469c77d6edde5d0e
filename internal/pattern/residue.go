package pattern

// offsetPull holds the offset of a label to zero, as a Gaussian prior of that precision.
const offsetPull = 2.0

// residue is by how much what came of a match differs from what its log odds say, and the variance that they
// say.
type residue struct{ miss, curve float64 }

func residueOf(logit float64, right bool) residue {
	p := logistic(logit)
	if right {
		return residue{1 - p, p * (1 - p)}
	}
	return residue{-p, p * (1 - p)}
}

// residues sums the residues of each label's matches.
type residues map[string]residue

func (r residues) add(label string, x residue) {
	s := r[label]
	r[label] = residue{s.miss + x.miss, s.curve + x.curve}
}

// offset is how much better or worse the matches of a label do than their log odds say: one Newton step of a
// random effect.
func (r residues) offset(label string) float64 {
	s := r[label]
	return s.miss / (s.curve + offsetPull)
}

// offsetWithout is offset as if one of the label's matches had not been seen.
func (r residues) offsetWithout(label string, x residue) float64 {
	s := r[label]
	return (s.miss - x.miss) / (s.curve - x.curve + offsetPull)
}
