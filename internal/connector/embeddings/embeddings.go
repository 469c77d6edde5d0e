// Package embeddings asks a server for vectors that stand for the meaning of texts, by the request that
// OpenAI has made common: POST /v1/embeddings. Many servers speak it, in the cloud and on one's own machine.
//
// Whatever is given to Embed leaves the house; masking is the caller's duty. Vectors are checked (as many as
// texts, of the length that was asked for, finite, not zero) before anybody sees them. Safe for concurrent
// use.
package embeddings

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"clubos/internal/club"
	"clubos/internal/connector"
)

// Provider is this vendor's name in errors.
const Provider = "embeddings"

// MostTexts is how many texts one request may hold.
const MostTexts = 256

// LeastDimensions and MostDimensions bound the length of a vector.
const (
	LeastDimensions = 8
	MostDimensions  = 4096
)

// Config describes a server and one of its models.
type Config struct {
	BaseURL    string // what comes before /v1/embeddings: https, or http on a loopback address
	Key        string // sent as a bearer token; "" for a server that wants none
	Model      string
	Dimensions int  // of the model's vectors
	Shorten    bool // ask the server for vectors of so many dimensions; for models that can give several lengths
	Limits     connector.Limits
}

// Client asks for vectors.
type Client struct {
	http *connector.Client
	cfg  Config
}

// New checks cfg and returns a client. It calls nobody.
func New(cfg Config, deps connector.Deps) (*Client, error) {
	if cfg.BaseURL == "" {
		return nil, club.Invalid("embeddings: the address of the server is missing")
	}
	if cfg.Model == "" || len(cfg.Model) > 200 {
		return nil, club.Invalid("embeddings: the name of the model has 1 to 200 characters")
	}
	if cfg.Dimensions < LeastDimensions || cfg.Dimensions > MostDimensions {
		return nil, club.Invalid("embeddings: a vector has %d to %d dimensions, not %d", LeastDimensions, MostDimensions, cfg.Dimensions)
	}
	header := http.Header{}
	if cfg.Key != "" {
		header.Set("Authorization", "Bearer "+cfg.Key)
	}
	if cfg.Limits.Body == 0 {
		cfg.Limits.Body = 64 << 20 // 256 vectors of 4 096 numbers, written out
	}
	base := strings.TrimSuffix(strings.TrimRight(cfg.BaseURL, "/"), "/v1")
	h, err := connector.New(connector.Config{Vendor: Provider, BaseURL: base, Header: header, Limits: cfg.Limits, Explain: explain}, deps)
	if err != nil {
		return nil, err
	}
	return &Client{http: h, cfg: cfg}, nil
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.Close() }

// Breaker returns the state of the breaker before the server.
func (c *Client) Breaker() connector.Breaker { return c.http.Breaker() }

// explain takes the server's word for the kind of failure; its sentences may quote the texts.
func explain(_ int, body []byte) string {
	var e struct {
		Error struct {
			Code any    `json:"code"`
			Type string `json:"type"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	code, ok := e.Error.Code.(string)
	if !ok || code == "" {
		code = e.Error.Type
	}
	if len(code) > 40 || strings.ContainsAny(code, " \n\"") {
		return ""
	}
	return code
}

type question struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Encoding   string   `json:"encoding_format"`
	Dimensions int      `json:"dimensions,omitempty"`
}

// Embed returns the vectors of 1 to MostTexts texts, in their order, none of them empty, and how many
// tokens the server counted. The error is a *club.VendorError, also when the answer is not what was asked for;
// the breaker counts that as a failure.
func (c *Client) Embed(ctx context.Context, texts []string) (vectors [][]float32, tokens int64, err error) {
	return c.embed(ctx, texts, c.cfg.Dimensions)
}

func (c *Client) embed(ctx context.Context, texts []string, dimensions int) ([][]float32, int64, error) {
	if len(texts) == 0 || len(texts) > MostTexts {
		return nil, 0, club.Invalid("embeddings: a request holds 1 to %d texts, not %d", MostTexts, len(texts))
	}
	q := question{Model: c.cfg.Model, Input: texts, Encoding: "float"}
	if c.cfg.Shorten {
		q.Dimensions = c.cfg.Dimensions
	}
	a := answer{texts: len(texts), dimensions: dimensions}
	_, err := c.http.Do(ctx, connector.Request{Op: "embed texts", Method: http.MethodPost, Path: "v1/embeddings", JSON: q, Into: &a})
	if err != nil {
		var v *club.VendorError
		if a.trouble != nil && errors.As(err, &v) {
			v.Err = a.trouble
		}
		return nil, 0, err
	}
	return a.vectors, a.tokens, nil
}

// Measure asks for one vector and returns how many dimensions the model's vectors have. The Dimensions and
// Shorten of cfg do not count.
func Measure(ctx context.Context, cfg Config, deps connector.Deps) (int, error) {
	cfg.Dimensions, cfg.Shorten = LeastDimensions, false
	c, err := New(cfg, deps)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	v, _, err := c.embed(ctx, []string{"one"}, 0)
	if err != nil {
		return 0, err
	}
	return len(v[0]), nil
}
