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
			if i < leastSeen {
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
	out := make([]shown, 2*leastSeen)
	for i := range out {
		out[i] = shown{score: float64(i) / 10, known: true, right: i%2 == 0}
	}
	if _, ok := entitles(out, 0.05, 0.05, true); ok {
		t.Error("a record of errors entitles")
	}
	for i := range out {
		out[i].right = true
	}
	if _, ok := entitles(out, 0.05, 0.05, false); !ok {
		t.Error("a clean record entitles to nothing")
	}
	if _, ok := entitles(out[:leastSeen-1], 0.05, 0.05, true); ok {
		t.Error("a short record entitles")
	}
}

func TestARecordOfOutcomesEntitlesByWhatWasRight(t *testing.T) {
	t.Parallel()
	out := make([]Outcome, 100)
	for i := range out {
		out[i] = Outcome{Score: float64(i) / 10, Right: i%2 == 0}
	}
	if _, ok := Earned(out, 0.05); ok {
		t.Error("a record of errors entitles")
	}
	for i := range out {
		out[i].Right = true
	}
	if _, ok := Earned(out, 0.05); !ok {
		t.Error("a clean record entitles to nothing")
	}
	if _, ok := Earned(out[:leastSeen-1], 0.05); ok {
		t.Error("a short record entitles")
	}
}

func TestFewSureEventsAmongManyAreHeldToMore(t *testing.T) {
	t.Parallel()
	stream := func(events, sure, wrong int) []shown {
		out := make([]shown, events)
		for i := range out {
			out[i] = shown{score: -3, known: true}
			if i < sure {
				out[i] = shown{score: 5, known: true, right: i >= wrong}
			}
		}
		return out
	}
	for _, c := range []struct {
		name                string
		events, sure, wrong int
		answered            bool
	}{
		{"few that are all right", 1000, 67, 0, true},
		{"few with a mistake among them", 1000, 67, 1, false},
		{"as many with a mistake, which are more of fewer", 500, 67, 1, true},
		{"very few", 3000, 67, 0, false},
	} {
		if threshold, ok := entitles(stream(c.events, c.sure, c.wrong), 0.05, 0.08, false); ok != c.answered {
			t.Errorf("%s: answered %v, from %v", c.name, ok, threshold)
		}
	}
}

func TestWhatIsNotKnownIsStoodForByItsNeighbours(t *testing.T) {
	t.Parallel()
	var out []shown
	for i := range 400 {
		// Answered long ago and seldom audited; of those that were, all were right.
		out = append(out, shown{score: 4, known: i%10 == 0, right: true})
		// Handed to people: more often wrong than is allowed, and always known.
		if i%10 == 0 {
			out = append(out, shown{score: 1, known: true, right: i%40 != 0})
		}
	}
	threshold, ok := entitles(out, 0.05, 0.1, true)
	if !ok || threshold > 1 {
		t.Errorf("a tenth of the traffic is counted as half: answers from %v, %v", threshold, ok)
	}
	sum := 0.0
	for _, w := range standFor(out) {
		sum += w
	}
	if sum < 400 || sum > float64(len(out))+0.5 {
		t.Errorf("%v events stand for %d", sum, len(out))
	}
}

func TestAnEventIsJudgedAsIfItHadNotBeenThere(t *testing.T) {
	t.Parallel()
	l := &Learner{}
	for i := range 40 {
		l.record = append(l.record, judged{label: "a", logit: 1, known: true, right: i != 0})
	}
	l.known = len(l.record)
	l.fit()
	right, wrong := l.record[1].own, l.record[0].own
	if right <= 0 || wrong >= 0 {
		t.Errorf("an event that was right has raised its score by %v, one that was wrong by %v", right, wrong)
	}
	if got := l.score(&l.record[1]); got < 2 || got > 5 {
		t.Errorf("39 of 40 right are log odds of %v", got)
	}
}
