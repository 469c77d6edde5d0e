package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"clubos/internal/pattern"
)

// synset is a set of words of one meaning.
type synset struct {
	words   [][]string // stems of each word or collocation
	gloss   []string
	phrases [][]string // its examples
	near    []relation
}

type relation struct {
	to     string
	weight float64
}

// related is how much a pointer of WordNet counts beside standing next to each
// other in a text.
var related = map[string]float64{
	"@": 2, "@i": 2, // hypernyms
	"&": 2, "+": 2, "^": 2, "$": 2, // similar to, derived from, see also, verb group
	"#p": 1, "#m": 1, "#s": 1, ";c": 1, // holonyms, domain
}

// readWordNet reads the data files; see wndb(5WN) for their format.
func readWordNet(dir string) (map[string]*synset, error) {
	all := map[string]*synset{}
	for pos, letter := range map[string]string{"noun": "n", "verb": "v", "adj": "a", "adv": "r"} {
		f, err := os.Open(filepath.Join(dir, "data."+pos))
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "  ") { // the licence
				continue
			}
			id, s, err := parse(lines.Text())
			if err != nil {
				return nil, errors.Join(fmt.Errorf("data.%s: %w", pos, err), f.Close())
			}
			all[letter+id] = s
		}
		if err := errors.Join(lines.Err(), f.Close()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func parse(line string) (string, *synset, error) {
	head, gloss, _ := strings.Cut(line, " | ")
	f := strings.Fields(head)
	if len(f) < 5 {
		return "", nil, fmt.Errorf("short line %q", line)
	}
	words, err := strconv.ParseInt(f[3], 16, 32)
	if err != nil || len(f) < 5+2*int(words) {
		return "", nil, fmt.Errorf("bad word count in %q", line)
	}
	s := &synset{}
	at := 4
	for range words {
		w, _, _ := strings.Cut(f[at], "(")
		s.words = append(s.words, pattern.Stems(strings.ReplaceAll(w, "_", " ")))
		at += 2
	}
	pointers, err := strconv.Atoi(f[at])
	if err != nil || len(f) < at+1+4*pointers {
		return "", nil, fmt.Errorf("bad pointer count in %q", line)
	}
	for at++; pointers > 0; pointers-- {
		if w := related[f[at]]; w > 0 {
			s.near = append(s.near, relation{f[at+2] + f[at+1], w})
		}
		at += 4
	}
	parts := strings.Split(gloss, `; "`)
	s.gloss = pattern.Stems(parts[0])
	for _, p := range parts[1:] {
		s.phrases = append(s.phrases, pattern.Stems(strings.TrimRight(p, `" `)))
	}
	return f[0], s, nil
}

// ids returns the names of the synsets in order, so that sums are the same every time.
func ids(sets map[string]*synset) []string {
	out := make([]string, 0, len(sets))
	for id := range sets {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

type wordCount struct {
	stem  string
	count int
}

// frequent returns the n most frequent stems.
func frequent(sets map[string]*synset, n int) []wordCount {
	count := map[string]int{}
	for _, s := range sets {
		for _, text := range slices.Concat(s.words, s.phrases, [][]string{s.gloss}) {
			for _, w := range text {
				count[w]++
			}
		}
	}
	var out []wordCount
	for w, c := range count {
		if c >= 4 && len(w) < 20 {
			out = append(out, wordCount{w, c})
		}
	}
	slices.SortFunc(out, func(a, b wordCount) int {
		if a.count != b.count {
			return b.count - a.count
		}
		return strings.Compare(a.stem, b.stem)
	})
	return out[:min(n, len(out))]
}
