// Package page holds the console's pages: for each a plain struct that says what is on it and a
// templ component of the same noun that draws it. It loads nothing and decides nothing; handlers
// fill the structs. Every page works without JavaScript, and nothing in it needs an inline script
// or style, so that the strictest content security policy holds. All values are safe for concurrent
// reading.
package page
