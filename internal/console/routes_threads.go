package console

import (
	"net/http"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/thread"
)

func (c *console) threadRoutes() []route {
	return []route{
		get("/inbox", identity.ThreadsRead, showInbox),
		get("/live", identity.ThreadsRead, streamChanges),
		get("/threads/{id}", identity.ThreadsRead, func(v *visit) error { return showThread(v, http.StatusOK, typed{}) }),
		get("/threads/{id}/media/{message}/{n}", identity.ThreadsRead, showMedia),
		post("/threads/{id}/reply", identity.ThreadsWrite, replyToMember),
		post("/threads/{id}/note", identity.ThreadsWrite, writeNote),
		post("/threads/{id}/read", identity.ThreadsWrite, markRead),
		post("/threads/{id}/claim", identity.ThreadsWrite, onThread("You have it.", func(v *visit, id club.ThreadID) error {
			_, err := v.c.Desk.Claim(v.r.Context(), v.tenant, v.p, id)
			return err
		})),
		post("/threads/{id}/handback", identity.ThreadsWrite, onThread("Handed back to ClubOS.", func(v *visit, id club.ThreadID) error {
			_, err := v.c.Desk.HandBack(v.r.Context(), v.tenant, v.p, id, v.seen())
			return err
		})),
		post("/threads/{id}/resolve", identity.ThreadsWrite, onThread("Resolved.", func(v *visit, id club.ThreadID) error {
			_, err := v.c.Desk.Resolve(v.r.Context(), v.tenant, v.p, id, v.seen())
			return err
		})),
		post("/threads/{id}/escalate", identity.ThreadsWrite, onThread("Colleagues have been called.", escalateThread)),
		post("/threads/{id}/merge", identity.ThreadsWrite, mergeThread),
		post("/threads/{id}/ticket", identity.TicketsWrite, ticketOfThread),
		post("/threads/{id}/action", identity.ActionsExecute, actInThread),
	}
}

func showInbox(v *visit) error {
	users, err := v.users()
	if err != nil {
		return err
	}
	var p page.InboxPage
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "inbox", "Inbox")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		p.List, err = v.threadList(tx, f, users, v.filter(), "")
		return err
	})
	if err != nil {
		return err
	}
	if v.query("part") == "list" {
		return v.show(http.StatusOK, page.ThreadListPane(p.Shell, p.List))
	}
	p.Flash = v.found().flash()
	return v.show(http.StatusOK, page.Inbox(p))
}

// typed is what a person typed into a form of the thread's page that could not be done; the page shows
// it again, so that nothing is lost.
type typed struct {
	key, text, problem  string          // of the composer
	proposal            club.ProposalID // whose edit it was; zero: the composer's
	editText, editError string
	editNote            string
}

func showThread(v *visit, status int, t typed) error {
	id, err := pathID[club.ThreadID](v)
	if err != nil {
		return err
	}
	return v.threadPage(status, id, t)
}

func (v *visit) threadPage(status int, id club.ThreadID, t typed) error {
	users, err := v.users()
	if err != nil {
		return err
	}
	part := v.query("part") == "thread"
	var p page.ThreadPage
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "inbox", "Thread")
		if err != nil {
			return err
		}
		if p.Thread, err = v.thread(tx, f, users, id, t); err != nil {
			return err
		}
		p.Shell = f.Shell
		p.Title = p.Thread.Title
		if part {
			return nil
		}
		p.List, err = v.threadList(tx, f, users, filter{view: inboxViews[0]}, id)
		return err
	})
	if err != nil {
		return err
	}
	if part {
		return v.show(status, page.ThreadPane(p.Shell, p.Thread))
	}
	p.Flash = v.found().flash()
	return v.show(status, page.ThreadView(p))
}

// orNotFound is not where err says that there is no such row, or none at all.
func orNotFound(err, not error) error {
	if err == nil || club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return not
	}
	return err
}

