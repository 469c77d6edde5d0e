package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/archive"
	"clubos/internal/club"
	"clubos/internal/store"
)

func newMigrateEngine(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate-engine", Short: "Copy clubs to another database: from SQLite to PostgreSQL or back", Args: cobra.NoArgs,
		Example: "  clubos migrate-engine --to @/run/secrets/new-database-url\n  clubos migrate-engine --to sqlite:/var/lib/clubos-new",
		Long: `Copy clubs from the database that is configured to another one, of either engine, and compare every
table with what was read before a club counts there. Nothing is changed in the database they come from,
and they may go on serving meanwhile: so rehearse it first, into a scratch database, to see how long it
takes. For the real move stop clubos serve, copy, point CLUBOS_DATABASE_URL at the new database and start
it again; what vendors could not deliver meanwhile they send again.

The other installation must have the same master key, and must not have the clubs yet.`,
	}
	to := cmd.Flags().String("to", "", "the other database: postgres://…, sqlite:DIRECTORY, or @FILE that holds it (a password on a command line can be seen by others)")
	names := cmd.Flags().StringSlice("club", nil, "short names of the clubs; all when left out")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		url, err := targetURL(*to)
		if err != nil {
			return err
		}
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) (err error) {
			clubs, err := clubsNamed(ctx, a, *names)
			if err != nil {
				return err
			}
			target, err := store.Open(ctx, a.Config.At(url))
			if err != nil {
				return fmt.Errorf("open the other database: %w", err)
			}
			defer func() { err = errors.Join(err, target.Close()) }()
			reports, err := archive.Copy(ctx, a.Cluster, target, a.Vault, "clubos "+app.Version, clubs, rowProgress(io.err))
			if err != nil {
				return err
			}
			return writeReports(io.out, "copied to "+target.Engine(), reports, *asJSON)
		})
	}
	return cmd
}

func targetURL(to string) (string, error) {
	if file, ok := strings.CutPrefix(to, "@"); ok {
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			return "", club.Invalid("%s cannot be opened", file)
		}
		to = strings.TrimSpace(string(text))
	}
	if !strings.HasPrefix(to, "postgres://") && !strings.HasPrefix(to, "postgresql://") && !strings.HasPrefix(to, "sqlite:") {
		return "", usageError{errors.New("--to says which database: postgres://…, sqlite:DIRECTORY or @FILE")}
	}
	return to, nil
}
