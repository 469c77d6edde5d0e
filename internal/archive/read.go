package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// jobBatch is how many jobs are stored at a time.
const jobBatch = 500

// Check reads a backup to its end and says what is in it. An error means that it is not whole.
func Check(ctx context.Context, r io.Reader, v *vault.Vault, progress Progress) (About, []Report, error) {
	return read(ctx, r, v, progress, func(c savedClub, in *reader) (Report, error) { return in.club(ctx, c, nil) })
}

// Restore reads a backup into an installation: the clubs named, or all when none is. A club is there as a
// whole or not at all; it is compared with the backup before it counts. Check the file first: clubs
// before the place where it breaks off are restored.
func Restore(ctx context.Context, r io.Reader, v *vault.Vault, cluster *store.Cluster, clubs []club.Slug, progress Progress) ([]Report, error) {
	var done []Report
	_, all, err := read(ctx, r, v, progress, func(c savedClub, in *reader) (report Report, err error) {
		if len(clubs) > 0 && !slices.Contains(clubs, c.Slug) {
			return in.club(ctx, c, nil)
		}
		var written Report
		err = cluster.Load(ctx, c.record(), c.Schema, func(l *store.Loader) (err error) {
			report, err = in.club(ctx, c, l)
			return err
		}, func(s *store.Snapshot) (err error) {
			written, err = digestOf(ctx, s)
			return errors.Join(err, same(report, written))
		})
		if err == nil {
			done = append(done, report)
		}
		return report, err
	})
	for _, want := range clubs {
		if err == nil && !slices.ContainsFunc(all, func(r Report) bool { return r.Club == want }) {
			err = club.NotFound("there is no club %q in this backup", want)
		}
	}
	return done, err
}

// same compares what was read with what was written.
func same(read, written Report) error {
	if read.Digest != written.Digest || read.Rows != written.Rows || read.Jobs != written.Jobs {
		return fmt.Errorf("%s is not what was saved: %d rows and %d jobs were read, %d and %d are there, digests %.12s and %.12s",
			read.Club, read.Rows, read.Jobs, written.Rows, written.Jobs, read.Digest, written.Digest)
	}
	return nil
}

// reader reads frames and rows.
type reader struct {
	lines    *bufio.Reader
	progress Progress
}

func read(ctx context.Context, r io.Reader, v *vault.Vault, progress Progress, each func(savedClub, *reader) (Report, error)) (About, []Report, error) {
	in, err := open(r, v, progress)
	if err != nil {
		return About{}, nil, err
	}
	first, err := in.frame()
	if err != nil || first.Backup == nil {
		return About{}, nil, broken(err)
	}
	var reports []Report
	for {
		f, err := in.frame()
		switch {
		case err != nil:
			return *first.Backup, reports, broken(err)
		case f.BackupEnd != nil:
			if f.BackupEnd.Clubs != len(reports) {
				return *first.Backup, reports, broken(nil)
			}
			return *first.Backup, reports, in.atEnd()
		case f.Club == nil:
			return *first.Backup, reports, broken(nil)
		}
		report, err := each(*f.Club, in)
		if err != nil {
			return *first.Backup, reports, fmt.Errorf("read %s: %w", f.Club.Slug, err)
		}
		reports = append(reports, report)
		if err := ctx.Err(); err != nil {
			return *first.Backup, reports, err
		}
	}
}

// open reads the line in clear and opens what follows.
func open(r io.Reader, v *vault.Vault, progress Progress) (*reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	head, err := buffered.ReadSlice('\n')
	if err != nil || !bytes.HasPrefix(head, []byte(magic)) {
		return nil, club.Invalid("this is not a backup that this version of ClubOS can read")
	}
	if key := strings.TrimSpace(string(head[len(magic):])); key != v.KeyID() {
		return nil, club.Invalid("this backup was made under the master key %.12s, but the configured one is %s; set CLUBOS_MASTER_KEY_FILE to that key", key, v.KeyID())
	}
	plain, err := v.OpenStream(buffered, bytes.Clone(head))
	if err != nil {
		return nil, broken(err)
	}
	unzipped, err := gzip.NewReader(plain)
	if err != nil {
		return nil, broken(err)
	}
	return &reader{lines: bufio.NewReaderSize(unzipped, 1<<16), progress: progress}, nil
}

func broken(err error) error {
	if club.CodeOf(err) != club.CodeInternal && err != nil {
		return err
	}
	return &club.Error{Code: club.CodeInvalid, Msg: "this backup is not whole: it was cut short or altered", Err: err}
}

// atEnd makes sure that nothing follows and that the stream is whole.
func (r *reader) atEnd() error {
	if _, err := r.lines.ReadByte(); !errors.Is(err, io.EOF) {
		return broken(err)
	}
	return nil
}

// line returns the next line, valid until the next call.
func (r *reader) line() ([]byte, error) {
	line, err := r.lines.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line)
	rest, err := r.lines.ReadBytes('\n')
	return append(long, rest...), err
}

func (r *reader) frame() (f frame, err error) {
	line, err := r.line()
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(line, &f)
}

// club reads a club to its end, into l where that is not nil.
func (r *reader) club(ctx context.Context, c savedClub, l *store.Loader) (Report, error) {
	report := Report{Club: c.Slug, Schema: c.Schema}
	sum := newTotal()
	var jobs []store.StoredJob
	for {
		f, err := r.frame()
		if err != nil {
			return report, broken(err)
		}
		switch {
		case f.Table != nil:
			if err := r.table(ctx, c.Slug, *f.Table, l, &sum); err != nil {
				return report, err
			}
		case f.Job != nil:
			report.Jobs++
			jobs = append(jobs, *f.Job)
		case f.ClubEnd != nil && f.ClubEnd.Jobs == report.Jobs:
			report.Tables, report.Rows, report.Digest = sum.tables, sum.rows, sum.digest()
			return report, keep(ctx, l, jobs)
		default:
			return report, broken(nil)
		}
		if len(jobs) == jobBatch {
			if err := keep(ctx, l, jobs); err != nil {
				return report, err
			}
			jobs = jobs[:0]
		}
	}
}

func keep(ctx context.Context, l *store.Loader, jobs []store.StoredJob) error {
	if l == nil {
		return nil
	}
	return l.Jobs(ctx, jobs)
}

// table reads the rows of a table and compares their digest with the file's.
func (r *reader) table(ctx context.Context, slug club.Slug, t store.Table, l *store.Loader, sum *total) error {
	var d digest
	order, before := byName(t.Columns), sum.rows
	next := func() ([]any, error) {
		line, err := r.line()
		if err != nil {
			return nil, broken(err)
		}
		if line[0] == '{' {
			var f frame
			if err := json.Unmarshal(line, &f); err != nil || f.TableEnd == nil || f.TableEnd.Rows != d.rows || f.TableEnd.Digest != sum.add(&d, t.Name) {
				return nil, broken(err)
			}
			return nil, nil
		}
		values, err := parseRow(line, t.Columns)
		if err == nil {
			err = d.add(values, t.Columns, order)
		}
		if d.rows%told == 0 {
			r.progress.tell(slug, before+d.rows)
		}
		return values, err
	}
	if l != nil {
		return l.Table(ctx, t, next)
	}
	for {
		if values, err := next(); values == nil || err != nil {
			return err
		}
	}
}
