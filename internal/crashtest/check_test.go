package crashtest

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"clubos/internal/simulate/vendor"
)

func vendorSlow() vendor.Fault { return vendor.Slow(200 * time.Millisecond) }

// records opens the club's database beside the program.
func (in *installation) records() (*sql.DB, error) {
	slug := in.club.Slug.String()
	if at := in.env["CLUBOS_DATABASE_URL"]; at != "" {
		u, err := url.Parse(at)
		if err != nil {
			return nil, err
		}
		q := u.Query()
		q.Set("search_path", "t_"+slug+",jobs")
		u.RawQuery = q.Encode()
		return sql.Open("pgx", u.String())
	}
	return sql.Open("sqlite", "file:"+filepath.Join(in.env["CLUBOS_DATA_DIR"], "tenants", slug+".db")+"?mode=ro&_pragma=busy_timeout(5000)")
}

// unsettled are counts that are zero when all work is done, each with what it counts.
func unsettled() map[string]string {
	return map[string]string{
		"jobs under way":           `SELECT COUNT(*) FROM river_job WHERE CAST(state AS TEXT) IN ('available', 'running', 'retryable')`,
		"texts that are only kept": `SELECT COUNT(*) FROM arrivals`,
		"texts on their way":       `SELECT COUNT(*) FROM messages WHERE direction = 'out' AND status IN ('queued', 'sending')`,
		"executions under way":     `SELECT COUNT(*) FROM executions WHERE outcome IN ('claimed', 'running')`,
		"announcements under way":  `SELECT COUNT(*) FROM proposals WHERE status = 'open' AND tier = 'suggest'`,
		"threads nobody has": `SELECT COUNT(*) FROM threads t WHERE t.status IN ('pending', 'awaiting_ai')
			AND NOT EXISTS (SELECT 1 FROM proposals p WHERE p.thread_id = t.id AND p.status = 'open')`,
	}
}

// wrong are counts that must be zero in the end.
func wrong() map[string]string {
	return map[string]string{
		"jobs given up": `SELECT COUNT(*) FROM river_job WHERE CAST(state AS TEXT) = 'discarded'`,
		"escalated threads without an escalation": `SELECT COUNT(*) FROM threads t WHERE t.status = 'escalated'
			AND NOT EXISTS (SELECT 1 FROM escalations e WHERE e.thread_id = t.id AND e.status <> 'closed')`,
		"texts that nobody has read": `SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.direction = 'in' AND m.handled_at IS NULL
			AND t.status NOT IN ('escalated', 'in_progress', 'manual_override')`,
		"texts that failed or are in doubt without a person": `SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id
			WHERE m.direction = 'out' AND m.status IN ('failed', 'unconfirmed') AND t.status NOT IN ('escalated', 'in_progress', 'manual_override', 'resolved')`,
		"decisions that read nothing": `SELECT COUNT(*) FROM decisions d WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = d.thread_id AND m.direction = 'in')`,
	}
}

// settleWithin is longer than the longest time in which an act that may not have reached its vendor, because
// a kill came just before, has to prove itself.
const settleWithin = 4 * time.Minute

// settle waits until nothing is left to do.
func (d *drive) settle(ctx context.Context, server *child) {
	d.t.Helper()
	db, err := d.in.records()
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	limit := time.Now().Add(settleWithin)
	for calm := 0; calm < 3; {
		left := d.count(ctx, db, unsettled())
		if calm++; len(left) > 0 {
			calm = 0
		}
		if time.Now().After(limit) {
			d.t.Errorf("still unsettled: %v\n%s", left, server.lastLines())
			return
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			d.t.Fatal(err)
		}
	}
}

// count returns those counts that are not zero.
func (d *drive) count(ctx context.Context, db *sql.DB, queries map[string]string) map[string]int {
	d.t.Helper()
	out := map[string]int{}
	for what, query := range queries {
		var n int
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			d.t.Fatalf("%s: %v", what, err)
		}
		if n > 0 {
			out[what] = n
		}
	}
	return out
}

// result is what was found.
type result struct{ replies, doubtful, commands int }

// check compares what was acknowledged, what is recorded and what the vendors' world has seen.
func (d *drive) check() result {
	d.t.Helper()
	ctx := d.t.Context()
	db, err := d.in.records()
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for what, n := range d.count(ctx, db, wrong()) {
		d.t.Errorf("%d %s", n, what)
	}
	d.checkTexts(ctx, db)
	r := d.checkReplies(ctx, db)
	r.commands = d.checkCommands(ctx, db)
	d.t.Logf("%d texts acknowledged in %d deliveries (%d attempts in vain), %d replies (%d in doubt), %d commands to devices", len(d.acked), d.posts, d.failures, r.replies, r.doubtful, r.commands)
	return r
}

