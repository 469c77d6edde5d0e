package page

import "strings"

// keyList is what the keyboard can do, for the dialog that "?" opens. The script module keys.js
// does what it says.
func keyList() [][2]string {
	return [][2]string{
		{"j", "Next thread"}, {"k", "Previous thread"},
		{"Enter", "Open"}, {"u", "Back to the list"},
		{"a", "Approve it, or say that it was right"}, {"e", "Edit the proposal"},
		{"x", "Reject it, or say that it was wrong"}, {"r", "Reply"},
		{"Ctrl Enter", "Send"}, {"/", "Search"},
		{"g i", "Inbox"}, {"g t", "Tickets"},
		{"g b", "Bookings"}, {"g p", "Places"},
		{"g s", "SOPs"}, {"g d", "Decisions"},
		{"g r", "Reviews"}, {"g l", "Results"},
		{"s", "Skip a review"}, {"g y", "Memory"}, {"g w", "Autonomy"},
		{"?", "This list"}, {"Esc", "Close"},
	}
}

func splitKeys(s string) []string { return strings.Fields(s) }
