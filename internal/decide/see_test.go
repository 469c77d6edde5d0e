package decide_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/embeddings"
	"clubos/internal/decide"
	"clubos/internal/embedding"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// sayings are words of a dialect that only the model of the stand-in knows: by matter, words that mean the same.
// Half of them stand in triggers, the other half in what members write.
var sayings = func() (out [10][20]string) {
	for m := range out {
		for w := range out[m] {
			rng := rand.New(rand.NewPCG(uint64(m), uint64(w)))
			for range 8 {
				out[m][w] += string(rune('a' + rng.IntN(26)))
			}
		}
	}
	return out
}()

// seeingHouse is a house whose club has connected a server of vectors, and knows ten matters more.
type seeingHouse struct {
	*house
	server *vendor.Embeddings
	space  embedding.Space
	client embedding.Server
	on     atomic.Bool
}

func newSeeingHouse(t *testing.T) *seeingHouse {
	t.Helper()
	var means []string
	for _, m := range sayings {
		means = append(means, strings.Join(m[:], " "))
	}
	h := &seeingHouse{house: newHouse(t), server: vendor.NewEmbeddings(vendor.EmbeddingsConfig{Means: means}, nil)}
	if err := h.server.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.server.Heal(); h.server.Down() })
	h.connect(300 * time.Millisecond)
	h.vectors = embedding.New(func(club.Slug) (embedding.Server, embedding.Space, bool) { return h.client, h.space, h.on.Load() })
	h.decider = h.newDecider(decide.NewMatchers(false, 0))
	var b strings.Builder
	b.WriteString("sops:\n")
	for m, words := range sayings {
		fmt.Fprintf(&b, "  - slug: matter%d\n    title: Matter %d\n    category: information\n    scope: global\n    status: live\n    priority: low\n    triggers:\n", m, m)
		for i := range 10 {
			fmt.Fprintf(&b, "      - %s %s please\n", words[i], words[(i+3)%10])
		}
		b.WriteString("    steps:\n      - {reply: \"So it is.\", safe: true}\n")
	}
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	docs, problems := knowledge.Import(strings.NewReader(b.String()), knowledge.FormatYAML, cat)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	h.write(func(tx *store.Tx) error {
		_, err := h.library.Import(t.Context(), tx, club.System("test"), docs, "test")
		return err
	})
	return h
}

// connect makes a client of the server as it is configured.
func (h *seeingHouse) connect(wait time.Duration) {
	h.t.Helper()
	cfg := h.server.Config()
	c, err := embeddings.New(embeddings.Config{BaseURL: h.server.URL(), Key: cfg.Key, Model: cfg.Model, Dimensions: cfg.Dimensions, Limits: connector.Limits{Timeout: 2 * time.Second}}, connector.Deps{})
	if err != nil {
		h.t.Fatal(err)
	}
	h.client, h.space = c, embedding.NewSpace(h.server.URL(), cfg.Model, cfg.Dimensions, wait, cfg.Key)
	h.on.Store(true)
}

