// Package app is the one place where everything is wired: the database, the keys, the rooms, the
// vendors' clients, the faces and the job runner, in the order in which they depend on each other.
package app

import (
	"clubos/internal/decide"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/integration"
	"clubos/internal/jobs"
	"clubos/internal/outage"
	"clubos/internal/redis"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/telemetry"
	"clubos/internal/vault"
)

// Config is what an installation is told by its environment. Every field that is a secret may also
// be given as a file: NAME_FILE instead of NAME.
type Config struct {
	Listen         string        `env:"CLUBOS_LISTEN" envDefault:"127.0.0.1:8080" help:"Address to serve on."`
	PublicURL      string        `env:"CLUBOS_PUBLIC_URL" help:"Address that members' vendors and browsers use, like https://club.example.com. Empty: http:// and the listen address."`
	DataDir        string        `env:"CLUBOS_DATA_DIR" envDefault:"data" help:"Directory of the SQLite files and of the master key."`
	DatabaseURL    string        `env:"CLUBOS_DATABASE_URL" secret:"true" file:"true" help:"postgres://… to use PostgreSQL. Empty: SQLite in the data directory."`
	DatabaseConns  int           `env:"CLUBOS_DATABASE_CONNS" envDefault:"20" help:"Most connections to PostgreSQL."`
	RedisURL       string        `env:"CLUBOS_REDIS_URL" secret:"true" file:"true" help:"redis://… or rediss://… that replicas share for cache and limits. Empty: each process has its own. Installations that share a server take different databases, like redis://host:6379/1."`
	CacheMemory    int           `env:"CLUBOS_CACHE_MEMORY" envDefault:"32" help:"MiB that each process keeps of what it has read from the database. 0: nothing is kept."`
	SQLiteRelaxed  bool          `env:"CLUBOS_SQLITE_RELAXED" envDefault:"false" help:"Commit without waiting for the disk. A power cut may lose the last acknowledged texts."`
	MasterKey      string        `env:"CLUBOS_MASTER_KEY" secret:"true" help:"Key-encryption key, base64 of 32 bytes. Empty: kept in the data directory, made at the first start."`
	MasterKeyFile  string        `env:"CLUBOS_MASTER_KEY_FILE" help:"File that holds CLUBOS_MASTER_KEY."`
	LogLevel       string        `env:"CLUBOS_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error."`
	LogFormat      string        `env:"CLUBOS_LOG_FORMAT" envDefault:"json" help:"json (Elastic Common Schema) or text."`
	Node           string        `env:"CLUBOS_NODE" help:"Name of this process among replicas, the same after a restart. Empty: host name and listen address."`
	Workers        int           `env:"CLUBOS_WORKERS" envDefault:"16" help:"Jobs at a time, per queue."`
	ModelMemory    int           `env:"CLUBOS_MODEL_MEMORY" envDefault:"256" help:"MiB that the matchers of all clubs may take in memory. Those of clubs that are used least are put out, and load again in a moment."`
	TrustedProxies string        `env:"CLUBOS_TRUSTED_PROXIES" help:"Networks of your own proxies, like 10.0.0.0/8, separated by commas. Only their X-Forwarded-For is believed."`
	MetricsListen  string        `env:"CLUBOS_METRICS_LISTEN" help:"Address that answers Prometheus at /metrics, like 127.0.0.1:9464; not for members' networks. Empty: none."`
	DrainDelay     time.Duration `env:"CLUBOS_DRAIN_DELAY" envDefault:"0s" help:"How long a server that stops still answers while /readyz says no, so that a balancer sends it nothing more. Part of the drain timeout."`
	DrainTimeout   time.Duration `env:"CLUBOS_DRAIN_TIMEOUT" envDefault:"10s" help:"How long running work may take to finish at a stop."`
	CPULimit       int           `env:"PERFORMANCE_CPU_LIMIT" envDefault:"80" help:"Percent of the processors that this process may use from which on it admits less: files and replays first, then programs, then pages, never texts. 0: no limit."`
	MemoryLimit    int           `env:"PERFORMANCE_MEMORY_LIMIT" envDefault:"1024" help:"MiB of resident memory from which on this process admits less, texts that speak of no danger last. The garbage collector keeps below nine tenths of it unless GOMEMLIMIT is set. 0: no limit."`
	EmbeddingsKey  string        `env:"CLUBOS_EMBEDDINGS_KEY" secret:"true" file:"true" help:"Key of the server that clubos eval static --embeddings asks. A club's own server is connected as a vendor."`

	LimitInstance int `env:"CLUBOS_LIMIT_INSTANCE" envDefault:"1000" help:"API requests per minute that one process takes, whoever sends them. 0: any number."`
	LimitOperator int `env:"CLUBOS_LIMIT_OPERATOR" envDefault:"100" help:"What a person may ask for per minute; pages that follow the club by themselves are not counted. 0: any number."`
	LimitKey      int `env:"CLUBOS_LIMIT_KEY" envDefault:"600" help:"Requests per minute with one API key. 0: any number."`
	LimitWindow   int `env:"SECURITY_RATE_LIMIT_WINDOW" envDefault:"900000" help:"Milliseconds for SECURITY_RATE_LIMIT_MAX."`
	LimitStranger int `env:"SECURITY_RATE_LIMIT_MAX" envDefault:"100" help:"Attempts to sign in, and requests that prove nothing, from one address within the window. Webhooks whose signature is right are never limited. 0: any number."`

	ConfidenceHigh   float64 `env:"PATTERN_CONFIDENCE_HIGH" envDefault:"0.95" help:"Confidence to act alone, for clubs created from here on."`
	ConfidenceMedium float64 `env:"PATTERN_CONFIDENCE_MEDIUM" envDefault:"0.75" help:"Confidence to announce."`
	ConfidenceLow    float64 `env:"PATTERN_CONFIDENCE_LOW" envDefault:"0.50" help:"Confidence to propose."`

	// SchemaPrefix comes before the names of all schemas and roles on PostgreSQL. It is for tests, many of
	// which share a database at once, and cannot be set by the environment.
	SchemaPrefix string
	// VerifyWithin cuts the time within which an action must prove itself. It is for clubs whose vendors are
	// stand-ins, and cannot be set by the environment either. Zero leaves what the catalogue says.
	VerifyWithin time.Duration
	// Outage is when people are told that the database is gone. It is for tests, and cannot be set by the environment.
	Outage outage.Timing
	// Steps works the jobs one by one and moves the clock, in the place of the job runner; StandIns are the
	// vendors of every club. Both are for simulations of a long time.
	Steps *jobs.Stepper
	// Turn is asked before each transaction begins (store.Config.Turn), for simulations that interleave work. Nil: it begins.
	Turn func(context.Context) (end func(), err error)
	// Storm and Await are inbox.Config's, for the same simulations.
	Storm int
	Await func(ctx context.Context, filed <-chan struct{}) error
	// Statements is what the texts of queries say, for installations in one process that share it. Nil: one of its own.
	Statements *store.Statements
	StandIns   *StandIns
	// Listener is used instead of one at Listen, which is its address: for who must know that beforehand.
	Listener net.Listener
	// Matchers keeps what was trained where several servers of one process share it. Nil: the server's own.
	Matchers *decide.Matchers
	// Hasher hashes passwords, likewise.
	Hasher *identity.Hasher
}

