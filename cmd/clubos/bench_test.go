package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchThatCannotBeRunIsAWrongCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"unknown scenario": {[]string{"--scenario", "everything"}, "all, ingest, start, steady"},
		"endless":          {[]string{"--duration", "100h"}, "a load lasts"},
		"no duration":      {[]string{"--duration", "soon"}, "soon"},
		"an argument":      {[]string{"everything"}, "everything"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"bench"}, c.args...), std{strings.NewReader(""), &out, &errs}); code != 2 {
			t.Errorf("%s: exit status %d, want 2: %s", name, code, errs.String())
		}
		if !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: %q does not say %q", name, errs.String(), c.says)
		}
	}
}

func TestBenchComparesTwoReportsAndSaysWhetherOneIsWorse(t *testing.T) {
	t.Parallel()
	report := func(ratio string) string {
		file := filepath.Join(t.TempDir(), "report.json")
		if err := os.WriteFile(file, []byte(`{"engine":"sqlite","measures":[{"name":"ratio_text","title":"a text","value":`+ratio+`,"unit":"×","better":"less","steady":true}]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"as before":       {[]string{report("4"), report("4.4")}, 0, "+10%"},
		"worse":           {[]string{report("4"), report("5")}, 1, "WORSE"},
		"worse, but fine": {[]string{report("4"), report("5"), "--tolerance", "30%"}, 0, "+25%"},
		"no report":       {[]string{report("4"), report("x")}, 2, "no report"},
		"no share":        {[]string{report("4"), report("4"), "--tolerance", "some"}, 2, "15%"},
		"one alone":       {[]string{report("4")}, 1, "accepts 2 arg"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"bench", "compare"}, c.args...), std{strings.NewReader(""), &out, &errs})
		if code != c.code || !strings.Contains(out.String()+errs.String(), c.says) {
			t.Errorf("%s: exit status %d, want %d, and %q: %s%s", name, code, c.code, c.says, out.String(), errs.String())
		}
	}
}

func TestBenchHelpShowsWhatItMeasuresAndHidesWhatIsForDevelopers(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"bench", "--help"}, std{strings.NewReader(""), &out, &errs}); code != 0 {
		t.Fatalf("exit status %d: %s", code, errs.String())
	}
	for _, want := range []string{"ingest", "pipeline", "console", "ratio", "--html", "--duration", "--rate", "--database-url", "--json", "--scenario", "Examples:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help lacks %q", want)
		}
	}
	for _, hidden := range []string{"profile"} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("the help shows %q", hidden)
		}
	}
}
