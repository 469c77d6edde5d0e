package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// weeks is a club whose audit log is looked at from outside, and the login role's connection to its schema.
type weeks struct {
	*testing.T
	cluster *store.Cluster
	clock   *club.ManualClock
	tenant  *store.Tenant
	owner   *pgx.Conn
}

func newWeeks(t *testing.T) *weeks {
	t.Helper()
	c, clock := storetest.Cluster(t)
	if c.Engine() != "postgres" {
		t.Skip("SQLite has no partitions")
	}
	w := &weeks{T: t, cluster: c, clock: clock, tenant: storetest.AddTenant(t, c, "weekly")}
	conn, err := pgx.Connect(t.Context(), storetest.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	w.owner = conn
	w.sql("SET search_path TO " + pgx.Identifier{store.SchemaForTest(c, "weekly")}.Sanitize())
	return w
}

func (w *weeks) sql(text string) {
	w.Helper()
	if _, err := w.owner.Exec(w.Context(), text); err != nil {
		w.Fatalf("%s: %v", text, err)
	}
}

// text returns the one text that a query gives.
func (w *weeks) text(query string, args ...any) (out string) {
	w.Helper()
	if err := w.owner.QueryRow(w.Context(), query, args...).Scan(&out); err != nil {
		w.Fatalf("%s: %v", query, err)
	}
	return out
}

// write adds an entry of an instant, and returns the partition that it went to.
func (w *weeks) write(at time.Time) string {
	w.Helper()
	id := club.NewAuditID(at)
	err := w.tenant.Write(w.Context(), func(tx *store.Tx) error {
		return tx.CreateAuditEntry(w.Context(), store.CreateAuditEntryParams{ID: id, At: at, Actor: "system:x", Action: "x.done", Object: "x", Detail: "{}", CorrelationID: tx.Correlation})
	})
	if err != nil {
		w.Fatal(err)
	}
	return w.text("SELECT CAST(tableoid AS regclass)::TEXT FROM audit_entries WHERE id = $1", id.String())
}

func (w *weeks) keep() int64 {
	w.Helper()
	n, err := w.tenant.KeepWeeks(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func (w *weeks) partitions() string {
	w.Helper()
	return w.text("SELECT string_agg(CAST(inhrelid AS regclass)::TEXT, ' ' ORDER BY CAST(CAST(inhrelid AS regclass) AS TEXT)) FROM pg_inherits WHERE inhparent = CAST('audit_entries' AS regclass)")
}

// The facts share a club, which is laid out once, and follow on each other.
func TestAuditLogByWeeks(t *testing.T) {
	t.Parallel()
	w := newWeeks(t)
	for _, fact := range []struct {
		name  string
		holds func(*testing.T)
	}{
		{"A schema that is laid out at once is the one that migrations make", w.aSchemaThatIsLaidOutAtOnceIsTheOneThatMigrationsMake},
		{"Postgres looks at the weeks in question only", w.postgresLooksAtTheWeeksInQuestionOnly},
		{"A club's role reaches no week past the audit log", w.aClubsRoleReachesNoWeekPastTheAuditLog},
		{"What was there before weeks stays and is part of the log", w.whatWasThereBeforeWeeksStaysAndIsPartOfTheLog},
		{"Weeks that ended before an instant are gone after they were noted", w.weeksThatEndedBeforeAnInstantAreGoneAfterTheyWereNoted},
		{"An entry that finds no week is kept and gets one", w.anEntryThatFindsNoWeekIsKeptAndGetsOne},
		{"Audit entries go to the week of their instant across a year's end", w.auditEntriesGoToTheWeekOfTheirInstantAcrossAYearsEnd},
	} {
		t.Run(fact.name, func(t *testing.T) {
			w.T = t
			w.sql("DELETE FROM audit_entries")
			fact.holds(t)
		})
	}
}

func (w *weeks) auditEntriesGoToTheWeekOfTheirInstantAcrossAYearsEnd(t *testing.T) {
	w.clock.Advance(34 * 24 * time.Hour) // 30 December
	w.keep()
	for at, want := range map[string]string{
		"2026-12-28T00:00:00Z": "audit_entries_20261228", "2026-12-31T23:59:59.999999Z": "audit_entries_20261228", "2027-01-01T00:00:00Z": "audit_entries_20261228",
		"2027-01-03T23:59:59.999999Z": "audit_entries_20261228", "2027-01-04T00:00:00Z": "audit_entries_20270104", "2027-01-11T09:00:00Z": "audit_entries_20270111",
	} {
		instant, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.write(instant); got != want {
			t.Errorf("%s went to %s, want %s", at, got, want)
		}
	}
}

func (w *weeks) anEntryThatFindsNoWeekIsKeptAndGetsOne(t *testing.T) {
	if got := w.write(storetest.Start.AddDate(1, 0, 0)); got != "audit_entries_stray" {
		t.Fatalf("it went to %s", got)
	}
	if n, err := w.tenant.CountStrays(t.Context()); err != nil || n != 1 {
		t.Errorf("%d strays, %v", n, err)
	}
	if n := w.keep(); n != 1 {
		t.Errorf("%d strays were moved", n)
	}
	if got := w.text("SELECT CAST(tableoid AS regclass)::TEXT FROM audit_entries"); got != "audit_entries_20271122" {
		t.Errorf("it is in %s", got)
	}
	if n, err := w.tenant.CountStrays(t.Context()); err != nil || n != 0 {
		t.Errorf("%d strays are left, %v", n, err)
	}
	before := w.partitions()
	if n := w.keep(); n != 0 || w.partitions() != before {
		t.Errorf("a second look moved %d and left %s", n, w.partitions())
	}
}

func (w *weeks) weeksThatEndedBeforeAnInstantAreGoneAfterTheyWereNoted(t *testing.T) {
	for i := range 3 {
		w.write(storetest.Start.AddDate(0, 0, 7*i))
	}
	var noted []int64
	_, err := w.tenant.RetireAuditEntries(t.Context(), storetest.Start.AddDate(0, 0, 7), func(_ *store.Tx, n int64) error {
		noted = append(noted, n)
		return nil
	})
	if err != nil || len(noted) != 1 || noted[0] != 1 {
		t.Errorf("noted %v, %v", noted, err)
	}
	if got := w.partitions(); got != "audit_entries_20261130 audit_entries_20261207 audit_entries_stray" {
		t.Errorf("partitions %s", got)
	}
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM audit_entries"); n != 2 {
		t.Errorf("%d entries are left", n)
	}
}

func (w *weeks) aClubsRoleReachesNoWeekPastTheAuditLog(t *testing.T) {
	week := w.write(storetest.Start)
	for _, stmt := range []string{"DELETE FROM " + week, "INSERT INTO " + week + " SELECT * FROM audit_entries", "DELETE FROM audit_entries", "DROP TABLE " + week} {
		if err := store.ExecForTest(t.Context(), w.tenant, stmt); err == nil {
			t.Errorf("%s was allowed", stmt)
		}
	}
}

func (w *weeks) whatWasThereBeforeWeeksStaysAndIsPartOfTheLog(t *testing.T) {
	w.write(storetest.Start)
	if _, err := w.cluster.Migrate(t.Context(), "weekly", 33); err != nil {
		t.Fatal(err)
	}
	if n := w.text("SELECT COUNT(*)::TEXT FROM audit_entries"); n != "1" {
		t.Fatalf("%s entries in the plain table", n)
	}
	if _, err := w.cluster.Migrate(t.Context(), "weekly", store.Latest); err != nil {
		t.Fatal(err)
	}
	if got := w.partitions(); got != "audit_entries_20261130 audit_entries_20261207 audit_entries_stray audit_entries_until_20261130" {
		t.Errorf("partitions %s", got)
	}
	if got := w.write(storetest.Start); got != "audit_entries_until_20261130" {
		t.Errorf("an entry of the week in which weeks began went to %s", got)
	}
}

func (w *weeks) postgresLooksAtTheWeeksInQuestionOnly(t *testing.T) {
	for i := range 3 {
		w.write(storetest.Start.AddDate(0, 0, 7*i))
	}
	var plan []byte
	if err := w.owner.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) SELECT COUNT(*) FROM audit_entries WHERE at >= '2026-12-01' AND at < '2026-12-03'").Scan(&plan); err != nil {
		t.Fatal(err)
	}
	if text := string(plan); !json.Valid(plan) || !strings.Contains(text, "audit_entries_20261130") || strings.Contains(text, "audit_entries_20261123") || strings.Contains(text, "audit_entries_20261207") {
		t.Errorf("the plan is %s", text)
	}
}

