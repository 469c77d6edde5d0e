package audit

import (
	"encoding/hex"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// The leaves and roots that implementations of Certificate Transparency are tested with.
func TestRootsAreThoseOfRFC6962(t *testing.T) {
	t.Parallel()
	var e edge
	hexRoot := func() string {
		root := e.root()
		return hex.EncodeToString(root[:])
	}
	if got := hexRoot(); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("the root of nothing is %s", got)
	}
	roots := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	for i, text := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		e.add(tlog.RecordHash(data))
		if got := hexRoot(); got != roots[i] {
			t.Errorf("the root of %d is %s, want %s", i+1, got, roots[i])
		}
	}
}

// sample returns the i-th of some entries.
func sample(i int) store.AuditEntry {
	at := storetest.Start.AddDate(0, 0, i)
	return store.AuditEntry{ID: club.NewAuditID(at), At: at, Actor: "user:usr_01h455vb4pex5vsknk084sn02q", ActorName: "Ann", Action: "thread.escalated", Object: "thr_01h455vb4pex5vsknk084sn02q",
		ThreadID: "thr_01h455vb4pex5vsknk084sn02q", Detail: fmt.Sprintf(`{"from": "pending", "to": "escalated", "n": %d}`, i), CorrelationID: "cor_01h455vb4pex5vsknk084sn02q"}
}

func TestEachEntryOfATreeOfEachSizeIsProved(t *testing.T) {
	t.Parallel()
	var e edge
	var all tree
	var hashes []tlog.Hash
	for n := range 70 {
		entry := sample(n)
		l, _ := leafOf(&entry, int64(n), nil)
		e.add(l.hash())
		if l.hash() != tlog.RecordHash(l.append(nil)) {
			t.Error("the hash of a leaf is another one")
		}
		if err := all.add(l.hash()); err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, l.hash())
		root, err := tlog.TreeHash(all.size, &all)
		if err != nil || root != e.root() {
			t.Fatalf("of %d entries the roots are %s and %s (%v)", n+1, root, e.root(), err)
		}
		stored, err := parseEdge(e.size, e.bytes())
		if err != nil || stored.root() != root {
			t.Errorf("the edge of %d does not come back: %v", n+1, err)
		}
		if _, err := parseEdge(e.size+2, e.bytes()); err == nil && e.size&2 == 0 {
			t.Errorf("the edge of %d is taken for one of %d", e.size, e.size+2)
		}
		for i, h := range hashes {
			proof, err := all.prove(int64(i))
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(proof, e.size, root, int64(i), h); err != nil {
				t.Errorf("entry %d of %d: %v", i, n+1, err)
			}
			if err := tlog.CheckRecord(proof, e.size, root, int64(i), tlog.Hash{1}); err == nil {
				t.Errorf("another entry is proved in the place of %d of %d", i, n+1)
			}
		}
	}
}

// BenchmarkAppend gives one entry its place: its canonical text, its leaf, and the tree.
func BenchmarkAppend(b *testing.B) {
	entry := sample(7)
	var e edge
	var buf []byte
	for b.Loop() {
		var l leaf
		l, buf = leafOf(&entry, e.size, buf)
		e.add(l.hash())
	}
}

// BenchmarkProve proves one entry of a million.
func BenchmarkProve(b *testing.B) {
	var all tree
	for i := range 1_000_000 {
		if err := all.add(tlog.Hash{byte(i), byte(i >> 8), byte(i >> 16)}); err != nil {
			b.Fatal(err)
		}
	}
	at := int64(0)
	for b.Loop() {
		if _, err := all.prove(at); err != nil {
			b.Fatal(err)
		}
		at = (at + 7919) % all.size
	}
}
