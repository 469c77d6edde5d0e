package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"time"

	"clubos/internal/club"
)

// ValueKind is what a column holds, whichever engine keeps it.
type ValueKind string

// The kinds, with the Go type of a value that is not nil.
const (
	ValueText    ValueKind = "text"    // string
	ValueJSON    ValueKind = "json"    // string
	ValueInteger ValueKind = "integer" // int64
	ValueReal    ValueKind = "real"    // float64
	ValueBoolean ValueKind = "boolean" // bool
	ValueTime    ValueKind = "time"    // time.Time in UTC, whole microseconds
	ValueBytes   ValueKind = "bytes"   // []byte
)

// Column is a column of a table.
type Column struct {
	Name string    `json:"name"`
	Kind ValueKind `json:"kind"`
}

// Table is a table of a club, without what the engine keeps for itself.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
}

// StoredJob is a job that has not been finished.
type StoredJob struct {
	Kind        string          `json:"kind"`
	Args        json.RawMessage `json:"args"`
	Queue       string          `json:"queue"`
	Priority    int             `json:"priority"`
	MaxAttempts int             `json:"max_attempts"`
	ScheduledAt time.Time       `json:"scheduled_at"`
}

// Snapshot is one state of a club's database, read while others go on writing. It is valid until the
// function it was handed to returns.
type Snapshot struct {
	Club TenantRecord
	// Version is the schema's.
	Version int64
	source  source
}

// source reads one state of a club's database.
type source interface {
	version(ctx context.Context) (int64, error)
	tables(ctx context.Context) ([]Table, error)
	// rows hands each row's values to fn, in the order of the table's columns and of its primary key.
	// The slice is reused.
	rows(ctx context.Context, t Table, fn func([]any) error) error
	jobs(ctx context.Context, fn func(StoredJob) error) error
}

// Snapshot hands fn one state of a club's database, also of a suspended club.
func (c *Cluster) Snapshot(ctx context.Context, slug club.Slug, fn func(*Snapshot) error) error {
	rec, err := c.FindTenant(ctx, slug)
	if err != nil {
		return err
	}
	return translate(c.engine.snapshot(ctx, slug, func(src source) error {
		version, err := src.version(ctx)
		if err != nil {
			return fmt.Errorf("read schema version: %w", err)
		}
		return fn(&Snapshot{Club: rec, Version: version, source: src})
	}))
}

// Tables lists the club's tables by name.
func (s *Snapshot) Tables(ctx context.Context) ([]Table, error) { return s.source.tables(ctx) }

// Rows hands every row of a table to fn, in the order of its primary key. The slice is reused.
func (s *Snapshot) Rows(ctx context.Context, t Table, fn func([]any) error) error {
	if err := s.source.rows(ctx, t, fn); err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	return nil
}

// Jobs hands every unfinished job to fn.
func (s *Snapshot) Jobs(ctx context.Context, fn func(StoredJob) error) error {
	if err := s.source.jobs(ctx, fn); err != nil {
		return fmt.Errorf("read jobs: %w", err)
	}
	return nil
}

// ownTables are those that an engine or a library keeps for itself.
var ownTables = regexp.MustCompile(`^(goose_|river_|sqlite_)`)

var (
	tableText  = regexp.MustCompile(`(?is)CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)\n\)`)
	columnJSON = regexp.MustCompile(`(?im)^\s*(\w+)\s+JSONB\b`)
	addedJSON  = regexp.MustCompile(`(?i)ALTER TABLE (\w+) ADD COLUMN (\w+) JSONB\b`)
)

// jsonColumns are the columns "table.column" of clubs' tables that hold JSON, which SQLite does not tell
// from text: the migrations say so.
func jsonColumns() (map[string]bool, error) {
	found := map[string]bool{}
	err := fs.WalkDir(migrations, "migrations/tenant", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations, path)
		if err != nil {
			return err
		}
		for _, table := range tableText.FindAllSubmatch(text, -1) {
			for _, column := range columnJSON.FindAllSubmatch(table[2], -1) {
				found[string(table[1])+"."+string(column[1])] = true
			}
		}
		for _, added := range addedJSON.FindAllSubmatch(text, -1) {
			found[string(added[1])+"."+string(added[2])] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return found, nil
}

// settled returns a value as its kind has it.
func settled(v any, kind ValueKind) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		if kind == ValueText || kind == ValueJSON {
			return v, nil
		}
	case []byte:
		switch kind {
		case ValueBytes:
			return v, nil
		case ValueText, ValueJSON:
			return string(v), nil
		}
	case int16:
		return settled(int64(v), kind)
	case int32:
		return settled(int64(v), kind)
	case int64:
		switch kind {
		case ValueInteger:
			return v, nil
		case ValueBoolean:
			return v != 0, nil
		case ValueReal:
			return float64(v), nil
		}
	case float32:
		return settled(float64(v), kind)
	case float64:
		if kind == ValueReal {
			return v, nil
		}
	case bool:
		if kind == ValueBoolean {
			return v, nil
		}
	case time.Time:
		if kind == ValueTime {
			return v.UTC().Truncate(time.Microsecond), nil
		}
	}
	return nil, fmt.Errorf("a %T stands where %s is expected", v, kind)
}

func settleRow(values []any, columns []Column) error {
	for i, c := range columns {
		v, err := settled(values[i], c.Kind)
		if err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
		values[i] = v
	}
	return nil
}
