package club

import "time"

// Kinds of ids. The prefix is part of the wire format: it never changes once it has landed.
type (
	locationKind     struct{}
	bayKind          struct{}
	deviceKind       struct{}
	subjectKind      struct{}
	memberKind       struct{}
	bookingKind      struct{}
	threadKind       struct{}
	messageKind      struct{}
	sopKind          struct{}
	sopVersionKind   struct{}
	decisionKind     struct{}
	proposalKind     struct{}
	executionKind    struct{}
	escalationKind   struct{}
	ticketKind       struct{}
	userKind         struct{}
	sessionKind      struct{}
	apiKeyKind       struct{}
	auditKind        struct{}
	notificationKind struct{}
	eventKind        struct{}
	consentKind      struct{}
	tenantKind       struct{}
	correlationKind  struct{}
	overrideKind     struct{}
	shiftKind        struct{}
	coverKind        struct{}
	relationKind     struct{}
	accessEventKind  struct{}
	arrivalKind      struct{}
	patternKind      struct{}
	precedentKind    struct{}
	situationKind    struct{}
	modelKind        struct{}
)

func (locationKind) prefix() string     { return "loc" }
func (bayKind) prefix() string          { return "bay" }
func (deviceKind) prefix() string       { return "dev" }
func (subjectKind) prefix() string      { return "sub" }
func (memberKind) prefix() string       { return "mem" }
func (bookingKind) prefix() string      { return "bkg" }
func (threadKind) prefix() string       { return "thr" }
func (messageKind) prefix() string      { return "msg" }
func (sopKind) prefix() string          { return "sop" }
func (sopVersionKind) prefix() string   { return "sopv" }
func (decisionKind) prefix() string     { return "dec" }
func (proposalKind) prefix() string     { return "prp" }
func (executionKind) prefix() string    { return "exe" }
func (escalationKind) prefix() string   { return "esc" }
func (ticketKind) prefix() string       { return "tkt" }
func (userKind) prefix() string         { return "usr" }
func (sessionKind) prefix() string      { return "ses" }
func (apiKeyKind) prefix() string       { return "key" }
func (auditKind) prefix() string        { return "aud" }
func (notificationKind) prefix() string { return "ntf" }
func (eventKind) prefix() string        { return "evt" }
func (consentKind) prefix() string      { return "cns" }
func (tenantKind) prefix() string       { return "tnt" }
func (correlationKind) prefix() string  { return "cor" }
func (overrideKind) prefix() string     { return "ovr" }
func (shiftKind) prefix() string        { return "shf" }
func (coverKind) prefix() string        { return "cov" }
func (relationKind) prefix() string     { return "rel" }
func (accessEventKind) prefix() string  { return "acc" }
func (arrivalKind) prefix() string      { return "arr" }
func (patternKind) prefix() string      { return "pat" }
func (precedentKind) prefix() string    { return "pre" }
func (situationKind) prefix() string    { return "sit" }
func (modelKind) prefix() string        { return "mod" }

// Ids of the nouns.
type (
	LocationID     = ID[locationKind]
	BayID          = ID[bayKind]
	DeviceID       = ID[deviceKind]
	SubjectID      = ID[subjectKind]
	MemberID       = ID[memberKind]
	BookingID      = ID[bookingKind]
	ThreadID       = ID[threadKind]
	MessageID      = ID[messageKind]
	SOPID          = ID[sopKind]
	SOPVersionID   = ID[sopVersionKind]
	DecisionID     = ID[decisionKind]
	ProposalID     = ID[proposalKind]
	ExecutionID    = ID[executionKind]
	EscalationID   = ID[escalationKind]
	TicketID       = ID[ticketKind]
	UserID         = ID[userKind]
	SessionID      = ID[sessionKind]
	APIKeyID       = ID[apiKeyKind]
	AuditID        = ID[auditKind]
	NotificationID = ID[notificationKind]
	EventID        = ID[eventKind]
	ConsentID      = ID[consentKind]
	TenantID       = ID[tenantKind]
	CorrelationID  = ID[correlationKind]
	OverrideID     = ID[overrideKind]
	ShiftID        = ID[shiftKind]
	CoverID        = ID[coverKind]
	RelationID     = ID[relationKind]
	AccessEventID  = ID[accessEventKind]
	ArrivalID      = ID[arrivalKind]
	PatternID      = ID[patternKind]
	PrecedentID    = ID[precedentKind]
	SituationID    = ID[situationKind]
	ModelID        = ID[modelKind]
)

// NewLocationID makes a LocationID for the instant at.
func NewLocationID(at time.Time) LocationID { return NewID[locationKind](at) }

