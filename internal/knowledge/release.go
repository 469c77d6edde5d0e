package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Release is one time at which a version was made live. Making live changes no version, so the audit log
// alone knows of it.
type Release struct {
	Version  int64
	Restored bool   // an older version was taken up again
	Reason   string // why, masked; "" when none was given
	By       club.Actor
	At       time.Time
}

// Releases returns when which version of a SOP was made live, newest first, as far back as the last 200
// changes of the SOP.
func (l *Library) Releases(ctx context.Context, tx *store.Tx, id club.SOPID) ([]Release, error) {
	object, kind := id.String(), "sop.%"
	rows, err := tx.FindAuditEntries(ctx, store.FindAuditEntriesParams{Object: &object, Action: &kind, Size: 200})
	if err != nil {
		return nil, fmt.Errorf("read changes of SOP: %w", err)
	}
	var out []Release
	for _, row := range rows {
		if row.Action != actionPublished && row.Action != actionRestored {
			continue
		}
		var detail struct {
			Version int64  `json:"version"`
			Note    string `json:"note"`
		}
		if err := json.Unmarshal([]byte(row.Detail), &detail); err != nil {
			return nil, fmt.Errorf("read change of SOP: %w", err)
		}
		by, ok := club.ParseActor(row.Actor)
		if !ok {
			return nil, fmt.Errorf("BUG: audit entry %s has no actor", row.ID)
		}
		by.Name = row.ActorName
		out = append(out, Release{Version: detail.Version, Restored: row.Action == actionRestored, Reason: detail.Note, By: by, At: row.At})
	}
	return out, nil
}
