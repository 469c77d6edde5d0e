package store

import (
	"database/sql/driver"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Touched is what a statement changes: one row of a table, by its id, or, where Row is empty, any of them.
type Touched struct {
	Table string
	Row   string
}

// mostRows is how many rows of a table a transaction names one by one; beyond that it is any of them. Other
// replicas are told by a message of a few thousand bytes at most.
const mostRows = 8

// unannounced are the tables that every text writes and that people look at one place only, where they are read
// anew each time: what nobody keeps need not be announced, and a commit that announces nothing holds up no other.
var unannounced = []string{"arrivals", "deliveries"}

// announced returns what other replicas are to forget.
func announced(list []Touched) []Touched {
	out := make([]Touched, 0, len(list))
	for _, t := range list {
		if !slices.Contains(unannounced, t.Table) {
			out = append(out, t)
		}
	}
	return out
}

// touch adds to what a transaction has changed.
func touch(list []Touched, what Touched) []Touched {
	rows := 0
	for _, t := range list {
		if t.Table != what.Table {
			continue
		}
		if t.Row == "" || t.Row == what.Row {
			return list
		}
		rows++
	}
	if what.Row != "" && rows < mostRows {
		return append(list, what)
	}
	list = slices.DeleteFunc(list, func(t Touched) bool { return t.Table == what.Table })
	return append(list, Touched{Table: what.Table})
}

// touches reports whether any of these changes may be one of what a statement with these arguments reads.
func (s *statement) touches(list []Touched, args []any) bool {
	if len(list) == 0 {
		return false
	}
	row := s.row(args)
	return slices.ContainsFunc(list, func(t Touched) bool {
		return slices.Contains(s.reads, t.Table) && (t.Row == "" || row == "" || t.Row == row)
	})
}

// row returns the id of the one row that a statement with these arguments is about; "" where it may be any.
func (s *statement) row(args []any) string {
	if s.pin == 0 || s.pin > len(args) {
		return ""
	}
	v, err := driver.DefaultParameterConverter.ConvertValue(args[s.pin-1])
	if err != nil {
		return ""
	}
	id, _ := v.(string)
	return id
}

var (
	pinnedRead   = regexp.MustCompile(`(?is)^\s*SELECT\b[^()]*\bFROM\s+[a-z_]+\s+WHERE\s+id\s*=\s*\$(\d+)\b(?:\s+AND\s.*)?$`)
	pinnedUpdate = regexp.MustCompile(`(?is)^\s*UPDATE\s+[a-z_]+\s+SET\s.*\sWHERE\s+id\s*=\s*\$(\d+)\b(?:\s+AND\s.*)?$`)
	pinnedDelete = regexp.MustCompile(`(?is)^\s*DELETE\s+FROM\s+[a-z_]+\s+WHERE\s+id\s*=\s*\$(\d+)\b(?:\s+AND\s.*)?$`)
	pinnedInsert = regexp.MustCompile(`(?is)^\s*INSERT\s+INTO\s+[a-z_]+\s*\(\s*id\s*,[^)]*\)\s*VALUES\s*\(\s*\$(\d+)\s*,[^()]*\)\s*(?:(?:ON|RETURNING)\s.*)?$`)
	looser       = regexp.MustCompile(`(?i)\b(?:OR|UNION|WITH)\b|\bDO\s+UPDATE\b`)
	selects      = regexp.MustCompile(`(?i)\bSELECT\b`)
)

// pinOf returns the number of the argument that says which row a statement is about; 0 where the text does
// not plainly say so. Whatever is not understood is about any row.
func pinOf(text string) int {
	text = strings.TrimSuffix(strings.TrimSpace(text), ";")
	forms, most := []*regexp.Regexp{pinnedUpdate, pinnedDelete, pinnedInsert}, 0
	if pinnedRead.MatchString(text) {
		forms, most = []*regexp.Regexp{pinnedRead}, 1
	}
	if looser.MatchString(text) || len(selects.FindAllString(text, -1)) > most {
		return 0
	}
	for _, form := range forms {
		if m := form.FindStringSubmatch(text); m != nil {
			n, _ := strconv.Atoi(m[1])
			return n
		}
	}
	return 0
}
