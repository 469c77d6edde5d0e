package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clubos/internal/app"
)

func newDoctor(io std) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check everything that running depends on", Args: cobra.NoArgs,
		Long:    "Check the configuration, the database, keys, schemas and every connected vendor, and say what to do about what is wrong. It only reads. The exit status is 1 when something fails.",
		Example: "  clubos doctor",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
				failed := false
				w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
				for _, f := range a.Doctor(ctx) {
					failed = failed || f.State == "fail"
					line := f.Detail
					if f.Advice != "" {
						line += " → " + f.Advice
					}
					fmt.Fprintf(w, "%s\t%s\t%s\n", f.State, f.Name, line)
				}
				if err := w.Flush(); err != nil {
					return err
				}
				if failed {
					return errors.New("something does not work; see above")
				}
				return nil
			})
		},
	}
}