func (w *weeks) aSchemaThatIsLaidOutAtOnceIsTheOneThatMigrationsMake(t *testing.T) {
	describe := func() string {
		return w.text(`SELECT string_agg(line, E'\n' ORDER BY line) FROM (
			SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, column_default) AS line FROM information_schema.columns WHERE table_schema = current_schema()
			UNION ALL SELECT concat_ws(' ', 'index', indexdef) FROM pg_indexes WHERE schemaname = current_schema()
			UNION ALL SELECT concat_ws(' ', 'constraint', CAST(conrelid AS regclass), conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = CAST(current_schema() AS regnamespace)
			UNION ALL SELECT concat_ws(' ', 'right', table_name, grantee, privilege_type) FROM information_schema.role_table_grants WHERE table_schema = current_schema()
			UNION ALL SELECT concat_ws(' ', 'version', version_id) FROM goose_db_version) AS everything`)
	}
	atOnce := describe()
	if _, err := w.cluster.Migrate(t.Context(), "weekly", 0); err != nil {
		t.Fatal(err)
	}
	status, err := w.cluster.MigrationStatus(t.Context(), "weekly")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range status {
		if _, err := w.cluster.Migrate(t.Context(), "weekly", store.Target(m.Version)); err != nil {
			t.Fatal(err)
		}
	}
	if oneByOne := describe(); oneByOne != atOnce {
		t.Errorf("at once:\n%s\none by one:\n%s", onlyIn(atOnce, oneByOne), onlyIn(oneByOne, atOnce))
	}
}

// onlyIn returns the lines of a that b lacks.
func onlyIn(a, b string) (out string) {
	has := map[string]bool{}
	for line := range strings.Lines(b) {
		has[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(a) {
		if line = strings.TrimSpace(line); !has[line] {
			out += fmt.Sprintln(line)
		}
	}
	return out
}
