package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/brianvoe/gofakeit/v7"
)

// areas are area codes in use; with 555-01XX each gives a hundred numbers that nobody has.
const firstArea, areas = 201, 789

// memberNumber returns the i-th number for members, from 0 to 78 110.
func memberNumber(i int) string {
	if i < 0 || i >= areas*99 {
		panic(fmt.Sprintf("BUG: simulate has no number %d for a member", i))
	}
	return fmt.Sprintf("+1%03d55501%02d", firstArea+i/99, 1+i%99)
}

// lineNumber returns the number of the i-th location's line: the one of each area's hundred that
// members leave free.
func lineNumber(i int) string { return fmt.Sprintf("+1%03d5550100", firstArea+i%areas) }

// unusualNames are names that software trips over.
func unusualNames() []string {
	return []string{
		"Zoë Brandt",
		"Siobhán O'Brien",
		"李 伟",
		"Maximiliana Alexandrina von und zu Hohenstein-Wittelsbach-Sachsen-Coburg de la Fontaine Montgomery",
		"محمد العربي",
		"שרה כהן",
		"Nguyễn Thị Ánh",
		"Jean-Luc D'Angelo",
		"Cher",
		"Robert'); DROP TABLE members;--",
		"Null Undefined",
		"Łukasz Żółć",
		"Anna-Lena <b>Müller</b>",
		"👩‍🚀 Astrid",
		"Bay Three",
		"Will Frost",
	}
}

func inventMembers(f *gofakeit.Faker, o Options, locations []Location) []Member {
	out := make([]Member, o.Members)
	odd := unusualNames()
	for i := range out {
		m := Member{Phone: memberNumber(i), Home: locations[f.IntN(len(locations))].Name}
		// Every seventh has an unusual name, so that few members already show some.
		if i%7 == 3 && i/7 < len(odd) {
			m.Name = odd[i/7]
		} else {
			m.Name = f.FirstName() + " " + f.LastName()
		}
		domain := []string{"example.com", "example.net", "example.org"}[f.IntN(3)]
		if f.IntN(6) != 0 {
			m.Email = fmt.Sprintf("%s%d@%s", mailName(m.Name), i+1, domain)
		}
		out[i] = m
	}
	return out
}

// mailName is what is left of a name in the local part of an address.
func mailName(name string) string {
	local := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r == ' ' || r == '-':
			return '.'
		}
		return -1
	}, strings.ToLower(name))
	if local = strings.Trim(local, "."); len(local) > 30 {
		local = strings.Trim(local[:30], ".")
	}
	for strings.Contains(local, "..") {
		local = strings.ReplaceAll(local, "..", ".")
	}
	if local == "" {
		local = "golfer"
	}
	return local
}

func sortMembers(ms []Member) {
	slices.SortFunc(ms, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
}
