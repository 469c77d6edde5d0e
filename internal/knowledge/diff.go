package knowledge

import (
	"encoding/json"
	"fmt"
	"slices"
)

// ChangeKind says what became of a part of a document.
type ChangeKind string

// The kinds of changes.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// Change is one difference between two versions. Path indexes the newer version, except for what was
// removed. Before and After are texts for people; one of them is "" when the part was added or removed.
type Change struct {
	Path   string     `json:"path"`
	Kind   ChangeKind `json:"kind"`
	Before string     `json:"before,omitempty"`
	After  string     `json:"after,omitempty"`
}

// Diff lists what changed from a to b, in the order of a document; nil when they are equal.
func Diff(a, b Document) []Change {
	var out []Change
	for _, f := range []struct{ path, before, after string }{
		{"slug", a.Slug, b.Slug},
		{"title", a.Title, b.Title},
		{"category", string(a.Category), string(b.Category)},
		{"scope", a.Scope.String(), b.Scope.String()},
		{"status", string(a.Status), string(b.Status)},
		{"priority", string(a.Priority), string(b.Priority)},
		{"notes", a.Notes, b.Notes},
	} {
		if f.before != f.after {
			out = append(out, change(f.path, f.before, f.after))
		}
	}
	out = append(out, diffList("triggers", texts(a.Triggers), texts(b.Triggers))...)
	out = append(out, diffList("prerequisites", texts(a.Prerequisites), texts(b.Prerequisites))...)
	out = append(out, diffList("steps", texts(a.Steps), texts(b.Steps))...)
	out = append(out, diffList("fallback", texts(a.Fallback), texts(b.Fallback))...)
	return append(out, diffList("tests", texts(a.Tests), texts(b.Tests))...)
}

func change(path, before, after string) Change {
	kind := Changed
	if before == "" {
		kind = Added
	} else if after == "" {
		kind = Removed
	}
	return Change{Path: path, Kind: kind, Before: before, After: after}
}

// texts writes each part as people read it.
func texts[T any](parts []T) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = describe(p)
	}
	return out
}

func describe(part any) string {
	switch p := part.(type) {
	case Trigger:
		if p.Mode == TriggerSimilar {
			return p.Text
		}
		return string(p.Mode) + ": " + p.Text
	case Test:
		if p.Expect == "" {
			return p.Text
		}
		return p.Text + " → " + p.Expect
	}
	b, err := json.Marshal(part)
	if err != nil {
		return fmt.Sprintf("%+v", part)
	}
	return string(b)
}

// diffList compares two lists by their longest common subsequence. A part removed and one added in
// the same place are one change.
func diffList(path string, a, b []string) []Change {
	common := make([][]int, len(a)+1) // common[i][j]: length for a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var out []Change
	var gone, come []Change
	flush := func() {
		n := min(len(gone), len(come))
		for k := range n {
			come[k].Kind, come[k].Before = Changed, gone[k].Before
		}
		out = slices.Concat(out, come[:n], gone[n:], come[n:])
		gone, come = nil, nil
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			flush()
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			gone = append(gone, Change{Path: fmt.Sprintf("%s[%d]", path, i), Kind: Removed, Before: a[i]})
			i++
		default:
			come = append(come, Change{Path: fmt.Sprintf("%s[%d]", path, j), Kind: Added, After: b[j]})
			j++
		}
	}
	flush()
	return out
}
