package year

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"clubos/internal/club"
)

//go:embed kinds.yaml
var kindsFile []byte

// kind is something that members write about.
type kind struct {
	Name    string          `yaml:"name"`
	SOPs    []string        `yaml:"sop"`    // procedures that are right; none: nobody has written one
	Action  club.ActionName `yaml:"action"` // what has to be done; "" nothing but an answer
	Fault   bool            `yaml:"fault"`  // something is broken until the right action heals it
	Booking bool            `yaml:"booking"`
	Person  bool            `yaml:"person"` // only a person can settle it
	Answer  string          `yaml:"answer"`
	Fact    string          `yaml:"fact"` // what a right answer says
	Say     []string        `yaml:"say"`
	Foreign []string        `yaml:"foreign"`
	Months  []int           `yaml:"months"` // in which it comes up; empty: in all
	Drift   string          `yaml:"drift"`  // "new": only from a day of the year on

	weight float64
}

// readKinds reads the list. A kind's weight falls with its rank by a power near one, as the frequencies
// of what people ask for do (Zipf).
func readKinds() ([]*kind, error) {
	var out []*kind
	dec := yaml.NewDecoder(bytes.NewReader(kindsFile))
	dec.KnownFields(true)
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("BUG: kinds of matters: %w", err)
	}
	for i, k := range out {
		k.weight = 1 / math.Pow(float64(i+3), 0.9)
		if k.Name == newFault {
			k.weight = out[5].weight // a new fault is a frequent one
		}
		if !strings.Contains(k.Answer, k.Fact) || k.Fact == "" || len(k.Say) == 0 {
			return nil, fmt.Errorf("BUG: the kind %s is incomplete", k.Name)
		}
	}
	return out, nil
}

// newFault is the kind that appears in the middle of the year; failing is the one whose procedure stops
// healing, and healer the action that heals it from then on.
const (
	newFault = "new-tablet"
	failing  = "frozen"
	healer   = club.ActionName("reboot_pc")
)

// inSeason reports whether a kind comes up in a month.
func (k *kind) inSeason(m time.Month) bool {
	return len(k.Months) == 0 || slices.Contains(k.Months, int(m))
}

// expand takes one of each {a|b}.
func expand(r *rand.Rand, template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			break
		}
		choices, after, _ := strings.Cut(rest, "}")
		list := strings.Split(choices, "|")
		b.WriteString(list[r.IntN(len(list))])
		template = after
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// How often texts are what they are.
const (
	typos      = 0.20 // a text with a mistyped word
	greets     = 0.20
	pleases    = 0.15
	foreigners = 0.15 // of those kinds that have such texts
)

// text is what a member writes about the kind.
func (k *kind) text(r *rand.Rand, bay int) string {
	if len(k.Foreign) > 0 && r.Float64() < foreigners {
		return k.Foreign[r.IntN(len(k.Foreign))]
	}
	say := expand(r, k.Say[r.IntN(len(k.Say))])
	say = strings.ReplaceAll(say, "%d", fmt.Sprint(bay))
	if r.Float64() < greets {
		say = []string{"hey ", "hi, ", "hello! ", "yo ", "good evening, ", "quick question: "}[r.IntN(6)] + say
	}
	if r.Float64() < pleases {
		say += []string{" please", " pls", " thanks", " thx", "?", "??", " :)"}[r.IntN(7)]
	}
	if r.Float64() < typos {
		say = mistype(r, say)
	}
	if r.IntN(4) == 0 {
		say = strings.ToUpper(say[:1]) + say[1:]
	}
	return say
}

// mistype swaps, drops or doubles a letter of a longer word.
func mistype(r *rand.Rand, s string) string {
	words := strings.Fields(s)
	for range 5 {
		i := r.IntN(len(words))
		w := []byte(words[i])
		if len(w) < 4 || strings.ContainsAny(words[i], "0123456789") {
			continue
		}
		at := 1 + r.IntN(len(w)-2)
		switch r.IntN(3) {
		case 0:
			w[at], w[at+1] = w[at+1], w[at]
		case 1:
			w = slices.Delete(w, at, at+1)
		default:
			w = slices.Insert(w, at, w[at])
		}
		words[i] = string(w)
		break
	}
	return strings.Join(words, " ")
}

// words is how a person says a kind's answer: mostly in the club's words, with what people add.
func (k *kind) words(r *rand.Rand) string {
	before := []string{"", "", "Hi! ", "Hey, ", "Hi there! ", "Thanks for asking. "}[r.IntN(6)]
	after := []string{"", "", " Have fun!", " Enjoy!", " Anything else, just text us.", " Cheers!"}[r.IntN(6)]
	return before + k.Answer + after
}
