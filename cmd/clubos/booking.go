package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/inbox"
)

func newBooking(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "booking", Short: "List bookings and take in files of them", Example: "  clubos booking import bookings.csv --dry-run\n  clubos booking list"}
	cmd.AddCommand(newBookingImport(io), newBookingList(io), newBookingTemplate(io))
	return cmd
}

func newBookingImport(s std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Take in a file of bookings", Args: cobra.ExactArgs(1), Example: "  clubos booking import bookings.csv --dry-run\n  clubos booking import - --strict < bookings.csv",
		Long: `Take in a file of bookings: comma-separated values with a heading row (clubos booking template).
The good lines are taken in one transaction and every other one is named with its column and what to
do about it; with --strict nothing is taken unless all are good. A booking that is there already under
the same id is brought up to date. FILE may be - for standard input.

The exit status is 0 when every line could be used, and 1 otherwise.`,
	}
	pick := tenantFlag(cmd)
	dry := cmd.Flags().Bool("dry-run", false, "say what would happen and change nothing")
	strict := cmd.Flags().Bool("strict", false, "take nothing when any line is wrong")
	dates := cmd.Flags().String("dates", "", "what comes first in dates like 3/4/2026: day-first or month-first; default: found out by the other dates of the file")
	source := cmd.Flags().String("source", inbox.SourceFile, "whose ids the file has: csv, or webhook when later changes come by the booking webhook under the same ids")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order, ok := booking.ParseDateOrder(*dates)
		if !ok {
			return usageError{errors.New("--dates is day-first or month-first")}
		}
		data, err := readBookings(s, args[0])
		if err != nil {
			return err
		}
		return withApp(cmd.Context(), s, func(ctx context.Context, a *app.App) error {
			slug, err := pick(ctx, a)
			if err != nil {
				return err
			}
			tenant, _, err := a.Tenant(ctx, slug)
			if err != nil {
				return err
			}
			f := inbox.BookingFile{Data: data, Dates: order, Source: *source, By: operator, DryRun: *dry, Strict: *strict, Progress: func(done, of int) {
				switch {
				case of < 1000: // over before anybody wonders
				case done < of:
					fmt.Fprintf(s.err, "\r%d of %d lines", done, of)
				default:
					fmt.Fprintf(s.err, "\r%d of %d lines\n", done, of)
				}
			}}
			report, err := a.Inbox.ImportBookingFile(ctx, tenant, f)
			if err != nil {
				return err
			}
			return printImport(s, report, f)
		})
	}
	return cmd
}

// readBookings reads a file of bookings, no more than can be used.
func readBookings(s std, name string) ([]byte, error) {
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, club.Invalid("%s cannot be opened", name)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, booking.MaxBytes+1))
	if err != nil {
		return nil, club.Invalid("%s cannot be read", name)
	}
	return data, nil
}

// printImport prints what became of a file: what is wrong first, the sum last.
func printImport(s std, r inbox.FileReport, f inbox.BookingFile) error {
	var b strings.Builder
	if len(r.Ignored) > 0 {
		fmt.Fprintf(&b, "Columns that are not understood and were left out: %s\n", strings.Join(r.Ignored, ", "))
	}
	for _, l := range r.Lines {
		switch {
		case l.Fault != nil:
			column := l.Fault.Column
			if column != "" {
				column = ", " + column
			}
			fmt.Fprintf(&b, "line %d%s: %s. %s.\n", l.Line, column, l.Fault.Problem, capital(l.Fault.Remedy))
		case l.Overlaps != "":
			fmt.Fprintf(&b, "line %d: its bay is taken at that time by %s; both stand.\n", l.Line, l.Overlaps)
		}
	}
	did := "Taken in"
	switch {
	case f.DryRun:
		did = "Would be taken in"
	case !r.Applied:
		did = "Nothing was taken in, because of --strict. Without it"
	}
	fmt.Fprintf(&b, "%s: %d created, %d changed, %d cancelled, %d unchanged, %d rejected.\n", did, r.Created, r.Changed, r.Cancelled, r.Unchanged+r.Kept, r.Rejected)
	if _, err := fmt.Fprint(s.out, b.String()); err != nil {
		return err
	}
	if r.Rejected > 0 {
		return errSome
	}
	return nil
}

// errSome ends a command whose work was done in part.
var errSome = errors.New("some lines could not be used")

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
