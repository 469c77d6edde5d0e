package phrase

import "testing"

func TestDangerIsCalledByItsKind(t *testing.T) {
	t.Parallel()
	for kind, texts := range map[Emergency][]string{
		EmergencyFire: {
			"there's smoke coming out of the projector", "FIRE in bay 2", "the pc is smoking", "Something is burning in here",
			"smells like burning plastic", "the outlet caught fire", "bay 4 is on fire!!", "fire alarm is going off", "no, fire! get someone",
			"I can't put out the fire", "projector started smoking", "there is a burning smell near the door", "hay fuego en la bahía 2",
			"hay mucho humo", "il y a le feu", "de la fumée sort du projecteur", "the cable is melting", "flames behind the screen", "call the fire department",
			"the place is on fire", "smoke everywhere", "help he's on fire",
			"theres smoke in bay 2", "smoke in here", "there is smoke in our room", "I see smoke outside", "smoke inside the sim", "lots of smoke on the ceiling", "black smoke outside the door", "electrical burning in the lobby",
		},
		EmergencyMedical: {
			"someone fell and is bleeding", "she hit her head", "my friend passed out", "he's not breathing", "my dad is having a heart attack",
			"I think he's having a stroke", "we need an ambulance", "Someone is hurt in bay 1", "my son got hit by a ball", "he hit me in the face with his club by accident",
			"broke my wrist on a swing", "she is unconscious", "kid got hit in the eye", "he's having a seizure", "guy collapsed in the lobby",
			"My wife fell down the steps", "there is blood on the floor of bay 3", "i cut my hand really bad", "chest pains", "he can't breathe", "allergic reaction, do you have an epipen",
			"my buddy fainted", "necesito una ambulancia", "mi amigo está herido", "il est blessé", "appelez une ambulance", "someone got injured", "he is choking", "help us please he isnt moving",
			"I dislocated my shoulder", "medical emergency in bay 5", "she slipped and hurt her back", "my husband is unresponsive",
			"a guy got hit in the head with a club", "a guy is lying on the floor", "man down in bay 2", "the projector fell on my friend", "ball hit me in the face", "club flew and hit my son", "tripped over the mat and fell", "my finger is caught in the door", "a ball hit my wife", "I feel dizzy", "TV fell on my kid", "he needs insulin", "my friend is throwing up", "got hurt by the swing gate",
			"my friend got hit with a club", "he was hit in the arm by my driver", "he got knocked out", "his lips are blue", "the glass broke and cut him", "my kid swallowed a tee", "she is having contractions", "no sé qué pasa, se desmayó y hay sangre",
		},
		EmergencySelfHarm: {"I want to kill myself", "my friend is suicidal", "i don't want to live anymore", "he says he wants to end his life", "quiero morir"},
		EmergencyViolence: {
			"two guys are fighting in the lobby", "he punched me", "someone is beating up a guy", "he said he'll kill you", "a fight broke out", "I was assaulted",
			"somebody got stabbed", "they are fighting each other", "he threatened to hit me", "someone has been shot", "he shoved my wife", "shots fired",
			"there's a fight", "theres a fight outside", "they are beating him", "guys are beating up somebody",
		},
		EmergencyThreat: {
			"someone is breaking in", "a man with a gun", "he has a knife", "there's a stranger outside trying to get in", "Do NOT unlock the door, a stranger is outside",
			"someone broke into the club", "call the police", "there is an intruder", "some guy is following me", "I don't feel safe here", "we're being robbed",
			"someone is banging on the door and yelling", "he's threatening us", "suspicious guy in the parking lot", "someone smashed the front window", "hay un ladrón", "il a un couteau",
			"somebody stole my clubs", "I'm scared, there's someone outside", "can you send the police", "there is a bomb", "he won't leave me alone", "someone broke in last night and trashed bay 2",
		},
		EmergencyTrapped: {
			"we are trapped", "I'm stuck in the elevator", "locked in the bathroom", "we can't get out", "the door won't let us out", "I am locked inside",
			"door won't open from the inside", "my kid is locked in the restroom", "estamos atrapados", "je suis coincé dans l'ascenseur", "cant get out of the building",
			"door wont open and we are inside", "the elevator is stuck with us inside", "the door does not open, I'm inside",
		},
		EmergencyHazard: {
			"I smell gas", "gas leak", "water is leaking from the ceiling", "door won't open, water is leaking", "the toilet is overflowing", "bay 2 is flooded",
			"I got shocked by the outlet", "sparks coming from the plug", "exposed wires by the tee", "ceiling tile is falling", "the carbon monoxide alarm beeps",
			"pipe burst", "rotten egg smell by the heater", "huele a gas", "water pouring through the roof",
		},
		EmergencyUnspecified: {"this is an emergency", "EMERGENCY!!", "SOS", "call 911", "9-1-1", "auxilio", "socorro", "au secours", "ayúdame por favor", "this is life or death", "à l'aide", "🆘"},
	} {
		for _, text := range texts {
			r := Read(text)
			if r.Emergency != kind {
				t.Errorf("%q: got %q (%q), want %q", text, r.Emergency, r.EmergencyWords, kind)
			}
			if r.Closer {
				t.Errorf("%q is an emergency and was taken for a closer", text)
			}
		}
	}
}

