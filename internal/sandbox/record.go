package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sort"
	"sync"
	"time"
)

// record is one line of the request log (spec 8).
type record struct {
	N          int64           `json:"n"`    // in the order of arrival, from 1
	Time       time.Time       `json:"time"` // of arrival
	Method     string          `json:"method"`
	Path       string          `json:"path"`
	Query      string          `json:"query"`      // as it was sent, without the "?", secrets masked
	Status     int             `json:"status"`     // of HTTP; 0 when nothing was answered
	StatusCode int             `json:"statusCode"` // what was done, also when the line was cut after it; 0 when nothing was
	Body       json.RawMessage `json:"body"`       // of the request, secrets masked; null without one
}

// requestLog keeps what was asked. A request is in it before its answer is sent,
// so that a client never sees the effect of one that is not listed.
type requestLog struct {
	out io.Writer

	mu       sync.Mutex
	n        int64
	inFlight int
	maximum  int
	records  []record
}

// maxRecords bounds the memory of a sandbox that runs for weeks; the oldest go first.
const maxRecords = 200_000

func (l *requestLog) begin(r *http.Request, now time.Time) record {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	l.inFlight++
	l.maximum = max(l.maximum, l.inFlight)
	return record{N: l.n, Time: now, Method: r.Method, Path: r.URL.Path, Query: maskedQuery(r.URL.RawQuery)}
}

func (l *requestLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
}

func (l *requestLog) add(rec record, body []byte, a answer) {
	rec.Status, rec.StatusCode, rec.Body = a.http, a.statusCode, maskedBody(body)
	line, err := json.Marshal(rec)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.records) >= maxRecords {
		l.records = slices.Delete(l.records, 0, maxRecords/10)
	}
	l.records = append(l.records, rec)
	if l.out != nil && err == nil {
		_, _ = l.out.Write(append(line, '\n')) // a full disk must not stop the server
	}
}

// listed is the answer of GET /_sandbox/requests.
type listed struct {
	Requests    []record `json:"requests"`
	InFlightMax int      `json:"inFlightMax"`
}

func (l *requestLog) list() listed {
	l.mu.Lock()
	defer l.mu.Unlock()
	records := append([]record{}, l.records...)
	sort.Slice(records, func(i, j int) bool { return records[i].N < records[j].N })
	return listed{Requests: records, InFlightMax: l.maximum}
}

// reset forgets the records. Requests still in flight keep the count right.
func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n, l.records, l.maximum = 0, nil, l.inFlight
}

func (r record) requestID() string { return fmt.Sprintf("sandbox-%06d", r.N) }