// keep fetches and weighs what is known.
func (h *seeingHouse) keep() {
	h.t.Helper()
	if err := h.decider.KeepVectors(h.t.Context(), h.tenant, decide.VectorsJob{Tenant: "test"}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *seeingHouse) rows() int {
	return storetest.Count(h.t, h.tenant, "SELECT COUNT(*) FROM text_vectors")
}

// other is a text about a matter in words that no trigger has.
func other(matter int) string {
	return sayings[matter][12] + " " + sayings[matter][17] + " please"
}

func vectorsFact(e club.Evidence) string {
	for _, f := range e.Facts {
		if f.Name == "vectors" {
			return f.Value
		}
	}
	return ""
}

func TestTextInOtherWordsIsKnownByItsVectorAndTheDecisionSaysSo(t *testing.T) {
	t.Parallel()
	h := newSeeingHouse(t)
	h.on.Store(false)
	alone := h.hear(ada, other(3))
	if d, e := h.decision(alone.ID); d.Kind != "escalate" || vectorsFact(e) != "" || len(h.server.Texts()) != 0 {
		t.Fatalf("off: %s %q, %d texts sent", d.Kind, vectorsFact(e), len(h.server.Texts()))
	}
	h.on.Store(true)
	if h.hear(bob, other(4)); len(h.server.Texts()) != 0 {
		t.Fatalf("before anything was weighed, %q was sent", h.server.Texts())
	}
	h.keep()
	if n := len(h.server.Texts()); n != h.rows() || n < 200 {
		t.Fatalf("%d texts sent, %d rows", n, h.rows())
	}
	th := h.hear("+14155550133", other(5))
	d, e := h.decision(th.ID)
	if d.Title != "Matter 5" || !strings.HasSuffix(e.Model, " with sim-embed-small/96") || vectorsFact(e) != "weighed in by sim-embed-small/96" || d.Confidence < 0.5 {
		t.Errorf("%s %q, confidence %.2f, matcher %q, %q", d.Kind, d.Title, d.Confidence, e.Model, vectorsFact(e))
	}
	sent := len(h.server.Texts())
	h.keep()
	if len(h.server.Texts()) != sent {
		t.Error("known texts were fetched twice")
	}
}

func TestWhenTheServerFailsTheEngineDecidesAloneAtOnce(t *testing.T) {
	t.Parallel()
	h := newSeeingHouse(t)
	h.keep()
	number := 0
	hear := func(words string) (store.Decision, club.Evidence) {
		t.Helper()
		number++
		th := h.hear(fmt.Sprintf("+1415555%04d", 2000+number), words)
		return h.decision(th.ID)
	}
	const brief, ample = 60 * time.Millisecond, time.Minute
	for name, c := range map[string]struct {
		fault vendor.Fault
		wait  time.Duration
		odd   vendor.Oddity
		says  string
	}{
		"fails":             {wait: ample, fault: vendor.Fail(http.StatusBadGateway), says: "gave no vector"},
		"too many requests": {wait: ample, fault: vendor.Fail(http.StatusTooManyRequests), says: "refused to give a vector (status 429)"},
		"hangs":             {wait: brief, fault: vendor.Hang(), says: "gave no vector within 60 ms"},
		"slow":              {wait: brief, fault: vendor.Slow(5 * time.Second), says: "gave no vector within 60 ms"},
		"wrong dimensions":  {wait: ample, odd: vendor.OddLength, says: "gave no vector"},
		"no numbers":        {wait: ample, odd: vendor.OddNaN, says: "gave no vector"},
	} {
		h.connect(c.wait)
		if c.fault != (vendor.Fault{}) {
			h.server.Break("embed", c.fault)
		}
		h.server.Distort(c.odd)
		d, e := hear("what's the wifi password " + name)
		if d.Title != "Wifi" || strings.Contains(e.Model, "with") || !strings.Contains(vectorsFact(e), c.says+"; decided without") {
			t.Errorf("%s: %q by %q, %q", name, d.Title, e.Model, vectorsFact(e))
		}
		h.server.Heal()
		h.server.Distort("")
	}
	h.connect(300 * time.Millisecond)
	if d, e := hear(other(6)); d.Title != "Matter 6" {
		t.Errorf("healed, it decides %q, %q", d.Title, vectorsFact(e))
	}
}

func TestOnlyMaskedTextsLeaveAndOnlyThoseThatAreMatched(t *testing.T) {
	t.Parallel()
	h := newSeeingHouse(t)
	h.keep()
	known := len(h.server.Texts())
	h.hear(ada, other(1)+" says Ada Byron, call 212-555-0187 or ada.byron@example.com")
	sent := h.server.Texts()[known:]
	if len(sent) != 1 || !strings.Contains(sent[0], sayings[1][12]) {
		t.Fatalf("%q was sent", sent)
	}
	for _, text := range h.server.Texts() {
		for _, secret := range []string{"Ada", "Byron", "555", "0187", "@example"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q was sent", text)
			}
		}
	}
	for i, words := range []string{"STOP", "there is a fire", "a person please", "thanks!"} {
		h.hear(fmt.Sprintf("+1415555%04d", 3000+i), words)
	}
	if more := h.server.Texts()[known+1:]; len(more) != 0 {
		t.Errorf("%q was sent, though fixed rules decide", more)
	}
}

