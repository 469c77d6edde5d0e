package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestBenchThatCannotBeRunIsAWrongCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"unknown scenario": {[]string{"--scenario", "everything"}, "all, start, steady, ceiling, decide"},
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

func TestBenchHelpShowsWhatItMeasuresAndHidesWhatIsForDevelopers(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"bench", "--help"}, std{strings.NewReader(""), &out, &errs}); code != 0 {
		t.Fatalf("exit status %d: %s", code, errs.String())
	}
	for _, want := range []string{"steady", "ceiling", "decide", "--duration", "--rate", "--database-url", "--json", "--scenario", "Examples:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help lacks %q", want)
		}
	}
	for _, hidden := range []string{"profile", "Available Commands"} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("the help shows %q", hidden)
		}
	}
}
