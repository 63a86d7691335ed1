package report

import (
	"bufio"
	"io"

	"github.com/idpsync/idpsync/internal/apply"
	"github.com/idpsync/idpsync/internal/plan"
)

// Event is one step of an apply that began or ended.
type Event struct {
	Key    string `json:"key"`
	Action string `json:"action"`
	Half   string `json:"half"`
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
}

// NewEvent makes the document of an event.
func NewEvent(e apply.Event) Event {
	out := Event{Key: e.Change.Key.String(), Action: string(e.Change.Action), Half: string(e.Half), Status: string(e.Status)}
	if e.Err != nil {
		out.Error = e.Err.Error()
	}
	return out
}

var halves = map[string]string{
	string(plan.Remove): "(the half that removes)",
	string(plan.Make):   "(the half that makes anew)",
}

// Text writes one line for a step that ended; the beginning of one says nothing.
func (e Event) Text(w io.Writer, s Style) error {
	if e.Status == string(apply.Running) {
		return nil
	}
	p := &printer{w: bufio.NewWriterSize(w, 256), Style: s} // for one line, thousands of times
	p.put(p.status(e.Status), " ", clean(p.told(e.Action)), " ", clean(e.Key))
	if half := halves[e.Half]; half != "" {
		p.put(" ", p.told(half))
	}
	if e.Error != "" {
		p.put(p.Colon(), clean(p.told(e.Error)))
	}
	p.hang = statusWidth + 1
	p.line()
	return p.end()
}

// statusWidth is how wide the longest status is; the Chinese ones are shorter.
const statusWidth = len(apply.Skipped)

func (p *printer) status(status string) string {
	t := bad
	switch status {
	case string(apply.Done):
		t = good
	case string(apply.Skipped):
		t = careful
	}
	return p.paint(t, padRight(p.told(status), statusWidth))
}
