package store_test

import (
	"cmp"
	"context"
	"database/sql"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// few are the tables that stay small however much happens in a club, and why. Every other table may hold a
// million rows, those that are yet to be made included.
var few = map[string]string{
	"settings": "a row for each setting", "locations": "what a club owns", "lines": "what a club owns", "bays": "what a club owns", "devices": "what a club owns",
	"device_watches": "one for a device", "device_activities": "one for a lasting state of a device", "outages": "one for a bay or device", "archived": "one for a bay or device",
	"sops": "what people wrote", "decision_patterns": "what a club knows", "breakers": "one for a pattern or action", "models": "kept versions of the matcher",
	"text_views": "one for a server of vectors", "vector_usage": "one for a day and model", "forgotten_deeds": "what people deleted", "set_aside": "people of the staff",
	"users": "people of the staff", "user_locations": "people of the staff", "contacts": "people of the staff", "shifts": "people of the staff", "covers": "people of the staff",
	"alarms": "one for a promise and process", "api_keys": "made by hand", "vendor_tokens": "one for a vendor", "call_codes": "one row", "relation_turns": "one row", "audit_tree": "one row",
	"sop_versions": "what people wrote", "text_vectors": "one for a known text", "sessions": "of the staff; those that ended are swept every hour",
	"sign_in_links": "of the staff; swept every hour", "sign_in_attempts": "swept every hour", "arrivals": "filed within seconds",
	"booking_files": "files between preview and import, gone after an hour",
}

// question is a generated query with sample arguments.
type question struct {
	name, text string
	args       []any
}

// asking hears what the generated queries ask.
type asking struct {
	store.DBTX
	asked *question
}

func (a asking) hear(text string, args []any) {
	name, _, _ := strings.Cut(strings.TrimPrefix(text, "-- name: "), " ")
	*a.asked = question{name, text, args}
}

func (a asking) ExecContext(_ context.Context, text string, args ...any) (sql.Result, error) {
	a.hear(text, args)
	return nil, sql.ErrConnDone
}

func (a asking) QueryContext(_ context.Context, text string, args ...any) (*sql.Rows, error) {
	a.hear(text, args)
	return nil, sql.ErrConnDone
}

func (a asking) QueryRowContext(_ context.Context, text string, args ...any) *sql.Row {
	a.hear(text, args)
	return nil
}

// questions returns every generated query, by name. Whoever adds one has it looked at here.
func questions(t *testing.T) []question {
	t.Helper()
	var asked question
	q := reflect.ValueOf(store.New(asking{asked: &asked}))
	var all []question
	for i := range q.NumMethod() {
		method := q.Type().Method(i)
		if method.Name == "WithTx" {
			continue
		}
		in := []reflect.Value{reflect.ValueOf(t.Context())}
		for p := 2; p < method.Type.NumIn(); p++ {
			in = append(in, sample(method.Name, "", method.Type.In(p)))
		}
		func() {
			defer func() { _ = recover() }() // a row that is not there cannot be read
			q.Method(i).Call(in)
		}()
		if asked.name != method.Name {
			t.Fatalf("%s was not heard", method.Name)
		}
		all = append(all, asked)
	}
	return all
}

// sample returns an argument as it is usual: ids that are there, instants of the last day, but of long ago for
// what is deleted, no filter, and pages of fifty.
func sample(query, field string, typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	switch typ {
	case reflect.TypeFor[time.Time]():
		return reflect.ValueOf(sampleTime(query, field))
	case reflect.TypeFor[*time.Time]():
		at := sampleTime(query, field)
		return reflect.ValueOf(&at)
	case reflect.TypeFor[*string]():
		s := "x7"
		return reflect.ValueOf(&s)
	case reflect.TypeFor[string]():
		v.SetString(sampleText(field))
		return v
	}
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			v.Field(i).Set(sample(query, typ.Field(i).Name, typ.Field(i).Type))
		}
	case reflect.String: // ids and words of package club
		v.SetString(cmp.Or(words[typ.Name()], "x7"))
	case reflect.Int32, reflect.Int64:
		v.SetInt(50)
	}
	return v
}

// words are statuses that work which is under way has.
var words = map[string]string{"ThreadStatus": "escalated", "MessageStatus": "queued", "Outcome": "claimed", "ProposalStatus": "open", "TicketStatus": "open", "BookingStatus": "cancelled"}

func sampleTime(query, field string) time.Time {
	switch {
	case strings.HasPrefix(query, "Delete"), field == "Before":
		return storetest.Start.AddDate(-1, 0, 1)
	case slices.Contains([]string{"Since", "After", "FromAt", "Reach"}, field):
		return storetest.Start.AddDate(0, 0, -1)
	}
	return storetest.Start
}

// sampleText returns the text of a field: filters that are not set are ”, lists are JSON.
func sampleText(field string) string {
	switch field {
	case "Scope", "Location", "Bay", "Mine", "AfterID", "Kind", "Status", "Search":
		return ""
	}
	return "{}"
}