// LoadConfig reads the environment and reports everything that is wrong with it at once.
func LoadConfig(environ map[string]string) (Config, error) {
	environ, err := withFiles(environ)
	if err != nil {
		return Config{}, err
	}
	c, err := env.ParseAsWithOptions[Config](env.Options{Environment: environ})
	if err != nil {
		return c, club.Invalid("configuration: %s", strings.TrimPrefix(err.Error(), "env: "))
	}
	return c, c.Validate()
}

// withFiles reads NAME_FILE for every field that may come from a file and is not set by NAME.
func withFiles(environ map[string]string) (map[string]string, error) {
	out := maps.Clone(environ)
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("env")
		path := environ[name+"_FILE"]
		if t.Field(i).Tag.Get("file") == "" || path == "" {
			continue
		}
		if environ[name] != "" {
			return nil, club.Invalid("configuration: give %s or %s_FILE, not both", name, name)
		}
		value, err := os.ReadFile(path)
		if err != nil {
			return nil, club.Invalid("configuration: %s_FILE: %s cannot be read", name, path)
		}
		out[name] = strings.TrimSpace(string(value))
	}
	return out, nil
}

// Environ returns the process's environment as a map.
func Environ() map[string]string { return env.ToMap(os.Environ()) }

// Validate reports everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := c.level(); err != nil {
		bad("CLUBOS_LOG_LEVEL: %q is not debug, info, warn or error", c.LogLevel)
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		bad("CLUBOS_LOG_FORMAT: %q is not json or text", c.LogFormat)
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			bad("CLUBOS_PUBLIC_URL: %q is not an address like https://club.example.com", c.PublicURL)
		}
	}
	if c.DatabaseURL != "" && !strings.HasPrefix(c.DatabaseURL, "postgres://") && !strings.HasPrefix(c.DatabaseURL, "postgresql://") {
		bad("CLUBOS_DATABASE_URL: must begin with postgres:// (its value is not shown)")
	}
	if c.RedisURL != "" {
		if err := redis.Check(c.RedisURL); err != nil {
			bad("CLUBOS_REDIS_URL: %v", err)
		}
	}
	for name, n := range map[string]int{"CLUBOS_LIMIT_INSTANCE": c.LimitInstance, "CLUBOS_LIMIT_OPERATOR": c.LimitOperator, "CLUBOS_LIMIT_KEY": c.LimitKey, "SECURITY_RATE_LIMIT_MAX": c.LimitStranger} {
		if n < 0 || n > 1_000_000 {
			bad("%s: %d is not between 0 and 1000000", name, n)
		}
	}
	if c.LimitWindow < 1000 || c.LimitWindow > 86_400_000 {
		bad("SECURITY_RATE_LIMIT_WINDOW: %d is not between 1000 (a second) and 86400000 (a day)", c.LimitWindow)
	}
	if c.CacheMemory < 0 || c.CacheMemory > 4096 {
		bad("CLUBOS_CACHE_MEMORY: %d is not between 0 and 4096", c.CacheMemory)
	}
	if c.MasterKey != "" && c.MasterKeyFile != "" {
		bad("CLUBOS_MASTER_KEY and CLUBOS_MASTER_KEY_FILE: give one of them")
	}
	if c.Workers < 1 || c.Workers > 1000 {
		bad("CLUBOS_WORKERS: %d is not between 1 and 1000", c.Workers)
	}
	if c.ModelMemory < 16 {
		bad("CLUBOS_MODEL_MEMORY: %d is less than 16", c.ModelMemory)
	}
	if c.CPULimit < 0 || c.CPULimit > 100 {
		bad("PERFORMANCE_CPU_LIMIT: %d is not between 0 and 100", c.CPULimit)
	}
	if c.MemoryLimit != 0 && c.MemoryLimit < 64 {
		bad("PERFORMANCE_MEMORY_LIMIT: %d is less than 64", c.MemoryLimit)
	}
	if c.DatabaseConns < 4 {
		bad("CLUBOS_DATABASE_CONNS: %d is less than 4", c.DatabaseConns)
	}
	if c.DrainTimeout <= 0 || c.DrainDelay < 0 || c.DrainDelay >= c.DrainTimeout {
		bad("CLUBOS_DRAIN_DELAY, CLUBOS_DRAIN_TIMEOUT: %s is not shorter than %s, and time is needed after it", c.DrainDelay, c.DrainTimeout)
	}
	if _, err := c.proxies(); err != nil {
		bad("CLUBOS_TRUSTED_PROXIES: %v", err)
	}
	if err := (club.Thresholds{High: c.ConfidenceHigh, Medium: c.ConfidenceMedium, Low: c.ConfidenceLow}).Validate(); err != nil {
		bad("PATTERN_CONFIDENCE_*: %v", err)
	}
	if len(errs) > 0 {
		return &club.Error{Code: club.CodeInvalid, Msg: "configuration:\n" + errors.Join(errs...).Error()}
	}
	return nil
}

