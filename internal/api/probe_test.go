package api

import (
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/club"
)

type object = map[string]any

// probes lists, for every operation, a request about a world that succeeds when it is sent by who may.
// A world of another place or club, or one that does not exist, turns each into an attack.
func probes() map[string]func(w *world) ask {
	get := func(path func(w *world) string) func(*world) ask {
		return func(w *world) ask { return ask{method: "GET", path: w.at(path(w))} }
	}
	list := func(path string) func(*world) ask { return get(func(*world) string { return path }) }
	send := func(method string, path func(w *world) string, body func(w *world) any, headers ...func(*world) string) func(*world) ask {
		return func(w *world) ask {
			a := ask{method: method, path: w.at(path(w))}
			if body != nil {
				a.body = body(w)
			}
			for _, f := range headers {
				a.headers = append(a.headers, "If-Match", f(w))
			}
			return a
		}
	}
	on := func(noun string, id func(*world) string, rest ...string) func(*world) string {
		return func(w *world) string {
			p := "/" + noun + "/" + id(w)
			for _, r := range rest {
				p += "/" + r
			}
			return p
		}
	}
	to := func(path string) func(*world) string { return func(*world) string { return path } }
	is := func(v any) func(*world) any { return func(*world) any { return v } }
	thread := func(w *world) string { return w.thread.String() }
	sop := func(w *world) string { return w.sop.String() }
	newest := func(*world) string { return etag(1) }
	anyVersion := func(*world) string { return "*" }
	pattern := func(w *world) string { return w.pattern.String() }
	lesson := func(w *world) string { return w.lesson.String() }
	doc := func(w *world, slug string) json.RawMessage {
		raw, err := json.Marshal(document(slug, w.location))
		if err != nil {
			panic(err)
		}
		return raw
	}
	return map[string]func(*world) ask{
		"get-me":          list("/me"),
		"change-password": send("PUT", to("/me/password"), is(object{"new": "a-" + secret + "-of-7"})),
		"sign-out":        send("DELETE", to("/me/session"), nil),
		"get-my-contact":  list("/me/contact"),
		"put-my-contact":  send("PUT", to("/me/contact"), is(object{"by_sms": false, "by_email": true, "quiet_from": "22:00", "quiet_until": "07:00"})),

		"list-threads":  list("/threads"),
		"get-thread":    get(on("threads", thread)),
		"list-messages": get(on("threads", thread, "messages")),
		"reply":         send("POST", on("threads", thread, "reply"), is(object{"text": "Hello"})),
		"note":          send("POST", on("threads", thread, "note"), is(object{"text": "A note"})),
		"claim":         send("POST", on("threads", thread, "claim"), nil),
		"assign":        send("POST", on("threads", thread, "assign"), func(w *world) any { return object{"user_id": w.user} }),
		"acknowledge":   send("POST", on("threads", thread, "acknowledge"), nil),
		"escalate":      send("POST", on("threads", thread, "escalate"), is(object{"reason": "a leak", "priority": "high"})),
		"resolve":       send("POST", on("threads", thread, "resolve"), nil),
		"hand-back":     send("POST", on("threads", thread, "hand-back"), nil),
		"merge":         send("POST", on("threads", thread, "merge"), func(w *world) any { return object{"into": w.other} }),
		"read":          send("POST", on("threads", thread, "read"), func(w *world) any { return object{"message_id": w.message} }),

		"list-decisions":   list("/decisions"),
		"get-decision":     get(on("decisions", func(w *world) string { return w.decision.String() })),
		"list-proposals":   list("/proposals"),
		"get-proposal":     get(on("proposals", func(w *world) string { return w.proposal.String() })),
		"approve-proposal": send("POST", on("proposals", func(w *world) string { return w.proposal.String() }, "approve"), is(object{"reply": "My words"})),
		"reject-proposal":  send("POST", on("proposals", func(w *world) string { return w.proposal.String() }, "reject"), is(object{"reason": "wrong"})),

		"list-reviews":  list("/reviews"),
		"get-review":    get(on("reviews", func(w *world) string { return w.decision.String() })),
		"answer-review": send("POST", on("reviews", func(w *world) string { return w.decision.String() }, "answer"), is(object{"answer": "wrong", "fault": "words", "note": "the " + secret})),
		"get-results":   list("/results?days=7"),

		"list-actions":    list("/actions"),
		"list-executions": list("/executions"),
		"get-execution":   get(on("executions", func(w *world) string { return w.execution.String() })),
		"request-action":  send("POST", on("threads", thread, "executions"), is(object{"action": "restart_trackman"})),

		"list-tickets":          list("/tickets"),
		"get-ticket":            get(on("tickets", func(w *world) string { return w.ticket.String() })),
		"create-ticket":         send("POST", to("/tickets"), func(w *world) any { return object{"title": "Mend it", "location_id": w.location} }),
		"update-ticket":         send("PATCH", on("tickets", func(w *world) string { return w.ticket.String() }), is(object{"priority": "high"}), newest),
		"comment-ticket":        send("POST", on("tickets", func(w *world) string { return w.ticket.String() }, "comments"), is(object{"text": "Looked at it"})),
		"tick-ticket":           send("PUT", on("tickets", func(w *world) string { return w.ticket.String() }, "checklist", "1"), is(object{"done": true, "text": "mend the " + secret})),
		"list-ticket-relations": get(on("tickets", func(w *world) string { return w.ticket.String() }, "relations")),
		"relate-tickets": send("POST", on("tickets", func(w *world) string { return w.ticket.String() }, "relations"), func(w *world) any {
			return object{"kind": "blocks", "ticket_id": w.errand}
		}),
		"unrelate-tickets":      send("DELETE", func(w *world) string { return "/tickets/" + w.ticket.String() + "/relations/" + w.relation.String() }, nil),
		"resolve-caused":        send("POST", on("tickets", func(w *world) string { return w.ticket.String() }, "resolve-caused"), nil),
		"get-ticket-recurrence": get(on("tickets", func(w *world) string { return w.ticket.String() }, "recurrence")),
		"list-ticket-templates": list("/ticket-templates"),

		"list-locations": list("/locations"),
		"get-location":   get(on("locations", func(w *world) string { return w.location.String() })),
		"create-location": send("POST", to("/locations"), func(w *world) any {
			return object{"slug": "loc-" + w.tag, "name": "Place", "time_zone": "Europe/London", "details": object{"wifi_name": "Guests"}}
		}),
		"update-location": send("PATCH", on("locations", func(w *world) string { return w.location.String() }), is(object{"name": "Another " + secret}), func(w *world) string { return w.placeTag }),
		"list-bays":       list("/bays"),
		"get-bay":         get(on("bays", func(w *world) string { return w.bay.String() })),
		"create-bay":      send("POST", to("/bays"), func(w *world) any { return object{"location_id": w.location, "number": 900} }),
		"update-bay":      send("PATCH", on("bays", func(w *world) string { return w.bay.String() }), is(object{"status": "out_of_service"}), func(w *world) string { return w.bayTag }),
		"list-lines":      list("/lines"),
		"put-line":        send("PUT", func(w *world) string { return "/lines/" + w.line }, func(w *world) any { return object{"provider": "openphone", "location_id": w.location} }),
		"list-devices":    list("/devices"),
		"get-device":      get(on("devices", func(w *world) string { return w.device.String() })),
		"create-device": send("POST", to("/devices"), func(w *world) any {
			return object{"location_id": w.location, "bay_id": w.bay, "kind": "door", "name": "Door", "vendor": "unifi", "vendor_ref": "ref-" + w.tag}
		}),
		"update-device": send("PATCH", on("devices", func(w *world) string { return w.device.String() }), is(object{"name": "Other"}), func(w *world) string { return w.devTag }),

		"list-access-events": list("/access-events"),

		"list-members": list("/members"),
		"get-member":   get(on("members", func(w *world) string { return w.member.String() })),
		"create-member": send("POST", to("/members"), func(w *world) any {
			return object{"name": "New Member", "phone": fmt.Sprintf("+1212555%04d", w.n), "home_location_id": w.location}
		}),
		"update-member": send("PATCH", on("members", func(w *world) string { return w.member.String() }), is(object{"name": "Renamed Member"}), func(w *world) string { return w.person }),

		"list-bookings": list("/bookings"),
		"get-booking":   get(on("bookings", func(w *world) string { return w.booking.String() })),
		"put-booking": send("POST", to("/bookings"), func(w *world) any {
			return object{"external_id": w.external, "location_id": w.location, "bay_id": w.bay, "starts_at": "2026-11-26T15:00:00Z", "ends_at": "2026-11-26T16:00:00Z", "sequence": 2}
		}),
		"set-booking-status":    send("PATCH", on("bookings", func(w *world) string { return w.booking.String() }), is(object{"status": "no_show"}), func(w *world) string { return w.bookTag }),
		"booking-file-template": list("/booking-file"),
		"import-bookings": func(w *world) ask {
			return ask{method: "POST", path: w.at("/booking-file"), headers: []string{"Content-Type", "text/csv"}, body: []byte(fmt.Sprintf("booking_id,location,bay,start,end\nf-%s,%s,%s,2026-11-26T17:00:00Z,2026-11-26T18:00:00Z\n", w.tag, w.location, w.bay))}
		},

		"list-users": list("/users"),
		"get-user":   get(on("users", func(w *world) string { return w.user.String() })),
		"create-user": send("POST", to("/users"), func(w *world) any {
			return object{"email": "new-" + w.tag + "@club.example", "name": "New User", "role": "viewer", "location_ids": []club.LocationID{w.location}}
		}),
		"update-user": send("PATCH", on("users", func(w *world) string { return w.user.String() }), is(object{"name": "Other Name"}), func(w *world) string { return w.userTag }),
		"list-keys":   list("/keys"),
		"create-key": send("POST", to("/keys"), func(w *world) any {
			return object{"name": "k", "scopes": []string{"places.read"}, "location_ids": []club.LocationID{w.location}}
		}),
		"revoke-key": send("DELETE", on("keys", func(w *world) string { return w.key.String() }), nil),

		"list-on-call": list("/on-call"),
		"list-shifts":  list("/shifts"),
		"create-shift": send("POST", to("/shifts"), func(w *world) any {
			return object{"user_id": w.user, "location_id": w.location, "days": []string{"mon"}, "from": "22:00", "until": "06:00"}
		}),
		"delete-shift": send("DELETE", on("shifts", func(w *world) string { return w.shift.String() }), nil),
		"list-covers":  list("/covers"),
		"create-cover": send("POST", to("/covers"), func(w *world) any {
			return object{"user_id": w.user, "location_id": w.location, "starts_at": "2026-11-27T22:00:00Z", "ends_at": "2026-11-28T06:00:00Z"}
		}),
		"delete-cover": send("DELETE", on("covers", func(w *world) string { return w.cover.String() }), nil),
		"get-contact":  get(on("users", func(w *world) string { return w.user.String() }, "contact")),
		"put-contact":  send("PUT", on("users", func(w *world) string { return w.user.String() }, "contact"), is(object{"by_sms": false, "by_email": true, "quiet_from": "22:00", "quiet_until": "07:00"})),

		"list-settings":      list("/settings"),
		"get-setting":        list("/settings/club.name"),
		"put-setting":        send("PUT", to("/settings/club.name"), is(object{"value": "Northside Golf"})),
		"list-integrations":  list("/integrations"),
		"put-integration":    send("PUT", to("/integrations/twilio"), is(object{"fields": object{"account_sid": "AC1", "auth_token": "hush-hush-token"}})),
		"remove-integration": send("DELETE", to("/integrations/twilio"), nil),

		"list-sops":         list("/sops"),
		"get-sop":           get(on("sops", sop)),
		"list-sop-versions": get(on("sops", sop, "versions")),
		"get-sop-version":   get(on("sops", sop, "versions", "1")),
		"diff-sop":          get(func(w *world) string { return "/sops/" + sop(w) + "/diff?from=1&to=1" }),
		"create-sop":        send("POST", to("/sops"), func(w *world) any { return object{"document": doc(w, "fresh-"+w.tag), "note": "new"} }),
		"save-sop":          send("PUT", on("sops", sop), func(w *world) any { return object{"document": doc(w, "slug-"+w.tag), "note": "same"} }, newest),
		"publish-sop":       send("POST", on("sops", sop, "publish"), is(object{"version": 1})),
		"archive-sop":       send("POST", on("sops", sop, "archive"), is(object{"note": "old"})),
		"restore-sop":       send("POST", on("sops", sop, "restore"), is(object{"version": 1, "reason": "it was better"})),
		"list-sop-effects":  list("/sop-effects"),
		"export-sops":       list("/sop-file"),
		"import-sops":       send("POST", to("/sop-file"), is("sops:\n- slug: imported\n  title: Imported\n  category: information\n  triggers: [what is imported]\n  steps: [{reply: This}]\n")),

		"list-patterns":   list("/patterns"),
		"get-pattern":     get(on("patterns", pattern)),
		"pause-pattern":   send("POST", on("patterns", pattern, "pause"), is(object{"reason": "a trial"}), newest),
		"resume-pattern":  send("POST", on("patterns", pattern, "resume"), nil, anyVersion),
		"retire-pattern":  send("POST", on("patterns", pattern, "retire"), nil, newest),
		"pin-pattern":     send("PUT", on("patterns", pattern, "ceiling"), is(object{"ceiling": "approve"}), newest),
		"delete-pattern":  send("DELETE", on("patterns", lesson), nil, newest),
		"preview-pattern": send("POST", on("patterns", pattern, "preview"), is(object{"do": "retire"})),
		"trip-breaker":    send("POST", on("patterns", pattern, "trip"), is(object{"reason": "a trial"}), newest),
		"correct-pattern": send("PUT", on("patterns", lesson, "lesson"), is(object{"title": "Better", "words": "It is there.", "actions": []string{"restart_trackman"}}), newest),
		"merge-pattern":   send("POST", on("patterns", lesson, "merge"), func(w *world) any { return object{"into": w.twin} }, newest),
		"split-pattern": send("POST", on("patterns", lesson, "split"), func(w *world) any {
			return object{"title": "Another", "precedents": []club.PrecedentID{w.precedents[0]}}
		}, newest),
		"forget-precedent": send("DELETE", func(w *world) string {
			return "/patterns/" + w.lesson.String() + "/precedents/" + w.precedents[0].String()
		}, nil, newest),
		"list-breakers":    list("/breakers"),
		"close-breaker":    send("POST", to("/breakers/close"), func(w *world) any { return object{"kind": "pattern", "scope": w.pattern} }),
		"list-set-aside":   list("/set-aside"),
		"take-back":        send("POST", to("/set-aside/take-back"), func(w *world) any { return object{"person": "user:" + w.user.String(), "reason": "it was new"} }),
		"get-autonomy":     list("/autonomy"),
		"preview-autonomy": send("POST", to("/autonomy/preview"), is(object{"switch": "device", "stopped": true})),
		"put-permits":      send("PUT", to("/autonomy/permits"), is(object{"unasked": true, "permitted": []string{"device"}, "places": []string{"all"}})),
		"put-switch":       send("PUT", to("/autonomy/switches/device"), is(object{"stopped": true})),

		"list-audit": list("/audit"),
		"get-health": list("/health"),
	}
}

