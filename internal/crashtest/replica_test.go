package crashtest

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"clubos/internal/app"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// replicated is an installation whose members' vendors reach replicas through the balancer that is
// shipped, with its own configuration.
type replicated struct {
	*installation
	addresses []string
	next      int
}

func replicate(t *testing.T, in *installation, most int) *replicated {
	t.Helper()
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("caddy is not installed; scripts/test-go.sh installs it")
	}
	r := &replicated{installation: in}
	for range most {
		address, err := vendor.FreeAddress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.addresses = append(r.addresses, address)
	}
	in.env["CLUBOS_PUBLIC_URL"], in.env["CLUBOS_TRUSTED_PROXIES"], in.env["CLUBOS_DRAIN_DELAY"] = in.url, "127.0.0.0/8", "1500ms"
	if redis := os.Getenv("CLUBOS_TEST_REDIS_URL"); redis != "" {
		in.env["CLUBOS_REDIS_URL"] = redis
	}
	home := t.TempDir()
	cmd := exec.Command(caddy, "run", "--adapter", "caddyfile", "--config", "../../deploy/compose/Caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "CLUBOS_SITE="+in.url, "CLUBOS_UPSTREAMS="+strings.Join(r.addresses, " "))
	out, err := os.Create(filepath.Join(in.dir, "caddy.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }() // caddy has its own handle
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return r
}

// start starts another replica, at an address that none had before, and waits until it is ready.
func (r *replicated) start(t *testing.T) (server *child, at string) {
	t.Helper()
	one := *r.installation
	address := r.addresses[r.next]
	r.next++
	one.env = maps.Clone(r.env)
	one.env["CLUBOS_LISTEN"] = address
	one.url = "http://" + address
	return one.serve(t), one.url
}

// TestReplicasComeAndGoUnderLoadAndNothingIsLost kills, adds, drains and upgrades replicas behind the
// balancer while texts pour in: every text that was acknowledged is stored and answered once.
func TestReplicasComeAndGoUnderLoadAndNothingIsLost(t *testing.T) {
	server := storetest.DatabaseURL()
	if server == "" {
		t.Skip("replicas share a PostgreSQL server")
	}
	newer := restyled(t)
	in := install(t, server)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r := replicate(t, in, 5)
	began := time.Now()
	d := newDrive(t, in, seeded(t))
	defer d.made.show(t)
	d.players = nil // looking again at devices is the other tests' matter, and takes minutes

	first, _ := r.start(t)
	second, secondAt := r.start(t)
	changes := r.follow(t, ctx, secondAt)
	d.send(ctx, 25)
	r.browse(t, ctx, 2)
	awaitChange(t, ctx, changes)
	if err := first.kill(); err != nil {
		t.Fatal(err)
	}
	d.send(ctx, 25)
	third, _ := r.start(t)
	d.send(ctx, 25)
	if err := second.deploy(); err != nil { // drains
		t.Fatal(err)
	}
	r.pretendUpgrade(t, ctx)
	r.program = newer
	fourth, _ := r.start(t) // of a version that does not know the newest schema, as after a crash in mid-upgrade
	d.send(ctx, 25)
	r.browse(t, ctx, 10)
	if err := pause(ctx, 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := third.deploy(); err != nil {
		t.Fatal(err)
	}
	r.browse(t, ctx, 2)
	d.wg.Wait()
	if d.unbrought() > 0 {
		fourth = d.lookAgain(ctx, fourth, func(t *testing.T) *child { c, _ := r.start(t); return c })
	}
	d.settle(ctx, fourth)
	d.check()
	r.checkTurns(t, ctx)
	if err := fourth.deploy(); err != nil {
		t.Error(err)
	}
	t.Logf("four replicas came and three went in %s", time.Since(began).Round(time.Millisecond))
}

// restyled builds a version of the program whose pages are made of something else.
func restyled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	icon, overlay := filepath.Join(dir, "icon.svg"), filepath.Join(dir, "overlay.json")
	at, err := filepath.Abs("../console/static/icon.svg")
	if err != nil {
		t.Fatal(err)
	}
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {at: icon}})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(os.WriteFile(icon, []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 0o600), os.WriteFile(overlay, replaced, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "clubos")
	if err := build(program, "-overlay", overlay); err != nil {
		t.Fatal(err)
	}
	return program
}

// browse opens a page in so many browsers that were never here, through the balancer, and wants all that the page
// is made of from the version that it is of.
func (r *replicated) browse(t *testing.T, ctx context.Context, browsers int) {
	t.Helper()
	get := func(browser *http.Client, path string) string {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d, %v", path, resp.StatusCode, err)
		}
		return string(body)
	}
	versions := map[string]int{}
	for range browsers {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar}
		parts := partOf.FindAllStringSubmatch(get(browser, "/c/"+r.club.Slug.String()+"/sign-in"), -1)
		if len(parts) < 3 {
			t.Fatalf("the page is made of %q", parts)
		}
		for _, part := range parts {
			get(browser, part[1])
		}
		versions[parts[0][2]]++
	}
	t.Logf("pages of each version: %v", versions)
}

var partOf = regexp.MustCompile(`(?:src|href)="(/static/([0-9a-f]+)/[^"]+)"`)

// follow signs the owner in at a replica and returns the lines of the console's stream of changes.
func (r *replicated) follow(t *testing.T, ctx context.Context, at string) <-chan string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	base := at + "/c/" + r.club.Slug.String()
	signIn, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sign-in", strings.NewReader(url.Values{"email": {ownerEmail}, "password": {ownerPassword}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	signIn.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(signIn)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	live, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err = client.Do(live)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("follow the club: %v, %v", resp, err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

// awaitChange waits until a console is told of a change. Texts go to both replicas in turn, so that
// changes reach it from the other one, too.
func awaitChange(t *testing.T, ctx context.Context, lines <-chan string) {
	t.Helper()
	limit := time.NewTimer(15 * time.Second)
	defer limit.Stop()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatal("the stream of changes ended")
			}
			if strings.HasPrefix(line, "data:") {
				return
			}
		case <-limit.C:
			t.Fatal("a console was told of no change")
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
}

// pretendUpgrade marks the club's schema as a newer version would that only added to it.
func (r *replicated) pretendUpgrade(t *testing.T, ctx context.Context) {
	t.Helper()
	err := r.open(ctx, func(a *app.App) error {
		tenant, _, err := a.Tenant(ctx, r.club.Slug)
		if err != nil {
			return err
		}
		return store.PretendNewerForTest(ctx, a.Cluster, tenant, func(newest int64) int64 { return newest })
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkTurns wants each turn of a periodic job once, though each replica may ask for one. Whoever keeps the
// calendar was perhaps killed, and another takes it over within half a minute.
func (r *replicated) checkTurns(t *testing.T, ctx context.Context) {
	t.Helper()
	db, err := r.records("ro")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for limit := time.Now().Add(45 * time.Second); ; {
		var turns int
		err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM river_job WHERE kind = 'tick' AND args->>'name' = 'identity_sweep'
			GROUP BY date_trunc('hour', created_at) ORDER BY 1 DESC LIMIT 1`).Scan(&turns)
		switch {
		case err == nil && turns == 1:
			return
		case err == nil:
			t.Errorf("an hour's turn of a periodic job was taken %d times", turns)
			return
		case !errors.Is(err, sql.ErrNoRows):
			t.Fatalf("count turns: %v", err)
		case time.Now().After(limit):
			t.Error("no periodic job has had its turn")
			return
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
