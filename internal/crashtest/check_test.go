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

// records opens the club's database beside the program. On SQLite the mode is ro or rw.
func (in *installation) records(mode string) (*sql.DB, error) {
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
	return sql.Open("sqlite", "file:"+filepath.Join(in.env["CLUBOS_DATA_DIR"], "tenants", slug+".db")+"?mode="+mode+"&_pragma=busy_timeout(5000)&_time_format=sqlite&_timezone=UTC")
}

// lies is how long a job has been due that is not merely about to be taken: timers come due all the time.
const lies = 2 * time.Second

// unsettled are counts that are zero when all work is done, each with what it counts. A turn of a periodic job that a
// killed replica left running is no work that lies: the next turn is its next try.
func unsettled() map[string]string {
	return map[string]string{
		"jobs that lie": `SELECT COUNT(*) FROM river_job WHERE CAST(state AS TEXT) IN ('available', 'running', 'retryable') AND scheduled_at < $1
			AND NOT (kind = 'tick' AND CAST(state AS TEXT) = 'running')`,
		"calls under way": `SELECT COUNT(*) FROM notifications WHERE status IN ('queued', 'sending')`,

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
		"jobs given up": `SELECT COUNT(*) FROM river_job WHERE CAST(state AS TEXT) = 'discarded' AND kind <> 'tick'`, // whose next turn is its next try
		"escalated threads without an escalation": `SELECT COUNT(*) FROM threads t WHERE t.status = 'escalated'
			AND NOT EXISTS (SELECT 1 FROM escalations e WHERE e.thread_id = t.id AND e.status <> 'closed')`,
		"texts that nobody has read": `SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.direction = 'in' AND m.handled_at IS NULL
			AND t.status NOT IN ('escalated', 'in_progress', 'manual_override')`,
		"texts that failed or are in doubt without a person": `SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id
			WHERE m.direction = 'out' AND m.status IN ('failed', 'unconfirmed') AND t.status NOT IN ('escalated', 'in_progress', 'manual_override', 'resolved')`,
		"acts that nobody can vouch for without a person": `SELECT COUNT(*) FROM executions x WHERE x.outcome IN ('unconfirmed', 'timeout') AND x.thread_id IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM escalations e JOIN threads t ON t.id = x.thread_id WHERE e.thread_id IN (t.id, t.merged_into))`,
		"decisions that read nothing": `SELECT COUNT(*) FROM decisions d WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = d.thread_id AND m.direction = 'in')`,
	}
}

// settleWithin bounds how long work may go on after a restart. What is told of acts whose answer never came
// is a matter of minutes; letTimePass has them over.
const settleWithin = 30 * time.Second

// letTimePass makes what was under way when the last server ended look as if that was long ago, as after a
// night without a server: the time within which vendors must show an effect is over. No server may run.
func (d *drive) letTimePass(ctx context.Context) {
	d.t.Helper()
	db, err := d.in.records("rw")
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	long := time.Now().UTC().Add(-10 * time.Minute).Truncate(time.Microsecond)
	for _, change := range []string{
		`UPDATE executions SET called_at = $1 WHERE outcome IN ('claimed', 'running') AND called_at > $1`,
		`UPDATE messages SET claimed_at = $1 WHERE status = 'sending' AND claimed_at > $1`,
		`UPDATE notifications SET updated_at = $1 WHERE status = 'sending' AND updated_at > $1`,
	} {
		if _, err := db.ExecContext(ctx, change, long); err != nil {
			d.t.Fatal(err)
		}
	}
	const wake = `UPDATE river_job SET scheduled_at = CURRENT_TIMESTAMP WHERE CAST(state AS TEXT) IN ('scheduled', 'retryable', 'available') AND kind IN ('verify_execution', 'send_message', 'notify_post')`
	const due = `DELETE FROM river_job WHERE kind = 'tick'` // of this minute, in which they have had their turn
	for _, change := range []string{wake, due} {
		if _, err := db.ExecContext(ctx, change); err != nil {
			d.t.Fatal(err)
		}
	}
}

