package embedding_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/embeddings"
	"clubos/internal/embedding"
	"clubos/internal/pattern"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

type house struct {
	t      *testing.T
	tenant *store.Tenant
	stand  *vendor.Embeddings
	server embedding.Server // nil: off
	space  embedding.Space
	v      *embedding.Vectors
}

func open(t *testing.T) *house {
	t.Helper()
	cluster, _ := storetest.Cluster(t)
	c := &house{t: t, stand: vendor.NewEmbeddings(vendor.EmbeddingsConfig{}, nil)}
	c.tenant, _ = vaulttest.AddTenant(t, cluster, "aa")
	if err := c.stand.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.stand.Heal(); c.stand.Down() })
	cfg := c.stand.Config()
	client, err := embeddings.New(embeddings.Config{BaseURL: c.stand.URL(), Key: cfg.Key, Model: cfg.Model, Dimensions: cfg.Dimensions}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	c.server, c.space = client, embedding.NewSpace(c.stand.URL(), cfg.Model, cfg.Dimensions, time.Second, "")
	c.v = embedding.New(func(club.Slug) (embedding.Server, embedding.Space, bool) { return c.server, c.space, c.server != nil })
	return c
}

func (c *house) rows() int {
	return storetest.Count(c.t, c.tenant, "SELECT COUNT(*) FROM text_vectors")
}

func many(n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("text number %d of many", i))
	}
	return texts
}

// faltering answers as its server does, until it has answered some times.
type faltering struct {
	embedding.Server
	left int
}

func (f *faltering) Embed(ctx context.Context, texts []string) ([][]float32, int64, error) {
	if f.left--; f.left < 0 {
		return nil, 0, &club.VendorError{Vendor: "embeddings", Op: "embed texts", Retryable: true, Err: errors.New("the line went dead")}
	}
	return f.Server.Embed(ctx, texts)
}

func TestAFetchThatBreaksOffGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	c := open(t)
	whole := c.server
	c.server = &faltering{whole, 2}
	texts := many(200)
	left, err := c.v.Keep(t.Context(), c.tenant, texts)
	var failed *club.VendorError
	if !errors.As(err, &failed) || left != 72 || c.rows() != 128 {
		t.Fatalf("%d left, %d rows, %v", left, c.rows(), err)
	}
	c.server = whole
	if left, err = c.v.Keep(t.Context(), c.tenant, texts); err != nil || left != 0 || c.rows() != 200 || len(c.stand.Texts()) != 200 {
		t.Errorf("%d left, %d rows, %d sent, %v", left, c.rows(), len(c.stand.Texts()), err)
	}
	if left, err = c.v.Keep(t.Context(), c.tenant, many(1500)); err != nil || left != 1500-200-1024 {
		t.Errorf("in one go %d of 1300 were left, %v", left, err)
	}
}

func TestVectorsComeBackAsTheyWereAndOnesOfOtherLengthDoNot(t *testing.T) {
	t.Parallel()
	c := open(t)
	if _, err := c.v.Keep(t.Context(), c.tenant, []string{"the screen froze", "", "the screen froze"}); err != nil || c.rows() != 1 {
		t.Fatalf("%d rows, %v", c.rows(), err)
	}
	asked, err := c.v.Ask(t.Context(), "aa", "the screen froze")
	if err != nil {
		t.Fatal(err)
	}
	longer := c.space
	longer.Dimensions = 128
	err = c.tenant.Read(t.Context(), func(tx *store.Tx) error {
		known, err := embedding.Known(t.Context(), tx, c.space)
		if one := known[embedding.Digest("the screen froze")]; one.Cosine(asked) < 0.9999 {
			t.Errorf("what was kept is %.4f like what was asked for", one.Cosine(asked))
		}
		if err != nil {
			return err
		}
		known, err = embedding.Known(t.Context(), tx, longer)
		if len(known) != 0 {
			t.Error("vectors of another length were taken for the space's")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestATextThatIsAskedForAgainIsSentOnceAndMasked(t *testing.T) {
	t.Parallel()
	c := open(t)
	for range 3 {
		if _, err := c.v.Ask(t.Context(), "aa", "call me at 212-555-0187 or a@example.com"); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.stand.Texts(); len(got) != 1 || strings.Contains(got[0], "555") || strings.Contains(got[0], "@") {
		t.Errorf("%q was sent", got)
	}
	if _, err := c.v.Ask(t.Context(), "aa", strings.Repeat("größer ", 2000)); err != nil || len(c.stand.Texts()[1]) > 2100 {
		t.Errorf("%v, %d bytes", err, len(c.stand.Texts()[1]))
	}
	c.server = nil
	if _, err := c.v.Ask(t.Context(), "aa", "something else"); err == nil || len(c.stand.Texts()) != 2 {
		t.Errorf("while it is off, %q was sent: %v", c.stand.Texts(), err)
	}
}

func TestWhatWasAskedIsWrittenDownByDay(t *testing.T) {
	t.Parallel()
	c := open(t)
	record := func() (u embedding.Usage) {
		t.Helper()
		if err := c.v.Record(t.Context(), c.tenant); err != nil {
			t.Fatal(err)
		}
		err := c.tenant.Read(t.Context(), func(tx *store.Tx) (err error) {
			u, err = embedding.FindUsage(t.Context(), tx, tx.Now.Add(-time.Hour))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	if u := record(); u != (embedding.Usage{}) {
		t.Errorf("before anything, %+v", u)
	}
	for _, text := range []string{"one two three", "four five"} {
		if _, err := c.v.Ask(t.Context(), "aa", text); err != nil {
			t.Fatal(err)
		}
	}
	if u := record(); u != (embedding.Usage{Requests: 2, Texts: 2, Tokens: 5}) {
		t.Errorf("after two, %+v", u)
	}
	c.stand.Break("embed", vendor.Fail(500).Times(1))
	if _, err := c.v.Ask(t.Context(), "aa", "six"); err == nil {
		t.Fatal("a failure was taken for a vector")
	}
	if u := record(); u != (embedding.Usage{Requests: 3, Failures: 1, Texts: 3, Tokens: 5}) {
		t.Errorf("after a failure, %+v", u)
	}
}

func TestAWeighingIsKeptForItsSpaceAlone(t *testing.T) {
	t.Parallel()
	c := open(t)
	w := pattern.Weighing{Space: c.space.String(), Dimensions: 96, Mean: 0.3, Spread: 0.1, Texts: 50, Alone: 0.8, Together: 0.5}
	other := embedding.NewSpace(c.stand.URL(), "another", 96, time.Second, "")
	err := c.tenant.Write(t.Context(), func(tx *store.Tx) error {
		if err := embedding.PutView(t.Context(), tx, c.space, "k1", w); err != nil {
			return err
		}
		got, ok, err := embedding.FindView(t.Context(), tx, c.space)
		if !ok || got.Weighing != w || got.Known != "k1" {
			t.Errorf("%v %+v", ok, got)
		}
		if err != nil {
			return err
		}
		_, ok, err = embedding.FindView(t.Context(), tx, other)
		if ok || other.Key == c.space.Key {
			t.Error("another model has the weighing")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.v.Forget(t.Context(), c.tenant); err != nil || storetest.Count(t, c.tenant, "SELECT COUNT(*) FROM text_views") != 0 {
		t.Errorf("it was not forgotten: %v", err)
	}
}
