package pattern

import "strings"

// strangers are texts about nothing that a club has a procedure for. A matcher
// learns from them what "none of these" looks like before it has seen one live
// (outlier exposure: Hendrycks, Mazeika, Dietterich 2019). A procedure about such a
// matter still wins: its own triggers are nearer.
func strangers() []Example {
	var out []Example
	for _, line := range strings.Split(strings.TrimSpace(strangerTexts), "\n") {
		out = append(out, Example{Event: Event{Text: line}})
	}
	return out
}

const strangerTexts = `
good luck with everything
hope you are having a great week
sounds good to me
see you there
be right back
no worries at all
haha that is hilarious
I think so too
I'm crushing it tonight, two eagles already
we are killing it out here, best round ever
my swing is on fire lately
that putt was insane
he just hit a hole in one, unbelievable
she beat me by four strokes again
what a shot, dead center
you should have seen my drive
I shot my lowest score this season
lost three dollars to my brother in law
who is playing in the tournament this weekend
did the team win yesterday
the referee was terrible
I can't believe they traded him
what is the tallest building in the world
how many ounces are in a pound
who wrote that song about the river
when was the war over
how do you spell necessary
explain photosynthesis to me
what language do they speak in brazil
convert miles to kilometers
give me a recipe for soup
which planet is the largest
set an alarm for six
remind me to water the plants
turn left at the next corner
how far is the airport
book me a flight to denver
what is my bank balance
transfer fifty to savings
order more paper towels
your appointment with the doctor is confirmed
your order has shipped and will arrive monday
final notice about your car warranty
you qualify for a loan, apply here
limited offer, buy one get one free
please rate our service
your password reset link
click the link to claim your prize
we are hiring drivers in your area
donate to our campaign
the baby finally slept through the night
my sister is getting married in june
dinner is at our place on friday
pick up the kids after practice
grandpa is in the hospital
the car needs new tires
rent is due on the first
I start my new job next month
our dog ran away
the neighbor's cat is in our yard
it has been raining all day
so much snow on the roads
what a lovely evening
the concert was amazing
have you read this book
that movie made me cry
I need a new haircut
my back hurts from gardening
can you send me the notes from class
the meeting was moved to thursday
the printer at the office is jammed
the report is due tomorrow
my phone screen is cracked
I forgot to feed the fish
they are opening a bakery downtown
the gas station was out of diesel
he opened a new chapter in his life
the case is closed
time flies when you are having fun
keep the change
practice makes perfect
better late than never
lalala
qwerty
hmmmm
buenos dias, como esta la familia
merci beaucoup et bonne journee
danke, bis morgen
`