// settle waits until nothing is left to do.
func (d *drive) settle(ctx context.Context, server *child) {
	d.t.Helper()
	db, err := d.in.records("ro")
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	began := time.Now()
	var calm time.Time
	for {
		left := d.count(ctx, db, unsettled())
		if n := d.toBeFound(ctx, db); n > 0 {
			left["texts to be found at their vendor"] = n
		}
		switch {
		case len(left) > 0:
			calm = time.Time{}
		case calm.IsZero():
			calm = time.Now()
			d.made.Recovered = max(d.made.Recovered, calm.Sub(began))
		case time.Since(calm) > lies:
			return
		}
		if time.Since(began) > d.in.patience {
			d.made.Stuck += len(left)
			d.t.Errorf("still unsettled: %v\n%s\n%s", left, d.unfinishedJobs(ctx, db), server.lastLines())
			return
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			d.t.Fatal(err)
		}
	}
}

// toBeFound is how many texts no webhook has brought and the program has not found.
func (d *drive) toBeFound(ctx context.Context, db *sql.DB) int {
	d.t.Helper()
	if d.unbrought() == 0 {
		return 0
	}
	stored := map[string]bool{}
	d.rows(ctx, db, `SELECT COALESCE(provider_message_id, '') FROM messages WHERE direction = 'in' AND provider = 'twilio'`, func(c []string) { stored[c[0]] = true })
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for id, once := range d.texts {
		if once && !d.acked[id] && !stored[id] {
			n++
		}
	}
	return n
}

// unfinishedJobs says which kinds of jobs have not ended.
func (d *drive) unfinishedJobs(ctx context.Context, db *sql.DB) (out string) {
	d.t.Helper()
	d.rows(ctx, db, `SELECT kind, CAST(state AS TEXT), CAST(attempt AS TEXT), COALESCE(CAST(attempted_by AS TEXT), ''), CAST(MIN(scheduled_at) AS TEXT), CAST(COUNT(*) AS TEXT)
		FROM river_job WHERE CAST(state AS TEXT) NOT IN ('completed', 'cancelled') GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`, func(c []string) {
		out += strings.Join(c, " ") + "\n"
	})
	return out
}

// count returns those counts that are not zero.
func (d *drive) count(ctx context.Context, db *sql.DB, queries map[string]string) map[string]int {
	d.t.Helper()
	out := map[string]int{}
	for what, query := range queries {
		var n int
		var args []any
		if strings.Contains(query, "$1") {
			args = append(args, time.Now().UTC().Add(-lies))
		}
		if err := db.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
			d.t.Fatalf("%s: %v", what, err)
		}
		if n > 0 {
			out[what] = n
		}
	}
	return out
}

// check compares what was acknowledged, what is recorded and what the vendors' world has seen.
func (d *drive) check() {
	d.t.Helper()
	ctx := d.t.Context()
	db, err := d.in.records("ro")
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	d.made.Found, d.made.Lost, d.made.Doubled, d.made.Silent = 0, 0, 0, 0
	for what, n := range d.count(ctx, db, wrong()) {
		d.made.Silent += n
		d.t.Errorf("%d %s", n, what)
	}
	d.checkTexts(ctx, db)
	d.checkReplies(ctx, db)
	d.checkCommands(ctx, db)
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
	for id, once := range d.texts {
		switch n := stored[id]; {
		case n == 0 && (once || d.acked[id]):
			d.made.Lost++
		case n > 1:
			d.made.Doubled += n - 1
		}
		if !d.acked[id] && once {
			d.made.Found++
		}
	}
	for id := range stored {
		if _, sent := d.texts[id]; !sent {
			d.t.Errorf("a text is stored that nobody sent: %s", id)
		}
	}
	d.made.Texts, d.made.Acked, d.made.Stored = len(d.texts), len(d.acked), len(stored)
	if d.made.Lost+d.made.Doubled > 0 {
		d.t.Errorf("of %d texts, of which %d were acknowledged and %d brought in vain, %d are lost and %d stored again", d.made.Texts, d.made.Acked, d.made.Found, d.made.Lost, d.made.Doubled)
	}
	if d.made.Acked+d.made.Found != d.made.Texts {
		d.t.Errorf("%d of %d texts were acknowledged in the end, %d brought once and in vain", d.made.Acked, d.made.Texts, d.made.Found)
	}
}