// rows reads rows of text columns.
func (d *drive) rows(ctx context.Context, db *sql.DB, query string, each func(cells []string)) {
	d.t.Helper()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		d.t.Fatal(err)
	}
	for rows.Next() {
		cells, into := make([]string, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			d.t.Fatal(err)
		}
		each(cells)
	}
	if err := rows.Err(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drive) checkTexts(ctx context.Context, db *sql.DB) {
	d.t.Helper()
	stored := map[string]int{}
	d.rows(ctx, db, `SELECT COALESCE(provider_message_id, '') FROM messages WHERE direction = 'in'`, func(c []string) { stored[c[0]]++ })
	for id := range d.acked {
		if n := stored[id]; n != 1 {
			d.t.Errorf("an acknowledged text is stored %d times", n)
		}
	}
	for id := range stored {
		if !d.texts[id] {
			d.t.Errorf("a text is stored that nobody sent: %s", id)
		}
	}
	if len(d.acked) != len(d.texts) {
		d.t.Errorf("%d of %d texts were acknowledged in the end", len(d.acked), len(d.texts))
	}
}

// checkReplies wants each text that left to be recorded by the vendor's own id of it, or to be one of
// those that are recorded as in doubt; and no words twice for one decision. A text that leaves at this
// very moment is recorded a moment later.
func (d *drive) checkReplies(ctx context.Context, db *sql.DB) result {
	d.t.Helper()
	r, unknown, said := d.replies(ctx, db)
	for limit := time.Now().Add(10 * time.Second); len(unknown) > r.doubtful && time.Now().Before(limit); r, unknown, said = d.replies(ctx, db) {
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			d.t.Fatal(err)
		}
	}
	if len(unknown) > r.doubtful {
		d.t.Errorf("%d texts left that no row knows of, and only %d are in doubt: %s", len(unknown), r.doubtful, unknown)
	}
	for k, n := range said {
		if n > 1 {
			d.t.Errorf("%q was said %d times for decision %s", k[2], n, k[0])
		}
	}
	return r
}

// replies counts the texts that left: those that no row knows of, and how often each decision's words
// were said to somebody.
func (d *drive) replies(ctx context.Context, db *sql.DB) (r result, unknown []string, said map[[3]string]int) {
	d.t.Helper()
	effects := d.in.vendors.SMS.Effects()
	decisions := map[string]string{} // by the vendor's id
	d.rows(ctx, db, `SELECT status, COALESCE(provider_message_id, ''), COALESCE(decision_id, id) FROM messages WHERE direction = 'out'`, func(c []string) {
		if c[0] == "unconfirmed" {
			r.doubtful++
		}
		if c[1] != "" {
			decisions[c[1]] = c[2]
		}
	})
	said = map[[3]string]int{}
	for _, e := range effects {
		if e.Op != "send" {
			continue
		}
		r.replies++
		decision, ok := decisions[e.ID]
		if !ok {
			unknown = append(unknown, e.ID+" "+e.Text)
			continue
		}
		said[[3]string{decision, e.Target, e.Text}]++
	}
	return r, unknown, said
}

// checkCommands wants no more commands at a device than executions that called it, and none twice by
// the same key.
func (d *drive) checkCommands(ctx context.Context, db *sql.DB) (commands int) {
	d.t.Helper()
	called := map[string]int{} // by correlation and the vendor's id of the device
	d.rows(ctx, db, `SELECT x.correlation_id, d.vendor_ref FROM executions x JOIN devices d ON d.id = x.device_id WHERE x.called_at IS NOT NULL`, func(c []string) {
		called[c[0]+" "+c[1]]++
	})
	seen, keys := map[string]int{}, map[string]int{}
	for _, e := range append(d.in.vendors.RMM.Effects(), d.in.vendors.Doors.Effects()...) {
		if e.Op == "lock" {
			continue
		}
		commands++
		seen[e.Request+" "+e.Target]++
		if strings.HasPrefix(e.Key, "exe_") {
			keys[e.Key]++
		}
	}
	for what, n := range seen {
		if n > called[what] {
			d.t.Errorf("a device got %d commands of %d executions (%s)", n, called[what], what)
		}
	}
	for key, n := range keys {
		if n > 1 {
			d.t.Errorf("a device got the command of %s %d times", key, n)
		}
	}
	return commands
}
