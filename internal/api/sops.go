package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

// SOP is a procedure for one scope.
type SOP struct {
	ID          string    `json:"id"`
	Slug        string    `json:"slug" doc:"The same procedure in several scopes shares it."`
	Title       string    `json:"title"`
	Category    string    `json:"category"`
	Scope       string    `json:"scope" enum:"global,location,bay"`
	LocationID  string    `json:"location_id,omitempty"`
	BayID       string    `json:"bay_id,omitempty"`
	Status      string    `json:"status" enum:"draft,live,archived"`
	Version     int64     `json:"version" doc:"The newest version."`
	LiveVersion *int64    `json:"live_version,omitempty" doc:"The version that was published last."`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func showSOP(s store.SOP) (SOP, error) {
	return SOP{ID: s.ID.String(), Slug: s.Slug, Title: s.Title, Category: s.Category, Scope: s.Scope, LocationID: s.LocationID.String(), BayID: s.BayID.String(), Status: s.Status,
		Version: s.Version, LiveVersion: s.LiveVersion, CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC()}, nil
}

// Document is what a SOP says, in the form of an imported file.
type Document struct{ json.RawMessage }

// Schema describes the form in short: it is checked by its own rules, which name every fault.
func (Document) Schema(huma.Registry) *huma.Schema {
	text := func(help string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: help} }
	list := func(help string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{}, Description: help}
	}
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "A SOP as in a file: slug, title, category, scope, status, priority, notes, triggers, prerequisites, steps, fallback, tests.",
		Properties: map[string]*huma.Schema{
			"slug": text("Names the procedure."), "title": text("For people."), "category": text("emergency, brand, access, facility, equipment, booking, billing or information."),
			"scope": {Description: `"global", or an object with location or location_id, and bay.`}, "status": text("Where this version stands; ignored when a draft is written."),
			"priority": text("What the conversation's becomes."), "notes": text("For those who edit it; never sent."),
			"triggers":      list("Texts, or objects with mode (exact, words, similar) and text."),
			"prerequisites": list("Kinds, or objects with kind and durations."), "steps": list("Objects with one of reply, action, ask, ticket, escalate, note."),
			"fallback": list("Steps when an action fails and no step handles it."), "tests": list("Texts and the slug that each must lead to."),
		}}
}

func showDocument(d knowledge.Document) (Document, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return Document{}, fmt.Errorf("encode SOP: %w", err)
	}
	return Document{raw}, nil
}

// parse reads a document as strictly as a file is read.
func (d Document) parse() (knowledge.Document, error) {
	docs, problems := knowledge.ParseJSON(strings.NewReader(`{"sops":[` + string(d.RawMessage) + `]}`))
	if len(problems) > 0 || len(docs) != 1 {
		p := refuse(string(club.CodeInvalid), "the document is not sound")
		for _, f := range problems {
			p.Errors = append(p.Errors, Fault{Where: clip(strings.Replace(f.Path, "sops[0]", "document", 1), 120), Message: clip(f.Msg, 200)})
		}
		return knowledge.Document{}, p
	}
	return docs[0], nil
}

// SOPVersion is one version of a SOP; versions are never changed.
type SOPVersion struct {
	ID        string    `json:"id"`
	Version   int64     `json:"version"`
	Note      string    `json:"note" doc:"Why it was changed."`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	Releases  []Release `json:"releases" nullable:"false" doc:"When it was made live, newest first."`
}

