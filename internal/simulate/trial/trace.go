package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/jobs"
)

// anyID is an id of any kind.
var anyID = regexp.MustCompile(`\b([a-z]{2,5})_[0-7][0-9a-hjkmnp-tv-z]{25}\b`)

// plain replaces ids, which are another in every trial, by names in the order in which they appear.
func (w *world) plain(s string) string {
	return anyID.ReplaceAllStringFunc(s, func(id string) string {
		name, ok := w.names[id]
		if !ok {
			kind, _, _ := strings.Cut(id, "_")
			w.counted[kind]++
			name = fmt.Sprintf("%s%d", kind, w.counted[kind])
			w.names[id] = name
		}
		return name
	})
}

// tell adds a line to the trace: when, in which turn, who, and what.
func (w *world) tell(ctx context.Context, format string, args ...any) {
	w.say(taskOf(ctx), fmt.Sprintf(format, args...))
}

func (w *world) say(t *task, what string) {
	who := "world"
	if t != nil {
		who = t.name
	}
	fmt.Fprintf(&w.trace, "%s %d %s: %s\n", w.now().Sub(w.plan.begin), w.loom.turns, who, w.plain(what))
}

// breaks notes a promise that was not kept.
func (w *world) breaks(format string, args ...any) {
	line := w.plain(fmt.Sprintf(format, args...))
	w.broken = append(w.broken, line)
	w.say(nil, "BROKEN: "+line)
}

// said is how an error is written into the trace.
func (w *world) said(err error) string {
	if err == nil {
		return "done"
	}
	if code := club.CodeOf(err); code != "" && code != club.CodeInternal {
		return string(code) + ": " + club.MessageOf(err)
	}
	return err.Error()
}

type argsKey struct{}

// executionOf returns the id of the execution that the job under ctx carries out.
func executionOf(ctx context.Context) string {
	args, _ := ctx.Value(argsKey{}).(river.JobArgs)
	return argsOf(args)["execution"]
}

func argsOf(args river.JobArgs) map[string]string {
	out := map[string]string{}
	body, err := json.Marshal(args)
	if err != nil {
		return out
	}
	var all map[string]any
	if json.Unmarshal(body, &all) != nil {
		return out
	}
	for name, v := range all {
		out[name] = fmt.Sprint(v)
	}
	return out
}

func (w *world) jobName(j jobs.Waiting, t *jobs.Taken) string {
	args := argsOf(t.Args())
	delete(args, "tenant")
	delete(args, "correlation")
	delete(args, "name")
	var list []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		list = append(list, args[name])
	}
	return w.plain(strings.TrimSpace(j.Kind + " " + strings.Join(list, " ")))
}
