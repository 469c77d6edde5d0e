package bench

import (
	"slices"
	"strings"

	"clubos/internal/club"
)

// Scenario names a part of the measurement.
type Scenario string

// The scenarios, in the order in which they run.
const (
	Start    Scenario = "start"    // from the process's start to /readyz, and memory when idle
	Steady   Scenario = "steady"   // texts at a fixed rate, whatever the server does
	Ceiling  Scenario = "ceiling"  // as many texts as get through
	Pipeline Scenario = "pipeline" // how soon a decision follows the wait for a burst
	Health   Scenario = "health"   // how soon a balancer's question is answered
	Console  Scenario = "console"  // an operator's pages of a club with very many threads
	API      Scenario = "api"      // a program's list of them
	Limiter  Scenario = "limiter"  // what asking whether somebody may costs
	Ratio    Scenario = "ratio"    // processor time against that of plain references
	Overload Scenario = "overload" // three times what the server can do
	Tenants  Scenario = "tenants"  // what each of many clubs costs in which nothing happens
	// Neighbour is what a club that is sent as many texts as get through does to the others.
	Neighbour Scenario = "neighbour"
	Restart   Scenario = "restart" // how long nobody answers when the server of a club with very many threads is killed
	Cache     Scenario = "cache"   // what a day of the demo club reads, with and without what is kept
)

// Ingest is the name of Steady and Ceiling together: taking in texts.
const Ingest = "ingest"

// Scenarios lists those that run when none is chosen. Not among them are Overload, because where load and
// server share the processors the load takes what the server would need, Cache, which measures no speed
// and plays two days, and what is about many clubs: Tenants takes minutes to make them, and Neighbour is a load like Overload. Restart
// kills what others measure.
func Scenarios() []Scenario {
	return []Scenario{Start, Steady, Ceiling, Pipeline, Health, Console, API, Limiter, Ratio}
}

// byName lists those that run only when they are asked for.
func byName() []Scenario { return []Scenario{Overload, Tenants, Neighbour, Restart, Cache} }

// ScenarioNames lists what ParseScenario knows.
func ScenarioNames() []string {
	names := []string{"all", Ingest}
	for _, s := range append(Scenarios(), byName()...) {
		names = append(names, string(s))
	}
	return names
}

// ParseScenario returns the scenarios of a name: itself, those of ingest, or all.
func ParseScenario(name string) ([]Scenario, error) {
	switch name {
	case "all":
		return Scenarios(), nil
	case Ingest:
		return []Scenario{Steady, Ceiling}, nil
	}
	if all := append(Scenarios(), byName()...); slices.Contains(all, Scenario(name)) {
		return []Scenario{Scenario(name)}, nil
	}
	return nil, club.Invalid("there is no scenario %q; there are %s", name, strings.Join(ScenarioNames(), ", "))
}
