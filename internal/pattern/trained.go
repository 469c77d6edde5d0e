package pattern

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// Trained is what training makes of triggers: a model, and which trigger each of its
// examples was. It holds hashes of the triggers and of their features, and no
// text, so it may be kept longer than they are. It is immutable.
type Trained struct {
	version string
	keys    []uint64 // by example of the model: its trigger's; 0 of a stranger
	model   *Model   // nil when there is nothing similar to look for
	known   map[uint64]struct{}
}

// key names a trigger.
func (t Trigger) key() uint64 {
	mode := t.Mode
	if mode == "" {
		mode = Similar
	}
	h := hashString(hashString(hashString(hashString(hashString(fnvOffset, t.Label), "\x00"), string(mode)), "\x00"), t.Text)
	return max(h, 1)
}

// TrainTriggers trains. It stops with the context's error when ctx ends.
func TrainTriggers(ctx context.Context, triggers []Trigger) (*Trained, error) {
	return trainTriggers(ctx, triggers, strangers())
}

func trainTriggers(ctx context.Context, triggers []Trigger, strangers []Example) (*Trained, error) {
	t := &Trained{version: Version(triggers)}
	r := newRules(0)
	var examples []Example
	labelled := false
	for _, one := range triggers {
		i, ok := r.add(one, func(string) {})
		if ok && r.triggers[i].Mode == Similar {
			labelled = labelled || one.Label != ""
			examples = append(examples, one.example())
			t.keys = append(t.keys, one.key())
		}
	}
	if !labelled {
		t.keys = nil
	} else {
		all := append(examples, strangers...)
		model, err := trainSplit(ctx, all, splitExamples(all, mostLinear), shippedSelector, TrainOptions{Seed: 1, Folds: 1})
		if err != nil {
			return nil, err
		}
		t.model = model
		t.keys = append(t.keys, make([]uint64, len(all)-len(t.keys))...)
	}
	t.remember()
	return t, nil
}

// Likeness returns what compares texts with triggers by their likeness alone. It is
// made in no time, and claims less: it is for while nothing better is there.
func Likeness(triggers []Trigger) *Trained {
	t := &Trained{version: Version(triggers) + "~"}
	var examples []Example
	var rows []int32
	for _, one := range triggers {
		if (one.Mode == "" || one.Mode == Similar) && one.Label != "" {
			rows, examples, t.keys = append(rows, int32(len(rows))), append(examples, one.example()), append(t.keys, one.key())
		}
	}
	if far, err := indexExamples(context.Background(), examples, rows); err == nil && far != nil {
		t.model = &Model{examples: len(examples), c: unlearned(), far: far}
	}
	t.remember()
	return t
}

func (t *Trained) remember() {
	t.known = make(map[uint64]struct{}, len(t.keys))
	for _, k := range t.keys {
		t.known[k] = struct{}{}
	}
}

func (t *Trained) knows(key uint64) bool {
	_, ok := t.known[key]
	return ok
}

// Version names the triggers; see Version.
func (t *Trained) Version() string { return t.version }

// Examples is how many examples the model was made of, strangers included.
func (t *Trained) Examples() int { return len(t.keys) }

// Linear is how many labels have learners of their own; the others are found by
// their likeness to an example.
func (t *Trained) Linear() int {
	if t.model == nil {
		return 0
	}
	return len(t.model.labels)
}

// SizeBytes is about how much memory it takes.
func (t *Trained) SizeBytes() int {
	n := 40 * len(t.keys)
	if t.model != nil {
		n += t.model.SizeBytes()
	}
	return n
}

const (
	trainedMagic   = "CLUBTR"
	trainedVersion = 1
)

// MarshalBinary writes it: header, checksum, version, keys, model.
func (t *Trained) MarshalBinary() ([]byte, error) {
	w := packer{b: make([]byte, modelHeader)}
	w.text(t.version)
	w.count(len(t.keys))
	for _, k := range t.keys {
		w.b = binary.LittleEndian.AppendUint64(w.b, k)
	}
	if t.model != nil {
		b, err := t.model.MarshalBinary()
		if err != nil {
			return nil, err
		}
		w.b = append(w.b, b...)
	}
	seal(w.b, trainedMagic, trainedVersion)
	return w.b, nil
}

// UnmarshalBinary reads what MarshalBinary has written into the zero Trained. It
// returns an error that is ErrDamaged or ErrVersion otherwise, whatever the bytes.
func (t *Trained) UnmarshalBinary(b []byte) error {
	body, err := unseal(b, trainedMagic, trainedVersion)
	if err != nil {
		return err
	}
	r := unpacker{b: body}
	out := Trained{version: r.text()}
	out.keys = r.words(r.atMost(8))
	if r.bad {
		return fmt.Errorf("%w: parts do not fit", ErrDamaged)
	}
	if len(r.b) > 0 {
		out.model = &Model{}
		if err := out.model.UnmarshalBinary(r.b); err != nil {
			return err
		}
		if out.model.examples != len(out.keys) || !out.model.within(len(out.keys)) {
			return fmt.Errorf("%w: the model is of other examples", ErrDamaged)
		}
	} else if len(out.keys) > 0 {
		return fmt.Errorf("%w: there is no model", ErrDamaged)
	}
	out.remember()
	*t = out
	return nil
}

// within reports whether every example that the model may name is one of n.
func (m *Model) within(n int) bool {
	in := func(i int32) bool { return i >= 0 && int(i) < n }
	return !slices.ContainsFunc(m.c.neighbours.index, func(i int32) bool { return !in(i) }) &&
		(m.far == nil || !slices.ContainsFunc(m.far.example, func(i int32) bool { return !in(i) }))
}

// seal writes the header of encoded bytes: magic, version, CRC-32C of the rest.
func seal(b []byte, magic string, version uint16) {
	copy(b, magic)
	binary.LittleEndian.PutUint16(b[len(magic):], version)
	binary.LittleEndian.PutUint32(b[len(magic)+2:], crc32.Checksum(b[modelHeader:], castagnoli))
}

// unseal returns what follows a header that is right.
func unseal(b []byte, magic string, version uint16) ([]byte, error) {
	if len(b) < modelHeader || string(b[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: no header", ErrDamaged)
	}
	if v := binary.LittleEndian.Uint16(b[len(magic):]); v != version {
		return nil, fmt.Errorf("%w: %d, want %d", ErrVersion, v, version)
	}
	if crc32.Checksum(b[modelHeader:], castagnoli) != binary.LittleEndian.Uint32(b[len(magic)+2:]) {
		return nil, fmt.Errorf("%w: checksum", ErrDamaged)
	}
	return b[modelHeader:], nil
}

// Unusable reports whether err says that bytes are no model that this program can use.
func Unusable(err error) bool { return errors.Is(err, ErrDamaged) || errors.Is(err, ErrVersion) }
