package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"clubos/internal/club"
	"clubos/internal/integration"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Value is any JSON value.
type Value struct{ json.RawMessage }

// Schema admits everything: what a setting takes is checked by its own rule.
func (Value) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "Text, a number, true or false, or a list of words, as the setting's kind says."}
}

// Setting is one thing that a club sets for itself.
type Setting struct {
	Key     string `json:"key"`
	Title   string `json:"title"`
	Help    string `json:"help"`
	Group   string `json:"group"`
	Kind    string `json:"kind" enum:"text,bool,number,count,duration,list" doc:"A count is a whole number. Durations are text such as 90s or 4h."`
	Value   any    `json:"value"`
	Default Value  `json:"default"`
}

func showSetting(of setting.Settings) func(setting.Spec) (Setting, error) {
	return func(s setting.Spec) (Setting, error) {
		return Setting{Key: s.Key, Title: s.Title, Help: s.Help, Group: s.Group, Kind: string(s.Kind), Value: s.Value(of), Default: Value{s.Default}}, nil
	}
}

type bySetting struct {
	InClub
	Key string `path:"key" maxLength:"80" example:"club.name"`
}

type putSetting struct {
	InClub
	Key  string `path:"key" maxLength:"80" example:"club.name"`
	Body struct {
		Value Value `json:"value"`
	}
}

func (a *api) registerSettings() {
	register(a, "list-settings", func(ctx context.Context, c *call, in *Paging) (out *pageOut[Setting], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			now, err := setting.Load(ctx, tx)
			if err != nil {
				return err
			}
			out, err = cut(*in, setting.Specs(), func(s setting.Spec) string { return s.Key }, showSetting(now))
			return err
		})
		return out, err
	})
	register(a, "get-setting", func(ctx context.Context, c *call, in *bySetting) (*oneOut[Setting], error) {
		return c.oneSetting(ctx, c.read, in.Key, nil)
	})
	register(a, "put-setting", func(ctx context.Context, c *call, in *putSetting) (*oneOut[Setting], error) {
		if err := c.everywhere(); err != nil {
			return nil, err
		}
		return c.oneSetting(ctx, c.write, in.Key, func(tx *store.Tx) error {
			return setting.Put(ctx, tx, c.by.Actor, in.Key, in.Body.Value.RawMessage)
		})
	})
}

func (c *call) oneSetting(ctx context.Context, run func(context.Context, func(*store.Tx) error) error, key string, before func(*store.Tx) error) (*oneOut[Setting], error) {
	spec, ok := setting.Find(key)
	if !ok {
		return nil, club.NotFound("there is no such setting")
	}
	var out *oneOut[Setting]
	err := run(ctx, func(tx *store.Tx) error {
		if before != nil {
			if err := before(tx); err != nil {
				return err
			}
		}
		now, err := setting.Load(ctx, tx)
		if err != nil {
			return err
		}
		body, err := showSetting(now)(spec)
		out = &oneOut[Setting]{Body: body}
		return err
	})
	return out, err
}

// Integration is a vendor and what is known of the club's connection to it. Values are never shown.
type Integration struct {
	Vendor    string             `json:"vendor"`
	Title     string             `json:"title"`
	Help      string             `json:"help"`
	Connected bool               `json:"connected"`
	Fields    []IntegrationField `json:"fields" nullable:"false"`
}

// IntegrationField is one thing that a vendor needs.
type IntegrationField struct {
	Name     string `json:"name"`
	Help     string `json:"help"`
	Secret   bool   `json:"secret"`
	Required bool   `json:"required"`
	Set      bool   `json:"set" doc:"Whether it has a value."`
}

func showIntegration(s integration.Status) (Integration, error) {
	out := Integration{Vendor: s.Vendor.Name, Title: s.Vendor.Title, Help: s.Vendor.Help, Connected: s.Connected, Fields: []IntegrationField{}}
	set := map[string]bool{}
	for _, name := range s.Set {
		set[name] = true
	}
	for _, f := range s.Vendor.Fields {
		out.Fields = append(out.Fields, IntegrationField{Name: f.Name, Help: f.Help, Secret: f.Secret, Required: f.Required, Set: set[f.Name]})
	}
	return out, nil
}

type byVendor struct {
	InClub
	Vendor string `path:"vendor" maxLength:"40" example:"openphone"`
}

type putIntegration struct {
	InClub
	Vendor string `path:"vendor" maxLength:"40" example:"openphone"`
	Body   struct {
		Fields map[string]string `json:"fields" doc:"Values by the names of the vendor's fields."`
	}
}

func (a *api) registerIntegrations() {
	register(a, "list-integrations", func(ctx context.Context, c *call, in *Paging) (out *pageOut[Integration], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := integration.Describe(ctx, tx, c.keys)
			if err != nil {
				return err
			}
			out, err = cut(*in, all, func(s integration.Status) string { return s.Vendor.Name }, showIntegration)
			return err
		})
		return out, err
	})
	register(a, "put-integration", func(ctx context.Context, c *call, in *putIntegration) (out *oneOut[Integration], err error) {
		if err := c.everywhere(); err != nil {
			return nil, err
		}
		err = c.write(ctx, func(tx *store.Tx) error {
			if err := integration.Put(ctx, tx, c.keys, c.by.Actor, in.Vendor, in.Body.Fields); err != nil {
				return err
			}
			all, err := integration.Describe(ctx, tx, c.keys)
			if err != nil {
				return err
			}
			for _, s := range all {
				if s.Vendor.Name == in.Vendor {
					body, err := showIntegration(s)
					out = &oneOut[Integration]{Body: body}
					return err
				}
			}
			return fmt.Errorf("BUG: vendor %s was put and is not described", in.Vendor)
		})
		return out, err
	})
	register(a, "remove-integration", func(ctx context.Context, c *call, in *byVendor) (*noneOut, error) {
		if err := c.everywhere(); err != nil {
			return nil, err
		}
		if _, ok := integration.Find(in.Vendor); !ok {
			return nil, club.NotFound("there is no such vendor")
		}
		return &noneOut{}, c.write(ctx, func(tx *store.Tx) error { return integration.Remove(ctx, tx, c.by.Actor, in.Vendor) })
	})
}
