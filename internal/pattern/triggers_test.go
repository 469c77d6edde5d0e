package pattern

import "strings"

// triggers are the training texts of the accuracy test, written for it: one
// label a line, examples separated by bars.
const triggers = `
frozen_screen: the screen is frozen | screen froze | our bay froze | trackman is frozen | simulator stuck on loading | everything froze up | game is not responding | screen locked up mid round | the computer crashed
ball_not_registering: ball not registering | it's not picking up my shots | the sensor doesn't read the ball | shots are not tracking | hit the ball and nothing happens | it misses every other swing | radar not detecting shots | swing isn't recorded
side_screens_black: side screens are black | the left screen is off | right side display is blank | only the middle screen works | side monitors have no picture
projector_dim: projector is off | projector image is blurry | the projector is not turning on | picture is dim | projector is out of focus | image is crooked on the wall | no picture on the main screen
login_qr: qr code doesn't work | can't log in to trackman | how do I sign in | the login qr won't scan | can't log into my account on the sim | where do I scan the qr code | app login fails
door_wont_open: the door won't open | I can't get in | locked out | my door code isn't working | front door is locked | unlock the door please | can you let us in | outside and the door doesn't unlock | access code not accepted
wifi_password: what's the wifi password | wifi code | how do I connect to the wifi | is there internet for guests | wifi login | need the wireless password
clubs_rent: do you have clubs to rent | can I borrow clubs | rental clubs available | do you have left handed clubs | need to rent a set | are clubs provided | do I have to bring my own clubs
how_long_18: how long does 18 holes take | how much time for 18 holes | how long is a round for two people | how many hours should we book for four players | time needed to play a full round
booking_change: change my booking | move my reservation to tomorrow | can I reschedule | switch my tee time to 7pm | need a different time slot | push my booking back an hour | swap to another day
booking_cancel: cancel my booking | I need to cancel my reservation | can't make it tonight please cancel | how do I cancel | cancel tee time | we are not coming anymore
booking_extend: can we extend our time | add another hour | we want to stay longer | extend my session | is the bay free after us so we can keep playing | need 30 more minutes
booking_new: how do I book a bay | I want to make a reservation | book a bay for saturday | any openings tonight | is there a bay available at 6 | can I reserve a sim
refund: I want a refund | can I get my money back | refund my session | we lost half an hour can you credit us | please refund the booking | want compensation for lost time
double_charge: I was charged twice | wrong amount on my card | why was I charged | there is an extra charge on my account | overcharged for the session | my card was billed double
payment_failed: my payment won't go through | card declined | can't pay | checkout doesn't work | it won't accept my credit card
gift_card: how do I use a gift card | do you sell gift cards | buy a gift card | gift certificate balance | redeem my voucher | gift card code not working
promo_code: promo code isn't working | do you have any discounts | student discount | coupon code | is there a first time offer | any deals
noise: the people next door are too loud | noisy group in the next bay | neighbours are shouting | too much noise | loud party beside us
lights_off: lights are off | how do I turn on the lights | the lights went out in our bay | lights too bright can you dim them | light switch
cleaning: the bay is dirty | someone spilled a drink | trash is overflowing in the bay | there's a mess on the floor | floor is sticky | bay needs cleaning | garbage bin is full
lost_property: I left my jacket | did anyone find my glove | lost my phone there last night | I forgot my putter | lost and found | left my wallet in bay 2
prices: how much does it cost | what are your prices | price per hour | hourly rate | how much is a bay on weekends | peak rates
membership: how do I become a member | membership options | what does membership include | join the club | membership benefits | monthly plan
membership_cancel: cancel my membership | I want to pause my membership | freeze my membership | stop my monthly subscription | end my membership
hours: what time do you close | are you open today | opening hours | what are your hours | open on holidays | are you open 24 hours
parking: where do I park | is there parking | parking garage | is parking free | can I park behind the building | parking spot
bathroom: where is the bathroom | is there a restroom | bathroom is out of toilet paper | bathroom code | toilet is clogged | no soap in the restroom
food: do you have food | can we bring our own food | is there a kitchen | can I order food | snacks for sale | outside food allowed
alcohol: do you serve beer | can we bring our own alcohol | is there a bar | byob | can we drink beer in the bay | do you have drinks
music: how do I play music | connect my phone to the speaker | bluetooth speaker | turn the music down | music is too loud | change the playlist | volume control
no_sound: there is no sound | no audio from the sim | sound isn't working | can't hear the ball sounds | speakers are silent
temperature: it's too hot in here | it is freezing in the bay | turn up the heat | how do I change the thermostat | can you turn on the ac | air conditioning
guest_policy: can I bring a guest | how many people can be in a bay | is there a guest fee | can my friends come watch | maximum players per bay | do guests pay
kids: are kids allowed | can I bring my children | minimum age to play | junior clubs for kids | is it family friendly | can my son play
lessons: do you offer lessons | book a lesson | golf coach available | swing coaching for beginners | lesson prices | do you have a golf pro
invoice: can I get an invoice | need a receipt | send me the receipt | receipt for my company | email me an invoice | vat invoice
events: can I book a birthday party | corporate event | rent the whole place | group booking for 20 people | private party | host a company outing
league: do you have a league | how do I join the league | tournament signup | winter league schedule | league standings
change_course: how do I change the course | select another golf course | how do I play pebble beach | switch to driving range mode | which courses do you have | start a new round
settings_tee: how do I set the tee height | change from metric to yards | turn off gimmes | how do I add a player | change handicap settings | take a mulligan | change player name
balls_missing: there are no balls in the bay | out of golf balls | need more balls | no tees left | where are the tees | balls are missing
ball_stuck: ball stuck in the ceiling | ball went behind the screen | ball is stuck in the net | lost the ball under the turf
mat_worn: the hitting mat is torn | turf is ripped | mat keeps moving | strike mat worn out | hole in the impact screen | screen is ripped
directions: where are you located | what's your address | how do I find the entrance | which building is it | which door do I use | directions to the club
video_replay: can I get a video of my swing | swing camera not recording | how do I see my replay | where is my shot data | send me my stats | export my session data
early_arrival: can we come in early | I'm here 15 minutes early can I get in | running late | we will be late for our booking | how early can I enter | I'm stuck in traffic will I lose my time
`

