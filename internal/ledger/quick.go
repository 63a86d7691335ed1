package ledger

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/model"
)

// A memory has a line for each of 10,000 objects, and every plan reads it. Here a
// line is read that stands exactly as this program writes it, all its texts being
// parts of the line; of any other line this says no, and encoding/json reads it.

// quickObject reads a put line; ok is false when it is not beyond doubt.
func quickObject(line []byte) (o Object, ok bool) {
	q := quick{rest: string(line[bodyFrom:]), failed: !utf8.Valid(line)}
	q.token(`"put":{"key":`)
	key, err := model.ParseKey(q.text())
	o.Key = key
	if q.optional(`,"id":`) {
		o.ID = q.text()
	}
	if q.optional(`,"type":`) {
		o.Type = q.text()
	}
	q.token(`,"applied":`)
	o.Applied = Value{read: &undecoded{text: q.value()}}
	if q.optional(`,"refs":`) {
		o.Refs = q.texts()
	}
	o.Protect = q.optional(`,"protect":true`)
	q.token(`,"run":`)
	o.Run = q.text()
	q.token(`,"at":`)
	at, bad := time.Parse(time.RFC3339Nano, q.text())
	o.At = at
	q.token("}}")
	return o, !q.failed && q.rest == "" && err == nil && bad == nil
}

// quick reads JSON from its beginning; failed is set for good when something
// else stands there than was asked for.
type quick struct {
	rest   string
	failed bool
}

func (q *quick) fail() { q.rest, q.failed = "", true }

func (q *quick) token(t string) {
	if !q.optional(t) {
		q.fail()
	}
}

func (q *quick) optional(t string) bool {
	rest, is := strings.CutPrefix(q.rest, t)
	if is {
		q.rest = rest
	}
	return is
}

// text reads a string in which nothing is escaped.
func (q *quick) text() string {
	if !q.optional(`"`) {
		q.fail()
		return ""
	}
	i := strings.IndexAny(q.rest, `"\`)
	if i < 0 || q.rest[i] == '\\' {
		q.fail()
		return ""
	}
	s := q.rest[:i]
	q.rest = q.rest[i+1:]
	return s
}

// texts reads a mapping of strings.
func (q *quick) texts() map[string]string {
	all := map[string]string{}
	for q.token("{"); !q.failed; {
		k := q.text()
		q.token(":")
		all[k] = q.text()
		if !q.optional(",") {
			q.token("}")
			return all
		}
	}
	return nil
}

// value passes a mapping, which is what a resource's attributes are, and gives
// its text.
func (q *quick) value() string {
	depth, quoted := 0, false
	for i := 0; i < len(q.rest); i++ {
		switch c := q.rest[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
		if depth == 0 {
			if i == 0 {
				break
			}
			text := q.rest[:i+1]
			q.rest = q.rest[i+1:]
			return text
		}
	}
	q.fail()
	return ""
}
