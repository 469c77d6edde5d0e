package knowledge

import (
	"errors"
	"strings"

	"clubos/internal/club"
)

// problemList is the cause of an error that lists what is wrong.
type problemList []Problem

func (l problemList) Error() string {
	out := make([]string, len(l))
	for i, p := range l {
		out[i] = p.String()
	}
	return strings.Join(out, "; ")
}

// invalid returns problems as one error, nil when there are none.
func invalid(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	l := problemList(problems)
	return &club.Error{Code: club.CodeInvalid, Msg: l.Error(), Err: l}
}

// Problems returns what is wrong with a document, one by one, from an error of a Library; nil when the
// error is about something else.
func Problems(err error) []Problem {
	var l problemList
	if errors.As(err, &l) {
		return l
	}
	return nil
}
