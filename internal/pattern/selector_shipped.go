package pattern

// shippedSelector is what a model starts from before it has seen how far its own
// signals can be trusted.
var shippedSelector = selector{}
