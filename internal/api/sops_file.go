package api

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

type exportSOPs struct {
	InClub
	Format string `query:"format" enum:"yaml,json" default:"yaml"`
}

type fileOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

type importSOPs struct {
	InClub
	Note              string `query:"note" maxLength:"500" doc:"Why; kept with every version that the import makes."`
	SkipUnknownPlaces bool   `query:"skip_unknown_places" doc:"Leave out SOPs of locations and bays that do not exist; without it they are faults."`
	ContentType       string `header:"Content-Type"`
	RawBody           []byte `contentType:"application/yaml"`
}

// ImportResult says what became of each SOP of a file, as "slug (scope)".
type ImportResult struct {
	Created   []string `json:"created" nullable:"false"`
	Updated   []string `json:"updated" nullable:"false"`
	Unchanged []string `json:"unchanged" nullable:"false"`
	Skipped   []string `json:"skipped" nullable:"false"`
}

func (a *api) registerSOPFiles() {
	register(a, "export-sops", func(ctx context.Context, c *call, in *exportSOPs) (*fileOut, error) {
		var docs []knowledge.Document
		err := c.read(ctx, func(tx *store.Tx) (err error) {
			if docs, err = a.cfg.Library.Export(ctx, tx); err != nil {
				return err
			}
			docs, err = c.visible(ctx, tx, docs)
			return err
		})
		if err != nil {
			return nil, err
		}
		out := &fileOut{ContentType: typeYAML, Disposition: `attachment; filename="sops.` + in.Format + `"`}
		write := knowledge.WriteYAML
		if in.Format == "json" {
			out.ContentType, write = typeJSON, knowledge.WriteJSON
		}
		var file bytes.Buffer
		if err := write(&file, docs); err != nil {
			return nil, err
		}
		out.Body = file.Bytes()
		return out, nil
	})
	register(a, "import-sops", func(ctx context.Context, c *call, in *importSOPs) (*oneOut[ImportResult], error) {
		if err := c.by.Require(identity.SOPsWrite); err != nil {
			return nil, err
		}
		if err := c.everywhere(); err != nil {
			return nil, err
		}
		parse := knowledge.ParseYAML
		if strings.HasPrefix(strings.ToLower(in.ContentType), typeJSON) {
			parse = knowledge.ParseJSON
		}
		docs, problems := parse(bytes.NewReader(in.RawBody))
		if len(problems) > 0 {
			return nil, faulty(problems)
		}
		var options []knowledge.ImportOption
		if in.SkipUnknownPlaces {
			options = append(options, knowledge.SkipUnknownPlaces)
		}
		var res knowledge.ImportResult
		err := c.write(ctx, func(tx *store.Tx) (err error) {
			res, err = a.cfg.Library.Import(ctx, tx, c.by.Actor, docs, in.Note, options...)
			return err
		})
		if err != nil {
			return nil, err
		}
		return &oneOut[ImportResult]{Body: ImportResult{Created: texts(res.Created), Updated: texts(res.Updated), Unchanged: texts(res.Unchanged), Skipped: texts(res.Skipped)}}, nil
	})
}

// faulty lists what is wrong with a file, up to a bound.
func faulty(problems []knowledge.Problem) error {
	p := refuse(string(club.CodeInvalid), fmt.Sprintf("the file has %d faults; nothing was changed", len(problems)))
	for _, f := range problems[:min(len(problems), 100)] {
		p.Errors = append(p.Errors, Fault{Where: clip(f.Path, 120), Line: f.Line, Message: clip(f.Msg, 200)})
	}
	return p
}

// visible leaves out the documents of other locations. Export names a location by its name where that
// is unique, else by id.
func (c *call) visible(ctx context.Context, tx *store.Tx, docs []knowledge.Document) ([]knowledge.Document, error) {
	if c.by.Everywhere() {
		return docs, nil
	}
	all, err := tx.FindLocations(ctx)
	if err != nil {
		return nil, fmt.Errorf("find locations: %w", err)
	}
	mine := map[string]bool{}
	for _, l := range all {
		if c.by.AllowsLocation(l.ID) {
			mine[l.Name], mine[l.ID.String()] = true, true
		}
	}
	return slices.DeleteFunc(docs, func(d knowledge.Document) bool {
		if d.Scope.Kind == knowledge.ScopeGlobal {
			return false
		}
		if !d.Scope.LocationID.IsZero() {
			return !mine[d.Scope.LocationID.String()]
		}
		return !mine[d.Scope.Location]
	}), nil
}
