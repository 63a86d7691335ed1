package source

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Error is why there is no new commit.
type Error struct {
	// Message says what and where, without credentials.
	Message string
	// Next says what to do about it; "" for nothing.
	Next string
	// Away: the host could not be reached or did not answer; trying again may help.
	Away bool
	Err  error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Hint tells what to do next.
func (e *Error) Hint() string { return e.Next }

// Unavailable tells that trying again may help.
func (e *Error) Unavailable() bool { return e.Away }

func refuse(next, format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...), Next: next}
}

// printable is a stranger's text fit for one line: no control character, no mark
// that turns the line around, not longer than a screen.
func printable(s string) string {
	const most = 400
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return s
}

// hidden takes credentials out of a text.
func hidden(s string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "(secret)")
		}
	}
	return s
}

// hintOf is the hint that an error carries.
func hintOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Next
	}
	return ""
}
