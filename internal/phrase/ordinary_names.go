package phrase

// ordinaryNames are names, first and last, that are also words which members write every day. Mask takes
// such a word for a name only where it is used as one: "will the door open" must not lose its "will"
// because the member is called so. A name that is missing here is masked wherever it stands, which costs
// understanding but no secret.
var ordinaryNames = set(`
	will may mark rose chase grant hope faith grace joy bill jack rob pat drew dawn june april august summer autumn art bob dale
	gene guy hunter ivy iris jay lance lily love major miles nick olive pearl penny ray reed rich robin ruby rusty sandy skip
	sonny stone sue van wade ward woody frank dean earl duke prince king queen knight bishop pope page cash case chance chip colt
	cliff clay forest gale glen heather holly honor honour hazel ginger crystal amber angel candy carol charity melody mercy misty
	patience poppy star violet wren pierce porter parker spike sterling tanner trip tiger wolf fox bird swan bush mason archer
	ace buck buddy champ daisy eve ever fern flip foster gage harper haven heath hero hill honey jade jewel jet jolly journey
	justice justin karma lane lark laurel mac max merry mitch nova ocean opal otto peace peg phoenix pip piper poe rain rainbow
	ranger raven ridge river rivers rock rod roman rowan royal royce sage sailor saint scout shade shore silver sky slate
	spring stormy teal tad tate true trinity truly tucker tuck tyler unity vale valentine walker west winter winters zen
	bay box court park parks ball club door gates gate key keys lock light lights power powers water waters heat cook baker
	carter fisher gardener miller potter shepherd smith taylor turner weaver wright driver field fields banks bank brook brooks
	snow frost day days week weeks night noon morrow young old long short small little strong sharp bright good best better wise
	swift hardy noble moody french english north south east black white brown green gray grey gold golden blue pink price bell
	bells book books bond boyd branch bridge bridges burns bull butcher byrd camp cannon castle cave chambers church coin
	cole coats combs cross crow crane dove drake english farmer fine finch fish flowers flood ford freeman friend
	funk garland glass goodman hale hall hand hands hart hawk hay head hicks hood hook hope horn house hull hunt judge kitchen
	land law lawn leaf love low mann march marsh mean mills moon moss nail neat nice pace pack paine pay peel pike pine
	plant pool poor post pound power pride pratt proud purple rains read ready reason rice rich ring rush salt sands savage
	seal shaw sheets ship shoemaker singer single skinner sparks spears speed steel still street sweet swing tab
	temple thorn town trail tree tuff turn underwood vest wall walls ware watch webb well wells wheeler whistle wild
	winner wish wing wolfe wood woods work works worth yard
`)

// introductions are the words after which a name follows, whatever its letters: "my name is will". An
// apostrophe of a phone's keyboard cuts a word in two.
var introductions = [][]string{{"name", "is"}, {"names"}, {"name", "s"}, {"this", "is"}, {"im"}, {"i", "m"}, {"i", "am"}, {"call", "me"}, {"its", "me"}}

// afterName are the words that follow a name with which somebody says who writes: "Will here".
var afterName = set(`s here from again speaking`)
