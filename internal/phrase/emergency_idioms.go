package phrase

// emergencyIdioms are phrases of everyday and golfers' talk in which the words
// of danger mean none. They hide their words from the likely tables only. An
// idiom is listed as narrowly as it is used: "that shot was fire", but never
// "was on fire".
var emergencyIdioms = compile(`
# fire: praise, firing up, firing people, things named after fire
that|thats|this|it|its|shot|shots|drive|drives|swing|place|setup|sim|sims|course|music|playlist|round|food|wings|new|you|youre|yall|guys|game|putt|hole|screen|vibe|vibes|app|spot|update|graphics|service is|are|was|were|be|looks|so|straight|pure|absolute|just|s? so|straight|pure|absolute|absolutely|actual|really|pretty|fucking|legit|literally? fire
thats|its|so|straight|pure|absolute|absolutely|literally fire
fire shot|drive|round|swing|playlist|setup|sim|place|music|emoji|pit|stick|tv|tablet|sale|wall|drill|exit|truck|ant|ants|ball|hydrant|door|doors|lane
fire .. up
fire|fires|firing|fired away|off|over|me|at|it
fire him|her|them|you|whoever|your|that|this|the manager|guy|person|cleaner|staff|bot|coach
should|gonna|to fire <person>|your|you|the
kindle|amazon fire
playing|play with fire
ring of fire
balls of fire
light|lit a fire under
im|hes|shes|were|youre|theyre|guys|swing|putter|driver|irons|game|am|you|putting|you all on fire
on fire today|tonight|lately|this|with|from|off
i am on fire
we are on fire
cease|open fire
# smoke: tobacco, big hits
smoke break|area|outside|shop|show|signals|machine|weed|pot|free|you|him|them|it|that|cigars|cigar|cigarettes|cigarette|this|a|one|some|section|room|your|my
cigarette|cigar|weed|vape|pot|marijuana|tobacco|holy|cigarettes|cigars|hookah|skunk smoke|smokey
can|could|may|to|go|went|gonna|allowed|do|i|we|you|people|guys|ok|please|someone|not|no smoke|smoking
a|for|having|grab|grabbing|quick smoke break|outside|real|quick|before
have|grab|for|quick a? smoke
no smoking
smoke|smoking allowed|policy|rules|section|area|drivers|hot|weed|pot|cigars|cigarettes|a|the|it
where .. smoke
burning hot|up
burning question|questions|calories|rubber|daylight|through|time|money|a|out
its|it|that|screen|monitor|projector|tv burning|burned|burnt in
# medical: golfers' hyperbole, club heads, strokes
heart attack putt|putts|hole|par|golf|shot|moment|territory|burger|sandwich
give|gave|giving|gives|nearly|almost|near .. heart attack
nearly|almost had|having .. heart attack
bleeding edge|into|over|through
light|lights|color|colour|colors|sound|audio|music|noise|picture|image|hemorrhaging bleeding|bleed|bleeds|bleeding
light|sound|audio|color|colour|noise <is> bleeding
bad|young|new|fresh|first|blue blood
blood sweat|bath|brothers|pressure|moon|type|orange
bloody hell|brilliant|good|great|mary|marys|awful|thing|computer|screen|door|app|bot|useless|annoying|bay|wifi|system|machine|code|ball|brilliant|ridiculous|works|not|slow|cold|hot|nightmare|well|frozen
a stroke lead|penalty|advantage|ahead|behind|off|better|back|per|play|of
had|has|having a? stroke of|play|lead|penalty|advantage|index|on|ahead|behind|back
choking on|under .. putts|putt|pressure|lead|shots|back|drives|chips
choke|choking|choked .. lead|putt|putts|today|18|pressure|again lol
injury reserve|report|time|prone|free|history
old|previous|past|recovering|recovered|back|coming|due|because .. injury|injuries|injured
cancel|reschedule|pause|freeze|hold|suspend|refund|credit|rehab|physio|membership .... injury|injured|ambulance|hurt|surgery|broken|broke|fractured|sprained|blood
faint|fainting line|lines|picture|image|sound|signal|of|outline
fell|fallen asleep|behind|through|short|love|apart|out|off
fell in love
slipped .. mind
knocked out of|9|18|nine|eighteen|some
fight song|music|night|club
beating me|us|him|her by
beating me|us|him|her at golf|putting|this|pebble
slipped|tripped up|out|breaker|breakers
tripped the? breaker|fuse|circuit|alarm
has|it tripped
screen|net|tee|chair|sofa|couch|shelf|menu|mat|app|table|stand|sign|swing|phone|sensor|camera|tablet|remote|curtain|poster|ball|price|club|bag .. collapsed|fell|fallen|slipped
hurt|hurts|hurting to|my|his|our|your|their|nothing|anything|feelings|wallet|ego|pride|feeling|score|handicap
feelings|feeling|ego|pride|wallet|score|handicap .. hurt
wont|wouldnt|doesnt|not|couldnt|cant|never|didnt hurt|hurting
doctor appointment|appt|visit
hit the head|face of|cover
club|clubs|driver|putter|iron|wedge head|heads|face|faces
club|clubs|ball|driver|putter|iron|wedge|tee broke|broken|cut|fell
hit .. club|clubhead|driver|iron|wedge|putter|ball head|face
hitting|hit the ball|it|balls|driver|them|irons .. face|head|neck|nose|toe|heel|on|in
hit|hitting .. off|on|in the toe|neck|nose|face of
panic attack putt
im|were|i|we dying to|for|laughing|of|here|lol|haha
dying|dead laughing|lol|haha|serious|tired|silent|quiet|battery|zone|spot|center|straight|last|pixel|pixels|on
im|were|i|we .. dead|dying
hes|shes dead to
battery|bay|screen|phone|pc|remote|computer|mouse|keyboard|it|its|wifi|projector|sensor|unit|place .. dead|dying
my|the dog|phone|battery|back <is>? dying|dead
cut me off
cut|cuts|cutting my|our|the time|session|booking|hour
# threat: new clubs, golf talk, alarms
break|breaking|broke in|into my|our|a|the|these|some|new|those|his|her new|driver|clubs|shoes|irons|putter|wedge|wedges|set|glove|80|80s|90|90s|70s|100
break|breaking in new|these|those
break|breaking into the? 70s|80s|90s|100s|top|song|dance
break in the|my|our schedule|action|play|weather|music|day
fashion|grammar|fun police
break|breaks|broke|breaking in play|between|action|conversation
robbed|robbing me|us|of|by|on|him|from .. birdie|eagle|par|putt|hole|cup|lip|ace|shot|distance|yards|bounce|points|sim|simulator|software|strike
got|was|were|i|we robbed of|by|on
highway|daylight robbery
thats|price|prices|its|this|is robbery
gun it|metal|shy|range|slinger|ho
top|young|big|jump|jumping|jumped|glue|heat|nail|nerf|massage|radar|speed|massage|spray|staple|water|the|scanner|barcode the? gun|guns
gun to my|your head
knife to cut|slice|open|for|cut|and
need|have|borrow|got|is|any|a .. knife for|to .. cut|cake|slice|pizza|food|open|lime|box
butter|cake|putty|pocket|pizza knife
secret|best|favorite|favourite weapon
weapon of
no|any stranger|strangers to
stranger things|than
triple|double|threat|real|scoring threat|threats
threat to win|score|birdie
bomb putt|drive|drives|it|shot|driver|down|dot
hit|hitting|dropped|drop|absolute|photo|what a|an|the|absolute? bomb|bombs
bath|photo bomb
<other> break|broke|broken in|into the? 70s|80s|90s
broken|broke in|into bay|the half|two|pieces|middle|three|app|menu
broke|broken in bay|half|two|pieces|the|3|2|1|4|5|6
steal|stole|stealing|stolen our|my|the bay|slot|spot|time|session|booking|parking
threatening .. lawyer|review|sue|reviews
steal|stole|stealing the? show|birdie|win|hole|spotlight|deal|thunder
not safe|sure
scared of|that|it|i|about|to .. miss|lose|break|hit|water|bunker|putt|booking|charged
# trapped: golf hazards and menus
cant|cannot|couldnt|unable .. get|getting out of .. bunker|rough|sand|trap|screen|menu|game|course|round|app|mode|fullscreen|full|practice|range|it|water|woods|trees|settings|window|program|setup|calibration|tournament|my|login|page|slump|bed|work|booking
cant|cannot|couldnt get out till|until|before|today|tonight|there|on|much|golfing
ball|balls|club|tee|puck|remote|phone|disc|card .. trapped
sand|ball trapped
locked in today|tonight|now|with|on|at|my|for|mentally|rates|rate|price|pricing
im|were|am locked in
key|keys|phone|clubs|bag|jacket|wallet|purse|stuff|things|putter|car|remote|coat|card|charger|shoes <is>? locked|trapped|stuck in|inside
stuck|trapped|locked in|inside|on .. menu|loading|page|game|sand|bunker|rough|app|mode|tutorial|screen|hole|update|login|round
# hazards: petrol, golf, taste
gas station|pedal|money|tank|price|prices|grill|fee|fees
hit|out|full|stepped|no .. gas
oil|info|news|data|memory leak|leaked|leaks
leak|leaking oil|shots|strokes|right|left|points|money
take|taking|need|have|going a? leak
leaks|leaking|leak .. right|left|strokes
flood light|lights|of|gate
inbox|phone|texts .. flooded
coffee|drink|water|soda|beer|ice machine|dispenser|bottle|bottles|fountain|hazard|cooler
in|over|hits|hit|into|penalty|found|cleared|the water
spilled|spilt|spill|spilling .. water .. floor|mat|turf|couch|seat
feu rouge|vert|artifice
water .. shot|drop|hole|penalty|hazard
shocked|shocking at|that|how|by|about .. price|prices|cost|costs|score|service|charge|bill|fee|rate|rates|good|bad|nice|clean|fast|much|expensive
shocked that|how
so|pretty|really|quite shocked
spark|sparks interest|plug|notes
exploded|explode|explosion out|off|shot|of
loose wires|wire connection
# unspecified
emergency contact|contacts|exit|exits|light|lights|fund|number|meeting|at|family|came|come
family|work|personal|in|non|vet|dental|childcare|had|not emergency
no|not .. emergency
case of? .. emergency
porsche|my 911
kicked|kicks|kicking|booted me|us|him|her .. out|off|from
grabbed me|us a|some
kick|kicking myself|my
ayuda con|para|de
dangerous dan|game|player
in danger of
danger zone
`)
