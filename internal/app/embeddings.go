package app

import (
	"context"
	"fmt"

	"clubos/internal/connector"
	"clubos/internal/connector/embeddings"
)

// Embeddings returns a client of a server of vectors outside any club, for measurements, and how many
// dimensions its vectors have. The key is the environment's.
func (c Config) Embeddings(ctx context.Context, address, model string) (*embeddings.Client, int, error) {
	cfg := embeddings.Config{BaseURL: address, Key: c.EmbeddingsKey, Model: model}
	n, err := embeddings.Measure(ctx, cfg, connector.Deps{})
	if err != nil {
		return nil, 0, fmt.Errorf("ask for a first vector: %w", err)
	}
	cfg.Dimensions = n
	client, err := embeddings.New(cfg, connector.Deps{})
	return client, n, err
}