// at is a path in the world's club.
func (w *world) at(path string) string { return Prefix + "/" + w.club.slug.String() + path }

// nowhere is a world of ids that are well formed and stand for nothing, in a club.
func nowhere(c *clubIn) *world {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return &world{club: c, tag: "w-9999", n: 9999, line: "+14155559999", external: "nothing", location: club.NewLocationID(now), bay: club.NewBayID(now), device: club.NewDeviceID(now),
		member: club.NewMemberID(now), booking: club.NewBookingID(now), thread: club.NewThreadID(now), other: club.NewThreadID(now), message: club.NewMessageID(now),
		decision: club.NewDecisionID(now), proposal: club.NewProposalID(now), execution: club.NewExecutionID(now), ticket: club.NewTicketID(now), errand: club.NewTicketID(now), relation: club.NewRelationID(now), sop: club.NewSOPID(now),
		pattern: club.NewPatternID(now), lesson: club.NewPatternID(now), twin: club.NewPatternID(now), precedents: [2]club.PrecedentID{club.NewPrecedentID(now), club.NewPrecedentID(now)},
		user: club.NewUserID(now), key: club.NewAPIKeyID(now), shift: club.NewShiftID(now), cover: club.NewCoverID(now), placeTag: etag(1), person: etag(1), bayTag: etag(1), devTag: etag(1), bookTag: etag(1), userTag: etag(1)}
}

// in is the world's ids in another club's paths.
func (w *world) in(c *clubIn) *world {
	v := *w
	v.club = c
	return &v
}
