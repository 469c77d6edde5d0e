package main

import (
	"context"
	"errors"
	"fmt"
	stdio "io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/app"
	"clubos/internal/archive"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

func newBackup(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "backup [FILE]", Short: "Save clubs in a sealed file while they go on serving", Args: cobra.MaximumNArgs(1), Example: "  clubos backup\n  clubos backup /backups/monday.clubos --club fairway",
		Long: `Save clubs, all of them or those named, in one file, while they go on serving. Each is saved in one
state. The file is sealed (AES-256-GCM) with a key that is derived from the master key, and is read
once more before it counts. It can be restored on SQLite and on PostgreSQL.

It is of no use without the master key: keep a copy of that elsewhere. FILE is made anew, never
written over; by default it is named after the time.`,
	}
	names := cmd.Flags().StringSlice("club", nil, "short names of the clubs; all when left out")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			clubs, err := clubsNamed(ctx, a, *names)
			if err != nil {
				return err
			}
			path := "clubos-" + a.Cluster.Clock().Now().Format("20060102-150405") + ".backup"
			if len(args) > 0 {
				path = args[0]
			}
			reports, err := saveFile(ctx, a, filepath.Clean(path), clubs, rowProgress(io.err))
			if err != nil {
				return err
			}
			return writeReports(io.out, "saved in "+path, reports, *asJSON)
		})
	}
	return cmd
}

// clubsNamed returns the clubs named, or all.
func clubsNamed(ctx context.Context, a *app.App, names []string) ([]club.Slug, error) {
	all, err := a.Cluster.FindTenants(ctx)
	if err != nil {
		return nil, err
	}
	clubs := make([]club.Slug, 0, len(all))
	for _, t := range all {
		clubs = append(clubs, t.Slug)
	}
	if len(names) > 0 {
		if clubs, err = parseSlugs(names); err != nil {
			return nil, err
		}
	}
	if len(clubs) == 0 {
		return nil, club.NotFound("there is no club yet; clubos init makes one")
	}
	return clubs, nil
}

func parseSlugs(names []string) ([]club.Slug, error) {
	var clubs []club.Slug
	for _, name := range names {
		slug, err := club.ParseSlug(name)
		if err != nil {
			return nil, err
		}
		clubs = append(clubs, slug)
	}
	return clubs, nil
}

// saveFile writes a backup aside, reads it again, and only then gives it its name.
func saveFile(ctx context.Context, a *app.App, path string, clubs []club.Slug, progress archive.Progress) (reports []archive.Report, err error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, club.Conflict("%s is there already; a backup is never written over", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".clubos-backup-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make backup file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.RemoveAll(f.Name())) }()
	if reports, err = archive.Write(ctx, f, a.Vault, a.Cluster, "clubos "+app.Version, clubs, progress); err != nil {
		return nil, err
	}
	if _, err = f.Seek(0, stdio.SeekStart); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	_, read, err := archive.Check(ctx, f, a.Vault, nil)
	for i := range read {
		if err == nil && read[i].Digest != reports[i].Digest {
			err = fmt.Errorf("%s: what was read again is not what was saved", read[i].Club)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the backup cannot be read again and was thrown away: %w", err)
	}
	return reports, os.Link(f.Name(), path) // fails where somebody else has made the file meanwhile
}

// rowProgress tells a person at a terminal how far it is.
func rowProgress(w stdio.Writer) archive.Progress {
	say, _ := progress(w)
	if say == nil {
		return nil
	}
	return func(slug club.Slug, rows int64) { say(fmt.Sprintf("%s: %d rows", slug, rows)) }
}

func writeReports(w stdio.Writer, did string, reports []archive.Report, asJSON bool) error {
	if asJSON {
		return writeJSON(w, map[string]any{"clubs": reports})
	}
	for _, r := range reports {
		fmt.Fprintf(w, "%s: %d rows of %d tables and %d jobs %s; digest %.16s\n", r.Club, r.Rows, r.Tables, r.Jobs, did, r.Digest)
	}
	return nil
}

func newRestore(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Bring clubs back from a backup, or prove that one could be", Args: cobra.ExactArgs(1), Example: "  clubos restore monday.clubos --verify\n  clubos restore monday.clubos --verify --scratch /backups\n  clubos restore monday.clubos --club fairway",
		Long: `Bring clubs back from a backup, on SQLite or PostgreSQL, whichever it was made on. The file is read to
its end first. A club that is here already is never touched: the restore refuses it. What was written is
compared with the backup, table by table, before the club counts; an older schema is then brought up to
date. Deadlines, replies and other work that was under way go on with the next clubos serve.

With --verify everything is done in a scratch directory, which is then removed: this installation is
not touched. It is made below --scratch, and takes about as much room as the clubs do on SQLite.`,
	}
	names := cmd.Flags().StringSlice("club", nil, "short names of the clubs; all in the file when left out")
	verify := cmd.Flags().Bool("verify", false, "restore into a scratch directory, compare, and remove it")
	below := cmd.Flags().String("scratch", "", "with --verify: where the scratch directory is made, on a disk of this machine; by default where temporary files go")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *below != "" && !*verify {
			return usageError{errors.New("--scratch goes with --verify; without it, clubs are restored in this installation")}
		}
		clubs, err := parseSlugs(*names)
		if err != nil {
			return err
		}
		f, err := os.Open(filepath.Clean(args[0]))
		if err != nil {
			return club.Invalid("%s cannot be opened", args[0])
		}
		defer func() { _ = f.Close() }()
		return withApp(cmd.Context(), io, func(ctx context.Context, a *app.App) error {
			about, _, err := archive.Check(ctx, f, a.Vault, rowProgress(io.err))
			if err != nil {
				return err
			}
			if _, err := f.Seek(0, stdio.SeekStart); err != nil {
				return err
			}
			did, reports := "restored", []archive.Report(nil)
			if *verify {
				did = "restored in a scratch place"
				reports, err = restoreAside(ctx, *below, f, a.Vault, clubs, rowProgress(io.err))
			} else {
				reports, err = archive.Restore(ctx, f, a.Vault, a.Cluster, clubs, rowProgress(io.err))
			}
			if err != nil {
				return err
			}
			if !*asJSON {
				fmt.Fprintf(io.out, "saved by %s on %s, %s\n", about.Program, about.Engine, about.CreatedAt.UTC().Format(time.RFC3339))
			}
			return writeReports(io.out, did, reports, *asJSON)
		})
	}
	return cmd
}

// restoreAside restores into a directory that is made below another, or where temporary files go when that has no
// name, and removed afterwards.
func restoreAside(ctx context.Context, below string, f stdio.Reader, v *vault.Vault, clubs []club.Slug, progress archive.Progress) (reports []archive.Report, err error) {
	dir, err := os.MkdirTemp(below, "clubos-verify-")
	if err != nil {
		return nil, fmt.Errorf("make scratch directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	scratch, err := store.Open(ctx, store.Config{URL: "sqlite:" + dir, Relaxed: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	return archive.Restore(ctx, f, v, scratch, clubs, progress)
}