func (c Config) level() (slog.Level, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(c.LogLevel))
	return l, err
}

func (c Config) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range strings.FieldsFunc(c.TrustedProxies, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is not a network like 10.0.0.0/8", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// store says where the data lives.
func (c Config) store(log *slog.Logger) store.Config {
	s := store.Config{URL: "sqlite:" + c.DataDir, Log: log, MaxConns: c.DatabaseConns, Relaxed: c.SQLiteRelaxed, Statements: c.Statements}
	if c.DatabaseURL != "" {
		s.URL = c.DatabaseURL
	}
	if c.Steps != nil {
		s.Clock, s.Queue, s.Turn = c.Steps.Clock, c.Steps.Queue, c.Turn
	}
	if p := c.SchemaPrefix; p != "" {
		s.ControlSchema, s.JobsSchema, s.TenantPrefix = p+"control", p+"jobs", p
	}
	return s
}

// At returns the configuration of an installation that differs in where its data lives: a PostgreSQL
// server, or a directory when it begins with sqlite:.
func (c Config) At(url string) store.Config {
	if dir, ok := strings.CutPrefix(url, "sqlite:"); ok {
		c.DatabaseURL, c.DataDir = "", dir
	} else {
		c.DatabaseURL = url
	}
	return c.store(c.Logger(io.Discard))
}

func (c Config) publicURL() string {
	if c.PublicURL != "" {
		return strings.TrimSuffix(c.PublicURL, "/")
	}
	return "http://" + c.Listen
}

func (c Config) node() string {
	if c.Node != "" {
		return c.Node
	}
	host, err := os.Hostname()
	if err != nil {
		host = "clubos"
	}
	return host + "/" + c.Listen
}

func (c Config) masterKey(log *slog.Logger) ([]byte, error) {
	return vault.LoadMasterKey(vault.MasterKeyConfig{Value: c.MasterKey, File: c.MasterKeyFile, DataDir: c.DataDir, Log: log})
}

// ConfigValue is one configuration value as `clubos config` shows it.
type ConfigValue struct {
	Name    string
	Value   string // masked when it is a secret
	Default string
	From    string // "default", "environment" or "file"
	Help    string
	Secret  bool
}

// Describe lists every value, where it came from, with secrets masked.
func (c Config) Describe(environ map[string]string) []ConfigValue {
	var out []ConfigValue
	v, t := reflect.ValueOf(c), reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		name, file := f.Tag.Get("env"), f.Tag.Get("file") != ""
		if name == "" {
			continue
		}
		cv := ConfigValue{Name: name, Value: fmt.Sprint(v.Field(i).Interface()), Default: f.Tag.Get("envDefault"), From: "default", Help: f.Tag.Get("help"), Secret: f.Tag.Get("secret") == "true"}
		if environ[name] != "" {
			cv.From = "environment"
		} else if file && environ[name+"_FILE"] != "" {
			cv.From = "file"
		}
		if cv.Secret && cv.Value != "" {
			cv.Value = "REDACTED"
		}
		out = append(out, cv)
	}
	return out
}

