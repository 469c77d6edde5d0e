package demo_test

import (
	"log/slog"
	"os"
	"testing"

	"clubos/internal/demo"
	"clubos/internal/simulate"
	"clubos/internal/store/storetest"
	"clubos/internal/telemetry"
)

func logger(t *testing.T) *slog.Logger {
	if os.Getenv("CLUBOS_TEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return telemetry.NewLogger(t.Output(), telemetry.LogConfig{Text: true})
}

// TestScenariosHold plays every scenario against the real server with the vendors' stand-ins.
func TestScenariosHold(t *testing.T) {
	t.Parallel()
	all, err := simulate.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	gate := make(chan struct{}, 4)
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			gate <- struct{}{}
			defer func() { <-gate }()
			d, err := demo.Start(t.Context(), demo.Config{Log: logger(t), Quick: true, Settings: map[string]any{"wait.burst": "400ms"}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			}()
			w, err := d.World()
			if err != nil {
				t.Fatal(err)
			}
			if err := simulate.Run(t.Context(), w, s); err != nil {
				t.Errorf("%s: %v", s.Title, err)
			}
		})
	}
	_ = storetest.DatabaseURL
}
