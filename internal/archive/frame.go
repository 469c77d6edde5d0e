package archive

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// magic begins the file; the id of the master key follows.
const magic = "CLUBOS-BACKUP 1 "

// frame is one of the objects of the file.
type frame struct {
	Backup    *About           `json:"backup,omitempty"`
	Club      *savedClub       `json:"club,omitempty"`
	Table     *store.Table     `json:"table,omitempty"`
	TableEnd  *tableEnd        `json:"table_end,omitempty"`
	Job       *store.StoredJob `json:"job,omitempty"`
	ClubEnd   *clubEnd         `json:"club_end,omitempty"`
	BackupEnd *backupEnd       `json:"backup_end,omitempty"`
}

// About says where a backup comes from.
type About struct {
	Program   string    `json:"program"`
	Engine    string    `json:"engine"`
	CreatedAt time.Time `json:"created_at"`
}

type savedClub struct {
	ID        club.TenantID `json:"id"`
	Slug      club.Slug     `json:"slug"`
	Name      string        `json:"name"`
	Status    string        `json:"status"`
	Keyset    []byte        `json:"keyset"`
	CreatedAt time.Time     `json:"created_at"`
	Schema    int64         `json:"schema"`
}

type tableEnd struct {
	Rows   int64  `json:"rows"`
	Digest string `json:"digest"`
}

type clubEnd struct {
	Jobs int `json:"jobs"`
}

type backupEnd struct {
	Clubs int `json:"clubs"`
}

func (c savedClub) record() store.TenantRecord {
	return store.TenantRecord{ID: c.ID, Slug: c.Slug, Name: c.Name, Status: c.Status, Keyset: c.Keyset, CreatedAt: c.CreatedAt}
}

func saved(s *store.Snapshot) savedClub {
	c := s.Club
	return savedClub{ID: c.ID, Slug: c.Slug, Name: c.Name, Status: c.Status, Keyset: c.Keyset, CreatedAt: c.CreatedAt, Schema: s.Version}
}

// appendRow writes a row as a JSON array.
func appendRow(b []byte, values []any) ([]byte, error) {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case string:
			text, err := json.Marshal(v)
			if err != nil {
				return nil, fmt.Errorf("encode text: %w", err)
			}
			b = append(b, text...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case float64:
			b = append(b, '"')
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
			b = append(b, '"')
		case bool:
			b = strconv.AppendBool(b, v)
		case time.Time:
			b = strconv.AppendInt(b, v.UnixMicro(), 10)
		case []byte:
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, v)
			b = append(b, '"')
		default:
			return nil, fmt.Errorf("a value of type %T cannot be saved", v)
		}
	}
	return append(b, ']', '\n'), nil
}

// parseRow reads what appendRow wrote.
func parseRow(line []byte, columns []store.Column) ([]any, error) {
	var cells []json.RawMessage
	if err := json.Unmarshal(line, &cells); err != nil {
		return nil, fmt.Errorf("read row: %w", err)
	}
	if len(cells) != len(columns) {
		return nil, fmt.Errorf("a row has %d values, its table %d columns", len(cells), len(columns))
	}
	values := make([]any, len(cells))
	for i, c := range cells {
		v, err := parseValue(c, columns[i].Kind)
		if err != nil {
			return nil, fmt.Errorf("read column %s: %w", columns[i].Name, err)
		}
		values[i] = v
	}
	return values, nil
}

func parseValue(cell json.RawMessage, kind store.ValueKind) (any, error) {
	if string(cell) == "null" {
		return nil, nil
	}
	switch kind {
	case store.ValueText, store.ValueJSON:
		return parsed[string](cell)
	case store.ValueInteger:
		return parsed[int64](cell)
	case store.ValueBoolean:
		return parsed[bool](cell)
	case store.ValueBytes:
		return parsed[[]byte](cell)
	case store.ValueReal:
		text, err := parsed[string](cell)
		if err != nil {
			return nil, err
		}
		return strconv.ParseFloat(text, 64)
	case store.ValueTime:
		us, err := parsed[int64](cell)
		return time.UnixMicro(us).UTC(), err
	}
	return nil, fmt.Errorf("the kind %q is not known", kind)
}

func parsed[T any](cell json.RawMessage) (v T, err error) {
	err = json.Unmarshal(cell, &v)
	return v, err
}
