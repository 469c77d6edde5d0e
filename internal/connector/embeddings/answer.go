package embeddings

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// answer reads vectors and sees that they are those that were asked for. It is an error of the answer's
// JSON when they are not, so that a server which keeps giving nonsense is left alone for a while.
type answer struct {
	texts, dimensions int // dimensions is 0 where any will do

	vectors [][]float32
	tokens  int64
	trouble error // what is wrong with it
}

// UnmarshalJSON reads the body of an answer.
func (a *answer) UnmarshalJSON(b []byte) error {
	a.trouble = a.read(b)
	return a.trouble
}

func (a *answer) read(b []byte) error {
	var body struct {
		Data []struct {
			Index     int             `json:"index"`
			Embedding json.RawMessage `json:"embedding"`
		} `json:"data"`
		Usage struct {
			Prompt int64 `json:"prompt_tokens"`
			Total  int64 `json:"total_tokens"`
		} `json:"usage"`
	}
	if json.Unmarshal(b, &body) != nil {
		return errors.New("the answer is not the JSON that was expected")
	}
	if len(body.Data) != a.texts {
		return fmt.Errorf("%d vectors came for %d texts", len(body.Data), a.texts)
	}
	a.vectors = make([][]float32, a.texts)
	for _, d := range body.Data {
		if d.Index < 0 || d.Index >= a.texts || a.vectors[d.Index] != nil {
			return errors.New("the vectors are not numbered as the texts are")
		}
		v, err := numbers(d.Embedding)
		if err != nil {
			return err
		}
		if len(v) != a.dimensions && a.dimensions != 0 {
			return fmt.Errorf("the vectors have %d dimensions, not %d", len(v), a.dimensions)
		}
		if !usable(v) {
			return errors.New("a vector is zero or holds what is no number")
		}
		a.vectors[d.Index] = v
	}
	a.tokens = max(body.Usage.Total, body.Usage.Prompt, 0)
	return nil
}

// numbers reads a vector in either of the two forms that servers give: a list, or the bytes of 32-bit
// floats in base64.
func numbers(raw json.RawMessage) ([]float32, error) {
	wrong := errors.New("a vector cannot be read")
	if bytes.HasPrefix(raw, []byte(`"`)) {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil, wrong
		}
		packed, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(packed)%4 != 0 {
			return nil, wrong
		}
		out := make([]float32, len(packed)/4)
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(packed[4*i:]))
		}
		return out, nil
	}
	var out []float32
	if bytes.Contains(raw, []byte("null")) || json.Unmarshal(raw, &out) != nil { // a null would be read as zero
		return nil, wrong
	}
	return out, nil
}

// usable reports whether a vector has a direction.
func usable(v []float32) bool {
	square := 0.0
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return square > 0 && !math.IsInf(square, 0) && !math.IsNaN(square)
}
