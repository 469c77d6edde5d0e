package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/thread"
)

const (
	streamsPerSession = 12 // open pages of one browser
	writeWait         = 10 * time.Second
)

// streamChanges tells a page what has changed: topic and id of what the reader may see, never contents.
// It ends with the session, with the server, or with the page; scripts open it again.
func streamChanges(v *visit) error {
	if !v.c.opened(v.p.SessionID) {
		return club.Limited("Too many pages of this browser follow the club; close some.")
	}
	defer v.c.closed(v.p.SessionID)
	changes, stop := v.c.Cluster.Subscribe(v.slug)
	defer stop()
	s := &stream{w: v.w, control: http.NewResponseController(v.w)}
	v.wrote = true
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no")
	v.w.WriteHeader(http.StatusOK)
	if s.send("retry: 3000\n\n") != nil {
		return nil
	}
	beat := time.NewTicker(v.c.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-v.r.Context().Done():
			return nil
		case <-v.c.Draining:
			return nil
		case <-beat.C:
			if !v.stillIn() || s.send(": alive\n\n") != nil {
				return nil
			}
		case ch, ok := <-changes:
			if !ok || v.tell(s, ch) != nil {
				return nil
			}
		}
	}
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send writes and flushes. A reader that takes nothing for writeWait is gone.
func (s *stream) send(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWait)) // a recorder in tests has no deadlines
	if _, err := fmt.Fprint(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}

// tell sends a change on if the reader may know of it.
func (v *visit) tell(s *stream, ch store.Change) error {
	id, ok := v.visible(ch)
	if !ok {
		return nil
	}
	data, err := json.Marshal(map[string]string{"id": id})
	if err != nil {
		return err
	}
	return s.send("event: thread\ndata: " + string(data) + "\n\n")
}

// visible returns the thread in which a change shows, if the reader may know of it. What cannot be
// looked up is not told.
func (v *visit) visible(ch store.Change) (id string, ok bool) {
	ctx, cancel := context.WithTimeout(v.r.Context(), writeWait)
	defer cancel()
	err := v.tenant.Read(ctx, func(tx *store.Tx) error {
		switch ch.Topic {
		case act.Topic:
			x, err := tx.FindExecution(ctx, idOf[club.ExecutionID](ch.ID))
			if err != nil || x.ThreadID.IsZero() {
				return err
			}
			ch.ID = x.ThreadID.String()
			fallthrough
		case thread.Topic:
			t, err := tx.FindThread(ctx, idOf[club.ThreadID](ch.ID))
			ok = err == nil && v.p.Can(identity.ThreadsRead) && v.p.AllowsLocation(t.LocationID)
			id = t.ID.String()
			return err
		}
		return nil
	})
	return id, ok && err == nil
}

// stillIn asks whether the stream's session lives and what its user may do by now. It does not count as
// a use of the session: an open page alone keeps nobody signed in.
func (v *visit) stillIn() bool {
	ctx, cancel := context.WithTimeout(v.r.Context(), writeWait)
	defer cancel()
	if _, err := v.c.Cluster.Tenant(ctx, v.slug); err != nil {
		return false // suspended
	}
	sessions, err := v.dir.FindSessions(ctx, v.p, v.p.UserID)
	if err != nil || !slices.ContainsFunc(sessions, func(s identity.SessionInfo) bool { return s.ID == v.p.SessionID }) {
		return false
	}
	u, err := v.dir.FindUser(ctx, v.p, v.p.UserID)
	if err != nil || u.Status != identity.UserActive {
		return false
	}
	v.p.Role, v.p.Locations = u.Role, u.Locations
	return v.p.Can(identity.ThreadsRead)
}

func (c *console) opened(id club.SessionID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[id] >= streamsPerSession {
		return false
	}
	c.streams[id]++
	return true
}

func (c *console) closed(id club.SessionID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.streams[id]--; c.streams[id] <= 0 {
		delete(c.streams, id)
	}
}
