package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/store"
)

// digest is of a set of rows, whatever their order: the sum of the rows' SHA-256 as numbers of 256 bits,
// and how many they are.
type digest struct {
	rows int64
	sum  [4]uint64
	buf  []byte
}

// add takes in a row. order is the columns' places by name, so that the order of columns does not count.
func (d *digest) add(values []any, columns []store.Column, order []int) error {
	b := d.buf[:0]
	for _, i := range order {
		b = append(b, columns[i].Name...)
		b = append(b, 0)
		var err error
		if b, err = appendValue(b, values[i], columns[i].Kind); err != nil {
			return fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
	}
	d.buf = b
	hash := sha256.Sum256(b)
	var carry uint64
	for i := range d.sum {
		d.sum[i], carry = bits.Add64(d.sum[i], binary.LittleEndian.Uint64(hash[8*i:]), carry)
	}
	d.rows++
	return nil
}

// of returns the digest as text.
func (d *digest) of(table string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d\x00", table, d.rows)
	for _, w := range d.sum {
		_ = binary.Write(h, binary.LittleEndian, w) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// byName returns the columns' places in the order of their names.
func byName(columns []store.Column) []int {
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(columns[a].Name, columns[b].Name) })
	return order
}

// appendValue writes a value in the one way there is for its kind.
func appendValue(b []byte, v any, kind store.ValueKind) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 'n'), nil
	case string:
		if kind == store.ValueJSON {
			canonical, err := canonicalJSON(v)
			if err != nil {
				return nil, err
			}
			return sized(b, 'j', canonical), nil
		}
		return sized(b, 't', []byte(v)), nil
	case int64:
		return strconv.AppendInt(append(b, 'i'), v, 10), nil
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'f'), math.Float64bits(v)), nil
	case bool:
		return strconv.AppendBool(append(b, 'b'), v), nil
	case time.Time:
		return strconv.AppendInt(append(b, 'm'), v.UnixMicro(), 10), nil
	case []byte:
		return sized(b, 'x', v), nil
	}
	return nil, fmt.Errorf("a value of type %T cannot be saved", v)
}

func sized(b []byte, tag byte, v []byte) []byte {
	b = binary.BigEndian.AppendUint64(append(b, tag), uint64(len(v)))
	return append(b, v...)
}

// canonicalJSON writes JSON without spaces, with sorted names, and numbers in one way: PostgreSQL keeps
// JSON parsed and writes it in its own.
func canonicalJSON(text string) ([]byte, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	v = plainNumbers(v)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return out.Bytes(), nil
}

func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
				return int64(f)
			}
			return f
		}
	case map[string]any:
		for k, e := range v {
			v[k] = plainNumbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plainNumbers(e)
		}
	}
	return v
}
