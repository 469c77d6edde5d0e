package console

import (
	"net/http"
	"strconv"
	"strings"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

// newSOP is what a SOP begins with in the editor.
const newSOP = `sops:
  - slug: short-name
    title: What it is about
    category: information
    scope: global
    triggers:
      - how a member would ask
    steps:
      - reply: What the member reads.
    tests:
      - text: another way to ask
`

// editor shows the editor with what is in p.
func (v *visit) editor(status int, p page.SOPEditPage) error {
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "sops", "Edit SOP")
		p.Shell = f.Shell
		return err
	})
	if err != nil {
		return err
	}
	if p.Key == "" {
		p.Key = newKey()
	}
	for _, a := range v.c.Catalogue.All() {
		if a.Physical() {
			p.Actions = append(p.Actions, page.CatalogueEntry{Name: a.Name, Title: a.Title, Risk: a.Risk})
		}
	}
	return v.show(status, page.SOPEdit(p))
}

func editSOP(v *visit) error {
	var p page.SOPEditPage
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		s, err := v.findSOP(tx)
		if err != nil {
			return err
		}
		if err := v.mayChange(s); err != nil {
			return err
		}
		doc, _, err := v.c.Library.FindVersion(v.r.Context(), tx, s.ID, s.Version)
		if err != nil {
			return err
		}
		p = page.SOPEditPage{Slug: s.ID.String(), Name: s.Title, Base: int(s.Version)}
		p.Source, err = yamlOf(doc)
		return err
	})
	if err != nil {
		return err
	}
	return v.editor(http.StatusOK, p)
}

// posted reads the editor's form and what is wrong with it. The document counts only when p has no
// problem that stops what was asked for.
func (v *visit) posted() (p page.SOPEditPage, doc knowledge.Document, stopped bool) {
	p = page.SOPEditPage{Source: v.text("source"), Note: v.text("note"), Key: v.field("key")}
	p.Base, _ = strconv.Atoi(v.field("base"))
	_, syntax := knowledge.ParseYAML(strings.NewReader(p.Source))
	docs, all := knowledge.Import(strings.NewReader(p.Source), knowledge.FormatYAML, v.c.Catalogue)
	draft := v.field("do") == "draft"
	for _, q := range all {
		tone := page.ToneDanger
		if len(syntax) == 0 && draft {
			tone = page.ToneWarn // a draft may be unfinished
		}
		p.Problems = append(p.Problems, problemOf(q, tone))
	}
	if len(syntax) == 0 && len(docs) != 1 {
		docs, _ = knowledge.ParseYAML(strings.NewReader(p.Source))
	}
	if len(docs) != 1 {
		if len(p.Problems) == 0 {
			p.Problems = append(p.Problems, page.Problem{Text: "Exactly one SOP stands here.", Tone: page.ToneDanger})
		}
		return p, doc, true
	}
	if p.Note == "" && v.field("do") == "publish" {
		p.Problems = append(p.Problems, page.Problem{Field: "note", Text: "Say what changed, and why: the next reader will ask.", Tone: page.ToneDanger})
	}
	for _, q := range p.Problems {
		stopped = stopped || q.Tone == page.ToneDanger
	}
	return p, docs[0], stopped
}

func problemOf(q knowledge.Problem, tone page.Tone) page.Problem {
	return page.Problem{Line: q.Line, Field: strings.TrimPrefix(q.Path, "sops[0]."), Text: q.Msg, Tone: tone}
}

func createSOP(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	p, doc, stopped := v.posted()
	if v.field("do") == "check" || stopped {
		return v.checked(p, stopped)
	}
	return v.store(p, func(tx *store.Tx) (store.SOP, error) {
		if doc.Scope.Kind == knowledge.ScopeGlobal {
			if err := v.mayChange(store.SOP{}); err != nil {
				return store.SOP{}, err
			}
		}
		s, err := v.c.Library.Create(v.r.Context(), tx, v.p.Actor, doc, p.Note)
		if err != nil {
			return s, err
		}
		return s, v.mayChange(s) // its location has been found by now
	})
}

