package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/store"
)

func newMigrate(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Bring clubs' schemas up or down, or show where they are", Example: "  clubos migrate status\n  clubos migrate up"}
	up := &cobra.Command{
		Use: "up", Short: "Bring every club's schema to the newest version", Args: cobra.NoArgs, Example: "  clubos migrate up",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
				return eachTenant(ctx, a, func(slug club.Slug) error { return migrateTo(ctx, io, a, slug, store.Latest) })
			})
		},
	}
	var to int64
	var yes bool
	down := &cobra.Command{
		Use: "down", Short: "Take one club's schema down to a version, losing what newer versions store", Args: cobra.NoArgs, Example: "  clubos migrate down --club fairway --to 7 --yes",
	}
	pick := tenantFlag(down)
	down.Flags().Int64Var(&to, "to", -1, "version to go down to; 0 is the empty schema")
	down.Flags().BoolVar(&yes, "yes", false, "confirm that the tables of newer versions, with their rows, may be dropped")
	down.RunE = func(cmd *cobra.Command, _ []string) error {
		if to < 0 {
			return usageError{fmt.Errorf("--to says which version to go down to")}
		}
		if !yes {
			return usageError{fmt.Errorf("this drops tables with their rows; confirm with --yes")}
		}
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			list, err := a.Cluster.MigrationStatus(ctx, slug)
			if err != nil {
				return err
			}
			if n := int64(len(list)); to >= n || list[to].AppliedAt.IsZero() {
				return club.Invalid("version %d is not below where the schema is; clubos migrate up goes up", to)
			}
			return migrateTo(ctx, io, a, slug, store.Target(to))
		})
	}
	status := &cobra.Command{
		Use: "status", Short: "Show which migrations each club has", Args: cobra.NoArgs, Example: "  clubos migrate status",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
				w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
				fmt.Fprintln(w, "CLUB\tVERSION\tMIGRATION\tAPPLIED")
				err := eachTenant(ctx, a, func(slug club.Slug) error {
					list, err := a.Cluster.MigrationStatus(ctx, slug)
					for _, m := range list {
						applied := "no"
						if !m.AppliedAt.IsZero() {
							applied = m.AppliedAt.UTC().Format(time.RFC3339)
						}
						fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", slug, m.Version, m.Name, applied)
					}
					return err
				})
				if err != nil {
					return err
				}
				return w.Flush()
			})
		},
	}
	cmd.AddCommand(up, down, status)
	return cmd
}

func migrateTo(ctx context.Context, io std, a *app.App, slug club.Slug, to store.Target) error {
	results, err := a.Cluster.Migrate(ctx, slug, to)
	for _, r := range results {
		way := "up"
		if r.Down {
			way = "down"
		}
		fmt.Fprintf(io.out, "%s: %s %s (%s)\n", slug, way, r.Name, r.Took.Round(time.Millisecond))
	}
	if err == nil && len(results) == 0 {
		fmt.Fprintf(io.out, "%s: nothing to do\n", slug)
	}
	return err
}

func eachTenant(ctx context.Context, a *app.App, fn func(club.Slug) error) error {
	all, err := a.Cluster.FindTenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if err := fn(t.Slug); err != nil {
			return fmt.Errorf("%s: %w", t.Slug, err)
		}
	}
	return nil
}
