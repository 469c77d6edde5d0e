package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/place"
	"clubos/internal/store"
)

func newPlace(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "place", Short: "Set up a club's locations, bays, devices and lines", Example: "  clubos place import places.yaml"}
	imp := &cobra.Command{
		Use: "import FILE", Short: "Import places from YAML, all or nothing", Args: cobra.ExactArgs(1), Example: "  clubos place import places.yaml",
		Long: "Import locations, lines, bays and devices from YAML, all or nothing. What exists is brought up to date, by name, number and the vendor's id; nothing is removed. docs/operations.md shows the form.",
	}
	pick := tenantFlag(imp)
	imp.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := os.Open(args[0])
		if err != nil {
			return club.Invalid("%s cannot be opened", args[0])
		}
		defer func() { _ = file.Close() }()
		places, err := place.ReadFile(file)
		if err != nil {
			return err
		}
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			tenant, _, err := a.Tenant(ctx, slug)
			if err != nil {
				return err
			}
			var done place.Imported
			err = tenant.Write(ctx, func(tx *store.Tx) (err error) {
				done, err = place.Import(ctx, tx, identity.System(slug, "cli"), places)
				return err
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "%d created, %d brought up to date.\n", done.Created, done.Updated)
			return err
		})
	}
	cmd.AddCommand(imp)
	return cmd
}
