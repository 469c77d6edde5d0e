package catalogue

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
)

// ParamType is the type of a parameter.
type ParamType string

// The types and the Go type that Params holds for each.
const (
	ParamString   ParamType = "string"   // string
	ParamInt      ParamType = "int"      // int64
	ParamDuration ParamType = "duration" // time.Duration, written "90s" or "5m"
	ParamEnum     ParamType = "enum"     // string, one of Enum
	ParamBool     ParamType = "bool"     // bool
)

// ParamTypes lists every type.
func ParamTypes() []ParamType {
	return []ParamType{ParamString, ParamInt, ParamDuration, ParamEnum, ParamBool}
}

// Param is one parameter of an action. Min and Max bound the value of an int or a duration and the
// number of characters of a string, both inclusive; nil is no bound. Both are integers, durations
// are written "90s".
type Param struct {
	Name        string    `yaml:"name" json:"name"`
	Description string    `yaml:"description" json:"description"`
	Type        ParamType `yaml:"type" json:"type"`
	Required    bool      `yaml:"required,omitempty" json:"required,omitempty"`
	Min         any       `yaml:"min,omitempty" json:"min,omitempty"`
	Max         any       `yaml:"max,omitempty" json:"max,omitempty"`
	Enum        []string  `yaml:"enum,omitempty" json:"enum,omitempty"`
	Default     any       `yaml:"default,omitempty" json:"default,omitempty"`
}

// Params are checked parameters: every name is one of the action's, every value has the Go type of
// its ParamType, defaults are filled in.
type Params map[string]any

// String returns a string or enum parameter, "" when it is absent.
func (p Params) String(name string) string { s, _ := p[name].(string); return s }

// Int returns an int parameter, 0 when it is absent.
func (p Params) Int(name string) int64 { n, _ := p[name].(int64); return n }

// Duration returns a duration parameter, 0 when it is absent.
func (p Params) Duration(name string) time.Duration { d, _ := p[name].(time.Duration); return d }

// Bool returns a bool parameter, false when it is absent.
func (p Params) Bool(name string) bool { b, _ := p[name].(bool); return b }

// MarshalJSON writes durations as text, so that ParseParams reads back what was stored.
func (p Params) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(p))
	for k, v := range p {
		if d, ok := v.(time.Duration); ok {
			v = d.String()
		}
		out[k] = v
	}
	return json.Marshal(out)
}

// ParseParams checks in against the action's parameters and returns them typed. It accepts what
// encoding/json and yaml.v3 make of a document. The error is Invalid and names every field that is
// unknown, missing, of another type or out of range.
func (a Action) ParseParams(in map[string]any) (Params, error) {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if !slices.ContainsFunc(a.Params, func(p Param) bool { return p.Name == name }) {
			wrong = append(wrong, name+": "+string(a.Name)+" has no such parameter")
		}
	}
	out := Params{}
	for _, p := range a.Params {
		v, given := in[p.Name]
		switch {
		case (!given || v == nil) && p.Required:
			wrong = append(wrong, p.Name+": is required")
			continue
		case !given || v == nil:
			if v = p.Default; v == nil {
				continue
			}
		}
		typed, err := p.parse(v)
		if err != nil {
			wrong = append(wrong, p.Name+": "+club.MessageOf(err))
			continue
		}
		out[p.Name] = typed
	}
	if len(wrong) > 0 {
		return nil, club.Invalid("%s", strings.Join(wrong, "; "))
	}
	return out, nil
}

func (p Param) parse(v any) (any, error) {
	switch p.Type {
	case ParamString:
		return p.parseString(v)
	case ParamInt:
		n, err := parseInt(v)
		if err != nil {
			return nil, err
		}
		return n, p.checkRange(n)
	case ParamDuration:
		d, err := parseDuration(v)
		if err != nil {
			return nil, err
		}
		return d, p.checkRange(int64(d))
	case ParamEnum:
		s, ok := v.(string)
		if !ok || !slices.Contains(p.Enum, s) {
			return nil, club.Invalid("must be one of %s", strings.Join(p.Enum, ", "))
		}
		return s, nil
	case ParamBool:
		b, ok := v.(bool)
		if !ok {
			return nil, club.Invalid("must be true or false")
		}
		return b, nil
	}
	return nil, club.Invalid("has the unknown type %q", p.Type)
}

func (p Param) parseString(v any) (any, error) {
	s, ok := v.(string)
	switch {
	case !ok:
		return nil, club.Invalid("must be text")
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return nil, club.Invalid("must be valid UTF-8 without NUL")
	case p.Required && strings.TrimSpace(s) == "":
		return nil, club.Invalid("must not be empty")
	}
	n := int64(utf8.RuneCountInString(s))
	if lo, ok := p.bound(p.Min); ok && n < lo {
		return nil, club.Invalid("must have at least %d characters", lo)
	}
	if hi, ok := p.bound(p.Max); ok && n > hi {
		return nil, club.Invalid("must have at most %d characters", hi)
	}
	return s, nil
}

func (p Param) checkRange(n int64) error {
	lo, hasLo := p.bound(p.Min)
	hi, hasHi := p.bound(p.Max)
	if hasLo && n < lo || hasHi && n > hi {
		switch {
		case hasLo && hasHi:
			return club.Invalid("must lie between %v and %v", p.Min, p.Max)
		case hasLo:
			return club.Invalid("must be at least %v", p.Min)
		}
		return club.Invalid("must be at most %v", p.Max)
	}
	return nil
}

// bound reads Min or Max; false when it is not set or cannot be read, which Validate reports.
func (p Param) bound(b any) (int64, bool) {
	if b == nil {
		return 0, false
	}
	if p.Type == ParamDuration {
		d, err := parseDuration(b)
		return int64(d), err == nil
	}
	n, err := parseInt(b)
	return n, err == nil
}

func parseInt(v any) (int64, error) {
	switch n := v.(type) {
	case int:
		return int64(n), nil
	case int64:
		return n, nil
	case float64: // encoding/json's number; beyond 2^53 it would no longer be the number that was written
		if n == math.Trunc(n) && math.Abs(n) <= 1<<53 {
			return int64(n), nil
		}
	case json.Number:
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
	}
	return 0, club.Invalid("must be a whole number")
}

func parseDuration(v any) (time.Duration, error) {
	switch d := v.(type) {
	case time.Duration:
		return d, nil
	case string:
		if out, err := time.ParseDuration(d); err == nil {
			return out, nil
		}
	}
	return 0, club.Invalid("must be a duration such as 90s or 5m")
}
