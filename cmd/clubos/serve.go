package main

import (
	"errors"

	"github.com/spf13/cobra"

	"clubos/internal/app"
)

func newServe(io std) *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Serve: webhooks, API, console and jobs", Args: cobra.NoArgs,
		Long:    "Serve webhooks, the API, the console and all jobs until it is interrupted, then drain. Schemas are brought up to date first. Logs go to standard error.",
		Example: "  clubos serve\n  CLUBOS_LISTEN=0.0.0.0:8080 CLUBOS_PUBLIC_URL=https://club.example.com clubos serve",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := app.LoadConfig(app.Environ())
			if err != nil {
				return err
			}
			cfg.BoundMemory()
			a, err := app.Open(cmd.Context(), cfg, cfg.Logger(io.err))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, a.Close()) }()
			return a.Run(cmd.Context())
		},
	}
}
