package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Copy copies clubs from one installation to another, whatever their engines, and compares each with
// what was read before it counts. Both must have the same master key, for it wraps the clubs' keys.
func Copy(ctx context.Context, from, to *store.Cluster, v *vault.Vault, program string, clubs []club.Slug, progress Progress) ([]Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	wrote := make(chan error, 1)
	go func() {
		_, err := Write(ctx, w, v, from, program, clubs, nil)
		_ = w.CloseWithError(err) // nil is the end
		wrote <- err
	}()
	reports, err := Restore(ctx, r, v, to, nil, progress)
	_ = r.CloseWithError(errors.New("the copy was given up"))
	if sent := <-wrote; sent != nil && err != nil {
		return reports, fmt.Errorf("copy: %w", errors.Join(err, sent))
	}
	return reports, err
}
