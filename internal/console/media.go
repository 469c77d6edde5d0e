package console

import (
	"net/url"
	"strconv"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// showMedia leads to an attachment at the vendor who holds it. The address is looked up among the
// message's own, so that nobody can make the link lead elsewhere.
func showMedia(v *visit) error {
	nothing := club.NotFound("There is no such attachment.")
	id, err := pathID[club.ThreadID](v)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(v.r.PathValue("n"))
	message := idOf[club.MessageID](v.r.PathValue("message"))
	if err != nil || n < 0 || message == "" {
		return nothing
	}
	var media []club.Media
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		th, err := thread.Find(v.r.Context(), tx, id)
		if err != nil {
			return err
		}
		m, err := tx.FindMessage(v.r.Context(), message)
		if err != nil || m.ThreadID != id || !v.p.AllowsLocation(th.LocationID) {
			return orNotFound(err, nothing)
		}
		media = mediaOf(m)
		return nil
	})
	if err != nil {
		return err
	}
	if n >= len(media) {
		return nothing
	}
	u, err := url.Parse(media[n].URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nothing
	}
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	return v.redirect(u.String())
}
