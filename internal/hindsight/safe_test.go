package hindsight_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/hindsight"
	"clubos/internal/learn/learntest"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// information decides n times by a procedure of plain information, of which people find so many wrong.
func (h *house) information(n, wrong int, course club.Course) {
	h.T.Helper()
	for i := range n {
		dec := h.Took(h.Plan("wifi"), "wifi", "wifi?", club.TierSuggest, &course)
		if i < wrong {
			h.Propose(dec, club.ProposalRejected, "usr_opal")
			h.Override(dec, "rejected", "usr_opal", "")
		} else {
			h.Propose(dec, club.ProposalApproved, "usr_opal")
		}
	}
	h.Judge()
}

func (h *house) letInformationOut(yes bool) hindsight.Impact {
	return h.try(hindsight.Trial{Act: func(tx *store.Tx) error {
		return setting.PutValue(h.T.Context(), tx, learntest.Admin.Actor, "replies.auto_safe", yes)
	}})
}

func TestPlainInformationThatWasOftenWrongWouldNotHaveGoneOutUnasked(t *testing.T) {
	t.Parallel()
	unasked := club.Hold{By: club.HoldUnasked, To: club.TierApprove}
	for _, tc := range []struct {
		name  string
		wrong int
		held  []club.Hold
		want  hindsight.Spread
	}{
		{"always right", 0, []club.Hold{unasked}, hindsight.Spread{Alone: 4}},
		{"the first was wrong, what followed is doubted", 1, []club.Hold{unasked}, hindsight.Spread{Alone: 1, Asked: 3}},
		{"of such matches too many were wrong", 0, []club.Hold{unasked, {By: club.HoldCalibration, To: club.TierSuggest}}, hindsight.Spread{Asked: 4}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.information(4, tc.wrong, club.Course{Plain: true, Held: tc.held})
			if e := h.letInformationOut(true); e.Would != tc.want || e.More.N != tc.want.Alone {
				t.Errorf("%+v would have been %+v, want %+v", e.Was, e.Would, tc.want)
			}
		})
	}
}

func TestADoubtThatAChangeTakesAwayLetsPlainInformationOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.Act(func(tx *store.Tx) error {
		return setting.PutValue(t.Context(), tx, learntest.Admin.Actor, "replies.auto_safe", true)
	}); err != nil {
		t.Fatal(err)
	}
	h.information(6, 1, club.Course{Plain: true, Held: []club.Hold{{By: club.HoldUnasked, To: club.TierApprove}}})
	e := h.try(hindsight.Trial{Act: func(tx *store.Tx) error {
		return setting.PutThresholds(t.Context(), tx, learntest.Admin.Actor, club.Thresholds{High: 0.9, Medium: 0.5, Low: 0.4})
	}})
	if e.Was != (hindsight.Spread{Asked: 6}) || e.Would.Alone == 0 {
		t.Errorf("%+v would have been %+v", e.Was, e.Would)
	}
}