// heldOut are paraphrases that the matcher was not trained on.
const heldOut = `
frozen_screen: hey the trackman just froze on us | our screen is totally frozen in bay 4 | sim has been stuck loading for 10 min | computer locked up | teh screen is frozn | it crashed in the middle of our round | bay 2 froze again
ball_not_registering: it isn't picking up the ball | trackman not reading my shots | swings aren't registering | the radar does not detect my ball | my shots don't track | sensor missed my last 5 shots
side_screens_black: the side screens went black | both side displays are blank | left side monitor is black | right screen has no picture
projector_dim: the projector wont turn on | image from the projector is very blurry | projector out of focus in bay 3 | main screen has no picture
login_qr: the QR code isn't scanning | I cannot log in to the trackman | how do i log into the sim | qr won't scan | login does not work in bay 1
door_wont_open: we're outside and can't get in | door code doesn't work | the front door won't unlock | please open the door | im locked out | can someone let me in please | the access code is not working | door is still locked
wifi_password: wifi password? | what is the password for the wi-fi | can you send me the wifi code | how can I get on the wifi | whats the internet password
clubs_rent: can we rent clubs there | do you guys have rental clubs | do you have lefty clubs to borrow | do I need to bring clubs | are there clubs we can use
how_long_18: how long would 18 holes take for 2 people | how long for 18 | how many hours do we need for 18 holes with 4 players | how much time does a full round need
booking_change: I need to reschedule my booking | can you move my tee time to 8 | change reservation to friday | can I switch my booking to another time
booking_cancel: please cancel my reservation for tonight | need to cancel our tee time | how can I cancel a booking | we can't make it, cancel please
booking_extend: can we add an hour | any way to extend our session | could we stay a bit longer | can I extend my booking by 30 minutes
booking_new: I'd like to book a bay for tonight | can I make a reservation for friday | do you have any bay available this evening | how do i reserve a bay
refund: can you refund me | I'd like my money back please | we want a refund for the lost time | can I get a credit for the half hour we lost
double_charge: I got charged twice for my session | you charged my card double | why is there an extra charge on my card
payment_failed: my card keeps getting declined | payment doesn't go through | the checkout isn't working
gift_card: can I buy a gift card | how to redeem a gift card | where do I enter my gift card
promo_code: my promo code doesn't work | is there a student discount | any discounts available
noise: next bay is super loud | the group beside us is really noisy | people in the next bay are shouting
lights_off: the lights in our bay are off | how do I turn the lights on | can you dim the lights
cleaning: our bay is filthy | somebody spilled beer on the floor | trash can is full | the floor is all sticky
lost_property: I think I left my jacket in bay 3 | I lost my glove last night | did you find a wallet | I forgot my phone there
prices: how much is it per hour | what's the price for an hour | what are the weekend rates | how much do you charge for a bay
membership: I want to become a member | what are the membership options | whats included in the membership
membership_cancel: I'd like to cancel my membership | how do I pause my membership | please end my monthly subscription
hours: when do you close | are you guys open on sunday | what are your opening hours | till what time are you open
parking: where should we park | is there free parking | do you have a parking lot
bathroom: where's the restroom | bathroom has no toilet paper | what's the code for the bathroom | the toilet is clogged
food: can we bring food | do you guys have snacks | is it ok to bring our own food
alcohol: can we bring beer | do you sell beer | is it byob | are we allowed to bring our own drinks
music: how do I connect to the bluetooth speaker | the music is way too loud | can I play my own music | how to change the volume
no_sound: no sound in bay 3 | we don't have any audio | sound not working | the speakers don't work
temperature: its really hot in here can you turn on the ac | it's too cold in bay 2 | how do I adjust the thermostat | can you turn the heat up
guest_policy: can I bring guests | how many people are allowed per bay | do my guests have to pay | what's the max number of players in a bay
kids: can kids come | are children allowed | what's the minimum age | can I bring my kids
lessons: do you have lessons | I want to book a golf lesson | is there a coach | how much are lessons
invoice: can you send me a receipt | I need an invoice for my company | please email me the receipt
events: we want to host a birthday party | do you do corporate events | can we rent the entire place for a private party
league: how can I sign up for the league | is there a winter league | where can I see the league standings
change_course: how can I change courses | how do we switch to the driving range | can I play pebble beach
settings_tee: how to add another player | how do I change the tee height | how do we take a mulligan | switch from meters to yards
balls_missing: there aren't any balls in bay 2 | we need more golf balls | no tees in the bay
ball_stuck: our ball is stuck behind the screen | a ball got stuck in the net | ball is stuck up in the ceiling
mat_worn: the mat is ripped | there's a hole in the impact screen | turf is torn in bay 1
directions: what is the address | where is the entrance | where are you guys located
video_replay: can you send my session data | how do I watch the replay of my swing | swing camera doesn't record
early_arrival: can I come in early | we're running 10 minutes late | I'm early can I get in now
`

