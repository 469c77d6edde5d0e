package bench

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/vault"
)

const (
	threadsEach   = 20   // of each person who writes
	threadsAtOnce = 2000 // in a transaction
	openOneIn     = 250  // threads that wait for somebody
	threadEvery   = time.Minute
)

// crowd is a club with very many threads, and who looks at it.
type crowd struct {
	cookie  string // of an operator's session
	key     string // a program's
	threads []club.ThreadID
}

// threadPaths are the pages of the newest threads.
func (c crowd) threadPaths(base string) []string {
	newest := c.threads[max(0, len(c.threads)-threadsShown):]
	out := make([]string, len(newest))
	for i, id := range newest {
		out[i] = base + id.String()
	}
	return out
}

// fill gives the club threads of one text each, a minute apart, the last of them a moment ago, and people who look at them.
func (in *installation) fill(ctx context.Context, threads int) error {
	return in.open(ctx, func(a *app.App) error {
		tenant, keys, err := a.Tenant(ctx, in.slug)
		if err != nil {
			return err
		}
		f := filler{keys: keys, line: in.line, start: a.Cluster.Clock().Now().Add(-time.Duration(threads) * threadEvery), crowd: &in.crowd}
		if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { f.bays, err = tx.FindBays(ctx); return err }); err != nil {
			return fmt.Errorf("find bays: %w", err)
		}
		for from := 0; from < threads; from += threadsAtOnce {
			if err := tenant.Write(ctx, func(tx *store.Tx) error { return f.write(ctx, tx, from, min(threads, from+threadsAtOnce)) }); err != nil {
				return err
			}
		}
		if err := in.analyse(ctx); err != nil {
			return err
		}
		return in.admit(ctx, a)
	})
}

// filler writes threads.
type filler struct {
	keys  *vault.Tenant
	line  string
	start time.Time
	bays  []store.Bay
	crowd *crowd
}

// write writes the threads from one number to before another.
func (f *filler) write(ctx context.Context, tx *store.Tx, from, to int) error {
	n := to - from
	threads, moved, texts := make([]store.CreateThreadParams, n), make([]store.UpdateThreadParams, n), make([]store.CreateMessageParams, n)
	var from20 store.Subject
	for i := range n {
		number := from + i
		if i == 0 || number%threadsEach == 0 {
			var err error
			if from20, err = people.Subject(ctx, tx, f.keys, fmt.Sprintf("+1415%07d", number/threadsEach)); err != nil {
				return err
			}
		}
		at, bay := f.start.Add(time.Duration(number)*threadEvery), f.bays[number%len(f.bays)]
		text, status, unread := fmt.Sprintf("bay %d froze in the middle of hole %d", 1+number%4, 1+number%18), club.ThreadAIResolved, int64(0)
		if number%openOneIn == 0 {
			status, unread = club.ThreadEscalated, 1
		}
		id, message := club.NewThreadID(at), club.NewMessageID(at)
		body, err := people.Seal(f.keys, from20, people.ColumnMessage, message.String(), text)
		if err != nil {
			return err
		}
		threads[i] = store.CreateThreadParams{ID: id, SubjectID: from20.ID, LocationID: bay.LocationID, BayID: bay.ID, Line: f.line, Provider: "openphone", Status: status, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: at}
		moved[i] = store.UpdateThreadParams{ID: id, LocationID: bay.LocationID, BayID: bay.ID, Status: status, Priority: club.PriorityNormal, Unread: unread, Snippet: text, EpisodeAt: at, LastInAt: &at, UpdatedAt: at, Version: 1}
		texts[i] = store.CreateMessageParams{ID: message, ThreadID: id, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: "openphone", Status: club.MessageReceived, Body: body, Masked: text, Media: "[]", HandledAt: &at, CorrelationID: tx.Correlation, Now: at}
		f.crowd.threads = append(f.crowd.threads, id)
	}
	for _, step := range []struct {
		what string
		run  func(q *store.Queries, i int) (int64, error)
	}{
		{"create threads", func(q *store.Queries, i int) (int64, error) { return 0, q.CreateThread(ctx, threads[i]) }},
		{"move threads", func(q *store.Queries, i int) (int64, error) { return q.UpdateThread(ctx, moved[i]) }},
		{"create messages", func(q *store.Queries, i int) (int64, error) { return q.CreateMessage(ctx, texts[i]) }},
	} {
		if _, err := tx.Each(ctx, n, step.run); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// admit makes an operator who has signed in and a program's key.
func (in *installation) admit(ctx context.Context, a *app.App) error {
	dir, err := a.Directory(ctx, in.slug)
	if err != nil {
		return err
	}
	root, password := identity.System(in.slug, "bench"), "Looking-on-"+random()+"-9"
	const email = "operator@example.com"
	if _, err := dir.CreateUser(ctx, root, identity.NewUser{Email: email, Name: "Opal Operator", Role: club.RoleOperator, Password: password}); err != nil {
		return fmt.Errorf("make an operator: %w", err)
	}
	session, err := dir.SignIn(ctx, identity.SignIn{Email: email, Password: password, Addr: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		return fmt.Errorf("sign the operator in: %w", err)
	}
	cookie := identity.Cookies{PlainHTTP: true}.Session(session.Token, session.ExpiresAt)
	in.crowd.cookie = cookie.Name + "=" + cookie.Value
	if _, in.crowd.key, err = dir.CreateAPIKey(ctx, root, identity.NewAPIKey{Name: "bench", Scopes: []identity.Permission{identity.ThreadsRead}}); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	return nil
}

// analyse has PostgreSQL look at what there is, as it would by itself some time after.
func (in *installation) analyse(ctx context.Context) error {
	if in.database == "" {
		return nil
	}
	return in.onDatabase(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "VACUUM ANALYZE"); err != nil {
			return fmt.Errorf("analyse the database: %w", err)
		}
		return nil
	})
}
