package api

import (
	"time"

	"clubos/internal/health"
)

// Promise is what is promised of how long something takes, and what it came to.
type Promise struct {
	Name     string `json:"name" enum:"intake,decision,action,page,check"`
	Share    int    `json:"share" doc:"Of a hundred that must keep to it."`
	WithinMS int64  `json:"within_ms"`
	Measured int    `json:"measured" doc:"How many were measured; 0 says nothing, and counts as kept."`
	P50MS    int64  `json:"p50_ms"`
	TookMS   int64  `json:"took_ms" doc:"What the promised share kept to."`
	P99MS    int64  `json:"p99_ms"`
	OverS    int64  `json:"over_s" doc:"The time that it is about, in seconds."`
	Here     bool   `json:"here" doc:"Measured in the process that answered."`
	Kept     bool   `json:"kept"`
}

// Process is how the process that answered fares.
type Process struct {
	Places   int            `json:"places" doc:"Requests that may run at a time."`
	Running  int            `json:"running"`
	Waiting  int            `json:"waiting"`
	Pressure int            `json:"pressure" doc:"How many classes give way because processor time or memory is short."`
	CPU      Use            `json:"cpu" doc:"Share of the processors."`
	Memory   Use            `json:"memory" doc:"Bytes."`
	Pool     Use            `json:"database_connections"`
	Cache    float64        `json:"cache_hit_share"`
	Redis    string         `json:"redis" enum:"none,here,away"`
	Classes  []ClassRequest `json:"requests" nullable:"false" doc:"Of the last minutes, the most important class first."`
	Replicas int            `json:"replicas" doc:"Processes that show that they live, with the one that answered."`
	Queues   []QueueState   `json:"queues" nullable:"false" doc:"What waits for any process of the installation."`
}

// Use is how much there is of something.
type Use struct {
	Now   float64 `json:"now"`
	Limit float64 `json:"limit" doc:"0: there is none."`
}

// ClassRequest counts the requests of a class.
type ClassRequest struct {
	Class    string `json:"class" enum:"emergency,ingest,operator,api,bulk"`
	Admitted int64  `json:"admitted"`
	Refused  int64  `json:"refused"`
}

// QueueState is what waits in a queue of jobs.
type QueueState struct {
	Name     string `json:"name"`
	Due      int    `json:"due"`
	Running  int    `json:"running"`
	Later    int    `json:"later"`
	OldestMS int64  `json:"oldest_ms" doc:"How long the first that is due has waited."`
}

func showPromises(list []health.Promise) []Promise {
	out := make([]Promise, 0, len(list))
	for _, p := range list {
		out = append(out, Promise{Name: p.Name, Share: p.Share, WithinMS: p.Within.Milliseconds(), Measured: p.Count, P50MS: p.P50.Milliseconds(), TookMS: p.Took.Milliseconds(), P99MS: p.P99.Milliseconds(),
			OverS: int64(p.Over / time.Second), Here: p.Here, Kept: p.Kept()})
	}
	return out
}

func showProcess(p health.Process) *Process {
	out := &Process{Places: p.Places, Running: p.Running, Waiting: p.Waiting, Pressure: p.Pressure, CPU: Use(p.CPU), Memory: Use(p.Memory), Pool: Use(p.Pool), Cache: p.CacheHits, Redis: p.Redis, Replicas: p.Replicas,
		Classes: []ClassRequest{}, Queues: []QueueState{}}
	for _, c := range p.Classes {
		out.Classes = append(out.Classes, ClassRequest(c))
	}
	for _, q := range p.Queues {
		out.Queues = append(out.Queues, QueueState{Name: q.Name, Due: q.Due, Running: q.Running, Later: q.Later, OldestMS: q.Oldest.Milliseconds()})
	}
	return out
}