// checkReplies wants each text that left to be recorded by the vendor's own id of it, or to be one of
// those that are recorded as in doubt; and no words twice for one decision. A text that leaves at this
// very moment is recorded a moment later.
func (d *drive) checkReplies(ctx context.Context, db *sql.DB) {
	d.t.Helper()
	unknown, said := d.replies(ctx, db)
	for limit := time.Now().Add(10 * time.Second); len(unknown) > d.made.Doubtful && time.Now().Before(limit); unknown, said = d.replies(ctx, db) {
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			d.t.Fatal(err)
		}
	}
	if len(unknown) > d.made.Doubtful {
		d.made.Doubled += len(unknown) - d.made.Doubtful
		d.t.Errorf("%d texts left that no row knows of, and only %d are in doubt: %s", len(unknown), d.made.Doubtful, unknown)
	}
	for k, n := range said {
		if n > 1 {
			d.made.Doubled += n - 1
			d.t.Errorf("%q was said %d times for decision %s", k[2], n, k[0])
		}
	}
}

// replies counts the texts that left: those that no row knows of, and how often each decision's words
// were said to somebody.
func (d *drive) replies(ctx context.Context, db *sql.DB) (unknown []string, said map[[3]string]int) {
	d.t.Helper()
	effects := d.in.vendors.SMS.Effects()
	decisions := map[string]string{} // by the vendor's id
	d.made.Replies, d.made.Doubtful = 0, 0
	d.rows(ctx, db, `SELECT status, COALESCE(provider_message_id, ''), COALESCE(decision_id, id) FROM messages WHERE direction = 'out'`, func(c []string) {
		if c[0] == "unconfirmed" || c[0] == "sending" { // the latter only where work was left
			d.made.Doubtful++
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
		d.made.Replies++
		decision, ok := decisions[e.ID]
		if !ok {
			unknown = append(unknown, e.ID+" "+e.Text)
			continue
		}
		said[[3]string{decision, e.Target, e.Text}]++
	}
	return unknown, said
}

// checkCommands wants no more commands at a device than executions that called it, none twice by the same
// key, and of none that is said to have worked that its device never got it.
func (d *drive) checkCommands(ctx context.Context, db *sql.DB) {
	d.t.Helper()
	called, claimed := map[string]int{}, map[string]int{} // by correlation and the vendor's id of the device
	d.rows(ctx, db, `SELECT x.correlation_id, d.vendor_ref, x.outcome FROM executions x JOIN devices d ON d.id = x.device_id WHERE x.called_at IS NOT NULL`, func(c []string) {
		called[c[0]+" "+c[1]]++
		if c[2] == "success" {
			claimed[c[0]+" "+c[1]]++
		}
	})
	seen, keys := map[string]int{}, map[string]int{}
	d.made.Commands = 0
	for _, e := range append(d.in.vendors.RMM.Effects(), d.in.vendors.Doors.Effects()...) {
		if e.Op == "lock" {
			continue
		}
		d.made.Commands++
		seen[e.Request+" "+e.Target]++
		if strings.HasPrefix(e.Key, "exe_") {
			keys[e.Key]++
		}
	}
	for what, n := range seen {
		if n > called[what] {
			d.made.Doubled += n - called[what]
			d.t.Errorf("a device got %d commands of %d executions (%s)", n, called[what], what)
		}
	}
	for key, n := range keys {
		if n > 1 {
			d.made.Doubled += n - 1
			d.t.Errorf("a device got the command of %s %d times", key, n)
		}
	}
	for what, n := range claimed {
		if n > seen[what] {
			d.t.Errorf("%d executions are said to have worked of which their device saw %d (%s)", n, seen[what], what)
		}
	}
}
