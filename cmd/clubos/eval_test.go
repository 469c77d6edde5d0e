package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// intents is a small file of labelled rows.
func intents(t *testing.T) string {
	t.Helper()
	texts := map[string][]string{
		"frozen": {"the screen froze", "our screen is frozen", "frozen picture again", "the display hangs", "screen stuck", "picture froze"},
		"wifi":   {"what is the wifi password", "wifi code please", "how do I get on the internet", "need the wifi key", "internet password", "wifi login"},
	}
	var b strings.Builder
	for _, label := range []string{"frozen", "wifi"} {
		for i, text := range texts[label] {
			fmt.Fprintf(&b, `{"text":%q,"label":%q,"split":%q}`+"\r\n", text, label, []string{"train", "train", "val", "test"}[i%4])
		}
	}
	for i, text := range []string{"my dog ran away", "rent is due", "nice weather", "who won", "soup recipe", "buy one get one"} {
		fmt.Fprintf(&b, `{"text":%q,"oos":true,"split":%q}`+"\n", text, []string{"train", "val", "test"}[i%3])
	}
	path := filepath.Join(t.TempDir(), "intents.jsonl")
	if err := os.WriteFile(path, []byte("\xef\xbb\xbf"+b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// object decodes out, which is to be one JSON object and nothing else.
func object(t *testing.T, out string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(out))
	var o map[string]any
	if err := d.Decode(&o); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one object: %q", out)
	}
	return o
}

func has(t *testing.T, o any, fields ...string) {
	t.Helper()
	m, ok := o.(map[string]any)
	for _, f := range fields {
		if _, there := m[f]; !ok || !there {
			t.Errorf("%q is not in %v", f, o)
		}
	}
}

func TestAMeasurementIsOneObjectOrATable(t *testing.T) {
	t.Parallel()
	data := intents(t)
	calls := map[string][]string{
		"static":    {"eval", "static", "--data", data, "--strangers", "0"},
		"stream":    {"eval", "stream", "--data", data, "--shuffles", "2"},
		"guarantee": {"eval", "guarantee", "--data", data, "--splits", "3"},
	}
	for name, args := range calls {
		status, out, errs := call(t, "", args...)
		if status != 0 || strings.HasPrefix(out, "{") || strings.Count(out, "\n") < 3 || errs != "" {
			t.Errorf("%s: status %d, %q, %q", name, status, out, errs)
		}
		status, out, errs = call(t, "", append(slices.Clone(args), "--json")...)
		if status != 0 || errs != "" {
			t.Errorf("%s: status %d, %q", name, status, errs)
		}
		switch o := object(t, out); name {
		case "static":
			has(t, o, "in_scope_accuracy", "right_in", "coverage", "error", "oos_false_accept", "auroc", "fpr95", "ece", "n_test", "p50_us", "p95_us", "train_s", "rss_mb")
		case "guarantee":
			has(t, o, "kept_share", "errors")
		case "stream":
			has(t, o, "shuffles", "summary")
			shuffles, _ := o["shuffles"].([]any)
			if len(shuffles) != 2 {
				t.Fatalf("%d shuffles", len(shuffles))
			}
			for _, s := range shuffles {
				has(t, s, "whole", "second_half")
				has(t, s.(map[string]any)["second_half"], "right_in", "coverage", "error", "interventions_saved")
			}
		}
	}
}

func TestWhatCannotBeMeasuredIsSaidAndNothingIsPrinted(t *testing.T) {
	t.Parallel()
	data, empty := intents(t), filepath.Join(t.TempDir(), "empty.jsonl")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{2, "--data is missing", []string{"static"}},
		{1, "no-such-file", []string{"static", "--data", "no-such-file", "--json"}},
		{1, "there are no rows", []string{"guarantee", "--data", empty}},
		{2, "--target-error", []string{"stream", "--data", data, "--target-error", "5"}},
		{2, "--confidence", []string{"static", "--data", data, "--confidence", "1"}},
		{2, "--strangers", []string{"guarantee", "--data", data, "--strangers", "1"}},
		{2, "--splits", []string{"guarantee", "--data", data, "--splits", "0"}},
		{2, "--shuffles", []string{"stream", "--data", data, "--shuffles", "0"}},
		{2, "belong together", []string{"static", "--data", data, "--embeddings", "http://127.0.0.1:1"}},
		{1, "embeddings", []string{"static", "--data", data, "--embeddings", "http://127.0.0.1:1", "--embeddings-model", "m"}},
		{2, "https://", []string{"static", "--data", data, "--embeddings", "http://vectors.example", "--embeddings-model", "m"}},
		{2, "--audit", []string{"stream", "--data", data, "--audit", "2"}},
	} {
		if status, out, errs := call(t, "", append([]string{"eval"}, c.args...)...); status != c.status || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%v: status %d, %q, %q does not say %q", c.args, status, out, errs, c.says)
		}
	}
}
