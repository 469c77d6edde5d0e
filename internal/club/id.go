package club

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// kind is the phantom type parameter of an ID: it carries the prefix and nothing else.
type kind interface{ prefix() string }

// ID is a TypeID (https://github.com/jetify-com/typeid): a short prefix that names the noun, an
// underscore, and a UUIDv7 in 26 characters of Crockford base32. Ids sort by the time they were
// made. The zero value "" means none; in SQL it is NULL, so that an optional reference can be a
// foreign key and a required one cannot be left out.
type ID[K kind] string

// NewID makes an id for the instant at.
func NewID[K kind](at time.Time) ID[K] {
	var k K
	return ID[K](k.prefix() + "_" + encode32(uuidv7(at)))
}

// ParseID reads an id of this kind. Another kind's id, or text that is no id, is Invalid.
func ParseID[K kind](s string) (ID[K], error) {
	var k K
	rest, ok := strings.CutPrefix(s, k.prefix()+"_")
	if !ok || len(rest) != 26 || rest[0] > '7' || strings.Trim(rest, alphabet32) != "" {
		return "", Invalid("%q is not an id that begins with %s_", clip(s, 40), k.prefix())
	}
	return ID[K](s), nil
}

func (id ID[K]) String() string { return string(id) }

// IsZero reports whether id refers to nothing.
func (id ID[K]) IsZero() bool { return id == "" }

// Value stores the zero id as NULL.
func (id ID[K]) Value() (driver.Value, error) {
	if id == "" {
		return nil, nil
	}
	return string(id), nil
}

// Scan reads NULL as the zero id.
func (id *ID[K]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ""
	case string:
		*id = ID[K](v)
	case []byte:
		*id = ID[K](v)
	default:
		return fmt.Errorf("scan id: unexpected %T", src)
	}
	return nil
}

const alphabet32 = "0123456789abcdefghjkmnpqrstvwxyz"

// made counts the ids of this process.
var made atomic.Uint32

// uuidv7 follows RFC 9562 section 5.7, with the sub-millisecond part of the instant in rand_a
// (method 3 of section 6.2) so that ids made in one process sort by time to about a microsecond, and a
// counter in the first 22 bits of rand_b (method 1), so that those of one instant sort as they were made:
// what a transaction writes is of one instant. 40 bits are left to chance.
func uuidv7(at time.Time) [16]byte {
	var u [16]byte
	if _, err := rand.Read(u[:]); err != nil {
		panic("BUG: crypto/rand failed: " + err.Error())
	}
	ns := at.UnixNano()
	ms := ns / int64(time.Millisecond)
	frac := uint16((ns % int64(time.Millisecond)) * 4096 / int64(time.Millisecond))
	binary.BigEndian.PutUint64(u[0:8], uint64(ms)<<16)
	binary.BigEndian.PutUint16(u[6:8], 0x7000|frac)
	n := made.Add(1)
	u[8], u[9], u[10] = 0x80|byte(n>>16)&0x3f, byte(n>>8), byte(n)
	return u
}

// encode32 writes 128 bits as 26 base32 digits, the first of which holds 3 bits.
func encode32(u [16]byte) string {
	var out [26]byte
	hi, lo := binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])
	for i := 25; i >= 0; i-- {
		out[i] = alphabet32[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}
