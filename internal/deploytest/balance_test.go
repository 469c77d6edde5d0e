package deploytest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/identity"
	"clubos/internal/simulate/vendor"
)

// balance runs Caddy with a configuration that is shipped, and returns its address once it answers.
func balance(t *testing.T, file string, env ...string) string {
	t.Helper()
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("caddy is not installed; scripts/test-go.sh installs it")
	}
	address, err := vendor.FreeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at, home := "http://"+address, t.TempDir()
	cmd := exec.Command(caddy, "run", "--adapter", "caddyfile", "--config", filepath.Join(root, file))
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "CLUBOS_SITE="+at)
	cmd.Env = append(cmd.Env, env...)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String()) // read once it has ended
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			_ = conn.Close()
			return at
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("caddy does not listen")
		}
	}
}

// standIn answers for an installation or a replica: it tells who it is and what it was asked, and has what its own
// pages are made of only.
type standIn struct {
	*httptest.Server
	name    string
	drained atomic.Bool
}

type told struct {
	By, Path, Host, From string
}

func stand(t *testing.T, name string) *standIn {
	t.Helper()
	s := &standIn{name: name}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch asset, ok := strings.CutPrefix(r.URL.Path, "/static/"); {
	case r.URL.Path == "/readyz" && s.drained.Load():
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	case ok && !strings.HasPrefix(asset, s.name+"/"):
		http.NotFound(w, r)
		return
	}
	from := identity.ClientAddr(r, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	_ = json.NewEncoder(w).Encode(told{By: s.name, Path: r.URL.Path, Host: r.Host, From: from.String()})
}

// ask sends a request and returns what was told, and the status.
func ask(t *testing.T, client *http.Client, url string) (told, int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "203.0.113.9") // what anybody may claim
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got told
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s answered %q", url, body)
		}
	}
	return got, resp.StatusCode
}

// comesFrom is a client at an address of loopback, so that a proxy at 127.0.0.1 can be told from it.
func comesFrom(t *testing.T, address string) *http.Client {
	t.Helper()
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	tr := &http.Transport{DialContext: d.DialContext}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// TestAClubIsServedInItsRegionHoweverOftenTheMapIsLoaded loads the map again and again: in what order Caddy asks
// what a configuration does not order is decided anew each time.
func TestAClubIsServedInItsRegionHoweverOftenTheMapIsLoaded(t *testing.T) {
	t.Parallel()
	home, eu := stand(t, "home"), stand(t, "eu")
	for range 10 {
		at := balance(t, "region/Caddyfile", "CLUBOS_HOME="+home.URL, "CLUBOS_EU="+eu.URL)
		for path, want := range map[string]string{
			"/hooks/fairway/twilio": "eu", "/c/links/inbox": "eu", "/c/fairway": "eu", "/api/v1/fairway/threads": "eu",
			"/hooks/northside/twilio": "home", "/c/fairways/inbox": "home", "/c/fair": "home", "/api/v1/northside/threads": "home", "/api/v1/docs": "home", "/x/fairway/": "home", "/": "home",
			"/static/eu/js/app.js": "eu", "/static/home/js/app.js": "home",
		} {
			got, _ := ask(t, comesFrom(t, "127.0.0.2"), at+path)
			if got != (told{By: want, Path: path, Host: strings.TrimPrefix(at, "http://"), From: "127.0.0.2"}) {
				t.Errorf("%s, which is %s's, was told %+v", path, want, got)
			}
		}
		for _, path := range []string{"/hooks/harbour/twilio", "/c/harbour/inbox", "/api/v1/harbour/threads"} {
			if _, status := ask(t, http.DefaultClient, at+path); status != http.StatusServiceUnavailable {
				t.Errorf("%s of a club that is being moved answers %d", path, status)
			}
		}
		if _, status := ask(t, http.DefaultClient, at+"/static/older/js/app.js"); status != http.StatusNotFound {
			t.Errorf("what no region has answers %d", status)
		}
	}
}

func TestARegionServesItsPagesWhileHomeIsAway(t *testing.T) {
	t.Parallel()
	home, eu := stand(t, "home"), stand(t, "eu")
	home.Close()
	at := balance(t, "region/Caddyfile", "CLUBOS_HOME="+home.URL, "CLUBOS_EU="+eu.URL)
	for _, path := range []string{"/c/fairway/inbox", "/static/eu/js/app.js"} {
		if got, status := ask(t, http.DefaultClient, at+path); got.By != "eu" {
			t.Errorf("%s answers %d of %+v", path, status, got)
		}
	}
	if _, status := ask(t, http.DefaultClient, at+"/c/northside/inbox"); status != http.StatusBadGateway {
		t.Errorf("a club at home answers %d", status)
	}
}

func TestWhoComesThroughTheRegionsBalancerKeepsTheirAddress(t *testing.T) {
	t.Parallel()
	server := stand(t, "eu")
	region := balance(t, "compose/Caddyfile", "CLUBOS_UPSTREAMS="+server.Listener.Addr().String(), "CLUBOS_FRONT=127.0.0.1/32")
	front := balance(t, "region/Caddyfile", "CLUBOS_HOME="+region, "CLUBOS_EU="+region)
	if got, _ := ask(t, comesFrom(t, "127.0.0.3"), front+"/c/fairway/inbox"); got.From != "127.0.0.3" {
		t.Errorf("who comes through the balancer is taken for %s", got.From)
	}
	if got, _ := ask(t, comesFrom(t, "127.0.0.3"), region+"/c/fairway/inbox"); got.From != "127.0.0.3" {
		t.Errorf("who comes past the balancer is taken for %s", got.From)
	}
}

func TestABrowserGetsAPageAndWhatItIsMadeOfFromOneReplica(t *testing.T) {
	t.Parallel()
	older, newer := stand(t, "older"), stand(t, "newer")
	at := balance(t, "compose/Caddyfile", "CLUBOS_UPSTREAMS="+older.Listener.Addr().String()+" "+newer.Listener.Addr().String())
	browsers, pages := map[string]*http.Client{}, 0
	for range 40 {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar}
		page, _ := ask(t, browser, at+"/c/fairway/inbox")
		browsers[page.By] = browser
		for _, name := range []string{"css/base.css", "js/app.js", "js/live.js"} {
			if _, status := ask(t, browser, fmt.Sprintf("%s/static/%s/%s", at, page.By, name)); status != http.StatusOK {
				t.Errorf("the page of the %s replica asked for %s and was answered %d", page.By, name, status)
			}
		}
		pages++
	}
	if len(browsers) != 2 {
		t.Errorf("%d pages came from %d replicas", pages, len(browsers))
	}
	vendors := map[string]bool{}
	for range 20 {
		got, _ := ask(t, http.DefaultClient, at+"/hooks/fairway/twilio")
		vendors[got.By] = true
	}
	if len(vendors) != 2 {
		t.Errorf("texts go to %v alone", vendors)
	}

	older.drained.Store(true)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	limit := time.NewTimer(10 * time.Second)
	defer limit.Stop()
	for browser := browsers["older"]; browser != nil; {
		if page, _ := ask(t, browser, at+"/c/fairway/inbox"); page.By == "newer" {
			if _, status := ask(t, browser, at+"/static/newer/js/app.js"); status != http.StatusOK {
				t.Errorf("whose replica drains gets a page of another, and %d for what it is made of", status)
			}
			return
		}
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatal("a replica that drains keeps its browsers")
		}
	}
}
