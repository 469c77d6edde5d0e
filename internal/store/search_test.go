package store_test

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// capture is a database that only hears what it is asked.
type capture struct {
	store.DBTX
	query string
	args  []any
}

func (c *capture) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	c.query, c.args = query, args
	return nil, errors.New("captured")
}

func (c *capture) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	c.query, c.args = query, args
	return nil
}

// history stores texts in 200 threads: every text holds "text", its number and the word that
// its thread has for itself.
func history(t *testing.T, c *store.Cluster, tenant *store.Tenant, texts int) {
	t.Helper()
	storetest.Exec(t, tenant, "INSERT INTO subjects (id, consent, created_at, updated_at) VALUES ('sub_1', 'given', $1, $1)", storetest.Start)
	storetest.Exec(t, tenant, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
		INSERT INTO threads (id, subject_id, line, provider, status, priority, version, unread, snippet, awaiting, episode_at, correlation_id, created_at, updated_at)
		SELECT 'thr_' || i, 'sub_1', '', '', 'answered', 'normal', 1, 0, '', '', $1, '', $1, $1 FROM n`, storetest.Start)
	storetest.Exec(t, tenant, `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $3)
		INSERT INTO messages (id, thread_id, direction, author, author_id, provider, status, body, masked, media, error_code, attempts, correlation_id, created_at, updated_at)
		SELECT 'msg_' || (100000 + i), 'thr_' || (1 + i % 200), 'in', 'member', '', '', 'received', $1, 'Text ' || i || ' of «name»: own' || (1 + i % 200), '[]', '', 0, '', $2, $2 FROM n`, []byte{}, storetest.Start, texts)
	if pool, _, ok := c.Postgres(); ok {
		if _, err := pool.Exec(t.Context(), "ANALYZE "+store.SchemaForTest(c, "aa")+".messages"); err != nil {
			t.Fatal(err)
		}
	}
}

// walks finds steps of a plan that read every text.
var walks = regexp.MustCompile(`(?m)^.*(Seq Scan on messages|SCAN (m|x|messages)\b).*$`)

func TestWordsAndWaitingWorkAreFoundWithoutReadingEveryText(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	history(t, c, tenant, 20_000)
	for name, ask := range map[string]func(q *store.Queries){
		"search": func(q *store.Queries) {
			_, _ = q.SearchThreadsPage(t.Context(), store.SearchThreadsPageParams{Words: `"own17"* "text"*`, People: []byte("{}"), Size: 50})
		},
		"waiting work": func(q *store.Queries) {
			defer func() { _ = recover() }() // there is no row to read
			_, _ = q.CountWaitingWork(t.Context(), store.CountWaitingWorkParams{Since: storetest.Start.Add(-time.Hour), Now: storetest.Start})
		},
	} {
		heard := &capture{}
		ask(store.New(heard))
		plan, err := store.PlanForTest(t.Context(), tenant, heard.query, heard.args...)
		if err != nil {
			t.Fatal(err)
		}
		if walks.MatchString(plan) || name == "search" && !strings.Contains(plan, "messages_by_word") && !strings.Contains(plan, "VIRTUAL TABLE") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

func TestSearchFollowsItsTexts(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	history(t, c, tenant, 2000)
	find := func(words string) []string {
		t.Helper()
		var ids []string
		err := tenant.Read(t.Context(), func(tx *store.Tx) error {
			rows, err := tx.SearchThreadsPage(t.Context(), store.SearchThreadsPageParams{Words: words, People: []byte(`{"sub_0":true}`), Size: 300})
			for _, r := range rows {
				ids = append(ids, r.Thread.ID.String())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(ids)
		return ids
	}
	want := func(words string, ids ...string) {
		t.Helper()
		if got := find(words); !slices.Equal(got, ids) {
			t.Errorf("%s finds %q, want %q", words, got, ids)
		}
	}
	want(`"own17"*`, "thr_17", "thr_170", "thr_171", "thr_172", "thr_173", "thr_174", "thr_175", "thr_176", "thr_177", "thr_178", "thr_179")
	want(`"own17"* "1216"*`, "thr_17") // text 1216
	want(`"name"* "1999"*`, "thr_200")
	want(`"nothing"*`)
	storetest.Exec(t, tenant, "UPDATE messages SET masked = 'Bay-3: is $25.50 right?! the door.It and/or Wi-Fi <b>x</b> «phone» 10:30 a_b l''été' WHERE id = 'msg_100004'")
	for _, w := range []string{"bay", "3", "25", "50", "it", "or", "wi", "fi", "x", "phone", "30", "b", "l", "été", "right"} {
		want(`"`+w+`"* "door"*`, "thr_5")
	}
	want(`"ete"* "door"*`)
	want(`""`)
	if n := len(find(`"text"*`)); n != 200 {
		t.Errorf("a word of every text finds %d threads of 200", n)
	}
	storetest.Exec(t, tenant, "UPDATE messages SET masked = 'gone' WHERE id = 'msg_101216'")
	want(`"own17"* "1216"*`)
	want(`"gone"*`, "thr_17")
	if err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.MoveMessages(t.Context(), store.MoveMessagesParams{ToThread: club.ThreadID("thr_3"), FromThread: "thr_17", Now: tx.Now})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want(`"gone"*`, "thr_3")
	storetest.Exec(t, tenant, "DELETE FROM messages WHERE id = 'msg_101216'")
	want(`"gone"*`)
}

// Lesson 44: texts from before the index are searched as well.
func TestMigrationIndexesTheTextsThatAreThere(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	if _, err := c.Migrate(t.Context(), "aa", 8); err != nil {
		t.Fatal(err)
	}
	history(t, c, tenant, 2000)
	if _, err := c.Migrate(t.Context(), "aa", store.Latest); err != nil {
		t.Fatal(err)
	}
	err := tenant.Read(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.SearchThreadsPage(t.Context(), store.SearchThreadsPageParams{Words: `"own20"* "1999"*`, People: []byte("{}"), Size: 10})
		if len(rows) != 1 || rows[0].Thread.ID != "thr_200" {
			t.Errorf("found %+v", rows)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
