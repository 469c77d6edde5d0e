package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"clubos/internal/club"
	"clubos/internal/store"
)

// leaf is an entry's place in the tree. It tells the entry's id and instant and a digest of all of it, so that they
// are proved also when the entry has been retired.
type leaf struct {
	position int64
	id       club.AuditID
	at       time.Time
	digest   [sha256.Size]byte // of the entry's canonical text
}

// leafOf returns the leaf of an entry. buf is used for its canonical text, and returned with it.
func leafOf(e *store.AuditEntry, position int64, buf []byte) (leaf, []byte) {
	buf = appendEntry(buf[:0], e)
	return leaf{position: position, id: e.ID, at: e.At, digest: sha256.Sum256(buf)}, buf
}

// append appends the leaf's text: three lines, the id, the instant in microseconds since 1970, and the digest in hexadecimal.
func (l *leaf) append(b []byte) []byte {
	b = append(append(b, l.id...), '\n')
	b = append(strconv.AppendInt(b, l.at.UnixMicro(), 10), '\n')
	return append(hex.AppendEncode(b, l.digest[:]), '\n')
}

// hash is the hash of the leaf's text (RFC 9162, section 2.1.1), as tlog.RecordHash has it.
func (l *leaf) hash() tlog.Hash {
	var room [192]byte
	return sha256.Sum256(l.append(append(room[:0], 0x00)))
}

// edge is what must be known of a tree to add leaves to it and to tell its root (RFC 9162, section 2.1): of each bit that is
// set in the size the root of a complete subtree of so many leaves, the largest leftmost.
type edge struct {
	size  int64
	roots [63]tlog.Hash // by bit
}

func (e *edge) add(h tlog.Hash) {
	bit := 0
	for n := e.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(e.roots[bit], h)
		bit++
	}
	e.roots[bit] = h
	e.size++
}

// root is the root of all leaves.
func (e *edge) root() tlog.Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	bit := bits.TrailingZeros64(uint64(e.size))
	h := e.roots[bit]
	for bit++; e.size>>bit > 0; bit++ {
		if e.size>>bit&1 == 1 {
			h = tlog.NodeHash(e.roots[bit], h)
		}
	}
	return h
}

// bytes is the stored form of an edge: its roots, the largest first.
func (e *edge) bytes() []byte {
	var b []byte
	for bit := bits.Len64(uint64(e.size)) - 1; bit >= 0; bit-- {
		if e.size>>bit&1 == 1 {
			b = append(b, e.roots[bit][:]...)
		}
	}
	return b
}

func parseEdge(size int64, b []byte) (edge, error) {
	e := edge{size: size}
	if size < 0 || len(b) != bits.OnesCount64(uint64(size))*tlog.HashSize {
		return e, fmt.Errorf("the edge of a tree of %d has %d bytes", size, len(b))
	}
	for bit := bits.Len64(uint64(size)) - 1; bit >= 0; bit-- {
		if size>>bit&1 == 1 {
			b = b[copy(e.roots[bit][:], b):]
		}
	}
	return e, nil
}

// tree has all hashes of a tree, to prove by.
type tree struct {
	size   int64
	stored []tlog.Hash // as tlog.StoredHashIndex orders them
}

func (t *tree) add(h tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(t.size, h, t)
	if err != nil {
		return err
	}
	t.stored = append(t.stored, hashes...)
	t.size++
	return nil
}

// prove returns the hashes by which anybody who has the root can compute it from the leaf at a position.
func (t *tree) prove(position int64) (tlog.RecordProof, error) {
	return tlog.ProveRecord(t.size, position, t)
}

// ReadHashes is that of tlog.HashReader.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		out[i] = t.stored[n]
	}
	return out, nil
}
