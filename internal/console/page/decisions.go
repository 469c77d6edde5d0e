package page

import (
	"time"

	"clubos/internal/club"
)

// DecisionsPage lists decisions, newest first.
type DecisionsPage struct {
	Shell
	Tier      Choices
	Result    Choices
	Locations Choices
	Search    string
	Rows      []DecisionRow
	Pager     Pager
}

// DecisionRow is a decision in the list.
type DecisionRow struct {
	ID         club.DecisionID
	Thread     club.ThreadID
	Snippet    string // masked
	Title      string // the SOP or the rule
	Place      string
	Tier       club.Tier
	Confidence float64
	Result     Word
	At         time.Time
}

// DecisionPage shows why a decision was taken and what came of it.
type DecisionPage struct {
	Shell
	Decision   DecisionRow
	Evidence   club.Evidence
	Thresholds club.Thresholds
	Reply      string
	Actions    []ProposedAction
	Proposal   *ProposalCard // nil when there was none; its status says what became of it
	Executions []ExecutionRow
	After      []TimelineEntry // what happened, oldest first
	Took       time.Duration
}

// AuditPage lists audit entries, newest first.
type AuditPage struct {
	Shell
	Kinds  Choices
	Actor  Choices
	Search string
	Rows   []AuditRow
	Pager  Pager
}

// AuditRow is an audit entry.
type AuditRow struct {
	ID      club.AuditID
	Actor   string
	Person  bool
	What    string // "approved a proposal"
	Subject string
	URL     string // of the subject, or ""
	Detail  string
	At      time.Time
}

// SettingsPage edits settings, in groups.
type SettingsPage struct {
	Shell
	Groups []SettingGroup
	Error  string
}

// SettingGroup is a group of settings, saved together. Its key is sent with the form.
type SettingGroup struct {
	Key     string
	Title   string
	About   string
	Version int64
	Rows    []Setting
}

// Setting is one setting. Its form field is Name; a switch that is off sends nothing.
type Setting struct {
	Name    string
	Label   string
	About   string
	Kind    string // "switch", "number", "text", "select", "time"
	Value   string // "true" for a switch that is on
	Default string
	Unit    string
	Options []Option
	Min     string
	Max     string
	Step    string
	Source  string // where the value comes from, when it cannot be changed here
	Error   string
}
