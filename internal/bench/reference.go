package bench

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// What the server could do at best with one statement and one commit for a text: a message's row and a
// job's, as small as they can be. pgbench sends them, at the same concurrency.
const (
	referenceText = `WITH m AS (INSERT INTO public.bench_messages (body) VALUES (repeat('x', 400)) RETURNING id) INSERT INTO public.bench_jobs (message_id) SELECT id FROM m;
`
	referenceFor     = 5 * time.Second
	referenceClients = 64 // a server takes 100 connections unless it is told otherwise
)

// reference measures what pgbench reaches on the installation's database, in texts per second. ok is false
// where there is no pgbench, or no PostgreSQL.
func (in *installation) reference(ctx context.Context, cfg Config) (perSecond float64, ok bool, err error) {
	program, err := exec.LookPath("pgbench")
	if in.database == "" || err != nil {
		return 0, false, nil
	}
	err = in.onDatabase(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `CREATE TABLE public.bench_messages (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body TEXT NOT NULL, created_at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE TABLE public.bench_jobs (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, message_id BIGINT NOT NULL, created_at TIMESTAMPTZ NOT NULL DEFAULT now())`, pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("make the reference's tables: %w", err)
	}
	script := filepath.Join(in.dir, "reference.sql")
	if err := os.WriteFile(script, []byte(referenceText), 0o600); err != nil {
		return 0, false, fmt.Errorf("write the reference: %w", err)
	}
	env, err := connectionEnv(in.env["CLUBOS_DATABASE_URL"])
	if err != nil {
		return 0, false, err
	}
	cmd := exec.CommandContext(ctx, program, "--no-vacuum", "--protocol=prepared", "--file="+script, //nolint:gosec // the system's own pgbench
		"--client="+strconv.Itoa(min(cfg.Connections, referenceClients)), "--jobs=2", "--time="+strconv.Itoa(int(min(cfg.Duration, referenceFor)/time.Second)))
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		return 0, false, fmt.Errorf("run pgbench: %w", err)
	}
	if perSecond, ok = parseTPS(string(out)); !ok {
		return 0, false, fmt.Errorf("pgbench tells no rate:\n%s", out)
	}
	return perSecond, true, nil
}

// connectionEnv tells libpq where a database is. What it is given in the environment no list of processes
// shows.
func connectionEnv(database string) ([]string, error) {
	u, err := url.Parse(database)
	if err != nil {
		return nil, fmt.Errorf("read the database's URL: %w", err)
	}
	env := []string{"PGHOST=" + u.Hostname(), "PGDATABASE=" + strings.TrimPrefix(u.Path, "/"), "PGUSER=" + u.User.Username()}
	if u.Port() != "" {
		env = append(env, "PGPORT="+u.Port())
	}
	if password, set := u.User.Password(); set {
		env = append(env, "PGPASSWORD="+password)
	}
	if mode := u.Query().Get("sslmode"); mode != "" {
		env = append(env, "PGSSLMODE="+mode)
	}
	return env, nil
}

var tps = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

func parseTPS(out string) (perSecond float64, ok bool) {
	m := tps.FindStringSubmatch(out)
	if m == nil {
		return 0, false
	}
	perSecond, err := strconv.ParseFloat(m[1], 64)
	return perSecond, err == nil && perSecond > 0
}

// databaseCPU returns the processor time that the database's processes for the installation have used; ok is
// false where they are on another machine, or the system does not tell.
func (in *installation) databaseCPU(ctx context.Context) (used time.Duration, ok bool) {
	if in.database == "" {
		return 0, false
	}
	conn, err := pgx.Connect(ctx, in.env["CLUBOS_DATABASE_URL"])
	if err != nil {
		return 0, false
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if err != nil {
		return 0, false
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return 0, false
	}
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || !strings.Contains(string(b), "(postgres)") {
			return 0, false
		}
		d, _ := parseCPU(string(b))
		used += d
	}
	return used, len(pids) > 0
}
