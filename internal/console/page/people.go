package page

import (
	"time"

	"clubos/internal/club"
)

// MembersPage finds members.
type MembersPage struct {
	Shell
	Search string
	Rows   []MemberRow
	Pager  Pager
}

// MemberRow is a member in the list.
type MemberRow struct {
	ID       club.MemberID
	Name     string
	Phone    string // masked
	Home     string
	OptOut   bool
	LastSeen time.Time
	Threads  int
}

// MemberPage is one member.
type MemberPage struct {
	Shell
	Member   MemberRow
	Email    string // masked
	Since    time.Time
	Consents []ConsentRow
	Threads  []ThreadRow
	Bookings []BookingRow
	Tickets  []TicketRow
}

// ConsentRow is a consent and where it comes from.
type ConsentRow struct {
	Purpose string
	Granted bool
	Source  string
	At      time.Time
}

// UsersPage manages the users of the club.
type UsersPage struct {
	Shell
	Rows      []UserRow
	Roles     []Option // that the reader may give
	Locations []Option
	Invite    InviteForm
	Link      string // the invitation's link, shown once
}

// UserRow is a user.
type UserRow struct {
	ID       club.UserID
	Name     string
	Email    string
	Role     club.Role
	Scope    []string // ids of locations; empty means all
	ScopeOf  string   // in words
	MFA      bool
	Disabled bool
	Invited  bool // has not signed in yet
	LastSeen time.Time
	Self     bool
	May      bool // the reader may change this user
}

// InviteForm is what was typed, after an error.
type InviteForm struct {
	Name, Email, Error string
	Role               club.Role
	Scope              []string
}

// KeysPage manages API keys. Secret is shown once, directly after creation.
type KeysPage struct {
	Shell
	Rows   []KeyRow
	Scopes []Option
	Secret string
	Name   string // of the key just made, or as typed
	Error  string
	Key    string
}

// KeyRow is an API key.
type KeyRow struct {
	ID        club.APIKeyID
	Name      string
	Hint      string // its first characters
	Scopes    []string
	By        string
	CreatedAt time.Time
	ExpiresAt time.Time
	LastUsed  time.Time
	Revoked   bool
	Stopped   string // why it does nothing, though it was not revoked; "" when it works
}

// AccountPage is the reader's own account.
type AccountPage struct {
	Shell
	Email    string
	Scope    string
	Changed  time.Time // when the password was last changed
	Expires  time.Time
	Sessions []SessionRow
	Errors   map[string]string // by field: "current", "password", "again"
}

// SessionRow is a signed-in session.
type SessionRow struct {
	ID      club.SessionID
	Device  string // in words, from the user agent
	Address string
	Since   time.Time
	Seen    time.Time
	Current bool
}

// SignInPage asks for e-mail and password. It stands outside the shell.
type SignInPage struct {
	Shell
	Email  string
	Next   string // a path of this club to return to
	Error  string
	Notice string // "You have been signed out."
	Demo   []DemoAccount
}

// DemoAccount is an account of the demo club, printed for all to see.
type DemoAccount struct{ Role, Email, Password string }

// SignInLinkPage takes the code of a sign-in link. It stands outside the shell.
type SignInLinkPage struct {
	Shell
	Error string
}

// PasswordPage lets somebody choose a password who has none yet, or whose password is due. It stands
// outside the shell, because nothing else may be done before.
type PasswordPage struct {
	Shell
	Email   string
	Next    string            // a path of this club to go on to
	Current bool              // the present password is asked for
	Errors  map[string]string // by field: "current", "password", "again"
}

// ClubsPage asks for a club's short name. Its shell has no tenant.
type ClubsPage struct {
	Shell
	None  bool   // there is no club yet
	Slug  string // as typed
	Error string
}

// ErrorPage says that something did not work. It is drawn without the navigation, because what the
// reader may see may be what failed.
type ErrorPage struct {
	Shell
	Status int
	Title  string // empty for the usual one of the status
	Text   string
	ID     string // a short id to quote, or ""
}
