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

func newTenant(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "tenant", Short: "Create, list, suspend and resume clubs", Example: "  clubos tenant create fairway --name \"Fairway 24\"\n  clubos tenant suspend fairway"}
	var name string
	create := &cobra.Command{
		Use: "create SHORT-NAME", Short: "Create a club", Args: cobra.ExactArgs(1), Example: "  clubos tenant create fairway --name \"Fairway 24\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			slug, err := club.ParseSlug(args[0])
			if err != nil {
				return err
			}
			if name == "" {
				name = args[0]
			}
			return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
				if _, err := a.CreateTenant(ctx, operator, slug, name); err != nil {
					return err
				}
				_, err := fmt.Fprintf(io.out, "Created the club %s. Next: clubos user create --club %s --role owner --email …\n", slug, slug)
				return err
			})
		},
	}
	create.Flags().StringVar(&name, "name", "", "the club's name for people; the short name by default")
	list := &cobra.Command{
		Use: "list", Short: "List the clubs", Args: cobra.NoArgs, Example: "  clubos tenant list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
				all, err := a.Cluster.FindTenants(ctx)
				if err != nil {
					return err
				}
				if len(all) == 0 {
					_, err := fmt.Fprintln(io.out, "There is no club yet; clubos init makes one.")
					return err
				}
				w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
				fmt.Fprintln(w, "CLUB\tNAME\tSTATUS\tCREATED")
				for _, t := range all {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Slug, t.Name, t.Status, t.CreatedAt.UTC().Format(time.RFC3339))
				}
				return w.Flush()
			})
		},
	}
	cmd.AddCommand(create, list, newTenantStatus(io, "suspend", store.StatusSuspended), newTenantStatus(io, "resume", store.StatusActive))
	return cmd
}

func newTenantStatus(io std, verb, status string) *cobra.Command {
	short := "Stop serving a club: texts are taken in and kept, nothing is answered or done"
	said := "is suspended; running servers stop serving it within seconds. Texts that come are kept. To go on: clubos tenant resume"
	if status == store.StatusActive {
		short = "Serve a suspended club again, beginning with what has come meanwhile"
		said = "is resumed; running servers go on within half a minute, beginning with what has come meanwhile. To suspend it again: clubos tenant suspend"
	}
	return &cobra.Command{
		Use: verb + " SHORT-NAME", Short: short, Args: cobra.ExactArgs(1), Example: "  clubos tenant " + verb + " fairway",
		RunE: func(cmd *cobra.Command, args []string) error {
			slug, err := club.ParseSlug(args[0])
			if err != nil {
				return err
			}
			return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
				if err := a.SetTenantStatus(ctx, operator, slug, status); err != nil {
					return err
				}
				_, err := fmt.Fprintf(io.out, "The club %s %s %s\n", slug, said, slug)
				return err
			})
		},
	}
}
