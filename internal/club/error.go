package club

import (
	"errors"
	"fmt"
)

// Code says what kind of failure an Error is. The list is closed: every face maps each code to its
// own form (an HTTP status, an exit code, a page).
type Code string

// The codes. CodeInternal is what an error without a code is taken for.
const (
	CodeInvalid         Code = "invalid"         // the request is malformed or breaks a rule; the caller can mend it
	CodeUnauthenticated Code = "unauthenticated" // nobody has signed in, or the proof is not valid
	CodeForbidden       Code = "forbidden"       // signed in, but not allowed
	CodeNotFound        Code = "not_found"       // no such thing, or none that the caller may know of
	CodeConflict        Code = "conflict"        // somebody else was first, or the state does not admit it
	CodeTooLarge        Code = "too_large"       // the body is over its limit
	CodeLimited         Code = "limited"         // a rate limit, cooldown or quota said no for the time being
	CodeUnavailable     Code = "unavailable"     // a vendor, a database or the like cannot be reached; try again
	CodeInternal        Code = "internal"        // our bug
)

// Codes lists every code.
func Codes() []Code {
	return []Code{CodeInvalid, CodeUnauthenticated, CodeForbidden, CodeNotFound, CodeConflict, CodeTooLarge, CodeLimited, CodeUnavailable, CodeInternal}
}

// Error is a failure with a code and a message that is safe to show to the person who caused it.
// Err, when set, is the cause: it is for logs only and may hold anything.
type Error struct {
	Code Code
	Msg  string
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first Error in err's chain, CodeInternal when there is none, and
// "" when err is nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// MessageOf returns the text that may be shown for err: an Error's Msg, or a general sentence that
// gives nothing away.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Code != CodeInternal {
		return e.Msg
	}
	return "Something went wrong on our side. It has been recorded."
}

// Invalid returns an Error with CodeInvalid.
func Invalid(format string, args ...any) error { return newError(CodeInvalid, format, args) }

// Unauthenticated returns an Error with CodeUnauthenticated.
func Unauthenticated(format string, args ...any) error {
	return newError(CodeUnauthenticated, format, args)
}

// Forbidden returns an Error with CodeForbidden.
func Forbidden(format string, args ...any) error { return newError(CodeForbidden, format, args) }

// NotFound returns an Error with CodeNotFound.
func NotFound(format string, args ...any) error { return newError(CodeNotFound, format, args) }

// Conflict returns an Error with CodeConflict.
func Conflict(format string, args ...any) error { return newError(CodeConflict, format, args) }

// Limited returns an Error with CodeLimited.
func Limited(format string, args ...any) error { return newError(CodeLimited, format, args) }

// Unavailable returns an Error with CodeUnavailable and a cause.
func Unavailable(cause error, format string, args ...any) error {
	return &Error{Code: CodeUnavailable, Msg: fmt.Sprintf(format, args...), Err: cause}
}

func newError(code Code, format string, args []any) error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}
