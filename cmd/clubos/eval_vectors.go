package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/eval"
)

// vectorFlags say where vectors come from.
type vectorFlags struct{ address, model string }

func (f *vectorFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.address, "embeddings", "", "address of a server with OpenAI's embeddings, of which /v1/embeddings is asked; the texts are sent there, masked")
	cmd.Flags().StringVar(&f.model, "embeddings-model", "", "its model")
}

// vectors connects to the server; nil when none is named.
func (f *vectorFlags) vectors(ctx context.Context) (*eval.Vectors, func(), error) {
	if f.address == "" && f.model == "" {
		return nil, func() {}, nil
	}
	if f.address == "" || f.model == "" {
		return nil, nil, usageError{fmt.Errorf("--embeddings and --embeddings-model belong together")}
	}
	cfg, err := app.LoadConfig(app.Environ())
	if err != nil {
		return nil, nil, err
	}
	client, n, err := cfg.Embeddings(ctx, f.address, f.model)
	if err != nil {
		return nil, nil, err
	}
	return &eval.Vectors{Space: fmt.Sprintf("%s/%d", f.model, n), Dimensions: n, Embed: client.Embed}, client.Close, nil
}

// viewFigures are what vectors brought, for a table.
func viewFigures(r *eval.ViewReport) []figure {
	if r == nil {
		return nil
	}
	heeded := "heeded"
	if !r.Heeded {
		heeded = "not heeded: they did not help in the rehearsal"
	}
	return []figure{
		{"vectors", fmt.Sprintf("%s: %d texts, %d tokens, fetched in %.1f s; %s", r.Space, r.Texts, r.Tokens, r.FetchS, heeded)},
		{"loss in the rehearsal, alone / with vectors", fmt.Sprintf("%.3f / %.3f, weighed in %.1f s", r.Alone, r.Refined, r.WeighS)},
	}
}
