package vendor

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Condition makes the webhook that a condition of the monitoring is met by a device, or is met no more. The
// name is what the operator called it, "Device down" for one; series tells one time of it from the next.
func (m *RMM) Condition(to string, device int64, name, series string, met bool) Webhook {
	status := "RESET"
	if met {
		status = "TRIGGERED"
	}
	return m.activityHook(to, map[string]any{"activityType": "CONDITION", "statusCode": status, "status": status, "deviceId": device, "seriesUid": series, "sourceConfigUid": "cfg-" + name,
		"sourceName": name, "subject": name, "severity": "MAJOR", "priority": "HIGH", "message": "Condition " + name, "type": "CONDITION"})
}

// Activity makes the webhook of another activity.
func (m *RMM) Activity(to string, device int64, kind, status string) Webhook {
	return m.activityHook(to, map[string]any{"activityType": kind, "statusCode": status, "deviceId": device, "message": "simulated"})
}

func (m *RMM) activityHook(to string, fields map[string]any) Webhook {
	m.world.Lock()
	m.lastID++
	id := m.lastID
	m.world.Unlock()
	fields["id"], fields["activityTime"] = id, float64(m.clock.Now().UnixMicro())/1e6
	body, _ := json.Marshal(fields)
	return Webhook{URL: to, Header: http.Header{"Content-Type": {"application/json"}, "X-Webhook-Secret": {m.cfg.WebhookSecret}}, Body: body, ID: strconv.FormatInt(id, 10)}
}
