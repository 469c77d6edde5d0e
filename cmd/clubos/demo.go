package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/demo"
	"clubos/internal/simulate"
	"clubos/internal/telemetry"
)

func newDemo(io std) *cobra.Command {
	var listen, dir, database, logFile string
	var seed uint64
	var length time.Duration
	var quiet bool
	var history int
	cmd := &cobra.Command{
		Use: "demo", Short: "Run a demo club with simulated members and vendors", Args: cobra.NoArgs,
		Long: `Run the whole product around a club that never was: 3 locations, 10 bays, 120 members, today's
bookings, and four weeks behind it in which its people answered, approved and so taught it. Members'
texts come in as signed webhooks; text vendor, device management, doors and Slack are stand-ins on this
machine, and nothing leaves it. A simulated operator approves some proposals in Slack; refunds and
complaints are left to you.

The data is thrown away at the end, unless --data names a directory.`,
		Example: "  clubos demo\n  clubos demo --listen 127.0.0.1:9000 --length 3m",
	}
	cmd.Flags().StringVar(&listen, "listen", "localhost:8080", "address of the console")
	cmd.Flags().StringVar(&dir, "data", "", "keep the demo's data in this directory")
	cmd.Flags().StringVar(&database, "database-url", "", "use this PostgreSQL instead of SQLite")
	cmd.Flags().StringVar(&logFile, "log", "", "write the server's log to this file (JSON lines)")
	cmd.Flags().Uint64Var(&seed, "seed", 24, "another seed is another club and another day")
	cmd.Flags().DurationVar(&length, "length", 8*time.Minute, "how long a simulated day lasts; days follow one another")
	cmd.Flags().BoolVar(&quiet, "quiet", false, "no simulated texts: only what you do")
	cmd.Flags().IntVar(&history, "history", 28, "how many days the club has behind it; 0 begins with nothing learned")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		ctx := cmd.Context()
		log := slog.New(slog.DiscardHandler)
		if logFile != "" {
			f, ferr := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if ferr != nil {
				return club.Invalid("%s cannot be written", logFile)
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			log = telemetry.NewLogger(f, telemetry.LogConfig{Service: "clubos", Version: app.Version, Node: "demo"})
		}
		if history > 0 {
			fmt.Fprintf(io.out, "Making the demo club and living its last %d days …\n", history)
		} else {
			fmt.Fprintln(io.out, "Making the demo club …")
		}
		d, err := demo.Start(ctx, demo.Config{Listen: listen, DataDir: dir, DatabaseURL: database, Seed: seed, History: history, Log: log})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.Close()) }()
		link, err := d.SignInLink(ctx, club.RoleOwner)
		if err != nil {
			return err
		}
		welcome(io, d, link)
		if quiet {
			<-ctx.Done()
			return nil
		}
		world, err := d.World()
		if err != nil {
			return err
		}
		start := time.Now()
		err = simulate.RunDay(ctx, world, simulate.DayConfig{Seed: seed, Length: length, Loop: true, Tell: func(line string) {
			fmt.Fprintf(io.out, "%8s  %s\n", time.Since(start).Round(time.Second), line)
		}})
		if ctx.Err() != nil {
			fmt.Fprintln(io.out, "\nStopping …")
			return nil
		}
		return err
	}
	return cmd
}

func welcome(io std, d *demo.Demo, link string) {
	fmt.Fprintf(io.out, "\n%s is open at %s\n\nSign in as the owner (once, within 15 minutes):\n  %s\n\nor with a password, which is %s for everybody:\n", d.Club.Name, d.URL, link, demo.Password)
	for _, s := range d.Club.Staff {
		where := "everywhere"
		if len(s.Locations) > 0 {
			where = strings.Join(s.Locations, ", ")
		}
		fmt.Fprintf(io.out, "  %-10s %-32s %s\n", s.Role, s.Email, where)
	}
	fmt.Fprintf(io.out, "\nThe API describes itself at %s/api/v1/docs. Ctrl-C ends the demo.\n\n", d.URL)
}
