package pattern

import (
	"math/rand/v2"
	"testing"
)

// daily is a stream of texts of a few situations, one of which the club does not know at first.
func daily(rng *rand.Rand) (Event, string) {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	switch rng.IntN(5) {
	case 0:
		return Event{Text: pick("the ", "our ", "my ") + pick("screen", "monitor", "display") + pick(" froze", " is frozen", " stopped responding")}, "frozen"
	case 1:
		return Event{Text: pick("what is the ", "need the ", "where is the ") + pick("wifi", "internet") + pick(" password", " code", " login")}, "wifi"
	case 2:
		return Event{Text: pick("please ", "I must ", "can you ") + "cancel my " + pick("booking", "reservation", "tee time")}, "cancel"
	case 3:
		return Event{Text: pick("the ", "a ") + pick("sprinkler", "hose") + pick(" is leaking", " floods the lawn", " broke")}, "water"
	}
	all := unrelated()
	return Event{Text: all[rng.IntN(len(all))]}, ""
}

func TestALearnerEarnsItsAnswersAndKeepsItsPromise(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 7))
	var known []Example
	for len(known) < 40 {
		if e, label := daily(rng); label != "water" {
			known = append(known, Example{Event: e, Label: label})
		}
	}
	m, err := TrainModel(t.Context(), known, TrainOptions{Folds: 2})
	if err != nil {
		t.Fatal(err)
	}
	l := NewLearner(m, known, LearnerConfig{})
	var answered, wrong, refits, water int
	for i := range 260 {
		e, label := daily(rng)
		v := l.Decide(e)
		if v.Answer {
			answered++
			if i < leastJudged {
				t.Fatal("an answer without any record")
			}
			if v.Candidates[0].Label != label {
				wrong++
			}
			if label == "water" {
				water++
			}
			if rng.IntN(10) > 0 {
				continue
			}
		}
		l.Observe(v, label)
		if l.Due() {
			refits++
			if err := l.Refit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if answered < 60 || float64(wrong) > 0.05*float64(answered) || refits == 0 || water == 0 {
		t.Errorf("%d answered, %d wrong, %d refits, %d answers of a label learned on the way", answered, wrong, refits, water)
	}
	if len(l.Examples()) <= len(known) || l.Model() == m {
		t.Error("nothing was learned")
	}
	l.Observe(l.Decide(Event{}), "")
}

func TestNothingIsEarnedByErrors(t *testing.T) {
	t.Parallel()
	out := make([]Outcome, 100)
	for i := range out {
		out[i] = Outcome{Score: float64(i) / 10, Right: i%2 == 0}
	}
	if _, ok := Earned(out, 0.05, 0.05); ok {
		t.Error("a record of errors entitles")
	}
	for i := range out {
		out[i].Right = true
	}
	if _, ok := Earned(out, 0.05, 0.05); !ok {
		t.Error("a clean record entitles to nothing")
	}
	if _, ok := Earned(out[:leastJudged-1], 0.05, 0.05); ok {
		t.Error("a short record entitles")
	}
}
