package api

import (
	"context"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

type newSOP struct {
	InClub
	Body struct {
		Document Document `json:"document"`
		Note     string   `json:"note,omitempty" maxLength:"500" doc:"Why it is written."`
	}
}

type saveSOP struct {
	ByID
	Edit
	Body struct {
		Document Document `json:"document"`
		Note     string   `json:"note,omitempty" maxLength:"500" doc:"Why it is changed."`
	}
}

type publishSOP struct {
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"1"`
		Note    string `json:"note,omitempty" maxLength:"500"`
	}
}

type archiveSOP struct {
	ByID
	Body struct {
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}

type restoreSOP struct {
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"1"`
		Reason  string `json:"reason" minLength:"1" maxLength:"500" doc:"Why the older version is better."`
	}
}

// mayWriteFor refuses SOPs that reach beyond the caller's locations. One for every location is beyond
// them too.
func (c *call) mayWriteFor(location club.LocationID) error {
	if c.by.Everywhere() {
		return nil
	}
	if location.IsZero() {
		return club.Forbidden("this SOP is for every location, and you are limited to some; name yours by its location_id")
	}
	if !c.by.AllowsLocation(location) {
		return club.NotFound("there is no such location")
	}
	return nil
}

func (a *api) registerSOPEdits() {
	register(a, "create-sop", func(ctx context.Context, c *call, in *newSOP) (*madeOut[SOPDetail], error) {
		doc, err := in.Body.Document.parse()
		if err != nil {
			return nil, err
		}
		if err := c.mayWriteFor(scopeOf(doc)); err != nil {
			return nil, err
		}
		out, err := a.changeSOP(ctx, c, func(tx *store.Tx) (store.SOP, error) {
			s, err := a.cfg.Library.Create(ctx, tx, c.by.Actor, doc, in.Body.Note)
			if err != nil {
				return s, err
			}
			return s, c.mayWriteFor(s.LocationID)
		})
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/sops", out.Body.SOP.ID, out.ETag, out.Body), nil
	})
	register(a, "save-sop", func(ctx context.Context, c *call, in *saveSOP) (*oneOut[SOPDetail], error) {
		base, newest, err := in.version()
		if err != nil {
			return nil, err
		}
		doc, err := in.Body.Document.parse()
		if err != nil {
			return nil, err
		}
		return a.changeSOP(ctx, c, func(tx *store.Tx) (store.SOP, error) {
			s, err := a.writableSOP(ctx, tx, c, in.ID)
			if err != nil {
				return s, err
			}
			if newest {
				base = s.Version
			}
			if base != s.Version {
				return s, stale()
			}
			return a.cfg.Library.Save(ctx, tx, c.by.Actor, s.ID, doc, in.Body.Note, base)
		})
	})
	register(a, "publish-sop", func(ctx context.Context, c *call, in *publishSOP) (*oneOut[SOPDetail], error) {
		return a.changeSOP(ctx, c, func(tx *store.Tx) (store.SOP, error) {
			s, err := a.writableSOP(ctx, tx, c, in.ID)
			if err != nil {
				return s, err
			}
			return a.cfg.Library.Publish(ctx, tx, c.by.Actor, s.ID, in.Body.Version, in.Body.Note)
		})
	})
	register(a, "archive-sop", func(ctx context.Context, c *call, in *archiveSOP) (*oneOut[SOPDetail], error) {
		return a.changeSOP(ctx, c, func(tx *store.Tx) (store.SOP, error) {
			s, err := a.writableSOP(ctx, tx, c, in.ID)
			if err != nil {
				return s, err
			}
			return a.cfg.Library.Archive(ctx, tx, c.by.Actor, s.ID, in.Body.Note)
		})
	})
	register(a, "restore-sop", func(ctx context.Context, c *call, in *restoreSOP) (*oneOut[SOPDetail], error) {
		return a.changeSOP(ctx, c, func(tx *store.Tx) (store.SOP, error) {
			s, err := a.writableSOP(ctx, tx, c, in.ID)
			if err != nil {
				return s, err
			}
			return a.cfg.Library.Restore(ctx, tx, c.by.Actor, s.ID, in.Body.Version, in.Body.Reason)
		})
	})
}

// scopeOf is the location that a document names by id; zero when it is for every location or names its
// location otherwise, which whoever is limited must not.
func scopeOf(d knowledge.Document) club.LocationID {
	if d.Scope.Kind == knowledge.ScopeGlobal {
		return ""
	}
	return d.Scope.LocationID
}

func (a *api) writableSOP(ctx context.Context, tx *store.Tx, c *call, id string) (store.SOP, error) {
	s, err := a.findSOP(ctx, tx, c, club.SOPID(id))
	if err != nil {
		return s, err
	}
	return s, c.mayWriteFor(s.LocationID)
}

// changeSOP runs fn and answers with the SOP as it is afterwards.
func (a *api) changeSOP(ctx context.Context, c *call, fn func(*store.Tx) (store.SOP, error)) (out *oneOut[SOPDetail], err error) {
	err = c.write(ctx, func(tx *store.Tx) error {
		s, err := fn(tx)
		if err != nil {
			return err
		}
		out, err = a.sopAt(ctx, tx, s, s.Version)
		return err
	})
	return out, err
}
