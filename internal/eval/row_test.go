package eval_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/eval"
	"clubos/internal/pattern"
)

func TestABadLineIsNamed(t *testing.T) {
	t.Parallel()
	good := `{"text":"x","label":"l","split":"train"}` + "\n"
	for line, want := range map[string]string{
		`{"label":"l","split":"train"}`:                       `line 2: "text" is missing`,
		`{"text":null,"label":"l","split":"train"}`:           `line 2: "text" is missing`,
		`{"text":"x","label":"l"}`:                            `line 2: "split" is missing`,
		`{"text":"x","label":"l","split":"dev"}`:              `line 2: "split" is "dev"`,
		`{"text":"x","split":"train"}`:                        `line 2: "label" is missing`,
		`{"text":`:                                            "line 2: ",
		`{"text":"x","label":"l","split":"val"} {}`:           "line 2: ",
		strings.Repeat("x", 5<<20):                            "line 2: not a JSON object",
		`["x","l"]`:                                           "line 2: not a JSON object",
		`{"text":7,"label":"l","split":"train"}`:              `line 2: "text" is a JSON number; it has to be a text`,
		`{"text":"x","label":["l"],"split":"train"}`:          `line 2: "label" is a JSON array; it has to be a text`,
		`{"text":"x","label":"l","split":"val","oos":"no"}`:   `line 2: "oos" is a JSON string; it has to be true or false`,
		`{"text":"x","label":"l","split":"val","context":[]}`: `line 2: "context" is a JSON array; it has to be an object`,
	} {
		if _, err := eval.Read(strings.NewReader(good + line)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v", line, err)
		}
	}
	for file, want := range map[string]string{"": "there are no rows", "\n\r\n  \n": "there are no rows", "\xff\xfe{\x00": "UTF-16", "\xfe\xff\x00{": "UTF-16", "\xef\xbb\xbf": "there are no rows"} {
		if _, err := eval.Read(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestRowsReadAlikeHoweverTheFileWasWritten(t *testing.T) {
	t.Parallel()
	want := []eval.Row{
		{Event: pattern.Event{Text: "the screen froze"}, Label: "frozen", Split: eval.Train},
		{Event: pattern.Event{Text: "what is life"}, Split: eval.Test},
	}
	a, b := `{"text":"the screen froze","label":"frozen","split":"train"}`, `{"text":"what is life","label":"none","oos":true,"split":"test"}`
	for name, file := range map[string]string{
		"ends of lines":                 a + "\n" + b + "\n",
		"no end of the last line":       a + "\n" + b,
		"ends of lines as on Windows":   a + "\r\n" + b + "\r\n",
		"empty lines, with and without": "\r\n\n" + a + "\n  \t\n" + b + "\n\n",
		"a mark of the encoding":        "\xef\xbb\xbf" + a + "\n" + b,
		"blanks around":                 "  " + a + " \n\t" + b + " ",
	} {
		got, err := eval.Read(strings.NewReader(file))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestLongForeignAndEmptyTextsAreRows(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("the door is locked and ", 1<<18)
	rows, err := eval.Read(strings.NewReader(`{"text":"` + long + `","label":"door","split":"train"}` + "\n" + "{\"text\":\"caf\xe9\",\"label\":\"door\",\"split\":\"train\"}\n" + `{"text":"","label":"door","split":"val"}`))
	if err != nil || len(rows) != 3 || rows[0].Text != long || rows[1].Text != "caf\ufffd" || rows[2].Text != "" {
		t.Errorf("%d rows: %v", len(rows), err)
	}
}

func TestCircumstancesAreTagsAndNumbers(t *testing.T) {
	t.Parallel()
	rows, err := eval.Read(strings.NewReader(`{"text":"x","label":"l","split":"train","domain":"error","context":{"place":"north","bay":3,"open":true,"note":null}}
{"text":"x","label":"l","split":"train","context":null}
{"text":"x","label":"l","split":"train","context":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := pattern.Event{Domain: pattern.DomainError, Text: "x", Tags: map[string]string{"place": "north", "open": "true"}, Numbers: map[string]float64{"bay": 3}}
	if diff := cmp.Diff(want, rows[0].Event); diff != "" {
		t.Error(diff)
	}
	for _, r := range rows[1:] {
		if diff := cmp.Diff(pattern.Event{Text: "x"}, r.Event); diff != "" {
			t.Error(diff)
		}
	}
}

func FuzzReadSaysWhichLine(f *testing.F) {
	for _, s := range []string{"", "{}", `{"text":"x","label":"l","split":"val"}`, "\xef\xbb\xbf\r\n", `{"text":"x","oos":true,"split":"test","context":{"a":{"b":[1,null]}}}`, "\xff\xfe", "[]", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rows, err := eval.Read(strings.NewReader(s))
		if (err == nil) != (len(rows) > 0) {
			t.Errorf("%d rows and %v", len(rows), err)
		}
		for _, r := range rows {
			if r.Split != eval.Train && r.Split != eval.Val && r.Split != eval.Test {
				t.Errorf("%+v", r)
			}
		}
	})
}
