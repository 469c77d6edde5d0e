package phrase

import (
	"regexp"
	"strings"
	"testing"
)

func TestMaskReplacesWhatIsPersonal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"call me at 512-555-0199":               "call me at «phone»",
		"my number is (512) 555 0199 thanks":    "my number is «phone» thanks",
		"+1 512.555.0199":                       "«phone»",
		"+44 20 7946 0958!":                     "«phone»!",
		"5125550199":                            "«phone»",
		"555-0199":                              "«phone»",
		"5\u200b125\u200b550199":                "«phone»",
		"５１２-５５５-０１９９":                          "«phone»",
		"٥١٢٥٥٥٠١٩٩":                            "«phone»",
		"5 1 2 5 5 5 0 1 9 9":                   "«phone»",
		"mail dave.m+golf@example.co.uk please": "mail «email» please",
		"(DAVE@EXAMPLE.COM)":                    "(«email»)",
		"dave at gmail dot com":                 "«email»",
		"dave@gmail":                            "«email»",
		"card 4111 1111 1111 1111 exp 12/27":    "card «card» exp 12/27",
		"4111-1111-1111-1111":                   "«card»",
		"378282246310005":                       "«card»",
		"the code is 4821":                      "the code is «code»",
		"door code: 4821# does not work":        "door code: «code»# does not work",
		"code for bay 3 is 4821":                "code for bay 3 is «code»",
		"pin 1234":                              "pin «code»",
		"4821 is not my code":                   "«code» is not my code",
		"passcode AB12C9":                       "passcode «code»",
		"password is hunter22":                  "password is «code»",
		"150 yards to the pin":                  "150 yards to the pin",
		"pin 150":                               "pin 150",
		"error code 1603":                       "error code 1603",
		"18 holes in bay 3 at 4:30, 2026-11-26": "18 holes in bay 3 at 4:30, 2026-11-26",
		"11/26/2026":                            "11/26/2026",
		"hi it's Dave Miller":                   "hi it's «name»",
		"DAVE   miller here":                    "«name» here",
		"Ann's in bay 2, annual pass":           "«name»'s in bay 2, annual pass",
		"José and jose":                         "«name» and «name»",
		"Łukasz, ŁUKASZ":                        "«name», «name»",
		"nothing here":                          "nothing here",
		"":                                      "",
		"\xff\x00 512 555 0199":                 "\ufffd  «phone»",
		"booked 2 hours for 4 people on 11-26":  "booked 2 hours for 4 people on 11-26",
	} {
		if got := Mask(text, "Dave Miller", "Ann", "José", "Łukasz", "", " ", "«»"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestMaskLeavesItsOwnWordsAlone(t *testing.T) {
	t.Parallel()
	got := Mask("Phone is 512-555-0199, my code 4821", "phone", "code", "name", "is")
	if want := "«name» «name» «phone», my «name» «code»"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if again := Mask(got, "phone", "code", "name", "is"); again != got {
		t.Errorf("twice masked: %q", again)
	}
}

func TestNormaliseFoldsWhatLooksTheSame(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  Hello   WORLD\n": "hello world",
		"Don’t “do” it—now": "don't \"do\" it-now",
		"ﬁrst ＡＢＣ ①":        "first abc 1",
		"a\u200bb\ufeffc":   "abc",
		"a\x00b\tc":         "a b c",
		"\xff\xfe":          "\ufffd",
		"Éa":                "éa",
		"👍\ufe0f":           "👍",
		"":                  "",
	} {
		if got := Normalise(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestBriefIsFourWordsAtMost(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, "👍": true, "ok": true, "I'm in bay 3": true, "one two three four five": false, "don't do it now!": true} {
		if got := Brief(text); got != want {
			t.Errorf("Brief(%q) = %v", text, got)
		}
	}
}

var (
	leakedPhone = regexp.MustCompile(`\d{7,}|\d{3}[ .-]\d{3}[ .-]\d{4}`)
	leakedEmail = regexp.MustCompile(`[a-zA-Z0-9]@[a-zA-Z0-9-]+\.[a-zA-Z]{2,}`)
)

func seeds(f *testing.F) {
	for _, s := range []string{"", "bay 3 froze", "do NOT unlock", "STOP", "Liked “x”", "call 512-555-0199 or a@b.co", "code 1234", "\xff\x00", "👍🏽", "3", "I'm in 3", "null", "<script>alert(1)</script>",
		"' OR 1=1 --", "\u202etest\u202c", "﷽", "Ω≈ç√∫˜µ≤≥÷", "田中さんにあげて下さい", "الكل في المجمو عة", "🏳0🌈️", "T̫̺̳o̬̜ ì̬͎̲̟nv̖̗̻̣̹̕o͖̗̠̜̤k͍͚̹͖̼e̦̗̪͍̪͍", "1;DROP TABLE users", "$HOME", "%d %s %n", strings.Repeat("bay 3 ", 200), "12345678901234567890", "no no no no", "'''s 's 3's", "n'", "a@b@c.d.e"} {
		f.Add(s)
	}
}

func FuzzReadNeverPanics(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		r := Read(s)
		if r.Yes && r.No {
			t.Errorf("%q is both yes and no", s)
		}
		if r.Closer && (r.Emergency != EmergencyNone || r.Human || r.Question) {
			t.Errorf("%q needs no answer and asks for one", s)
		}
		if n := Normalise(s); Normalise(n) != n {
			t.Errorf("Normalise is not idempotent on %q: %q then %q", s, n, Normalise(n))
		}
		IsOptInYes(s)
		Brief(s)
	})
}

func FuzzMaskIsIdempotentAndTight(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, s string) {
		got := Mask(s, "Dave", "Ann Lee")
		if again := Mask(got, "Dave", "Ann Lee"); again != got {
			t.Errorf("%q: masked %q, again %q", s, got, again)
		}
		if m := leakedPhone.FindString(got); m != "" {
			t.Errorf("%q: phone %q in %q", s, m, got)
		}
		if m := leakedEmail.FindString(got); m != "" {
			t.Errorf("%q: e-mail %q in %q", s, m, got)
		}
		if strings.Contains(strings.ToLower(" "+got+" "), " dave ") {
			t.Errorf("%q: name in %q", s, got)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, text := range []string{"bay 3 froze", strings.Repeat("the screen in bay 3 is frozen and we cannot get it to work. ", 26)} {
		b.Run("", func(b *testing.B) {
			for b.Loop() {
				Read(text)
			}
		})
	}
}
