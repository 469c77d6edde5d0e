package pattern

import "strings"

// lightWords are function words, greetings and other words that any text may
// hold. They count a fifth: the frequency in a few hundred examples says too
// little about them.
var lightWords = set(`a an the this that these those it its is are was were be been being am im ive id ill i me my mine we us our ours you your
	u ur he she they them their his her of to in on at for with from by as and or but so if then than there here just also too very really
	do does did done doing has have had having will would shall should may might must what whats which who how hows when where wheres why
	can could hi hey hello yo please pls plz thanks thank thx ty guys sorry ok okay oh um well yes yeah not some any all thing something
	get got getting gets go going gonna want wanna need trying try tried now today tonight still again anyone someone somebody everyone
	about out up into over off down one another even like look looks seem seems says said say keep keeps let lets weve theres were youre
	know tell think possible way quick question maybe help guy folks team man sir morning afternoon evening good day much many more lot because since
	after before while until bay # am pm`)

var numberWords = set(`two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty first second third fourth fifth`)

// forms joins irregular forms, spellings and the synonyms of the trade that no
// stemmer can. The first word of a line is the one that the others become.
var forms = lines(`
not: no cant cannot wont doesnt dont didnt isnt arent wasnt werent havent hasnt couldnt never nothing none without aint nor unable neither
freeze: froze frozen freezes hung hangs hanging unresponsive
break: broke broken
lose: lost losing
leave: left leaving
forget: forgot forgotten
pay: paid
buy: bought
bring: brought
hear: heard
see: saw seen
bay: box sim sims simulator simulators bays booth
screen: display monitor screens displays
wifi: wi internet wireless
bathroom: restroom restrooms toilet toilets washroom loo bathrooms
computer: pc computers
light: lights lighting lamp lamps
cost: costs price prices priced pricing rates
temperature: thermostat temp
hot: warm heat
cold: freezing chilly
ac: aircon
guest: guests friends friend buddies buddy
lesson: lessons coach coaching coaches instructor instruction
receipt: receipts invoice invoices
reservation: reservations booking bookings
book: booked
reschedule: rescheduled rescheduling
membership: memberships member members
login: signin log logging logged sign signing
volume: loud louder
food: snacks snack eat eating
drink: drinks beverage beverages beer beers
rent: rental rentals renting borrow loaner hire
cancel: cancelled canceled cancellation cancelling canceling
close: closed closes closing
hour: hours hrs hr
minute: minutes mins min
dirty: filthy gross messy
spill: spilled spilt
`)

func lines(list string) map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(list, "\n") {
		if head, rest, ok := strings.Cut(line, ":"); ok {
			for _, w := range strings.Fields(rest) {
				m[w] = head
			}
		}
	}
	return m
}
