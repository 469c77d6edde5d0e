package console

import (
	"net/http"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/store"
)

func (c *console) keyRoutes() []route {
	return []route{
		get("/keys", identity.KeysRead, func(v *visit) error { return showKeys(v, http.StatusOK, "", "") }),
		post("/keys", identity.KeysWrite, createKey),
		post("/keys/{id}/revoke", identity.KeysWrite, revokeKey),
	}
}

func showKeys(v *visit, status int, name, problem string) error {
	users, err := v.users()
	if err != nil {
		return err
	}
	rows, err := v.dir.FindAPIKeys(v.r.Context(), v.p)
	if err != nil {
		return err
	}
	n := v.found()
	p := page.KeysPage{Secret: n.Secret, Name: orText(name, n.Name), Error: problem, Key: newKey()}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "keys", "API keys")
		p.Shell = f.Shell
		return err
	})
	if err != nil {
		return err
	}
	for _, k := range rows {
		p.Rows = append(p.Rows, keyRow(users, k))
	}
	for _, perm := range identity.Permissions() {
		if v.p.Can(perm) {
			p.Scopes = append(p.Scopes, page.Option{Value: string(perm)})
		}
	}
	p.Flash = n.flash()
	return v.show(status, page.Keys(p))
}

func keyRow(users map[club.UserID]identity.User, k identity.APIKey) page.KeyRow {
	r := page.KeyRow{ID: k.ID, Name: k.Name, Hint: k.Prefix, By: actorName(users, k.CreatedBy), CreatedAt: k.CreatedAt, Revoked: k.RevokedAt != nil, Stopped: k.Stopped}
	for _, s := range k.Scopes {
		r.Scopes = append(r.Scopes, string(s))
	}
	if k.ExpiresAt != nil {
		r.ExpiresAt = *k.ExpiresAt
	}
	if k.LastUsedAt != nil {
		r.LastUsed = *k.LastUsedAt
	}
	return r
}

// createKey makes a key. Its token is shown once, on the next page; a second press makes no second key.
func createKey(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	n := identity.NewAPIKey{Name: v.field("name"), Locations: v.p.Locations}
	for _, s := range v.r.PostForm["scope"] {
		perm, err := identity.ParsePermission(s)
		if err != nil {
			return showKeys(v, http.StatusBadRequest, n.Name, sentence(club.MessageOf(err)))
		}
		n.Scopes = append(n.Scopes, perm)
	}
	days, err := strconv.Atoi(v.field("days"))
	if err != nil || days < 1 || days > 365 {
		return showKeys(v, http.StatusBadRequest, n.Name, "A key lasts 1 to 365 days.")
	}
	n.ExpiresAt = v.now.Add(time.Duration(days) * 24 * time.Hour)
	key := v.field("key")
	fresh, err := v.first(key)
	if err != nil {
		return err
	}
	if !fresh {
		return v.warn(v.at("keys"), "That key was made already. If you did not copy it, revoke it and make another one.")
	}
	k, token, err := v.dir.CreateAPIKey(v.r.Context(), v.p, n)
	switch code := club.CodeOf(err); code {
	case "":
		v.leave(note{Tone: page.ToneOK, Text: "The key has been made.", Name: k.Name, Secret: token})
		return v.redirect(v.at("keys"))
	case club.CodeInvalid, club.CodeForbidden, club.CodeConflict:
		v.release(key)
		return showKeys(v, statusOf(code), n.Name, sentence(club.MessageOf(err)))
	}
	return err
}

func revokeKey(v *visit) error {
	id, err := pathID[club.APIKeyID](v)
	if err != nil {
		return err
	}
	if err := v.dir.RevokeAPIKey(v.r.Context(), v.p, id); err != nil {
		return err
	}
	return v.done(v.at("keys"), "Revoked; it is refused from now on.")
}
