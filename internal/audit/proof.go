package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"clubos/internal/club"
	"clubos/internal/store"
)

// proofMagic begins a proof (https://c2sp.org/tlog-proof).
const proofMagic = "c2sp.org/tlog-proof@v1\n"

// IsProof reports whether a file that begins so is a proof.
func IsProof(begins []byte) bool { return bytes.HasPrefix(begins, []byte(proofMagic)) }

// Proven is what a proof shows: that an entry stands in the log of a head.
type Proven struct {
	Head     Head   `json:"head"`
	Position int64  `json:"position"`
	Leaf     string `json:"leaf"`            // its id, instant in microseconds and digest, each on a line
	Entry    string `json:"entry,omitempty"` // its canonical text; "": it was retired
}

// Prove returns a proof that an entry stands in the log of the newest head. Its extra data is the leaf and then the entry.
func (k *Keeper) Prove(ctx context.Context, tenant *store.Tenant, id club.AuditID) (string, error) {
	var newest store.AuditHead
	var found store.AuditLeaf
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if found, err = tx.FindAuditLeaf(ctx, id); missing(err) {
			return club.NotFound("no entry of this id has a place in the log; entries get theirs within a minute")
		} else if err != nil {
			return fmt.Errorf("find the leaf: %w", err)
		}
		newest, err = findNewestHead(ctx, tx)
		return err
	})
	if err != nil {
		return "", err
	}
	p := prover{position: found.Position}
	w := &walk{tenant: tenant, end: newest.Size, step: k.part}
	for !w.done() {
		if err := w.part(ctx, &p); err != nil {
			return "", err
		}
	}
	if p.err != nil || p.size != newest.Size || found.Position >= p.size {
		return "", fmt.Errorf("the log does not end with its newest head; clubos audit verify says more")
	}
	hashes, err := p.prove(found.Position)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%sextra %s\nindex %d\n", proofMagic, base64.StdEncoding.EncodeToString(p.extra), found.Position)
	for _, h := range hashes {
		fmt.Fprintf(&out, "%s\n", h)
	}
	return out.String() + "\n" + newest.Note, nil
}

// prover is a visitor that builds the whole tree.
type prover struct {
	tree
	position int64
	extra    []byte
	err      error
}

func (p *prover) leaf(l leaf, entry []byte) {
	if l.position == p.position {
		p.extra = append(l.append(nil), entry...)
	}
	if p.err == nil {
		p.err = p.add(l.hash())
	}
}

func (p *prover) head(int64, string) {}

// CheckProof checks a proof by the public key of the log, which must come from elsewhere. Invalid, when it proves nothing.
func CheckProof(text string, key Key) (out Proven, err error) {
	wrong := func(why string) (Proven, error) { return Proven{}, club.Invalid("this proves nothing: %s", why) }
	body, signed, ok := strings.Cut(strings.TrimPrefix(text, proofMagic), "\n\n")
	lines := strings.Split(body, "\n")
	if !ok || len(lines) < 2 {
		return wrong("it is cut off")
	}
	if out.Head, _, err = openHead(signed, key); err != nil {
		return wrong("the head: " + err.Error())
	}
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[0], "extra "))
	parts := strings.SplitAfterN(string(extra), "\n", 4)
	if err != nil || len(parts) != 4 {
		return wrong("it does not say of which entry it is")
	}
	out.Leaf, out.Entry = strings.Join(parts[:3], ""), parts[3]
	digest := sha256.Sum256([]byte(out.Entry))
	if out.Entry != "" && parts[2] != hex.EncodeToString(digest[:])+"\n" {
		return wrong("the entry is not the one of the leaf")
	}
	if out.Position, err = strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64); err != nil {
		return wrong("it does not say at which position")
	}
	var hashes tlog.RecordProof
	for _, l := range lines[2:] {
		h, err := tlog.ParseHash(l)
		if err != nil {
			return wrong("a hash cannot be read")
		}
		hashes = append(hashes, h)
	}
	if err := tlog.CheckRecord(hashes, out.Head.Size, out.Head.Root, out.Position, tlog.RecordHash([]byte(out.Leaf))); err != nil {
		return wrong("the hashes do not lead from the entry to the head")
	}
	return out, nil
}
