package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

// moulded is the instant at which the mould's club is made; every trial begins later.
var moulded = time.Date(2024, time.December, 30, 12, 0, 0, 0, time.UTC)

// Mould is a club that is made once and copied for every seed: its files, and what a trial knows of it. It is
// safe for concurrent use. Close removes it.
type Mould struct {
	dir   string
	club  *simulate.Club
	staff []identity.Principal
	cfg   app.Config
}

// NewMould makes one.
func NewMould(ctx context.Context) (*Mould, error) {
	dir, err := os.MkdirTemp(shelf(), "clubos-trial-")
	if err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	m := &Mould{dir: dir}
	if err := m.fill(ctx); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// shelf is where files that need no disk are kept: in memory where the host has such a place.
func shelf() string {
	if s, err := os.Stat("/dev/shm"); err == nil && s.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// Close removes the mould's files.
func (m *Mould) Close() error { return os.RemoveAll(m.dir) }

// fill makes the club, allows it to act unasked, and signs its people in.
func (m *Mould) fill(ctx context.Context) error {
	var err error
	m.cfg, err = app.LoadConfig(map[string]string{"CLUBOS_DATA_DIR": filepath.Join(m.dir, "mould"), "CLUBOS_SQLITE_RELAXED": "true", "CLUBOS_CACHE_MEMORY": "0"})
	if err != nil {
		return err
	}
	m.cfg.Matchers, m.cfg.Statements = decide.NewMatchers(false, 0), &store.Statements{}
	if m.cfg.Hasher, err = identity.NewHasher(2); err != nil {
		return err
	}
	cfg := m.cfg
	cfg.Steps = jobs.NewStepper(moulded)
	cfg.Steps.Clock.Creep(time.Microsecond) // people are called in the order of their ids
	cfg.StandIns = &app.StandIns{}
	a, err := app.Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(m.populate(ctx, a), a.Close())
}

func (m *Mould) populate(ctx context.Context, a *app.App) error {
	sops := func(ctx context.Context, tenant *store.Tenant) error {
		docs, problems := knowledge.Import(bytes.NewReader(knowledge.Starter()), knowledge.FormatYAML, a.Catalogue)
		if len(problems) > 0 {
			return fmt.Errorf("BUG: starter procedures: %s", problems[0])
		}
		if _, err := a.ImportSOPs(ctx, tenant.Slug, docs, "the procedures that come with ClubOS", true); err != nil {
			return err
		}
		return a.TrainMatcher(ctx, tenant.Slug)
	}
	// Longer ago than any booking: those of a trial are its own.
	var err error
	m.club, err = simulate.Populate(ctx, a.Cluster, a.Ring, simulate.Options{Seed: 1, Locations: 2, BaysEach: 2, Members: members, Now: moulded.AddDate(0, 0, -30),
		Password: "fairway-seed-24!", Hasher: m.cfg.Hasher, ImportSOPs: sops})
	if err != nil {
		return err
	}
	tenant, _, err := a.Tenant(ctx, m.club.Slug)
	if err != nil {
		return err
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		_, err := setting.Permit(ctx, tx, club.System("simulate"), true, []string{"device", "access", "words"}, []string{setting.Everywhere})
		return err
	})
	if err != nil {
		return fmt.Errorf("allow the club to act: %w", err)
	}
	dir, err := a.Directory(ctx, m.club.Slug)
	if err != nil {
		return err
	}
	staff := slices.SortedFunc(slices.Values(m.club.Staff), func(a, b simulate.Staff) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range staff {
		if s.Role != club.RoleOperator && s.Role != club.RoleAdmin || len(m.staff) == desks {
			continue
		}
		p, err := dir.FindPrincipalBySlackID(ctx, s.SlackUserID)
		if err != nil {
			return fmt.Errorf("sign in %s: %w", s.Role, err)
		}
		m.staff = append(m.staff, p)
	}
	if len(m.staff) < desks {
		return errors.New("BUG: the club has too few people")
	}
	return nil
}

const (
	members = 3 // of the club
	desks   = 2 // people at work
)

// pour makes a copy of the mould's files for a trial.
func (m *Mould) pour() (dir string, err error) {
	if dir, err = os.MkdirTemp(m.dir, "seed-"); err != nil {
		return "", fmt.Errorf("make data directory: %w", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		return "", fmt.Errorf("make data directory: %w", err)
	}
	from := filepath.Join(m.dir, "mould")
	err = filepath.WalkDir(from, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(dir, name))
	})
	if err != nil {
		return "", fmt.Errorf("copy the club: %w", err)
	}
	return dir, nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
