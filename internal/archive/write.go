package archive

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Report is what was saved, restored or copied of a club.
type Report struct {
	Club   club.Slug `json:"club"`
	Schema int64     `json:"schema"` // its version
	Tables int       `json:"tables"`
	Rows   int64     `json:"rows"`
	Jobs   int       `json:"jobs"`
	Digest string    `json:"digest"` // of all tables
}

// Progress is told now and then how many rows of a club are done.
type Progress func(slug club.Slug, rows int64)

// Write saves clubs in w, sealed by v: those named, or all.
func Write(ctx context.Context, w io.Writer, v *vault.Vault, cluster *store.Cluster, program string, clubs []club.Slug, progress Progress) ([]Report, error) {
	head := []byte(magic + v.KeyID() + "\n")
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	sealed, err := v.SealStream(w, head)
	if err != nil {
		return nil, err
	}
	zipped, err := gzip.NewWriterLevel(sealed, gzip.BestSpeed) // most of it is sealed already and does not shrink
	if err != nil {
		return nil, err
	}
	out := &writer{w: bufio.NewWriterSize(zipped, 1<<16)}
	out.frame(frame{Backup: &About{Program: program, Engine: cluster.Engine(), CreatedAt: cluster.Clock().Now()}})
	reports := make([]Report, 0, len(clubs))
	for _, slug := range clubs {
		r, err := out.club(ctx, cluster, slug, progress)
		if err != nil {
			return reports, fmt.Errorf("save %s: %w", slug, err)
		}
		reports = append(reports, r)
	}
	out.frame(frame{BackupEnd: &backupEnd{Clubs: len(clubs)}})
	for _, finish := range []func() error{func() error { return out.err }, out.w.Flush, zipped.Close, sealed.Close} {
		if err := finish(); err != nil {
			return reports, fmt.Errorf("write backup: %w", err)
		}
	}
	return reports, nil
}

// writer writes frames and rows; the first error stays.
type writer struct {
	w   *bufio.Writer
	buf []byte
	err error
}

func (w *writer) frame(f frame) {
	b, err := json.Marshal(f)
	if err != nil {
		panic("BUG: a frame does not encode: " + err.Error())
	}
	w.write(append(b, '\n'))
}

func (w *writer) write(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
}

func (w *writer) club(ctx context.Context, cluster *store.Cluster, slug club.Slug, progress Progress) (Report, error) {
	r := Report{Club: slug}
	err := cluster.Snapshot(ctx, slug, func(s *store.Snapshot) error {
		c := saved(s)
		w.frame(frame{Club: &c})
		r.Schema = s.Version
		sum, err := walk(ctx, s, progress, walker{
			table: func(t store.Table) { w.frame(frame{Table: &t}) },
			row: func(values []any) (err error) {
				if w.buf, err = appendRow(w.buf[:0], values); err != nil {
					return err
				}
				w.write(w.buf)
				return w.err
			},
			end: func(rows int64, digest string) { w.frame(frame{TableEnd: &tableEnd{Rows: rows, Digest: digest}}) },
		})
		if err != nil {
			return err
		}
		r.Tables, r.Rows, r.Digest = sum.tables, sum.rows, sum.digest()
		err = s.Jobs(ctx, func(j store.StoredJob) error {
			w.frame(frame{Job: &j})
			r.Jobs++
			return w.err
		})
		w.frame(frame{ClubEnd: &clubEnd{Jobs: r.Jobs}})
		return err
	})
	return r, err
}
