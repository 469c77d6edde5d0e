package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
)

func newInit(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "init", Short: "Set up an installation: database, keys, a club and its owner", Args: cobra.NoArgs,
		Long: `Set up what a first start needs: the database and the master key (in the data directory, or where
the environment says), a club with the procedures that come with ClubOS, and its owner, for whom a
sign-in link is printed. Running it again for the same club changes nothing and fails clearly.`,
		Example: "  clubos init --club fairway --name \"Fairway 24\" --owner you@example.com",
	}
	short := cmd.Flags().String("club", "", "short name of the club: lower-case letters and digits (required)")
	name := cmd.Flags().String("name", "", "the club's name for people")
	owner := cmd.Flags().String("owner", "", "e-mail address of the owner (required)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		slug, err := club.ParseSlug(*short)
		if err != nil {
			return err
		}
		if *owner == "" {
			return usageError{fmt.Errorf("--owner says who may sign in first")}
		}
		if *name == "" {
			*name = *short
		}
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			if _, err := a.CreateTenant(ctx, operator, slug, *name); err != nil {
				return err
			}
			docs, err := readSOPs(io, "starter")
			if err != nil {
				return err
			}
			if _, err := a.ImportSOPs(ctx, slug, globalOnly(docs), "the procedures that come with ClubOS", true); err != nil {
				return err
			}
			if err := a.TrainMatcher(ctx, slug); err != nil {
				return err
			}
			d, err := a.Directory(ctx, slug)
			if err != nil {
				return err
			}
			p := identity.System(slug, "cli")
			u, err := d.CreateUser(ctx, p, identity.NewUser{Email: *owner, Name: *owner, Role: club.RoleOwner})
			if err != nil {
				return err
			}
			fmt.Fprintf(io.out, "%s is set up with %d procedures. Start it with: clubos serve\n", *name, len(globalOnly(docs)))
			return printLink(ctx, io, a, d, p, u.ID)
		})
	}
	return cmd
}

// globalOnly leaves out the overrides for the demo club's locations.
func globalOnly(docs []knowledge.Document) []knowledge.Document {
	var out []knowledge.Document
	for _, d := range docs {
		if d.Scope.Kind == knowledge.ScopeGlobal {
			out = append(out, d)
		}
	}
	return out
}
