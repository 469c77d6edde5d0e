package knowledge

import "slices"

// Variable is something a template may name. Where OfPlace is true its value is the location's
// details under the same name; otherwise it comes from the matter's context rows.
type Variable struct {
	Name        string
	Description string
	OfPlace     bool
	Secret      bool // only for people the club knows; never in logs
	Example     string
}

// Variables lists everything a template may name. The list is closed.
func Variables() []Variable {
	context := func(name, description, example string) Variable {
		return Variable{Name: name, Description: description, Example: example}
	}
	setting := func(name, description, example string) Variable {
		return Variable{Name: name, Description: description, Example: example, OfPlace: true}
	}
	return []Variable{
		context("member_first_name", "the member's first name", "Alex"),
		context("location", "the location's name", "Northside"),
		context("bay", "the bay's name as the club writes it", "Bay 3"),
		context("door", "the door's name, to stand after “the”", "front door"),
		context("booking_start", "when the booking starts, by the location's clock", "7:00 pm"),
		context("booking_end", "when the booking ends, by the location's clock", "8:30 pm"),
		context("report", "what a device, a door or a booking system reported, with its place", "Bay 3 PC went offline, Bay 3 at Northside"),
		context("operator", "the first name of the person who answers", "Sam"),

		setting("club_name", "the club's name", "Fairway Club"),
		setting("club_phone", "a number that a person answers", "+1 555 010 0199"),
		setting("club_email", "the club's e-mail address", "hello@fairway.example"),
		setting("address", "the location's address", "12 Mill Lane"),
		setting("emergency_number", "the emergency number of the country", "911"),
		setting("booking_url", "where members book and change bookings", "fairway.example/book"),
		setting("wifi_name", "the network for members", "Fairway-Guest"),
		{Name: "wifi_password", Description: "its password", OfPlace: true, Secret: true, Example: "birdie2026"},
		setting("opening_hours", "a sentence on opening hours", "We are open 24 hours a day, 7 days a week."),
		setting("staffed_hours", "a sentence on when people are on site", "Someone is on site Saturdays from 10 am to 2 pm."),
		setting("parking", "a sentence on parking", "Parking is free behind the building."),
		setting("restrooms", "a sentence on where the restrooms are", "The restrooms are down the hall on the left."),
		setting("food_and_drink", "a sentence on food and drink", "Bring your own snacks and soft drinks; there is a vending machine by the door."),
		setting("rental_clubs", "a sentence on clubs for rent", "There is a right-handed and a left-handed set in the rack by the entrance, free to use."),
		setting("prices", "a sentence on prices", "Bays are $35 an hour off-peak and $45 at peak, for up to four players."),
		setting("memberships", "a sentence on memberships", "Memberships start at $99 a month with 6 hours included."),
		setting("gift_cards", "a sentence on gift cards", "Gift cards of any amount are at fairway.example/gift."),
		setting("lessons", "a sentence on lessons", "Our coach Robin teaches on Tuesdays and Thursdays."),
		setting("cancellation_policy", "a sentence on cancelling", "You can cancel free of charge up to 24 hours before the start."),
		setting("guest_policy", "a sentence on guests", "Up to three guests may join you at no extra cost."),
	}
}

// FindVariable returns the variable of that name.
func FindVariable(name string) (Variable, bool) {
	vars := Variables()
	i := slices.IndexFunc(vars, func(v Variable) bool { return v.Name == name })
	if i < 0 {
		return Variable{}, false
	}
	return vars[i], true
}

func variableNames() []string {
	var out []string
	for _, v := range Variables() {
		out = append(out, v.Name)
	}
	return out
}

// suggest returns " (did you mean x?)" for the option nearest to word, "" when none is near.
func suggest(word string, options []string) string {
	best, at := 4, ""
	for _, o := range options {
		if d := distance(word, o); d < best && d <= len(o)/2 {
			best, at = d, o
		}
	}
	if at == "" {
		return ""
	}
	return " (did you mean " + at + "?)"
}

// distance is Levenshtein's, in bytes, for words of up to 64.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[len(b)]
}
