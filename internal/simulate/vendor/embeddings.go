package vendor

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"

	"clubos/internal/club"
)

// EmbeddingsConfig describes a server of vectors.
type EmbeddingsConfig struct {
	Key        string // has a synthetic default
	Model      string // likewise
	Dimensions int    // of the model; default 96
	// Means lists words that mean the same, each list in one string: the model knows them, spelling does not.
	Means []string
}

// Embeddings is a server of vectors in OpenAI's format, at URL. Its operation is "embed". Its model adds up
// directions drawn by chance for words and for the letters of words, so that equal texts have equal vectors
// and texts of like words lie near each other.
type Embeddings struct {
	*server

	world sync.Mutex // guards the fields below
	cfg   EmbeddingsConfig
	texts []string // that came in, in order
	odd   Oddity
}

// Oddity is what is wrong with an answer that says that all is well.
type Oddity string

// The oddities.
const (
	OddLength   Oddity = "length"   // half as many dimensions
	OddNull     Oddity = "null"     // a number is missing
	OddNaN      Oddity = "nan"      // a number is none, in the packed form
	OddFew      Oddity = "few"      // a vector is missing
	OddTwice    Oddity = "twice"    // two vectors have one number
	OddZero     Oddity = "zero"     // no direction
	OddBackward Oddity = "backward" // last text first; nothing is wrong with that
	OddPacked   Oddity = "packed"   // base64, though lists were asked for; likewise
)

// NewEmbeddings makes the server; Up starts it.
func NewEmbeddings(cfg EmbeddingsConfig, clock club.Clock) *Embeddings {
	cfg.Key = cmp.Or(cfg.Key, "sim-embeddings-key-0001")
	cfg.Model = cmp.Or(cfg.Model, "sim-embed-small")
	cfg.Dimensions = cmp.Or(cfg.Dimensions, 96)
	e := &Embeddings{server: newServer("embeddings", clock, nil), cfg: cfg}
	e.handle("POST /v1/embeddings", "embed", e.embed)
	return e
}

// Config returns what the server runs with.
func (e *Embeddings) Config() EmbeddingsConfig {
	e.world.Lock()
	defer e.world.Unlock()
	return e.cfg
}

// Rotate makes another key the only one that counts.
func (e *Embeddings) Rotate(key string) {
	e.world.Lock()
	defer e.world.Unlock()
	e.cfg.Key = key
}

// Serve puts another model in the place of the present one.
func (e *Embeddings) Serve(model string, dimensions int) {
	e.world.Lock()
	defer e.world.Unlock()
	e.cfg.Model, e.cfg.Dimensions = model, dimensions
}

// Distort gives every answer an oddity; "" ends it.
func (e *Embeddings) Distort(o Oddity) {
	e.world.Lock()
	defer e.world.Unlock()
	e.odd = o
}

// Texts lists every text that reached the server, refused requests included.
func (e *Embeddings) Texts() []string {
	e.world.Lock()
	defer e.world.Unlock()
	return append([]string(nil), e.texts...)
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]any{"error": map[string]any{"message": "simulated", "type": "invalid_request_error", "param": nil, "code": code}})
}