func TestIdiomsAndDenialsAreNoEmergency(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"that shot was fire", "killed it", "fire up the sim", "my back is killing me after 18", "heart attack putt", "this place is fire", "I'm on fire today",
		"can you fire up bay 3", "he's on fire tonight lol", "that playlist is straight fire", "you should fire the cleaner", "is there a fire pit outside", "the fire stick isn't working",
		"can I smoke outside", "is smoking allowed", "someone is smoking weed in bay 2", "it smells like cigarette smoke in here", "I smoked that drive", "no smoke, all fine",
		"there is no fire, false alarm", "nobody is hurt", "no one was injured", "not an emergency", "it's not an emergency but the screen froze", "nobody got hurt we are ok",
		"that putt almost gave me a heart attack", "I had a stroke penalty on 5", "how do I add a stroke of handicap", "two strokes behind", "I fell asleep in the lounge", "my wifi fell off",
		"it slipped my mind to cancel", "the pc is unresponsive", "touch screen unresponsive", "I choked on that putt", "choking under pressure lol", "light is bleeding through the curtain",
		"bloody screen froze again", "bleeding edge tech", "wouldn't hurt to add a fan", "my feelings are hurt", "hit the head cover", "the club head broke", "need to cancel my booking because of a knee injury",
		"want to break in my new driver", "the lip robbed me of a birdie", "$80 is robbery", "top gun", "don't jump the gun", "do you have a knife to cut the cake", "my secret weapon", "stranger things",
		"I bombed that drive", "absolute bomb", "gun it", "can't get out of the bunker", "cant get out of full screen", "the ball is stuck", "my ball is trapped in the sand", "I can't get out of this menu",
		"we are locked in for 7pm", "I'm locked in today", "stuck in traffic, running late", "where is the gas station", "ran out of gas", "the vending machine is out of water", "I hit it in the water",
		"water hazard isn't showing", "shocked at the price", "sparkling water?", "emergency exit light is out", "had a family emergency, need to reschedule", "what is the emergency contact number",
		"my Porsche 911 is in the lot", "necesito ayuda con el wifi", "bay 112", "text me at 512-911-4444", "the screen collapsed to a small window", "phone is dying, got a charger?", "projector is dead", "bay is dead",
		"the wifi is killing me", "that joke killed me", "how do I kill the music", "we need to kill time", "shooting 72 today", "nice shot", "shot tracking is off", "punch shot from the trees",
		"punch in the code doesn't work", "attack the pin", "fighting a slice all day", "fighting with the app again", "I'm dying to play Pebble", "dead center!", "steal of a deal", "beat my brother by 3",
		"the driver hits too high", "hitting it off the toe", "breaking 80 feels great", "the drive broke 300", "I broke my tee", "the clubs broke", "the code broke the app", "is the ac broken in bay 2",
		"just crushed a 300 yd drive", "my elbow is sore", "what a killer round", "dying laughing", "the screen burned in", "the flag won't move", "door is locked", "I'm locked out", "the door won't open", "can't get in",
		"call me", "bay 3 froze", "frozen screen", "the ball isn't registering", "doctor appointment, need to cancel", "I beat him", "my keys are locked in the car", "my phone is locked in bay 2", "trapped in the menu", "stuck inside the menu", "it's burning hot in here", "spilled water on the floor", "they stole our bay", "he is threatening to call his lawyer", "break in the schedule?", "what a bomb", "how do I hit the ball in the head", "battery died", "the tee fell", "bay 3 is down", "server is down", "my grandfather died, need to cancel", "trying to hit a draw", "the app kicked me out", "it kicked us off the session", "hitting my driver great", "cut my session short", "fire me over the code",
		"can i smoke in here", "is it ok to smoke inside", "can we smoke in the bay", "people smoke in the lobby", "do you have a smoke room", "there is a smoke free area", "we got knocked out of the bracket", "knocked out 9 holes in an hour",
		"door won't open", "door won't open and my clubs are inside", "we are inside", "the ball got hit by the club but did not register", "swallowed my pride", "he is beating me by 3", "beating him at golf", "the fight with the app", "got hit with a late fee",
	} {
		if r := Read(text); r.Emergency != EmergencyNone {
			t.Errorf("%q: got %q by %q, want none", text, r.Emergency, r.EmergencyWords)
		}
	}
}
