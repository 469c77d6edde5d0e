package club_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
)

// The prefixes are in databases, links and other people's programs.
func TestPrefixesOfIDsNeverChange(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	made := map[string]string{
		"loc":  club.NewLocationID(at).String(),
		"bay":  club.NewBayID(at).String(),
		"dev":  club.NewDeviceID(at).String(),
		"sub":  club.NewSubjectID(at).String(),
		"mem":  club.NewMemberID(at).String(),
		"bkg":  club.NewBookingID(at).String(),
		"thr":  club.NewThreadID(at).String(),
		"msg":  club.NewMessageID(at).String(),
		"sop":  club.NewSOPID(at).String(),
		"sopv": club.NewSOPVersionID(at).String(),
		"dec":  club.NewDecisionID(at).String(),
		"prp":  club.NewProposalID(at).String(),
		"exe":  club.NewExecutionID(at).String(),
		"esc":  club.NewEscalationID(at).String(),
		"tkt":  club.NewTicketID(at).String(),
		"usr":  club.NewUserID(at).String(),
		"ses":  club.NewSessionID(at).String(),
		"key":  club.NewAPIKeyID(at).String(),
		"aud":  club.NewAuditID(at).String(),
		"ntf":  club.NewNotificationID(at).String(),
		"evt":  club.NewEventID(at).String(),
		"cns":  club.NewConsentID(at).String(),
		"tnt":  club.NewTenantID(at).String(),
		"cor":  club.NewCorrelationID(at).String(),
		"ovr":  club.NewOverrideID(at).String(),
		"shf":  club.NewShiftID(at).String(),
		"cov":  club.NewCoverID(at).String(),
		"rel":  club.NewRelationID(at).String(),
		"acc":  club.NewAccessEventID(at).String(),
		"arr":  club.NewArrivalID(at).String(),
		"pat":  club.NewPatternID(at).String(),
		"mod":  club.NewModelID(at).String(),
		"pre":  club.NewPrecedentID(at).String(),
		"sit":  club.NewSituationID(at).String(),
	}
	if len(made) != 34 {
		t.Errorf("%d prefixes for 34 kinds of ids: two are the same", len(made))
	}
	for prefix, id := range made {
		if got, rest, _ := strings.Cut(id, "_"); got != prefix || len(rest) != 26 {
			t.Errorf("%s is not an id of %s", id, prefix)
		}
	}
}

// What a transaction writes is of one instant, and is read in the order of its ids.
func TestIDsSortAsTheyWereMade(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	last := club.NewMessageID(at.Add(-time.Microsecond))
	for range 1000 {
		id := club.NewMessageID(at)
		if id <= last {
			t.Fatalf("%s was made after %s", id, last)
		}
		last = id
	}
	if later := club.NewMessageID(at.Add(time.Microsecond)); later <= last {
		t.Errorf("%s is of an instant after that of %s", later, last)
	}
}
