package embeddings_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/embeddings"
	"clubos/internal/simulate/vendor"
)

func open(t *testing.T, change ...func(*embeddings.Config)) (*embeddings.Client, *vendor.Embeddings) {
	t.Helper()
	s := vendor.NewEmbeddings(vendor.EmbeddingsConfig{}, nil)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Heal(); s.Down() })
	cfg := embeddings.Config{BaseURL: s.URL(), Key: s.Config().Key, Model: s.Config().Model, Dimensions: s.Config().Dimensions, Limits: connector.Limits{Timeout: time.Second, Failures: 3}}
	for _, f := range change {
		f(&cfg)
	}
	c, err := embeddings.New(cfg, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, s
}

func cosine(a, b []float32) (sum float32) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func TestVectorsComeInTheOrderOfTheTextsWithWhatTheyCost(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]vendor.Oddity{"as asked": "", "last first": vendor.OddBackward, "packed": vendor.OddPacked} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := open(t)
			s.Distort(odd)
			v, tokens, err := c.Embed(t.Context(), []string{"the screen is frozen", "the screen is black", "where do I park"})
			if err != nil {
				t.Fatal(err)
			}
			if tokens != 12 {
				t.Errorf("%d tokens", tokens)
			}
			if near, far := cosine(v[0], v[1]), cosine(v[0], v[2]); near < far+0.2 || len(v[0]) != 96 {
				t.Errorf("%d dimensions, like texts at %.2f, others at %.2f", len(v[0]), near, far)
			}
		})
	}
}

func TestTheAddressMayEndInV1AndVectorsBeShortened(t *testing.T) {
	t.Parallel()
	c, _ := open(t, func(cfg *embeddings.Config) { cfg.BaseURL, cfg.Dimensions, cfg.Shorten = cfg.BaseURL+"/v1/", 16, true })
	v, _, err := c.Embed(t.Context(), []string{"hello"})
	if err != nil || len(v[0]) != 16 {
		t.Errorf("%v, %d", err, len(v))
	}
}

func TestAFailureSaysWhatItIsAndHoldsNoWords(t *testing.T) {
	t.Parallel()
	const words = "a secret about [name]"
	for name, tc := range map[string]struct {
		config              func(*embeddings.Config)
		fault               vendor.Fault
		odd                 vendor.Oddity
		retryable, rejected bool
		says                string
	}{
		"wrong key":         {config: func(c *embeddings.Config) { c.Key = "another" }, rejected: true, says: "invalid_api_key"},
		"no key":            {config: func(c *embeddings.Config) { c.Key = "" }, rejected: true, says: "invalid_api_key"},
		"wrong model":       {config: func(c *embeddings.Config) { c.Model = "another" }, rejected: true, says: "model_not_found"},
		"too long":          {config: func(c *embeddings.Config) { c.Dimensions, c.Shorten = 512, true }, rejected: true, says: "invalid_dimensions"},
		"too many requests": {fault: vendor.Fail(http.StatusTooManyRequests), rejected: true, retryable: true, says: "429"},
		"server error":      {fault: vendor.Fail(http.StatusBadGateway), retryable: true, says: "502"},
		"hangs":             {fault: vendor.Hang(), retryable: true, says: "deadline"},
		"answer lost":       {fault: vendor.LoseAnswer(), retryable: true},
		"half the length":   {odd: vendor.OddLength, says: "48 dimensions, not 96"},
		"a number missing":  {odd: vendor.OddNull, says: "cannot be read"},
		"not a number":      {odd: vendor.OddNaN, says: "no number"},
		"a vector missing":  {odd: vendor.OddFew, says: "0 vectors came for 1"},
		"no direction":      {odd: vendor.OddZero, says: "zero"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := open(t, func(cfg *embeddings.Config) {
				cfg.Limits.Timeout = 200 * time.Millisecond
				if tc.config != nil {
					tc.config(cfg)
				}
			})
			if tc.fault != (vendor.Fault{}) {
				s.Break("embed", tc.fault)
			}
			s.Distort(tc.odd)
			_, _, err := c.Embed(t.Context(), []string{words})
			var v *club.VendorError
			if !errors.As(err, &v) || v.Vendor != "embeddings" || v.Retryable != tc.retryable || v.Rejected != tc.rejected {
				t.Fatalf("got %#v", err)
			}
			if !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), words) || strings.Contains(err.Error(), s.Config().Key) {
				t.Errorf("it says %q", err)
			}
		})
	}
}

func TestTwoVectorsOfOneNumberAreRefused(t *testing.T) {
	t.Parallel()
	c, s := open(t)
	s.Distort(vendor.OddTwice)
	if _, _, err := c.Embed(t.Context(), []string{"a", "b"}); err == nil || !strings.Contains(err.Error(), "numbered") {
		t.Errorf("got %v", err)
	}
}

func TestAServerThatKeepsGivingNonsenseIsLeftAlone(t *testing.T) {
	t.Parallel()
	c, s := open(t)
	s.Distort(vendor.OddLength)
	for range 5 {
		if _, _, err := c.Embed(t.Context(), []string{"hello"}); err == nil {
			t.Fatal("nonsense was taken")
		}
	}
	if got := len(s.Texts()); got != 3 || c.Breaker().State != "open" {
		t.Errorf("%d requests came, the breaker is %s", got, c.Breaker().State)
	}
}

func TestWhatCannotBeAServerIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	good := embeddings.Config{BaseURL: "https://api.example", Model: "m", Dimensions: 256}
	for name, change := range map[string]func(*embeddings.Config){
		"no address":     func(c *embeddings.Config) { c.BaseURL = "" },
		"no TLS":         func(c *embeddings.Config) { c.BaseURL = "http://api.example" },
		"no model":       func(c *embeddings.Config) { c.Model = "" },
		"no dimension":   func(c *embeddings.Config) { c.Dimensions = 0 },
		"too many":       func(c *embeddings.Config) { c.Dimensions = 5000 },
		"a key in there": func(c *embeddings.Config) { c.BaseURL = "https://key@api.example" },
	} {
		cfg := good
		change(&cfg)
		if _, err := embeddings.New(cfg, connector.Deps{}); club.CodeOf(err) != club.CodeInvalid || strings.Contains(err.Error(), "api.example") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, _ := open(t)
	for _, texts := range [][]string{nil, make([]string, embeddings.MostTexts+1)} {
		if _, _, err := c.Embed(t.Context(), texts); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%d texts: %v", len(texts), err)
		}
	}
}

func TestTheLengthOfAModelsVectorsIsFoundByAsking(t *testing.T) {
	t.Parallel()
	_, s := open(t)
	cfg := embeddings.Config{BaseURL: s.URL(), Key: s.Config().Key, Model: s.Config().Model}
	if n, err := embeddings.Measure(t.Context(), cfg, connector.Deps{}); n != 96 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	cfg.Key = "another"
	if _, err := embeddings.Measure(t.Context(), cfg, connector.Deps{}); err == nil {
		t.Error("another key was taken")
	}
}
