package api

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
)

// InClub is the part of every path that names the club.
type InClub struct {
	Tenant string `path:"tenant" doc:"The club's short name." example:"northside"`
}

// ByID is the path of one thing.
type ByID struct {
	InClub
	ID string `path:"id" doc:"The thing's id." maxLength:"80"`
}

// Paging is what every list takes.
type Paging struct {
	InClub
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"400" doc:"From next_cursor of the page before; opaque."`
}

// Page is one page of a list.
type Page[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty" doc:"For the next page; absent on the last one."`
}

type pageOut[T any] struct{ Body Page[T] }

type oneOut[T any] struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body T
}

type madeOut[T any] struct {
	ETag     string `header:"ETag" doc:"The version, for If-Match."`
	Location string `header:"Location" doc:"Where the thing stands."`
	Body     T
}

type noneOut struct{}

// made answers a creation.
func made[T any](in InClub, path, id, etag string, body T) *madeOut[T] {
	return &madeOut[T]{ETag: etag, Location: Prefix + "/" + in.Tenant + path + "/" + id, Body: body}
}

// mark is a place in a list: the sort key and id of the last row of a page.
type mark struct {
	at time.Time
	id string
}

func (m mark) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte("1 " + strconv.FormatInt(m.at.UnixMicro(), 10) + " " + m.id))
}

// mark reads the page's cursor; the zero mark begins at the start.
func (p Paging) mark() (mark, error) {
	if p.Cursor == "" {
		return mark{}, nil
	}
	wrong := club.Invalid("the cursor is not one of this list")
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return mark{}, wrong
	}
	parts := strings.SplitN(string(raw), " ", 3)
	if len(parts) != 3 || parts[0] != "1" || parts[2] == "" || checkText(raw, false) != nil || strings.ContainsRune(parts[2], 0) {
		return mark{}, wrong
	}
	micros, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || micros < -62135596800_000000 || micros > 253402300799_000000 {
		return mark{}, wrong
	}
	return mark{at: time.UnixMicro(micros).UTC(), id: parts[2]}, nil
}

// more is how many rows to ask for: one more than the page, to know whether there is another. The limit
// is at most 200.
func (p Paging) more() int32 { return int32(p.Limit) + 1 }

// pageOf cuts rows, which may be one more than the page holds, and shows them.
func pageOf[R, T any](p Paging, rows []R, at func(R) mark, show func(R) (T, error)) (*pageOut[T], error) {
	out := &pageOut[T]{Body: Page[T]{Items: []T{}}}
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		out.Body.NextCursor = at(rows[len(rows)-1]).String()
	}
	for _, r := range rows {
		v, err := show(r)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, v)
	}
	return out, nil
}

// cut is pageOf for a list that is at hand as a whole, in its order.
func cut[R, T any](p Paging, all []R, id func(R) string, show func(R) (T, error)) (*pageOut[T], error) {
	m, err := p.mark()
	if err != nil {
		return nil, err
	}
	if m.id != "" {
		i := 0
		for i < len(all) && id(all[i]) != m.id {
			i++
		}
		if i == len(all) {
			return nil, club.Invalid("the cursor is not one of this list")
		}
		all = all[i+1:]
	}
	return pageOf(p, all, func(r R) mark { return mark{id: id(r)} }, show)
}

// Edit is what every edit takes.
type Edit struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the version that was read. Required; without it the answer is 428, and 412 when the version is not the present one."`
}

// version returns the version an edit is based on; any is true for "*".
func (e Edit) version() (v int64, any bool, err error) {
	tag := strings.TrimSpace(e.IfMatch)
	switch tag {
	case "":
		return 0, false, refuse(codeNoVersion, "send the ETag that you read in If-Match")
	case "*":
		return 0, true, nil
	}
	inner, ok := strings.CutPrefix(tag, `"v`)
	inner, ok2 := strings.CutSuffix(inner, `"`)
	v, perr := strconv.ParseInt(inner, 10, 64)
	if !ok || !ok2 || perr != nil {
		return 0, false, stale()
	}
	return v, false, nil
}

// instant is version for rows whose version is the time of their last change; zero for any.
func (e Edit) instant() (time.Time, error) {
	v, all, err := e.version()
	if err != nil || all {
		return time.Time{}, err
	}
	return time.UnixMicro(v).UTC(), nil
}

func stale() error {
	return refuse(codeStale, "it has changed since you read it; read it again")
}

func etag(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

func etagAt(t time.Time) string { return etag(t.UnixMicro()) }

// utc shows an instant that may be missing.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// texts turns ids and the like into text; never nil, so that JSON shows a list.
func texts[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

func ids[S ~string](in []string) []S {
	out := make([]S, len(in))
	for i, s := range in {
		out[i] = S(s)
	}
	return out
}

// as converts an optional text.
func as[S ~string](s *string) *S {
	if s == nil {
		return nil
	}
	v := S(*s)
	return &v
}
