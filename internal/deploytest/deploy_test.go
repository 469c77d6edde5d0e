package deploytest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"clubos/internal/app"
)

const root = "../../deploy"

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheImageHasNoRootNoShellAndNoSecrets(t *testing.T) {
	t.Parallel()
	var stages, users, last []string
	for line := range strings.Lines(strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "FROM":
			stages, last = append(stages, rest), nil
			if image, _, _ := strings.Cut(rest, " "); !strings.Contains(image, ":") || strings.HasSuffix(image, ":latest") {
				t.Errorf("%s says no version", image)
			}
		case "USER":
			users = append(users, rest)
		case "ADD":
			t.Errorf("ADD may fetch or unpack; COPY does neither: %s", rest)
		case "ENV", "ARG":
			if regexp.MustCompile(`(?i)(PASSWORD|SECRET|TOKEN|_KEY|DATABASE_URL)`).MatchString(rest) {
				t.Errorf("a secret stays in the image: %s", rest)
			}
		case "ENTRYPOINT", "CMD":
			if !strings.HasPrefix(rest, "[") {
				t.Errorf("%s needs a shell, which is not there and would keep signals to itself", line)
			}
		}
		last = append(last, word)
	}
	if final := stages[len(stages)-1]; !strings.Contains(final, "distroless/static") || !strings.HasSuffix(final, ":nonroot") {
		t.Errorf("the image stands on %s", final)
	}
	if slices.Contains(last, "RUN") {
		t.Error("the last stage runs something: there is no shell")
	}
	if len(users) != 1 || users[0] != "65532:65532" {
		t.Errorf("the program runs as %v; by number, so that Kubernetes can see that it is not root", users)
	}
}

type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		User        string            `yaml:"user"`
		ReadOnly    bool              `yaml:"read_only"`
		CapDrop     []string          `yaml:"cap_drop"`
		SecurityOpt []string          `yaml:"security_opt"`
		Environment map[string]string `yaml:"environment"`
		Secrets     []string          `yaml:"secrets"`
		Networks    []string          `yaml:"networks"`
		Ports       []string          `yaml:"ports"`
		MemLimit    string            `yaml:"mem_limit"`
		Tmpfs       []string          `yaml:"tmpfs"`
		Profiles    []string          `yaml:"profiles"`
		WorkingDir  string            `yaml:"working_dir"`
		Restart     string            `yaml:"restart"`
		Volumes     []yaml.Node       `yaml:"volumes"`
	} `yaml:"services"`
	Secrets  map[string]any `yaml:"secrets"`
	Networks map[string]any `yaml:"networks"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "compose/compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComposedServicesMayNotWriteGainRightsOrBeReached(t *testing.T) {
	t.Parallel()
	c := readCompose(t)
	for name, s := range c.Services {
		if s.Image == "" || strings.HasSuffix(s.Image, ":latest") || !strings.Contains(s.Image, ":") {
			t.Errorf("%s: image %q says no version", name, s.Image)
		}
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("%s: there is no network %q", name, n)
			}
		}
		for _, secret := range s.Secrets {
			if _, ok := c.Secrets[secret]; !ok {
				t.Errorf("%s: there is no secret %q", name, secret)
			}
		}
		if len(s.Ports) > 0 && name != "caddy" {
			t.Errorf("%s is reached from outside, past the balancer", name)
		}
		if name == "db" {
			continue // its image starts as root to own its files
		}
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may write to its image or gain rights", name)
		}
	}
	for _, name := range []string{"clubos-1", "clubos-2"} {
		s := c.Services[name]
		if s.User != "65532:65532" {
			t.Errorf("%s runs as %q", name, s.User)
		}
		if s.Environment["CLUBOS_NODE"] != name {
			t.Errorf("%s has not its own name", name)
		}
		for key, value := range s.Environment {
			if strings.Contains(value, "postgres://") {
				t.Errorf("%s: %s is a secret in the environment", name, key)
			}
		}
	}
}

// TestWhatConfiguresTheProgramNamesVariablesThatItReads also keeps out variables that were renamed.
func TestWhatConfiguresTheProgramNamesVariablesThatItReads(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"CLUBOS_IMAGE": true, "CLUBOS_SITE": true, "CLUBOS_UPSTREAMS": true, "CLUBOS_EU": true, "CLUBOS_HOME": true, "CLUBOS_FRONT": true, "CLUBOS_CADDY_SITE": true, "CLUBOS_BACKUPS": true} // compose's and Caddy's own
	for _, v := range (app.Config{}).Describe(nil) {
		known[v.Name] = true
		if v.Secret {
			known[v.Name+"_FILE"] = true
		}
	}
	names := regexp.MustCompile(`\b(?:CLUBOS|PERFORMANCE|PATTERN)_[A-Z_]+[A-Z]\b`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, name := range names.FindAllString(string(text), -1) {
			if !known[name] {
				t.Errorf("%s: the program does not read %s", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
