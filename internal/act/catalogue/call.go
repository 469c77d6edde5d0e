package catalogue

import "slices"

// Op is the call that carries an action out. The list is closed: app wires each to a connector or
// to a room of our own.
type Op string

// The calls.
const (
	OpRMMScript      Op = "rmm.script"      // run a script on the bay's PC; Call.Setting names the setting that holds its id
	OpRMMReboot      Op = "rmm.reboot"      // reboot the bay's PC
	OpDoorsUnlock    Op = "doors.unlock"    // release the door once
	OpDoorsLock      Op = "doors.lock"      // end every unlock of the door
	OpReplySend      Op = "reply.send"      // queue a text in the outbox
	OpThreadAsk      Op = "thread.ask"      // queue a question in the outbox and wait for the answer
	OpThreadEscalate Op = "thread.escalate" // hand the thread to people
	OpTicketCreate   Op = "ticket.create"   // write a ticket
)

// Call maps an action to its op. Setting is the key of the location's setting the op reads, for
// example the RMM's id of a script; ids of vendors' objects are never in the catalogue itself.
type Call struct {
	Op      Op     `yaml:"op" json:"op"`
	Setting string `yaml:"setting,omitempty" json:"setting,omitempty"`
}

// opRule is what an op demands of the entry that uses it.
type opRule struct {
	op           Op
	target       TargetKind
	categories   []Category
	verification []VerificationKind
	setting      bool // a setting key is needed
}

func opRules() []opRule {
	device, access, words, desk := []Category{CategoryDevice}, []Category{CategoryAccess}, []Category{CategoryWords}, []Category{CategoryDesk}
	return []opRule{
		{OpRMMScript, TargetDevice, device, []VerificationKind{VerifyScriptCompleted, VerifyDeviceOnline}, true},
		{OpRMMReboot, TargetDevice, device, []VerificationKind{VerifyDeviceOnline}, false},
		{OpDoorsUnlock, TargetDoor, access, []VerificationKind{VerifyDoorUnlocked}, false},
		{OpDoorsLock, TargetDoor, access, []VerificationKind{VerifyDoorLocked}, false},
		{OpReplySend, TargetMember, words, []VerificationKind{VerifyMessageAccepted}, false},
		{OpThreadAsk, TargetMember, words, []VerificationKind{VerifyMessageAccepted}, false},
		{OpThreadEscalate, TargetThread, desk, []VerificationKind{VerifyRowExists}, false},
		{OpTicketCreate, TargetThread, desk, []VerificationKind{VerifyRowExists}, false},
	}
}

func findOpRule(op Op) (opRule, bool) {
	rules := opRules()
	i := slices.IndexFunc(rules, func(r opRule) bool { return r.op == op })
	if i < 0 {
		return opRule{}, false
	}
	return rules[i], true
}

// Ops lists every op.
func Ops() []Op {
	var out []Op
	for _, r := range opRules() {
		out = append(out, r.op)
	}
	return out
}