func saveSOP(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	p, doc, stopped := v.posted()
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		s, err := v.findSOP(tx)
		p.Slug, p.Name = s.ID.String(), s.Title
		if err != nil {
			return err
		}
		return v.mayChange(s)
	})
	if err != nil {
		return err
	}
	if v.field("do") == "check" || stopped {
		return v.checked(p, stopped)
	}
	return v.store(p, func(tx *store.Tx) (store.SOP, error) {
		return v.c.Library.Save(v.r.Context(), tx, v.p.Actor, club.SOPID(p.Slug), doc, p.Note, int64(p.Base))
	})
}

// checked shows the editor again with what was found.
func (v *visit) checked(p page.SOPEditPage, stopped bool) error {
	p.Checked = len(p.Problems) == 0
	status := http.StatusOK
	if stopped && v.field("do") != "check" {
		status = http.StatusUnprocessableEntity
	}
	return v.editor(status, p)
}

// store saves a version and, when that was asked for, makes it the live one, in one transaction. What is
// wrong is shown beside the source, which stays as it was typed.
func (v *visit) store(p page.SOPEditPage, save func(*store.Tx) (store.SOP, error)) error {
	publish := v.field("do") == "publish"
	if publish {
		if err := v.p.Require(identity.SOPsPublish); err != nil {
			return err
		}
	}
	var s store.SOP
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) (err error) {
		if s, err = save(tx); err == nil && publish {
			s, err = v.c.Library.Publish(v.r.Context(), tx, v.p.Actor, s.ID, s.Version, p.Note)
		}
		return err
	})
	switch code := club.CodeOf(err); code {
	case "":
		said := "Saved as a draft; what is live stays live."
		if publish {
			said = "Published: it counts from the next text on."
		}
		return v.done(v.at("sops", s.ID.String()), said)
	case club.CodeInvalid:
		p.Problems = nil
		for _, q := range knowledge.Problems(err) {
			p.Problems = append(p.Problems, problemOf(q, page.ToneDanger))
		}
		if len(p.Problems) == 0 {
			p.Problems = []page.Problem{{Text: sentence(club.MessageOf(err)), Tone: page.ToneDanger}}
		}
		return v.editor(http.StatusUnprocessableEntity, p)
	case club.CodeConflict:
		p.Conflict = sentence(club.MessageOf(err)) + " What you wrote is still here: copy it, open the SOP again and bring your changes into the newest version."
		return v.editor(http.StatusConflict, p)
	}
	return err
}

func archiveSOP(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	if v.field("status") != string(knowledge.StatusArchived) {
		return club.Invalid("A SOP can be archived here; to bring it back, make one of its versions live.")
	}
	return v.onSOP("Archived: it is not used any more.", func(tx *store.Tx, s store.SOP) error {
		_, err := v.c.Library.Archive(v.r.Context(), tx, v.p.Actor, s.ID, "archived in the console")
		return err
	})
}

// publishVersion makes one of the versions live: an older one again, or a draft that is newer.
func publishVersion(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	n, err := strconv.ParseInt(v.field("version"), 10, 64)
	if err != nil {
		return club.Invalid("There is no such version.")
	}
	reason := v.field("reason")
	return v.onSOP("Version "+strconv.FormatInt(n, 10)+" is live.", func(tx *store.Tx, s store.SOP) error {
		if reason == "" {
			return club.Invalid("say why")
		}
		if s.LiveVersion != nil && n < *s.LiveVersion {
			_, err := v.c.Library.Restore(v.r.Context(), tx, v.p.Actor, s.ID, n, reason)
			return err
		}
		_, err := v.c.Library.Publish(v.r.Context(), tx, v.p.Actor, s.ID, n, reason)
		return err
	})
}

// onSOP changes a SOP in one transaction and comes back to its page.
func (v *visit) onSOP(said string, change func(*store.Tx, store.SOP) error) error {
	back := v.at("sops", v.r.PathValue("id"))
	err := v.tenant.Write(v.r.Context(), func(tx *store.Tx) error {
		s, err := v.findSOP(tx)
		if err != nil {
			return err
		}
		if err := v.mayChange(s); err != nil {
			return err
		}
		return change(tx, s)
	})
	switch club.CodeOf(err) {
	case "":
		return v.done(back, said)
	case club.CodeInvalid, club.CodeConflict:
		return v.warn(back, sentence(club.MessageOf(err)))
	}
	return err
}
