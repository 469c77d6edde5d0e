package audit

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestOneMeaningHasOneText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:                          `{}`,
		" [ ] ":                       `[]`,
		`{"b": 1, "a": [true, null]}`: `{"a":[true,null],"b":1}`,
		`{"aa":1,"a b":2,"a":3}`:      `{"a":3,"a b":2,"aa":1}`,
		`{"b":{"d":1,"c":2},"a":{"z":[{"y":1,"x":2}]}}`: `{"a":{"z":[{"x":2,"y":1}]},"b":{"c":2,"d":1}}`,
		`"\u003c\u00fc\/\ud83c\udfcc\u2028"`:            "\"<ü/\U0001F3CC\u2028\"",
		`"\"\\\b\f\n\r\t\u0001"`:                        `"\"\\\u0008\u000c\u000a\u000d\u0009\u0001"`,
		`0`:                                             `0`, `-0.00e7`: `0`, `1.50`: `15e-1`, `-12`: `-12`, `1e2`: `100`, `100.0`: `100`, `0.0010`: `1e-3`, `1E+3`: `1000`,
		`12345678901234567890`: `12345678901234567890`, `123456789012345678901`: `123456789012345678901`, `1e30`: `1e30`, `10e19`: `1e20`,
	} {
		got, ok := appendJSON(nil, text)
		if !ok || string(got) != want {
			t.Errorf("%s: %s (%v), want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{``, `{`, `{"a"}`, `{"a":1,}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":1}`, `[1,]`, `[,1]`, `01`, `1.`, `.5`, `1e`, `-`, `+1`, `1 2`, `tru`, `"a`, "\"a\nb\"", `"\x"`,
		`"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, "\"\xff\"", `1e99999999999`, "\ufeff1"} {
		if got, ok := appendJSON(nil, text); ok {
			t.Errorf("%q has the form %s", text, got)
		}
	}
	deep := bytes.Repeat([]byte("["), deepest+2)
	if _, ok := appendJSON(nil, string(append(deep, bytes.Repeat([]byte("]"), deepest+2)...))); ok {
		t.Error("what lies too deep has a form")
	}
}

// value draws something that JSON can hold.
func value(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.Deferred(func() *rapid.Generator[any] { return rapid.SliceOfN(value(depth-1), 0, 4).AsAny() }),
			rapid.Deferred(func() *rapid.Generator[any] { return rapid.MapOfN(rapid.String(), value(depth-1), 0, 4).AsAny() }))
	}
	return rapid.OneOf(kinds...)
}

func TestTheCanonicalTextSaysTheSameHoweverItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		plain, err := json.Marshal(value(3).Draw(r, "value"))
		if err != nil {
			r.Fatal(err)
		}
		var wide bytes.Buffer
		if err := json.Indent(&wide, plain, "\t", "   "); err != nil {
			r.Fatal(err)
		}
		one, ok := appendJSON(nil, string(plain))
		other, also := appendJSON(nil, wide.String())
		again, still := appendJSON(nil, string(one))
		if !ok || !also || !still || !bytes.Equal(one, other) || !bytes.Equal(one, again) {
			r.Fatalf("%s: %s, %s, %s", plain, one, other, again)
		}
		var was, is any
		if err := json.Unmarshal(plain, &was); err != nil {
			r.Fatal(err)
		}
		if err := json.Unmarshal(one, &is); err != nil {
			r.Fatalf("%s is no JSON: %v", one, err)
		}
		if diff := cmp.Diff(was, is); diff != "" {
			r.Fatalf("the meaning changed (-was +is):\n%s", diff)
		}
	})
}

func FuzzCanonicalJSON(f *testing.F) {
	for _, s := range []string{`{"b":[1.50,-0,1e400],"a":"\u00fc\ud83c\udfcc"}`, `{"a":1,"a":2}`, `"\ud800"`, ` [ ] `, `1e-7`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		one, ok := appendJSON(nil, text)
		if !ok {
			return
		}
		if !json.Valid([]byte(text)) || !json.Valid(one) {
			t.Fatalf("%q became %q", text, one)
		}
		if again, ok := appendJSON(nil, string(one)); !ok || !bytes.Equal(one, again) {
			t.Errorf("%q became %q and then %q", text, one, again)
		}
	})
}

func TestEveryColumnIsInTheCanonicalText(t *testing.T) {
	t.Parallel()
	was := store.AuditEntry{ID: "aud_1", At: storetest.Start, Actor: "user:usr_1", ActorName: `Ann "A" ü`, Action: "x.done", Object: "x", ThreadID: "thr_1", Detail: `{"n": 1.0}`, CorrelationID: "cor_1"}
	want := `{"action":"x.done","actor":"user:usr_1","actor_name":"Ann \"A\" ü","at":1795701600000000,"correlation_id":"cor_1","detail":{"n":1},"id":"aud_1","object":"x","thread_id":"thr_1"}`
	if got := string(appendEntry(nil, &was)); got != want {
		t.Errorf("the text is\n%s, want\n%s", got, want)
	}
	for name, change := range map[string]func(e *store.AuditEntry){
		"id": func(e *store.AuditEntry) { e.ID = "aud_2" }, "at": func(e *store.AuditEntry) { e.At = e.At.Add(time.Microsecond) }, "actor": func(e *store.AuditEntry) { e.Actor = "user:usr_2" },
		"actor_name": func(e *store.AuditEntry) { e.ActorName = "" }, "action": func(e *store.AuditEntry) { e.Action = "x.don" }, "object": func(e *store.AuditEntry) { e.Object = "y" },
		"thread_id": func(e *store.AuditEntry) { e.ThreadID = "" }, "detail": func(e *store.AuditEntry) { e.Detail = `{"n": 1.5}` }, "correlation_id": func(e *store.AuditEntry) { e.CorrelationID = "cor_2" },
		"a detail that is no JSON": func(e *store.AuditEntry) { e.Detail = `{"n": 1` }, "and one that says so": func(e *store.AuditEntry) { e.Detail = `"{\"n\": 1"` },
	} {
		e := was
		change(&e)
		if got := string(appendEntry(nil, &e)); got == want || !json.Valid([]byte(got)) {
			t.Errorf("with another %s the text is %s", name, got)
		}
	}
	if n := reflect.TypeFor[store.AuditEntry]().NumField(); n != 9 {
		t.Errorf("an entry has %d columns: one that was added must get into the text", n)
	}
}

func TestBothEnginesKeepTheCanonicalTextOfAnEntry(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	details := []string{`{"b": 1.50, "a": [1e2, 0.1, true, null, "ü\u003c\ud83c\udfcc\"\\\n"], "nested": {"z": " <&>", "n": 12345678901234567, "": -0.0}}`, `{"big": 1e300, "small": 1.25e-20}`, `{}`, `[]`, `"x"`, `12`}
	for _, d := range details {
		id, at := club.NewAuditID(storetest.Start), storetest.Start.Add(123456*time.Microsecond)
		p := store.CreateAuditEntryParams{ID: id, At: at, Actor: "system:x", ActorName: "Ünal", Action: "x.done", Object: "x", Detail: d, CorrelationID: club.NewCorrelationID(at)}
		want := appendEntry(nil, &store.AuditEntry{ID: p.ID, At: p.At, Actor: p.Actor, ActorName: p.ActorName, Action: p.Action, Object: p.Object, Detail: p.Detail, CorrelationID: p.CorrelationID})
		var rows []store.AuditEntry
		err := tenant.Write(t.Context(), func(tx *store.Tx) (err error) {
			if err := tx.CreateAuditEntry(t.Context(), p); err != nil {
				return err
			}
			rows, err = tx.FindAuditEntries(t.Context(), store.FindAuditEntriesParams{Size: 1})
			return err
		})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if got := appendEntry(nil, &rows[0]); !bytes.Equal(got, want) {
			t.Errorf("read back it is\n%s, written it was\n%s", got, want)
		}
	}
}
