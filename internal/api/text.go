package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// checkText refuses what cannot be kept as it is: bytes that are not UTF-8, NUL, and halves of surrogate
// pairs, which the JSON decoder would quietly turn into another character.
func checkText(body []byte, isJSON bool) error {
	if !utf8.Valid(body) {
		return refuse(codeMalformed, "the body is not valid UTF-8")
	}
	if !isJSON {
		return nil
	}
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		if i >= len(body) || body[i] != 'u' {
			continue
		}
		switch c := escape(body, i-1); {
		case c == 0:
			return refuse(codeMalformed, "text cannot hold NUL")
		case c >= 0xd800 && c < 0xdc00:
			if low := escape(body, i+5); low < 0xdc00 || low > 0xdfff {
				return refuse(codeMalformed, `an escape of the body is half of a pair (\ud800 to \udfff)`)
			}
			i += 6
		case c >= 0xdc00 && c <= 0xdfff:
			return refuse(codeMalformed, `an escape of the body is half of a pair (\ud800 to \udfff)`)
		}
		i += 4
	}
	return nil
}

// escape reads \uXXXX at i, -1 when there is none; the JSON decoder reports those that are malformed.
func escape(body []byte, i int) int64 {
	if i+6 > len(body) || body[i] != '\\' || body[i+1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(body[i+2:i+6]), 16, 32)
	if err != nil {
		return -1
	}
	return int64(n)
}

// checkAddress refuses paths and queries that hold what no row can.
func checkAddress(r *http.Request) error {
	if !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) {
		return refuse(codeMalformed, "the address is not valid text")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse(codeMalformed, "the query cannot be read")
	}
	for name, values := range query {
		for _, v := range append(values, name) {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return refuse(codeMalformed, "the query is not valid text")
			}
		}
	}
	return nil
}

// format is JSON whose errors repeat nothing of what was sent.
func format() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			return enc.Encode(v)
		},
		Unmarshal: func(data []byte, v any) error {
			err := json.Unmarshal(data, v)
			var syntax *json.SyntaxError
			var kind *json.UnmarshalTypeError
			switch {
			case err == nil:
				return nil
			case errors.As(err, &syntax):
				return fmt.Errorf("the body is not valid JSON, at byte %d", syntax.Offset)
			case errors.As(err, &kind):
				return fmt.Errorf("the body has a value of another type, at byte %d", kind.Offset)
			}
			return errors.New("the body cannot be read as JSON")
		},
	}
}
