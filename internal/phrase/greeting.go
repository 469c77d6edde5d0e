package phrase

// greetingWords open a talk and say nothing yet. Only a whole text of them is a greeting.
var greetingWords = compile(`
hi|hiya|hey|heya|hello|helloo|hallo|yo|howdy|greetings|sup|ahoy
hi|hey|hello there|again|team|guys|everyone|all|folks
good morning|afternoon|evening|day
morning|afternoon|evening
anyone|anybody|someone|somebody there|here|around|home?
are you|u|ya there|here|around|awake
hola|buenas|buenos|bonjour|bonsoir|salut|ola|ciao
buenos dias
buenas tardes|noches
`)