func (e *Embeddings) embed(w http.ResponseWriter, c call) {
	var q struct {
		Model      string          `json:"model"`
		Input      json.RawMessage `json:"input"`
		Encoding   string          `json:"encoding_format"`
		Dimensions *int            `json:"dimensions"`
	}
	var texts []string
	readable := c.json(&q) && json.Unmarshal(q.Input, &texts) == nil
	e.world.Lock()
	cfg, odd := e.cfg, e.odd
	e.texts = append(e.texts, texts...)
	e.world.Unlock()
	switch {
	case c.Header.Get("Authorization") != "Bearer "+cfg.Key:
		refuse(w, http.StatusUnauthorized, "invalid_api_key")
		return
	case !readable || len(texts) == 0 || len(texts) > 2048 || !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json"):
		refuse(w, http.StatusBadRequest, "invalid_input")
		return
	case q.Model != cfg.Model:
		refuse(w, http.StatusNotFound, "model_not_found")
		return
	case q.Encoding != "" && q.Encoding != "float" && q.Encoding != "base64":
		refuse(w, http.StatusBadRequest, "invalid_encoding_format")
		return
	case q.Dimensions != nil && (*q.Dimensions < 1 || *q.Dimensions > cfg.Dimensions):
		refuse(w, http.StatusBadRequest, "invalid_dimensions")
		return
	}
	length, tokens := cfg.Dimensions, 0
	if q.Dimensions != nil {
		length = *q.Dimensions
	}
	data := make([]any, len(texts))
	for i, t := range texts {
		if t == "" {
			refuse(w, http.StatusBadRequest, "empty_input")
			return
		}
		tokens += len(strings.Fields(t))
		data[i] = map[string]any{"object": "embedding", "index": i, "embedding": written(cfg.vector(t)[:length], q.Encoding, odd)}
	}
	e.record(c.Request, nil, Effect{Op: "embed", Target: cfg.Model, Text: fmt.Sprintf("%d texts", len(texts))})
	answer(w, http.StatusOK, map[string]any{"object": "list", "data": arranged(data, odd), "model": cfg.Model, "usage": map[string]int{"prompt_tokens": tokens, "total_tokens": tokens}})
}

func arranged(data []any, odd Oddity) []any {
	switch odd {
	case OddFew:
		return data[1:]
	case OddTwice:
		return append(data[1:], data[len(data)-1])
	case OddBackward:
		for i, j := 0, len(data)-1; i < j; i, j = i+1, j-1 {
			data[i], data[j] = data[j], data[i]
		}
	}
	return data
}

// written is a vector as it stands in an answer.
func written(v []float32, encoding string, odd Oddity) any {
	switch odd {
	case OddLength:
		v = v[:len(v)/2]
	case OddZero:
		v = make([]float32, len(v))
	case OddNull:
		out := make([]any, len(v))
		for i := range v[1:] {
			out[i+1] = v[i+1]
		}
		return out
	case OddNaN:
		v[0] = float32(math.NaN())
		encoding = "base64"
	case OddPacked:
		encoding = "base64"
	}
	if encoding != "base64" {
		return v
	}
	var packed []byte
	for _, x := range v {
		packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(x))
	}
	return packed // encoding/json writes bytes in base64
}

// vector is the model: words count one, their groups of three letters a third.
func (c EmbeddingsConfig) vector(text string) []float32 {
	sum := make([]float64, c.Dimensions)
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !('a' <= r && r <= 'z' || r > 127 || '0' <= r && r <= '9' || r == '[' || r == ']')
	}) {
		c.direct(sum, "word "+c.meant(w), 1)
		for i := 0; i+3 <= len(w); i++ {
			c.direct(sum, "letters "+w[i:i+3], 1.0/3)
		}
	}
	c.direct(sum, "any text", 0.5)
	square := 0.0
	for _, x := range sum {
		square += x * x
	}
	out := make([]float32, len(sum))
	for i, x := range sum {
		out[i] = float32(x / math.Sqrt(square))
	}
	return out
}

// meant is the first of the words that mean the same.
func (c EmbeddingsConfig) meant(word string) string {
	for _, list := range c.Means {
		all := strings.Fields(list)
		for _, w := range all {
			if w == word {
				return all[0]
			}
		}
	}
	return word
}

// direct adds the direction of a feature, which its hash draws.
func (c EmbeddingsConfig) direct(sum []float64, feature string, weight float64) {
	for block := 0; block < len(sum); block += sha256.Size {
		h := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", c.Model, block, feature))
		for i := block; i < min(len(sum), block+len(h)); i++ {
			sum[i] += weight * (float64(h[i-block]) - 127.5) / 127.5
		}
	}
}
