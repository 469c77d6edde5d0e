package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/telemetry"
)

// std is what a command reads from and writes to.
type std struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func isUsage(err error) bool {
	var u usageError
	return errors.As(err, &u) || strings.HasPrefix(err.Error(), "unknown command")
}

// describe returns what a person at a terminal may read of an error. Unlike a member or a browser,
// whoever runs the program may see causes.
func describe(err error) string { return telemetry.Mask(err.Error()) }

func newRoot(io std) *cobra.Command {
	root := &cobra.Command{
		Use:   "clubos",
		Short: "Run clubs that have no staff on site",
		Long: `ClubOS answers the texts of a club's members, acts on its devices and doors by how sure it may
rightly be, and hands everything else to a person.

Try it:          clubos demo
Run a real club: clubos init, then clubos serve

It is configured by environment variables; clubos config lists them all.`,
		Example:       "  clubos demo\n  clubos init --club fairway --name \"Fairway 24\" --owner you@example.com\n  clubos serve",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newServe(io), newDemo(io), newInit(io), newTenant(io), newSwitch(io), newUser(io), newKey(io), newVendor(io), newPlace(io), newBooking(io), newSOP(io),
		newMigrate(io), newMigrateEngine(io), newBackup(io), newRestore(io), newAudit(io), newConfig(io), newDoctor(io), newSimulate(io), newBench(io), newEval(io), newVersion(io),
	)
	return root
}

// withApp opens the installation, runs fn and closes it. Logs of a command that is not a server go to
// standard error, and only from warnings up, so that its output is its own.
func withApp(ctx context.Context, io std, fn func(context.Context, *app.App) error) (err error) {
	cfg, err := app.LoadConfig(app.Environ())
	if err != nil {
		return err
	}
	if cfg.LogLevel == "info" {
		cfg.LogLevel = "warn"
	}
	cfg.LogFormat = "text"
	a, err := app.Open(ctx, cfg, cfg.Logger(io.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return fn(ctx, a)
}

// tenantFlag adds --club and returns a function that finds its value: the only club there is, when
// the flag is left out.
func tenantFlag(cmd *cobra.Command) func(context.Context, *app.App) (club.Slug, error) {
	slug := cmd.Flags().String("club", "", "short name of the club; may be left out when there is only one")
	return func(ctx context.Context, a *app.App) (club.Slug, error) {
		if *slug != "" {
			return club.ParseSlug(*slug)
		}
		all, err := a.Cluster.FindTenants(ctx)
		if err != nil {
			return "", err
		}
		switch len(all) {
		case 0:
			return "", club.NotFound("there is no club yet; clubos init makes one")
		case 1:
			return all[0].Slug, nil
		}
		names := make([]string, len(all))
		for i, t := range all {
			names[i] = t.Slug.String()
		}
		return "", usageError{errors.New("there are several clubs; say which by --club: " + strings.Join(names, ", "))}
	}
}

// operator is who acts at the command line: whoever may run the program on this machine.
var operator = club.Actor{Kind: club.ActorSystem, ID: "cli", Name: "Command line"}