func TestAnotherModelBeginsAnewAndAnotherKeyDoesNot(t *testing.T) {
	t.Parallel()
	h := newSeeingHouse(t)
	h.keep()
	h.server.Rotate("sim-embeddings-key-0002")
	d, e := h.decision(h.hear(bob, other(2)).ID)
	if d.Kind != "escalate" || !strings.Contains(vectorsFact(e), "status 401") {
		t.Errorf("with a key that counts no more: %s, %q", d.Kind, vectorsFact(e))
	}
	before := len(h.server.Texts())
	h.connect(300 * time.Millisecond)
	h.keep()
	if got := len(h.server.Texts()); got != before {
		t.Errorf("another key made it fetch %d texts anew", got-before)
	}
	if d, e = h.decision(h.hear("+14155550133", other(2)).ID); d.Title != "Matter 2" {
		t.Errorf("with the key in place: %q, %q", d.Title, vectorsFact(e))
	}

	old, rows := h.space, h.rows()
	h.server.Serve("sim-embed-large", 64)
	h.connect(300 * time.Millisecond)
	sent := len(h.server.Texts())
	if d, e = h.decision(h.hear("+14155550144", other(7)).ID); d.Kind != "escalate" || vectorsFact(e) != "" || len(h.server.Texts()) != sent {
		t.Errorf("nothing is known in the new space, and it says %q of %q", vectorsFact(e), d.Title)
	}
	h.keep()
	h.read(func(tx *store.Tx) error {
		left, err := embedding.Known(t.Context(), tx, old)
		if len(left) != 0 || h.rows() != rows {
			t.Errorf("%d vectors of the old space are left, %d rows for %d", len(left), h.rows(), rows)
		}
		return err
	})
	if d, e = h.decision(h.hear("+14155550155", other(7)).ID); d.Title != "Matter 7" || !strings.HasSuffix(e.Model, "with sim-embed-large/64") {
		t.Errorf("in the new space: %q by %q, %q", d.Title, e.Model, vectorsFact(e))
	}
}

func TestVectorsAreForgottenWhenAClubWantsNoneAndKeptUpWhileItDoes(t *testing.T) {
	t.Parallel()
	h := newSeeingHouse(t)
	warm := func() int {
		t.Helper()
		if err := h.decider.Warm(t.Context(), h.tenant); err != nil {
			t.Fatal(err)
		}
		return workVectors(h)
	}
	if warm() != 1 || h.rows() == 0 {
		t.Fatalf("%d rows after a first look", h.rows())
	}
	if warm() != 0 {
		t.Error("with nothing new, there was work")
	}
	all := h.rows()
	h.write(func(tx *store.Tx) error {
		list, err := h.library.FindBySlug(t.Context(), tx, "matter9")
		if err != nil {
			return err
		}
		_, err = h.library.Archive(t.Context(), tx, club.System("test"), list[0].ID, "not asked for")
		return err
	})
	h.clock.Advance(time.Hour)
	if warm() != 1 || h.rows() != all-10 {
		t.Errorf("%d rows, %d before ten texts were known no more", h.rows(), all)
	}
	h.on.Store(false)
	if warm() != 0 || h.rows() != 0 || warm() != 0 {
		t.Errorf("%d rows are left", h.rows())
	}
	h.on.Store(true)
	if warm() != 1 || h.rows() != all-10 {
		t.Errorf("switched on again, there are %d rows", h.rows())
	}
	used := storetest.Count(t, h.tenant, "SELECT SUM(tokens) FROM vector_usage")
	if used == 0 {
		t.Error("no tokens were recorded")
	}
}

// workVectors runs the pending jobs that keep vectors.
func workVectors(h *seeingHouse) int {
	h.t.Helper()
	return jobstest.Work(h.t, h.cluster, h.tenant, h.decider.KeepVectors)
}
