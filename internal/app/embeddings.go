package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/embeddings"
	"clubos/internal/embedding"
	"clubos/internal/integration"
	"clubos/internal/store"
)

// Embeddings returns a client of a server of vectors outside any club, for measurements, and how many
// dimensions its vectors have. The key is the environment's.
func (c Config) Embeddings(ctx context.Context, address, model string) (*embeddings.Client, int, error) {
	cfg := embeddings.Config{BaseURL: address, Key: c.EmbeddingsKey, Model: model}
	n, err := embeddings.Measure(ctx, cfg, connector.Deps{})
	if err != nil {
		return nil, 0, fmt.Errorf("ask for a first vector: %w", err)
	}
	cfg.Dimensions = n
	client, err := embeddings.New(cfg, connector.Deps{})
	return client, n, err
}

// newEmbeddings makes the client of a club's server of vectors.
func newEmbeddings(f integration.Fields, deps connector.Deps) (*embeddings.Client, embedding.Space, error) {
	n, err := strconv.Atoi(f["dimensions"])
	if err != nil {
		return nil, embedding.Space{}, club.Invalid("embeddings: dimensions is a number, like 1536")
	}
	shorten := f["shorten"] == "yes"
	if f["shorten"] != "" && f["shorten"] != "no" && !shorten {
		return nil, embedding.Space{}, club.Invalid("embeddings: shorten is yes or no")
	}
	wait := embedding.DefaultWait
	if f["wait_ms"] != "" {
		ms, err := strconv.Atoi(f["wait_ms"])
		if err != nil || ms < 50 || ms > 2000 {
			return nil, embedding.Space{}, club.Invalid("embeddings: wait_ms is a number from 50 to 2000")
		}
		wait = time.Duration(ms) * time.Millisecond
	}
	client, err := embeddings.New(embeddings.Config{BaseURL: f["base_url"], Key: f["api_key"], Model: f["model"], Dimensions: n, Shorten: shorten,
		Limits: connector.Limits{Timeout: 15 * time.Second}}, deps)
	if err != nil {
		return nil, embedding.Space{}, err
	}
	var entered strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f)) {
		fmt.Fprintf(&entered, "%q=%q ", name, f[name])
	}
	return client, embedding.NewSpace(f["base_url"], f["model"], n, wait, embedding.Digest(entered.String())), nil
}

// vectors finds a club's server of vectors.
func (v *vendors) vectors(slug club.Slug) (embedding.Server, embedding.Space, bool) {
	if v.standIns != nil {
		return nil, embedding.Space{}, false
	}
	c := v.of(slug)
	return c.vectors, c.space, c.vectors != nil
}

// examineVectors asks for one vector, of a text of no meaning, where a club wants any.
func (a *App) examineVectors(ctx context.Context, c *checkup, v *clients) {
	part := embeddings.Provider
	if v.from[part] == nil {
		c.add(part, "ok", "off: texts are compared on this machine alone", "")
		return
	}
	if v.vectors == nil {
		_, _, err := newEmbeddings(v.from[part], connector.Deps{})
		c.add(part, "fail", club.MessageOf(err), "enter it again: clubos vendor set embeddings …")
		return
	}
	asking, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	start := time.Now()
	if _, _, err := v.vectors.Embed(asking, []string{"one"}); err != nil {
		c.add(part, "fail", err.Error()+"; meanwhile texts are compared on this machine alone", "check its address, model, dimensions and key: clubos vendor list")
		return
	}
	took := time.Since(start)
	state, detail, advice := "ok", fmt.Sprintf("%s answers in %s", v.space, took.Round(time.Millisecond)), ""
	if took > v.space.Wait {
		state, advice = "warn", "decisions wait "+v.space.Wait.String()+" for a vector and are then taken without: use a server that is nearer, or raise wait_ms"
	}
	words, err := a.vectorsWords(ctx, c.slug, v.space)
	if err != nil {
		state, words, advice = "fail", err.Error(), "see the log of the database"
	}
	c.add(part, state, detail+"; "+words, advice)
}

// vectorsWords says how far a club's vectors are, and what they cost.
func (a *App) vectorsWords(ctx context.Context, slug club.Slug, space embedding.Space) (words string, err error) {
	tenant, _, err := a.Tenant(ctx, slug)
	if err != nil {
		return "", err
	}
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		view, ok, err := embedding.FindView(ctx, tx, space)
		if err != nil {
			return err
		}
		count, err := tx.CountTextVectors(ctx, space.Key)
		if err != nil {
			return err
		}
		w := view.Weighing
		switch {
		case !ok:
			words = fmt.Sprintf("%d known texts have vectors, not weighed yet", count)
		case w.Helps():
			words = fmt.Sprintf("%d known texts have vectors, heeded: loss %.3f alone, %.3f together on %d of them", count, w.Alone, w.Together, w.Texts)
		default:
			words = fmt.Sprintf("%d known texts have vectors, not heeded: they are too few (%d rehearsed), or do not help (loss %.3f alone, %.3f together)", count, w.Texts, w.Alone, w.Together)
		}
		used, err := embedding.FindUsage(ctx, tx, tx.Now.Add(-30*24*time.Hour))
		words += fmt.Sprintf("; in 30 days %d texts, %d tokens, %d of %d requests failed", used.Texts, used.Tokens, used.Failures, used.Requests)
		return err
	})
	return words, err
}
