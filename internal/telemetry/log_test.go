package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/telemetry"
)

func TestLineHasTheSchemaNamesAndTheCorrelation(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := telemetry.NewLogger(&b, telemetry.LogConfig{Service: "clubos", Version: "1", Node: "n1"})
	log.With("organization.id", "aa").InfoContext(club.WithCorrelation(t.Context(), "cor_1"), "text stored", "event.action", "inbox.text")
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{"log.level": "info", "message": "text stored", "trace.id": "cor_1", "organization.id": "aa", "event.action": "inbox.text", "service.name": "clubos", "ecs.version": "9.0.0"} {
		if got[k] != want {
			t.Errorf("%s is %v, want %s", k, got[k], want)
		}
	}
	if _, ok := got["@timestamp"]; !ok {
		t.Error("no @timestamp")
	}
}

func TestNumbersAndAddressesNeverReachALine(t *testing.T) {
	t.Parallel()
	for _, text := range []bool{false, true} {
		var b bytes.Buffer
		log := telemetry.NewLogger(&b, telemetry.LogConfig{Text: text, Level: slog.LevelDebug})
		log.Debug("from +14155552671", "error.message", errors.New("send to zoe@example.com: +14155552671"), "to", "+14155552671")
		for _, secret := range []string{"4155552671", "zoe@"} {
			if strings.Contains(b.String(), secret) {
				t.Errorf("%s stands in %s", secret, b.String())
			}
		}
	}
}