// NewBayID makes a BayID for the instant at.
func NewBayID(at time.Time) BayID { return NewID[bayKind](at) }

// NewDeviceID makes a DeviceID for the instant at.
func NewDeviceID(at time.Time) DeviceID { return NewID[deviceKind](at) }

// NewSubjectID makes a SubjectID for the instant at.
func NewSubjectID(at time.Time) SubjectID { return NewID[subjectKind](at) }

// NewMemberID makes a MemberID for the instant at.
func NewMemberID(at time.Time) MemberID { return NewID[memberKind](at) }

// NewBookingID makes a BookingID for the instant at.
func NewBookingID(at time.Time) BookingID { return NewID[bookingKind](at) }

// NewThreadID makes a ThreadID for the instant at.
func NewThreadID(at time.Time) ThreadID { return NewID[threadKind](at) }

// NewMessageID makes a MessageID for the instant at.
func NewMessageID(at time.Time) MessageID { return NewID[messageKind](at) }

// NewSOPID makes a SOPID for the instant at.
func NewSOPID(at time.Time) SOPID { return NewID[sopKind](at) }

// NewSOPVersionID makes a SOPVersionID for the instant at.
func NewSOPVersionID(at time.Time) SOPVersionID { return NewID[sopVersionKind](at) }

// NewDecisionID makes a DecisionID for the instant at.
func NewDecisionID(at time.Time) DecisionID { return NewID[decisionKind](at) }

// NewProposalID makes a ProposalID for the instant at.
func NewProposalID(at time.Time) ProposalID { return NewID[proposalKind](at) }

// NewExecutionID makes a ExecutionID for the instant at.
func NewExecutionID(at time.Time) ExecutionID { return NewID[executionKind](at) }

// NewEscalationID makes a EscalationID for the instant at.
func NewEscalationID(at time.Time) EscalationID { return NewID[escalationKind](at) }

// NewTicketID makes a TicketID for the instant at.
func NewTicketID(at time.Time) TicketID { return NewID[ticketKind](at) }

// NewUserID makes a UserID for the instant at.
func NewUserID(at time.Time) UserID { return NewID[userKind](at) }

// NewSessionID makes a SessionID for the instant at.
func NewSessionID(at time.Time) SessionID { return NewID[sessionKind](at) }

// NewAPIKeyID makes a APIKeyID for the instant at.
func NewAPIKeyID(at time.Time) APIKeyID { return NewID[apiKeyKind](at) }

// NewAuditID makes a AuditID for the instant at.
func NewAuditID(at time.Time) AuditID { return NewID[auditKind](at) }

// NewNotificationID makes a NotificationID for the instant at.
func NewNotificationID(at time.Time) NotificationID { return NewID[notificationKind](at) }

// NewEventID makes a EventID for the instant at.
func NewEventID(at time.Time) EventID { return NewID[eventKind](at) }

// NewConsentID makes a ConsentID for the instant at.
func NewConsentID(at time.Time) ConsentID { return NewID[consentKind](at) }

// NewTenantID makes a TenantID for the instant at.
func NewTenantID(at time.Time) TenantID { return NewID[tenantKind](at) }

// NewCorrelationID makes a CorrelationID for the instant at.
func NewCorrelationID(at time.Time) CorrelationID { return NewID[correlationKind](at) }

// NewOverrideID makes a OverrideID for the instant at.
func NewOverrideID(at time.Time) OverrideID { return NewID[overrideKind](at) }

// NewShiftID makes a ShiftID for the instant at.
func NewShiftID(at time.Time) ShiftID { return NewID[shiftKind](at) }

// NewCoverID makes a CoverID for the instant at.
func NewCoverID(at time.Time) CoverID { return NewID[coverKind](at) }

// NewRelationID makes a RelationID for the instant at.
func NewRelationID(at time.Time) RelationID { return NewID[relationKind](at) }

// NewAccessEventID makes an AccessEventID for the instant at.
func NewAccessEventID(at time.Time) AccessEventID { return NewID[accessEventKind](at) }

// NewArrivalID makes an ArrivalID for the instant at.
func NewArrivalID(at time.Time) ArrivalID { return NewID[arrivalKind](at) }

// NewPatternID makes a PatternID for the instant at.
func NewPatternID(at time.Time) PatternID { return NewID[patternKind](at) }

// NewModelID makes a ModelID for the instant at.
func NewModelID(at time.Time) ModelID { return NewID[modelKind](at) }

// NewPrecedentID makes a PrecedentID for the instant at.
func NewPrecedentID(at time.Time) PrecedentID { return NewID[precedentKind](at) }

// NewSituationID makes a SituationID for the instant at.
func NewSituationID(at time.Time) SituationID { return NewID[situationKind](at) }
