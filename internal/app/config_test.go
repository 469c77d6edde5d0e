package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clubos/internal/app"
	"clubos/internal/club"
)

func TestEverythingWrongWithAConfigurationIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := app.LoadConfig(map[string]string{
		"CLUBOS_LOG_LEVEL": "loud", "CLUBOS_LOG_FORMAT": "xml", "CLUBOS_PUBLIC_URL": "club.example.com", "CLUBOS_DATABASE_URL": "mysql://u:secret@x",
		"CLUBOS_WORKERS": "0", "CLUBOS_DATABASE_CONNS": "1", "CLUBOS_TRUSTED_PROXIES": "everywhere", "CLUBOS_MASTER_KEY": "a", "CLUBOS_MASTER_KEY_FILE": "b",
		"PATTERN_CONFIDENCE_LOW": "0.9",
	})
	if club.CodeOf(err) != club.CodeInvalid {
		t.Fatalf("error %v", err)
	}
	for _, name := range []string{"LOG_LEVEL", "LOG_FORMAT", "PUBLIC_URL", "DATABASE_URL", "WORKERS", "DATABASE_CONNS", "TRUSTED_PROXIES", "MASTER_KEY", "PATTERN_CONFIDENCE"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("the password stands in the error")
	}
}

func TestSecretIsReadFromAFileAndNeverShown(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgres://u:hunter2@127.0.0.1/x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := map[string]string{"CLUBOS_DATABASE_URL_FILE": file, "CLUBOS_WORKERS": "8"}
	c, err := app.LoadConfig(environ)
	if err != nil || c.DatabaseURL != "postgres://u:hunter2@127.0.0.1/x" {
		t.Fatalf("url %q, %v", c.DatabaseURL, err)
	}
	from := map[string]string{}
	for _, v := range c.Describe(environ) {
		from[v.Name] = v.From
		if strings.Contains(v.Value, "hunter2") {
			t.Errorf("%s is shown", v.Name)
		}
	}
	if from["CLUBOS_DATABASE_URL"] != "file" || from["CLUBOS_WORKERS"] != "environment" || from["CLUBOS_LISTEN"] != "default" {
		t.Errorf("sources %v", from)
	}
	for name, environ := range map[string]map[string]string{
		"both":    {"CLUBOS_DATABASE_URL_FILE": file, "CLUBOS_DATABASE_URL": "postgres://y"},
		"missing": {"CLUBOS_DATABASE_URL_FILE": file + "x"},
		"number":  {"CLUBOS_WORKERS": "many"},
	} {
		if _, err := app.LoadConfig(environ); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReferenceNamesEveryVariableAndSetting(t *testing.T) {
	t.Parallel()
	text := app.ConfigMarkdown()
	for _, want := range []string{"CLUBOS_LISTEN", "PATTERN_CONFIDENCE_HIGH", "`wait.burst`", "`actions.auto_execution`", "openphone", "`signing_secret`"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
