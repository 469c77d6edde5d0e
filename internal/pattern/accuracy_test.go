package pattern

import "testing"

func TestParaphrasesFindTheirLabelAndStrangersNone(t *testing.T) {
	t.Parallel()
	m := Train(clubExamples())
	held := parseLabelled(heldOut)
	if len(held) < 150 || len(unrelated()) < 80 {
		t.Fatalf("%d paraphrases and %d strangers are too few", len(held), len(unrelated()))
	}
	var answered, right, sure, sureWrong int
	for _, h := range held {
		r := m.Match(h.text, 2)
		if r.None {
			t.Logf("none: %q (%s) %s", h.text, h.label, brief(r))
			continue
		}
		answered++
		top := r.Candidates[0]
		if top.Label == h.label {
			right++
		} else {
			t.Logf("wrong: %q (%s) %s", h.text, h.label, brief(r))
		}
		if top.Confidence >= 0.75 {
			sure++
			if top.Label != h.label {
				sureWrong++
			}
		}
	}
	refused := 0
	for _, text := range unrelated() {
		r := m.Match(text, 2)
		if r.None {
			refused++
		} else {
			t.Logf("answered: %q %s", text, brief(r))
		}
	}
	t.Logf("%d paraphrases: %d answered, %d right; %d sure, %d of them wrong; %d of %d strangers refused",
		len(held), answered, right, sure, sureWrong, refused, len(unrelated()))
	floor(t, "right among answered", right, answered, 0.85)
	floor(t, "answered", answered, len(held), 0.85)
	floor(t, "sure", sure, len(held), 0.70)
	floor(t, "right among the sure", sure-sureWrong, sure, 0.95)
	floor(t, "strangers refused", refused, len(unrelated()), 0.90)
}

func floor(t *testing.T, what string, n, of int, least float64) {
	t.Helper()
	if got := float64(n) / float64(max(of, 1)); got < least {
		t.Errorf("%s: %d of %d (%.1f %%), want at least %.0f %%", what, n, of, 100*got, 100*least)
	}
}
