package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// newSwitch throws kill switches where no console is at hand, and those of every club at once.
func newSwitch(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "switch", Short: "Throw kill switches, of one club or of every club at once", Example: "  clubos switch stop all --every-club\n  clubos switch release all --every-club\n  clubos switch stop device --club fairway"}
	cmd.AddCommand(newThrow(io, "stop", "Stop everything or a part of it: people are called instead", true), newThrow(io, "release", "Let run again what a switch stopped, as far as everything else allows", false))
	return cmd
}

func newThrow(io std, verb, short string, stop bool) *cobra.Command {
	var slug string
	var every bool
	cmd := &cobra.Command{
		Use: verb + " SWITCH", Short: short, Args: cobra.ExactArgs(1), Example: "  clubos switch " + verb + " all --every-club\n  clubos switch " + verb + " location:harbour --club fairway",
		Long: short + `.

A switch is all, a kind of action (device, access, words), the name of an action, or location:NAME. It
counts at once on every server, also for what has been announced, and is in the audit log. Twice is once.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if (slug == "") == !every {
				return club.Invalid("name the club with --club, or say --every-club")
			}
			return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
				clubs := []club.Slug{club.Slug(slug)}
				if every {
					all, err := a.Cluster.FindTenants(ctx)
					if err != nil {
						return err
					}
					clubs = nil
					for _, t := range all {
						clubs = append(clubs, t.Slug)
					}
				}
				var errs []error
				for _, c := range clubs { // one that fails holds up no other
					err := throw(ctx, a, c, args[0], stop)
					if err != nil {
						errs = append(errs, fmt.Errorf("%s: %w", c, err))
						continue
					}
					fmt.Fprintf(io.out, "%s: %s is %s.\n", c, args[0], map[bool]string{true: "stopped", false: "not stopped"}[stop])
				}
				return errors.Join(errs...)
			})
		},
	}
	cmd.Flags().StringVar(&slug, "club", "", "short name of the club")
	cmd.Flags().BoolVar(&every, "every-club", false, "every club of this installation")
	return cmd
}

func throw(ctx context.Context, a *app.App, slug club.Slug, key string, stop bool) error {
	tenant, _, err := a.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error { return setting.Switch(ctx, tx, operator, key, stop) })
}