// Logger returns the logger that the configuration asks for, writing to w.
func (c Config) Logger(w io.Writer) *slog.Logger {
	level, err := c.level()
	if err != nil {
		level = slog.LevelInfo
	}
	return telemetry.NewLogger(w, telemetry.LogConfig{Level: level, Text: c.LogFormat == "text", Service: "clubos", Version: Version, Node: c.node()})
}

// ConfigMarkdown returns the reference of the configuration: environment variables and a club's settings.
func ConfigMarkdown() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nThis page is generated by `clubos config --markdown`; `clubos config` prints the values in force, secrets masked, and where each came from.\n\n")
	b.WriteString("## Environment\n\nRead once, at the start, and checked as a whole. A secret may be given as a file: `NAME_FILE` instead of `NAME`.\n\n| variable | default | meaning |\n|---|---|---|\n")
	for _, v := range (Config{}).Describe(nil) {
		name := "`" + v.Name + "`"
		if v.Secret {
			name += " (secret)"
		}
		def := "–"
		if v.Default != "" {
			def = "`" + v.Default + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, def, v.Help)
	}
	b.WriteString("\n## A club's settings\n\nStored in the club's database, edited in the console or by the API, audited, and read by the very next text.\n\n| setting | default | meaning |\n|---|---|---|\n")
	for _, s := range setting.Specs() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s. %s |\n", s.Key, s.Default, s.Title, s.Help)
	}
	b.WriteString("\n## Vendors\n\nStored sealed by the club's keys; set by `clubos vendor set`, never shown again.\n\n| vendor | field | meaning |\n|---|---|---|\n")
	for _, v := range integration.Vendors() {
		for _, f := range v.Fields {
			required := ""
			if f.Required {
				required = " (required)"
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s%s |\n", v.Name, f.Name, f.Help, required)
		}
	}
	return b.String()
}

// plainHTTP reports whether browsers reach the console without TLS, which is for one's own machine
// only: cookies then cannot be marked Secure.
func (c Config) plainHTTP() bool { return !strings.HasPrefix(c.publicURL(), "https://") }