// Release is one time at which a version was made live.
type Release struct {
	Kind   string    `json:"kind" enum:"published,restored"`
	Reason string    `json:"reason,omitempty" doc:"Why, masked."`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

func showVersion(v store.SOPVersion, releases []knowledge.Release) SOPVersion {
	out := SOPVersion{ID: v.ID.String(), Version: v.Version, Note: v.Note, CreatedBy: v.CreatedBy, CreatedAt: v.CreatedAt.UTC(), Releases: []Release{}}
	for _, r := range releases {
		if r.Version != v.Version {
			continue
		}
		kind := "published"
		if r.Restored {
			kind = "restored"
		}
		out.Releases = append(out.Releases, Release{Kind: kind, Reason: r.Reason, By: r.By.String(), At: r.At.UTC()})
	}
	return out
}

// SOPDetail is a SOP with one of its versions.
type SOPDetail struct {
	SOP      SOP        `json:"sop"`
	Version  SOPVersion `json:"version"`
	Document Document   `json:"document"`
}

// SOPChange is one difference between two versions.
type SOPChange struct {
	Path   string `json:"path"`
	Kind   string `json:"kind" enum:"added,removed,changed"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

type sopChanges struct {
	Items []SOPChange `json:"items" nullable:"false"`
}

type listSOPs struct {
	Paging
	Category string `query:"category" maxLength:"40"`
	Status   string `query:"status" enum:"draft,live,archived"`
	Location string `query:"location" doc:"Of this location and its bays alone; those for every location are left out."`
	Q        string `query:"q" maxLength:"200" doc:"Words that occur in slug or title."`
}

type pageOfVersions struct {
	Paging
	ID string `path:"id" maxLength:"80"`
}

type bySOPVersion struct {
	ByID
	Version int64 `path:"version" minimum:"1"`
}

type diffSOP struct {
	ByID
	From int64 `query:"from" minimum:"1" required:"true"`
	To   int64 `query:"to" minimum:"1" required:"true"`
}

// findSOP returns a SOP that the caller may see: those of its locations, and those for every location.
func (a *api) findSOP(ctx context.Context, tx *store.Tx, c *call, id club.SOPID) (store.SOP, error) {
	s, err := a.cfg.Library.Find(ctx, tx, id)
	if err == nil && !c.by.AllowsLocation(s.LocationID) {
		return store.SOP{}, club.NotFound("there is no such SOP")
	}
	return s, err
}

func (a *api) sopAt(ctx context.Context, tx *store.Tx, s store.SOP, version int64) (*oneOut[SOPDetail], error) {
	doc, v, err := a.cfg.Library.FindVersion(ctx, tx, s.ID, version)
	if err != nil {
		return nil, err
	}
	out := &oneOut[SOPDetail]{ETag: etag(s.Version)}
	if out.Body.SOP, err = showSOP(s); err != nil {
		return nil, err
	}
	releases, err := a.cfg.Library.Releases(ctx, tx, s.ID)
	if err != nil {
		return nil, err
	}
	out.Body.Version = showVersion(v, releases)
	out.Body.Document, err = showDocument(doc)
	return out, err
}

func (a *api) registerSOPs() {
	register(a, "list-sops", func(ctx context.Context, c *call, in *listSOPs) (out *pageOut[SOP], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := a.cfg.Library.List(ctx, tx, knowledge.Filter{Category: knowledge.Category(in.Category), Status: knowledge.Status(in.Status), Query: in.Q})
			if err != nil {
				return err
			}
			all = slices.DeleteFunc(all, func(s store.SOP) bool {
				return !c.by.AllowsLocation(s.LocationID) || in.Location != "" && s.LocationID.String() != in.Location
			})
			out, err = cut(in.Paging, all, func(s store.SOP) string { return s.ID.String() }, showSOP)
			return err
		})
		return out, err
	})
	register(a, "get-sop", func(ctx context.Context, c *call, in *ByID) (out *oneOut[SOPDetail], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			s, err := a.findSOP(ctx, tx, c, club.SOPID(in.ID))
			if err != nil {
				return err
			}
			out, err = a.sopAt(ctx, tx, s, s.Version)
			return err
		})
		return out, err
	})
	register(a, "list-sop-versions", func(ctx context.Context, c *call, in *pageOfVersions) (out *pageOut[SOPVersion], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			s, err := a.findSOP(ctx, tx, c, club.SOPID(in.ID))
			if err != nil {
				return err
			}
			all, err := a.cfg.Library.Versions(ctx, tx, s.ID)
			if err != nil {
				return err
			}
			releases, err := a.cfg.Library.Releases(ctx, tx, s.ID)
			if err != nil {
				return err
			}
			out, err = cut(in.Paging, all, func(v store.SOPVersion) string { return v.ID.String() },
				func(v store.SOPVersion) (SOPVersion, error) { return showVersion(v, releases), nil })
			return err
		})
		return out, err
	})
	register(a, "get-sop-version", func(ctx context.Context, c *call, in *bySOPVersion) (out *oneOut[SOPDetail], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			s, err := a.findSOP(ctx, tx, c, club.SOPID(in.ID))
			if err != nil {
				return err
			}
			out, err = a.sopAt(ctx, tx, s, in.Version)
			return err
		})
		return out, err
	})
	register(a, "diff-sop", func(ctx context.Context, c *call, in *diffSOP) (*oneOut[sopChanges], error) {
		out := &oneOut[sopChanges]{Body: sopChanges{Items: []SOPChange{}}}
		err := c.read(ctx, func(tx *store.Tx) error {
			s, err := a.findSOP(ctx, tx, c, club.SOPID(in.ID))
			if err != nil {
				return err
			}
			changes, err := a.cfg.Library.DiffVersions(ctx, tx, s.ID, in.From, in.To)
			for _, d := range changes {
				out.Body.Items = append(out.Body.Items, SOPChange{Path: d.Path, Kind: string(d.Kind), Before: d.Before, After: d.After})
			}
			return err
		})
		return out, err
	})
	a.registerSOPEdits()
}
