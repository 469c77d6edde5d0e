package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/store"
)

func newBookingList(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the bookings of a day", Args: cobra.NoArgs, Example: "  clubos booking list\n  clubos booking list --day 2026-12-24 --location northside --json"}
	pick := tenantFlag(cmd)
	day := cmd.Flags().String("day", "", "the day, like 2026-12-24; default: today, where the location is")
	days := cmd.Flags().Int("days", 1, "how many days from there on, at most 31")
	location := cmd.Flags().String("location", "", "of this location only")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *days < 1 || *days > 31 {
			return usageError{errors.New("--days is 1 to 31")}
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
			var rows []listed
			err = tenant.Read(ctx, func(tx *store.Tx) (err error) { rows, err = listBookings(ctx, tx, *location, *day, *days); return err })
			if err != nil {
				return err
			}
			if *asJSON {
				enc := json.NewEncoder(io.out)
				enc.SetIndent("", "  ")
				return enc.Encode(rows)
			}
			w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "START\tEND\tLOCATION\tBAY\tSTATUS\tFROM\tREFERENCE\tID")
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Start.Format("2006-01-02 15:04 MST"), r.End.Format("15:04"), r.Location, r.Bay, r.Status, r.From, r.Reference, r.ID)
			}
			return w.Flush()
		})
	}
	return cmd
}

// listed is a booking in the list. It names nobody.
type listed struct {
	ID        club.BookingID     `json:"id"`
	Start     time.Time          `json:"start"`
	End       time.Time          `json:"end"`
	Location  string             `json:"location"`
	Bay       string             `json:"bay,omitempty"`
	Status    club.BookingStatus `json:"status"`
	From      string             `json:"from"`
	Reference string             `json:"reference"`
}

func listBookings(ctx context.Context, tx *store.Tx, only, day string, days int) ([]listed, error) {
	locations, err := tx.FindLocations(ctx)
	if err != nil {
		return nil, err
	}
	if only != "" {
		l, err := tx.FindLocationByName(ctx, only)
		if err != nil {
			return nil, club.NotFound("there is no location called %q", only)
		}
		locations = []store.Location{l}
	}
	out := []listed{}
	for _, l := range locations {
		zone, err := time.LoadLocation(l.TimeZone)
		if err != nil {
			return nil, err
		}
		from := tx.Now.In(zone)
		if day != "" {
			if from, err = time.ParseInLocation(time.DateOnly, day, zone); err != nil {
				return nil, usageError{errors.New("--day is a date like 2026-12-24")}
			}
		}
		from = time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, zone)
		until := from.AddDate(0, 0, days)
		rows, err := tx.FindBookingsOfDay(ctx, store.FindBookingsOfDayParams{Reach: from.Add(-24 * time.Hour), Since: from.UTC(), Until: until.UTC(), Location: l.ID.String(), Size: 10_000})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			b := r.Booking
			out = append(out, listed{b.ID, b.StartsAt.In(zone), b.EndsAt.In(zone), r.LocationName, r.BayName, b.Status, inbox.SourceName(b.Source), b.ExternalID})
		}
	}
	return out, nil
}

func newBookingTemplate(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "template", Short: "Print a file of bookings to fill in", Args: cobra.NoArgs, Example: "  clubos booking template > bookings.csv"}
	explain := cmd.Flags().Bool("explain", false, "explain the columns instead")
	cmd.RunE = func(*cobra.Command, []string) error {
		if !*explain {
			file, err := booking.Template("", club.SystemClock{}.Now().AddDate(0, 0, 1))
			if err != nil {
				return err
			}
			_, err = io.out.Write(file)
			return err
		}
		w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
		for _, c := range booking.Columns() {
			need := ""
			if c.Required {
				need = " (required)"
			}
			fmt.Fprintf(w, "%s%s\t%s\n", c.Name, need, c.Help)
		}
		return w.Flush()
	}
	return cmd
}
