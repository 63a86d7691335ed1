package notify

import (
	"strconv"
	"strings"
	"time"
)

// Message is what an endpoint is told. It holds names, paths and sentences, and
// no value of a field; whoever makes one has taken control characters out.
type Message struct {
	FormatVersion string `json:"formatVersion"`
	Kind          string `json:"kind"`
	// Event is "drift" or "clear".
	Event      string    `json:"event"`
	Time       time.Time `json:"time"`
	Target     string    `json:"target"`
	Host       string    `json:"host,omitempty"`
	UserPoolID string    `json:"userPoolId,omitempty"`
	Mode       string    `json:"mode,omitempty"`
	Source     string    `json:"source,omitempty"`
	Commit     string    `json:"commit,omitempty"`
	// Drift names the distinct drift: the same while it is the same.
	Drift   string   `json:"drift,omitempty"`
	Title   string   `json:"title"`
	Note    string   `json:"note,omitempty"`
	Objects []Object `json:"objects"`
	// More counts the objects that were left out of Objects.
	More int `json:"more,omitempty"`

	// MoreText is "and %d more" in the language of the rest.
	MoreText string `json:"-"`
}

// Object is one thing that drifted.
type Object struct {
	Key   string   `json:"key"`
	State string   `json:"state"`
	Why   string   `json:"why,omitempty"`
	Paths []string `json:"paths,omitempty"`
}

// line is the object in a chat.
func (o Object) line() string {
	s := "- " + short(o.Key)
	if o.Why != "" {
		s += ": " + short(o.Why)
	}
	if len(o.Paths) > 0 {
		s += " (" + short(strings.Join(o.Paths, ", ")) + ")"
	}
	return s
}

// short keeps one long name from filling a message.
func short(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// text is the message for people, in at most as many bytes; 0 is no bound. Every
// part went through clean before it was measured.
func (m *Message) text(most int, clean func(string) string) string {
	head := clean(short(m.Title))
	if m.Note != "" {
		head += "\n" + clean(short(m.Note))
	}
	room, fits := most-len(head)-len(m.more(len(m.Objects))), 0
	var lines strings.Builder
	for ; fits < len(m.Objects); fits++ {
		line := "\n" + clean(m.Objects[fits].line())
		if most > 0 && lines.Len()+len(line) > room {
			break
		}
		lines.WriteString(line)
	}
	return cut(head+lines.String()+m.more(len(m.Objects)-fits), most)
}

// more tells of the objects that have no line.
func (m *Message) more(lines int) string {
	if left := lines + m.More; left > 0 {
		return "\n" + strings.Replace(m.MoreText, "%d", strconv.Itoa(left), 1)
	}
	return ""
}

// cut ends a text that is too long even without its lines.
func cut(s string, most int) string {
	if most <= 0 || len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