// retry shows the thread's page again with what was typed, when that can help; other errors are passed on.
func (v *visit) retry(id club.ThreadID, err error, t typed) error {
	switch code := club.CodeOf(err); code {
	case club.CodeInvalid, club.CodeConflict, club.CodeUnavailable, club.CodeLimited:
		t.problem = sentence(club.MessageOf(err))
		if code == club.CodeConflict {
			t.problem += " What you wrote is still here."
		}
		return v.threadPage(statusOf(code), id, t)
	}
	return err
}

// seen is how far the page showed the thread whose form was sent.
func (v *visit) seen() desk.Seen { return desk.Seen{Message: idOf[club.MessageID](v.field("seen"))} }

func replyToMember(v *visit) error {
	id, err := pathID[club.ThreadID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	text, key := v.text("text"), v.field("key")
	if _, err := v.c.Desk.Reply(v.r.Context(), v.tenant, v.p, id, text, key, v.seen()); err != nil {
		return v.retry(id, err, typed{key: key, text: text})
	}
	return v.done(v.at("threads", id.String()), "Queued. Below the text you see how far it has come.")
}

func writeNote(v *visit) error {
	id, err := pathID[club.ThreadID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	text, key := v.text("text"), v.field("key")
	if _, err := v.c.Desk.Note(v.r.Context(), v.tenant, v.p, id, text, key); err != nil {
		return v.retry(id, err, typed{key: key, text: text})
	}
	return v.done(v.at("threads", id.String()), "Noted for colleagues; the member does not see it.")
}

// markRead is posted by the script when the thread is in sight, and by buttons.
func markRead(v *visit) error {
	id, err := pathID[club.ThreadID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	if v.field("unread") != "" {
		if err := v.markUnread(id); err != nil {
			return err
		}
		return v.done(v.at("inbox"), "Marked as unread.")
	}
	if err := v.c.Desk.MarkRead(v.r.Context(), v.tenant, v.p, id, idOf[club.MessageID](v.field("seen"))); err != nil {
		return err
	}
	if v.fragment() {
		v.wrote = true
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return v.redirect(v.at("threads", id.String()))
}

func (v *visit) markUnread(id club.ThreadID) error {
	ctx := v.r.Context()
	return v.tenant.Write(ctx, func(tx *store.Tx) error {
		t, err := thread.Find(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := v.p.RequireLocation(t.LocationID); err != nil {
			return err
		}
		if t.Unread > 0 {
			return nil
		}
		t.Unread = 1
		_, err = thread.Save(ctx, tx, t)
		return err
	})
}

// onThread returns the handler of an act that needs no more than the thread, and comes back to it.
func onThread(said string, act func(*visit, club.ThreadID) error) func(*visit) error {
	return func(v *visit) error {
		id, err := pathID[club.ThreadID](v)
		if err == nil {
			err = v.parse()
		}
		if err == nil {
			err = act(v, id)
		}
		switch club.CodeOf(err) {
		case "":
			return v.done(v.at("threads", id.String()), said)
		case club.CodeConflict, club.CodeInvalid:
			if id != "" {
				return v.warn(v.at("threads", id.String()), sentence(club.MessageOf(err)))
			}
		}
		return err
	}
}

func escalateThread(v *visit, id club.ThreadID) error {
	var priority *club.Priority
	if s := v.field("priority"); s != "" {
		p, err := club.ParsePriority(s)
		if err != nil {
			return err
		}
		priority = &p
	}
	_, err := v.c.Desk.EscalateByHand(v.r.Context(), v.tenant, v.p, id, v.text("reason"), priority)
	return err
}

func mergeThread(v *visit) error {
	id, err := pathID[club.ThreadID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	into := idOf[club.ThreadID](v.field("into"))
	if into == "" {
		return v.warn(v.at("threads", id.String()), "Choose the thread in which this one continues.")
	}
	_, err = v.c.Desk.Merge(v.r.Context(), v.tenant, v.p, id, into, v.seen())
	switch club.CodeOf(err) {
	case "":
		return v.done(v.at("threads", into.String()), "Merged: the matter continues here.")
	case club.CodeConflict, club.CodeInvalid:
		return v.warn(v.at("threads", id.String()), sentence(club.MessageOf(err)))
	}
	return err
}