// outOfScope are texts that no label is about: small talk, other businesses,
// other languages, gibberish, and words of golf without a matter for the club.
const outOfScope = `
what's the weather
do you sell hot dogs
asdfghjkl
qwe rty uio
lol
who won the masters in 1997
tell me a joke
what is the capital of france
my cat is sick
happy birthday mom
are you going to dinner with grandma
your package has been delivered
you have won a free iphone click here
earn $5000 a week from home
vote for candidate smith on tuesday
can you pick up milk on your way home
¿dónde está la biblioteca?
je voudrais un croissant
wo ist der bahnhof
明日の天気はどうですか
привет как дела
مرحبا كيف حالك
what's the meaning of life
the stock market fell again
did you see the game last night
how tall is mount everest
i love you
see you at church on sunday
hello
hi there
good evening
this is john
ok
yes
no
the quick brown fox
lorem ipsum dolor sit amet
my flight is delayed
dentist appointment at 3
happy new year
congrats on the promotion
what did the doctor say
send nudes
the kids have school tomorrow
do you want to buy my car
is this still for sale
your verification code is ready
reply stop to unsubscribe
your uber is arriving
pizza is on the way
are we still on for lunch
i will call you later
how is your mother
translate this into german
write me a poem about winter
what is 12 times 14
solve x squared plus 5
recipe for banana bread
the dog ate my homework
my boss is so annoying
the traffic is crazy today
he shot a 72 yesterday
tiger woods is amazing
nice weather for a walk
do you believe in ghosts
what's your favorite movie
when is easter this year
who are you voting for
my laptop battery is low
how do i cook rice
is santa real
zzzzzz
????
...
👍
1234
blah blah blah
xkcd qvnt zmrw
cancel culture is weird
the door to success is hard work
my refrigerator makes ice
i got a new puppy
how's the family
best wishes from paris
the train leaves at noon
i am allergic to peanuts
what a beautiful sunset
`

type labelled struct{ label, text string }

func parseLabelled(list string) []labelled {
	var out []labelled
	for _, line := range strings.Split(strings.TrimSpace(list), "\n") {
		label, texts, _ := strings.Cut(line, ":")
		for _, text := range strings.Split(texts, "|") {
			out = append(out, labelled{label, strings.TrimSpace(text)})
		}
	}
	return out
}

func clubExamples() []Trigger {
	var out []Trigger
	for _, l := range parseLabelled(triggers) {
		out = append(out, Trigger{Label: l.label, Text: l.text, Mode: Similar})
	}
	return out
}

func unrelated() []string { return strings.Split(strings.TrimSpace(outOfScope), "\n") }
