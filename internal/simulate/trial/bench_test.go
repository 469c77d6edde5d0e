package trial

import "testing"

// BenchmarkTrial holds one trial after the other, each with the next seed.
func BenchmarkTrial(b *testing.B) {
	m, err := NewMould(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	seed := uint64(2000)
	for b.Loop() {
		if _, err := m.Run(b.Context(), Config{Seed: seed}); err != nil {
			b.Fatal(err)
		}
		seed++
	}
}
