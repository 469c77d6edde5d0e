// Package embedding gets the vectors of texts from a server of the club's choice, and keeps those of texts
// that are known. What a vector is worth is package pattern's question; when one is wanted, package decide's.
//
// Off unless a club has connected a server. Nothing leaves but texts as Sent makes them, masked. A decision waits for its
// vector for a moment and then does without; known texts are fetched in the background, some at a time, and
// a fetch that breaks off goes on where it stopped. Vectors of different spaces never meet: a space is an
// address, a model and a dimension, and when it changes, all is fetched anew.
//
// Safe for concurrent use.
package embedding

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/phrase"
)

// Server makes vectors.
type Server interface {
	// Embed returns the vectors of some texts, in their order, and how many tokens they were.
	Embed(ctx context.Context, texts []string) (vectors [][]float32, tokens int64, err error)
}

// Space is the vectors of one model.
type Space struct {
	Key        string // names it in rows
	Model      string
	Dimensions int
	Wait       time.Duration // how long a decision waits for a vector
	Stamp      string        // changes with anything that the club has entered, the server's key too
}

// DefaultWait is the Wait of a club that has set none.
const DefaultWait = 400 * time.Millisecond

// NewSpace names a space; stamp is of all that the club has entered.
func NewSpace(address, model string, dimensions int, wait time.Duration, stamp string) Space {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", address, model, dimensions))
	return Space{Key: hex.EncodeToString(sum[:8]), Model: model, Dimensions: dimensions, Wait: wait, Stamp: stamp}
}

// String names the space for people.
func (s Space) String() string { return fmt.Sprintf("%s/%d", s.Model, s.Dimensions) }

// Servers finds a club's server; ok is false where none is connected.
type Servers func(club.Slug) (s Server, space Space, ok bool)

// Vectors gets and keeps vectors.
type Vectors struct {
	servers Servers

	mu    sync.Mutex // guards the fields below
	asked map[string]pattern.Vector
	order []string // keys of asked, oldest first
	spent map[club.Slug]map[string]usage
}

// New returns Vectors that ask these servers.
func New(servers Servers) *Vectors {
	return &Vectors{servers: servers, asked: map[string]pattern.Vector{}, spent: map[club.Slug]map[string]usage{}}
}

// Space returns a club's space; ok is false where it wants none.
func (v *Vectors) Space(slug club.Slug) (s Space, ok bool) {
	_, s, ok = v.servers(slug)
	return s, ok
}

// mostSent bounds the bytes of a text that are sent.
const mostSent = 2000

// Sent is a text as it is sent: masked, and not longer than a long message.
func Sent(text string) string {
	if len(text) > mostSent {
		cut := mostSent
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return phrase.Mask(text)
}

// Digest names a text as it is sent.
func Digest(sent string) string {
	sum := sha256.Sum256([]byte(sent))
	return hex.EncodeToString(sum[:16])
}

// askedKept is how many vectors of texts that were asked for last stay in memory: a decision that is tried
// again asks once.
const askedKept = 512

// Ask returns the vector of a text that is to be decided on, within the space's Wait.
func (v *Vectors) Ask(ctx context.Context, slug club.Slug, text string) (pattern.Vector, error) {
	server, space, ok := v.servers(slug)
	if !ok {
		return pattern.Vector{}, club.Unavailable(nil, "no server of vectors is connected")
	}
	sent := Sent(text)
	key := slug.String() + " " + space.Key + " " + Digest(sent)
	v.mu.Lock()
	known, ok := v.asked[key]
	v.mu.Unlock()
	if ok {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, space.Wait)
	defer cancel()
	list, err := v.embed(ctx, slug, server, space, []string{sent})
	if err != nil {
		return pattern.Vector{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, again := v.asked[key]; !again {
		v.order = append(v.order, key)
	}
	v.asked[key] = list[0]
	if len(v.order) > askedKept {
		delete(v.asked, v.order[0])
		v.order = v.order[1:]
	}
	return list[0], nil
}

// embed asks a server, and notes what that cost.
func (v *Vectors) embed(ctx context.Context, slug club.Slug, server Server, space Space, texts []string) ([]pattern.Vector, error) {
	list, tokens, err := server.Embed(ctx, texts)
	if err == nil && len(list) != len(texts) {
		err = fmt.Errorf("%d vectors came for %d texts", len(list), len(texts))
	}
	v.note(slug, space.Model, len(texts), tokens, err)
	if err != nil {
		return nil, err
	}
	out := make([]pattern.Vector, len(list))
	for i, x := range list {
		if out[i] = pattern.NewVector(x); out[i].Dimensions() != space.Dimensions {
			return nil, fmt.Errorf("a vector has %d dimensions, not %d", out[i].Dimensions(), space.Dimensions)
		}
	}
	return out, nil
}

// Trouble says in words why there is no vector.
func (s Space) Trouble(err error) string {
	var vendor *club.VendorError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("%s gave no vector within %d ms", s, s.Wait.Milliseconds())
	case errors.As(err, &vendor) && vendor.Rejected:
		return fmt.Sprintf("%s refused to give a vector (status %d)", s, vendor.Status)
	}
	return s.String() + " gave no vector"
}
