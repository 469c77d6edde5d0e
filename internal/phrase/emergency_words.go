package phrase

// The words of each kind of emergency. The three tables of a rule are read
// together with emergency_idioms.go. Spanish and French hold the basic words
// only: whoever writes more in those languages reaches a person anyway.
var emergencyRules = []emergencyRule{
	{EmergencyFire, compile(`
help|ambulance|911 .. on fire
caught|catching|catches fire
house|building|bay|room|kitchen|roof|car|lobby on fire
call .. fire department|dept|brigade
burning smell
smell|smells|smelling .. burning|burnt
fire alarm .. going|went|ringing|sounding|blaring
theres|see|saw|seeing smoke
there is|was smoke in|on|at|by|near|from|coming|everywhere|outside|inside
lot|lots|full|filled of|with smoke
black|white|grey|gray|thick|heavy|dark smoke
`), compile(`
fire|fires|flames|smoke|smokey|smoky|inferno
is|are|was on fire
<device> <is>? smoking|burning|melting
<device> <is> .. smoking|flames|melting
something|somethings <is>? burning|burnt
electrical|plastic|rubber smell|burning
burned|burnt|melted outlet|plug|socket|cable|wire|cord
fuego|incendio|humo|quemando|quemandose|llamas|bomberos
feu|incendie|fumee|brule|flammes|pompiers
firefighters|firefighter|firemen
`)},
	{EmergencyMedical, compile(`
not|isnt|stopped|cant|cannot|hardly|barely|cant breathe|breathing
can not breathe
trouble|difficulty|hard|struggling .. breathing|breathe|breath
call|calling|need|get|send .. ambulance|paramedic|paramedics|medic|doctor
fell|fallen|falling|slipped|tripped .. bleeding|unconscious|hurt|injured|head
<person> isnt|not|wont|doesnt|aint moving|move|responding|respond|answering|wake|waking|conscious|breathing
wont|isnt|not wake|waking up
not conscious
tripped|slipped .... fell
hit|hits|struck|smacked|whacked me|him|her|someone|somebody|us in the? head|face|eye|eyes|throat|neck|mouth|nose|temple|teeth|chest|stomach|leg|knee
hit|hits|struck my|his|her|a|our <kin> .. in|on the? head|face|eye|eyes|throat|neck|mouth|nose|temple|teeth
ball|club|driver|clubhead|putter|iron|projector|screen|tv|panel|frame|tile .. hit|hits|struck me|him|her|us|someone|somebody
ball|club|driver|clubhead|putter|iron|projector|screen|tv|panel|frame|tile .. hit|hits|struck my|his|her|our|a|the <kin>
fell|fallen|collapsed|landed on|onto me|him|her|us|someone|somebody|people
fell|fallen|collapsed|landed on|onto my|his|her|our|a|the <kin>|<body>
<person>|he|grandma .. laying|lying .. floor|ground
<person>|<kin> got|was|been|gets|is hit|struck|smacked|whacked .... by|with a|the|his|her|my|our|their? golf? club|driver|putter|iron|wedge|wood|ball
lips .. blue
glass|mirror|bottle .. cut me|him|her|us|my|his
swallowed a|an|the|some|something tee|ball|coin|battery|pill|pills|magnet|glass|bleach
contractions
no puede|puedo respirar
ne respire pas|plus
no respira
`), compile(`
ambulance|ambulances|paramedic|paramedics|ambulancia
medical emergency|help|attention|assistance
injured|injury|injuries|unconscious|seizure|seizures|seizing|convulsing|concussion|concussed
bleeding|bleed|blood|bloody
heart attack
cardiac arrest
having|had|having|has|suffered a? stroke
allergic reaction
anaphyla*
epipen
overdose|overdosed|overdosing
chest pain|pains|hurts|tightness
fainted|fainting|faint|choking|electrocuted
passed out
<person> <is>? unresponsive|vomiting|collapsed|dizzy|choking
collapsed
<person> .. fell|fallen|slipped|tripped|hurt
someone|somebody|man|woman|person|player down
fell down|hard
knocked out
got|been hurt
throwing|threw up
<body> <is>? stuck|caught|trapped|pinched in|under|between
dizzy|lightheaded
cant|cannot feel my|his|her <body>|legs|arms
<other>|she|shes died|dying
bit|bitten|stung me|him|her|by|my
sting|stung .. allergic
poison|poisoned|poisoning|insulin|nosebleed
hurt myself|himself|herself|themselves|themself|someone|somebody|themselves
<person> <is> .. hurt
cut|burned|burnt|stabbed myself|himself|herself
hit|hits|hitting|bumped|banged|smacked|cracked|hurt|split|whacked|smashed his|her|my|their|hes head|face|eye|eyes|mouth|nose|teeth|knee
hit|struck|smacked|whacked .. in|on the head|face|eye|neck|throat|temple|mouth|chest|nose|teeth
hit|struck by a? ball|club|golf|driver
broke|broken|fractured|sprained|dislocated|twisted|crushed|burned|sliced|tore|snapped|cut <their> <body>
broken|fractured|dislocated|sprained <body>
cut .. <body> .. open|deep|badly|bad
need|needs stitches
diabetic|asthma|panic attack|shock|emergency
low blood sugar
inhaler
head injury|wound
wound|wounded
<person> <is>? dying|dead|poisoned
herido|herida|heridos|lastimado|lastimada|lesionado|lesionada|sangre|sangrando|sangra|desmayo|desmayado|desmayada
ataque al corazon
me cai
se cayo|lastimo|corto|golpeo|desmayo
blesse|blessee|blesses|saigne|evanoui|evanouie|infarctus
crise cardiaque
medecin|samu
`)},
	{EmergencySelfHarm, compile(`
suicide|suicidal
kill|killing|harm|harming myself
end my|his|her life
end it all
want|wants|wanna|wanted to? die
take|taking my|his|her own? life
dont|not want|wanna to? live|exist anymore|any?
dont|not want|wanna to? be alive
better off dead
no reason to live
self harm
selfharm
want|wants|wanna|going|gonna|might|will to? hurt myself
me quiero matar|morir
quiero morir|morirme|matarme
veux mourir
me suicider
suicidarme|suicidio
`), noWords},
	{EmergencyViolence, compile(`
fighting .. each other
knife to .. throat|neck
shots fired
active shooter
domestic violence|abuse
fight broke out
`), compile(`
assault|assaulted|assaulting|molested|raped|rape|rapist|strangling|strangled
fist|fistfight|physical fight|fighting|altercation
fistfight|brawl|fistfights
a|big|huge|physical fight in|at|outside|inside|between|going|happening|here
people|guys|men|they|customers|members|theyre|teenagers|kids|two are? fighting
<other> <is> fighting
started|starting|getting|got in|into|a .. fight
punched|punching|slapped|slapping|kicked|kicking|attacked|attacking|choked|choking|shoved|grabbed|grabbing|hitting me|him|her|us|someone|somebody|people|them|another
punched|punching|slapped|slapping|kicked|kicking|attacked|attacking|choked|choking|shoved|grabbed|grabbing|hitting|beating my|his|her|their|a|the wife|girlfriend|husband|boyfriend|friend|son|daughter|kid|dad|mom|brother|guy|man|woman|girl|boy|member|guest
<other> <is> beating
theres|there|is a? fight|brawl
they|theyre|guys|people|men are? beating up? him|her|someone|somebody|them|us
being|been|got|getting|was attacked|beaten|beat|stabbed|jumped|mugged|assaulted
throwing|threw .. punch|punches
beating|beat .. up
kill|killing|murder|hurt|shoot|stab you|him|her|them|us|everyone|someone|somebody|people
trying|tried|threatening|threatened|threatens|wants to kill|hurt|fight|shoot|stab|strangle|attack me|us|him|her|someone|somebody|people|everyone
threatening|threatened|threatens to hit|kill|hurt|shoot|stab|fight|beat
murder|murdered|stabbed|stabbing
<other> .. been|got|was|is|has|getting shot|stabbed
ive|i been|got|was shot|stabbed
gunshot|gunshots
threw|throwing .. at me|him|her|us
violent|violence|violently
pelea|peleando|golpeando|agresion|matar
bagarre|agresse|agression|frappe
`)},
	{EmergencyThreat, compile(`
call|calling|called|need|send|sending|get .. police|cops|cop|sheriff
break|breaking|broke|broken into my|our|the car|truck|locker|lockers|building|club
someone|somebody|man|guy|stranger|people .. breaking|broke in|into
`), compile(`
break|breaking|broke|broken in|into
breakin|burglar|burglars|burglary|burglarized|robber|robbers|robbery|robbed|robbing|mugged|mugger|intruder|intruders|trespass*|looting
gun|guns|weapon|weapons|pistol|rifle|knife|machete|firearm|bomb|explosive|hostage|kidnap*|shooter
police|cops|sheriff
leave me|us|her|him alone
armed man|men|guy|guys|person|people|robber*|intruder*
stranger|strangers
threat*
stalk*
suspicious|creepy|sketchy|shady|weird|aggressive man|guy|guys|person|people|dude|woman|car|individual|men|stranger
<other> .. following|harassing|threatening|chasing|banging|pounding|lurking|watching me|us|on|outside|around|her
<other> <is>? trying|tryna|attempting to? get|break|force|climb|pry|kick in|into|the|through|open|down
<other> .. smashed|smashing|kicking|kicked|prying|forcing .. door|window|glass|windows
smashed|broke|broken .. window|windows
feel|feeling|feels unsafe|threatened|scared
dont|not|didnt feel|felt safe
not|isnt safe
unsafe
im|were|am|are|shes really|so|very|kinda? scared|terrified|afraid|frightened
being|are|is|someones|hes stealing|robbing
someone|somebody|they|guy|guys .. stole|stealing|stolen
stole my|our|his|her|the clubs|bag|phone|wallet|purse|car|keys|laptop|golf|stuff|things|putter|driver
been|was|got|were stolen
drunk .. aggressive|threatening|yelling|screaming
peeping|flashed|exposing|exposed himself
arma|pistola|cuchillo|ladron|ladrones|robo|robando|robaron|amenaza|amenazando|policia
arme|pistolet|couteau|voleur|voleurs|cambriolage|cambriole|menace
au voleur
`)},
	{EmergencyTrapped, compile(`
stuck|trapped|locked in|inside .. elevator|lift|bathroom|restroom|toilet|closet|stairwell|stairway|vestibule|hallway|storage|building|room|lobby|airlock
`), compile(`
trapped
<person> .. trapped
locked in|inside here|there|a|the|and|by|my|bay|this
locked inside
locked <person> in|inside
locked me|us|him|her in|inside
stuck inside
cant|cannot|couldnt|unable .. get|getting out
can not get out
wont|doesnt|didnt let|letting me|us|him|her|them out
door .. wont|doesnt|not|cant open|opening|unlock from the? inside
door|doors .. wont|doesnt|not|cant open|opening .. we|were|i|im are|am? inside
elevator|lift .. stuck|stopped .... inside|us|me
cant|cannot leave|exit the? building|bay|room|place|facility
atrapado|atrapada|atrapados|encerrado|encerrada|encerrados
no podemos|puedo salir
enferme|enfermee|coince|coincee|bloque|bloquee dans|a|ici|ascenseur
peux|pouvons pas sortir
`)},
	{EmergencyHazard, compile(`
rotten egg|eggs
gas leak|leaking
smell|smells|smelling|smelled .. gas
carbon monoxide
`), compile(`
gas smell|odor|odour
co alarm|detector
leak|leaks|leaking|leaked
flood|flooding|flooded|floods
water .. everywhere|pouring|gushing|spraying|dripping|ceiling|floor|coming|rising|bursting|under
burst|busted|broken pipe|pipes
pipe|pipes .. burst|bursting|broke|broken
overflow|overflowing|overflowed|overflows
electrocut*
electric|electrical shock|shocks|hazard|fire
got|was|gets|been|getting|keeps shocked|zapped|shocking
shocked|zapped|shocking|zapping me|him|her|us|someone
got|gives|gave|giving|getting .. a shock
sparks|sparking|sparked
exposed|live|loose|hanging|bare|frayed wire|wires|wiring
wires .. hanging|exposed|bare
ceiling|roof|wall|beam|tile|tiles .. collaps*|falling|fell|caved|sagging|crashed|coming
chemical|chemicals|toxic|fumes
explosion|exploded|explode
fuga de? gas|agua
huele a gas
inundacion|inundado
fuite de? gaz|deau
odeur de gaz
inondation
`)},
	{EmergencyUnspecified, compile(`
call|calling|dial|called 911|999|112
au secours
a laide
`), compile(`
911|9-1-1|sos|mayday
emergency|emergencies|emergencia|urgence|auxilio|socorro|secours
help help
help|save us|me he|shes|hes|she|someone|were|theres
is life or death
in danger
danger|dangerous
ayuda|ayudenme|ayudeme|ayudame
aidez moi
besoin daide
aidezmoi
`)},
}
