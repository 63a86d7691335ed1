package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// action is what a fault does to a request.
type action int

const (
	actionNone action = iota
	actionStatus
	actionThrottle
	actionDropBefore
	actionDropAfter
	actionDelay
	actionTruncate
	actionGarbage
	actionNoStore
	actionSuccessFalse
	actionKill
)

// plainActions are the actions without an argument.
var plainActions = map[string]action{
	"drop-before": actionDropBefore, "drop-after": actionDropAfter, "truncate": actionTruncate, "garbage": actionGarbage,
	"accept-no-store": actionNoStore, "success-false": actionSuccessFalse, "kill": actionKill, "429": actionThrottle,
}

const faultGrammar = "want METHOD PATH #n|#* ACTION, ACTION one of status=NNN (400-599), 429[:SECONDS], drop-before, drop-after, delay=DURATION, truncate, garbage, accept-no-store, success-false, kill"

// fault is one SPEC of spec 8 and how many requests it has met.
type fault struct {
	method, path string
	nth          int // 0 is every one
	hit          hit
	met          int
}

// hit is what the faults want with one request.
type hit struct {
	action     action
	status     int
	retryAfter int // seconds; -1 sends no header
	delay      time.Duration
}

// faultList counts requests per fault. Safe for concurrent use.
type faultList struct {
	mu   sync.Mutex
	list []*fault
}

// replace parses SPECs; on an error the old ones stay.
func (l *faultList) replace(specs []string) error {
	list := make([]*fault, 0, len(specs))
	for _, spec := range specs {
		f, err := parseFault(spec)
		if err != nil {
			return err
		}
		list = append(list, f)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = list
	return nil
}

// next counts one request in every fault that it matches. Delays add up; of the
// other actions the first in the list wins.
func (l *faultList) next(method, path string) hit {
	l.mu.Lock()
	defer l.mu.Unlock()
	var total hit
	for _, f := range l.list {
		if _, same := matchPath(f.path, path); f.method != method || !same {
			continue
		}
		f.met++
		if f.nth != 0 && f.nth != f.met {
			continue
		}
		total = total.with(f.hit)
	}
	return total
}

func (h hit) with(other hit) hit {
	if other.action == actionDelay {
		h.delay += other.delay
		return h
	}
	if h.action == actionNone {
		h.action, h.status, h.retryAfter = other.action, other.status, other.retryAfter
	}
	return h
}

func parseFault(spec string) (*fault, error) {
	parts := strings.Fields(spec)
	if len(parts) != 4 {
		return nil, fmt.Errorf("fault %q: %s", spec, faultGrammar)
	}
	nth, nthErr := parseNth(parts[2])
	h, actionErr := parseAction(parts[3])
	if !knownMethod(parts[0]) || !strings.HasPrefix(parts[1], "/") || nthErr != nil || actionErr != nil {
		return nil, fmt.Errorf("fault %q: %s", spec, faultGrammar)
	}
	if !served(parts[1]) {
		return nil, &UnknownPathError{Spec: spec, Path: parts[1]}
	}
	return &fault{method: parts[0], path: parts[1], nth: nth, hit: h}, nil
}

// UnknownPathError is a fault on a path that no route of the API has, and that
// would never come to pass.
type UnknownPathError struct{ Spec, Path string }

func (e *UnknownPathError) Error() string {
	return fmt.Sprintf("fault %q: the API has no path %s", e.Spec, e.Path)
}

// Paths are those of every route; "{x}" in one stands for any one segment.
func Paths() []string {
	var paths []string
	for _, ep := range slices.Concat(v3Endpoints, v2Endpoints) {
		paths = append(paths, ep.path)
	}
	return paths
}

func served(path string) bool {
	return slices.ContainsFunc(Paths(), func(pattern string) bool { _, ok := matchPath(pattern, path); return ok })
}

func knownMethod(m string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, m)
}

func parseNth(text string) (int, error) {
	if text == "#*" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(text, "#")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 {
		return 0, fmt.Errorf("count %q", text)
	}
	return n, nil
}

func parseAction(text string) (hit, error) {
	if a, ok := plainActions[text]; ok {
		return hit{action: a, retryAfter: -1}, nil
	}
	if status, ok := strings.CutPrefix(text, "status="); ok {
		n, err := strconv.Atoi(status)
		if err != nil || n < 400 || n > 599 {
			return hit{}, fmt.Errorf("status %q", status)
		}
		return hit{action: actionStatus, status: n}, nil
	}
	if seconds, ok := strings.CutPrefix(text, "429:"); ok {
		n, err := strconv.Atoi(seconds)
		if err != nil || n < 0 {
			return hit{}, fmt.Errorf("retry-after %q", seconds)
		}
		return hit{action: actionThrottle, retryAfter: n}, nil
	}
	if text, ok := strings.CutPrefix(text, "delay="); ok {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return hit{}, fmt.Errorf("delay %q", text)
		}
		return hit{action: actionDelay, delay: d}, nil
	}
	return hit{}, fmt.Errorf("action %q", text)
}

// stores says whether a request that meets this fault leaves its mark.
func (h hit) stores() bool { return h.action != actionNoStore && h.action != actionSuccessFalse }

// spoil breaks an answer on its way back. What was done stays done, and the
// record keeps the business status: only the line is bad.
func (h hit) spoil(a answer) answer {
	switch h.action {
	case actionDropAfter, actionKill:
		return answer{statusCode: a.statusCode, cut: true}
	case actionTruncate:
		a.truncated = true
	case actionGarbage:
		a.kind = "text/html; charset=utf-8"
		a.body = []byte("<html><body><h1>Bad gateway</h1></body></html>")
	}
	return a
}
