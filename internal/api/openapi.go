package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// newHuma returns the framework with nothing of its own mounted: no documentation from elsewhere, no
// schema links in bodies.
func (a *api) newHuma() huma.API {
	f := format()
	return humago.New(doorMux{a.mux, a}, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "ClubOS", Version: a.cfg.Version, Description: strings.TrimSpace(introduction)},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key":     {Type: "http", Scheme: "bearer", Description: "An API key, which begins with clubos_."},
					"session": {Type: "apiKey", In: "cookie", Name: a.cfg.Cookies.Session("", sometime).Name, Description: "The console's session; only from the console's own pages."},
				},
			},
			Servers: servers(a.cfg.PublicURL),
			Tags:    tags(),
		},
		Formats:                      map[string]huma.Format{typeJSON: f, "json": f},
		DefaultFormat:                typeJSON,
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.transform},
	})
}

func servers(url string) []*huma.Server {
	if url == "" {
		return nil
	}
	return []*huma.Server{{URL: strings.TrimSuffix(url, "/")}}
}

// tags lists the groups of operations in the order of the table.
func tags() []*huma.Tag {
	var out []*huma.Tag
	seen := map[string]bool{}
	for _, op := range operations() {
		if !seen[op.tag] {
			seen[op.tag] = true
			out = append(out, &huma.Tag{Name: op.tag})
		}
	}
	return out
}

const introduction = `
Every path begins with the club's short name. Send an API key as ` + "`Authorization: Bearer clubos_…`" + `.

**Times** are RFC 3339 in UTC. **Ids** are opaque and sort by the time they were made.

**Lists** come in pages of at most ` + "`limit`" + ` (default 50, at most 200); send ` + "`next_cursor`" + ` as ` + "`cursor`" + ` for the next one.

**Edits** are by version: send the ` + "`ETag`" + ` that you read as ` + "`If-Match`" + `. Without it the answer is 428, and 412 when somebody else was first.

**Sending again** is safe for every POST that carries an ` + "`Idempotency-Key`" + ` (1 to 200 visible characters of your making): the effect happens once,
and the same request gets the same answer for 24 hours, with ` + "`Idempotency-Replayed: true`" + `. The same key with another request is 422; while
the first is at work, 409 with ` + "`Retry-After`" + `. A request that was refused has had no effect and may be mended and sent with the same key.

**Text** is kept as it was sent, with two exceptions: white space around texts for people is cut off; and where text is kept in the open for
search (a ticket's title), phone numbers, e-mail addresses and the member's name are masked, and it is brought into Unicode NFKC without invisible
characters, so that none can hide a number. Bodies are UTF-8 without NUL and at most 1 MiB.

**Whoever is limited to some locations** sees the rows of those and rows that belong to no location; all else is 404.

**Errors** are problems (RFC 9457) with a ` + "`code`" + ` for programs and a ` + "`request_id`" + ` that finds the request in the log. They repeat no texts, names or numbers that were sent.
`

// describe completes the description with what every operation answers, and serves it.
func (a *api) describe() {
	doc := a.huma.OpenAPI()
	schema := doc.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				a.describeOperation(op, schema)
			}
		}
	}
	delete(doc.Components.Schemas.Map(), "ErrorModel") // the framework's own form, which is never sent
	delete(doc.Components.Schemas.Map(), "ErrorDetail")
	// Written when first asked for: most processes never are.
	body := sync.OnceValue(func() []byte {
		b, err := json.Marshal(doc)
		if err != nil {
			panic("BUG: the description of the API cannot be encoded: " + err.Error())
		}
		return b
	})
	page := sync.OnceValue(func() []byte { return a.docsPage(doc) })
	a.mux.HandleFunc("GET "+Prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", typeJSON)
		_, _ = w.Write(body())
	})
	a.mux.HandleFunc("GET "+Prefix+"/docs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		_, _ = w.Write(page())
	})
	a.mux.HandleFunc("GET "+Prefix+"/docs.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write([]byte(docsCSS))
	})
}

func (a *api) describeOperation(op *huma.Operation, problem *huma.Schema) {
	row := a.byID[op.OperationID]
	statuses := []int{400, 401, 403, 404, 422, 500, 503}
	if row.takesBody() {
		statuses = append(statuses, 409, 413, 415)
	}
	if row.edits {
		statuses = append(statuses, 412, 428)
	}
	delete(op.Responses, "default")
	for _, s := range statuses {
		op.Responses[strconv.Itoa(s)] = &huma.Response{Description: http.StatusText(s), Content: map[string]*huma.MediaType{"application/problem+json": {Schema: problem}}}
	}
	for i, media := range row.media { // the framework knows of one form only
		file := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Description: "A file of SOPs."}}
		if row.takesBody() {
			op.RequestBody.Content[media] = file
			continue
		}
		if i == 0 {
			op.Responses["200"].Content = map[string]*huma.MediaType{}
		}
		op.Responses["200"].Content[media] = file
	}
	if op.Method == http.MethodPost {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Description: "Makes it safe to send the request again.", Schema: &huma.Schema{Type: huma.TypeString}})
	}
}
