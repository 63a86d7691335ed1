package notify

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	// most is how many messages wait for one endpoint.
	most = 32
	// tries and longest bound how long one message is tried: about ten minutes.
	tries   = 9
	longest = 2 * time.Minute
)

// Options steer a Notifier.
type Options struct {
	// Transport carries the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
	// Failed is told of a message that an endpoint did not get, and of one that
	// will be tried again. It is called from many goroutines.
	Failed func(error)
	// Now tells the time; nil is time.Now.
	Now func() time.Time
}

// Notifier tells endpoints, each at its own pace.
type Notifier struct {
	failed func(error)
	sender *sender
	queues []*queue
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

// queue is what one endpoint has not been told yet.
type queue struct {
	to     *Endpoint
	mu     sync.Mutex
	open   []Message
	closed bool
	wake   chan struct{}
}

// Start begins to serve the endpoints. Close ends it.
func Start(endpoints []*Endpoint, o Options) *Notifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &Notifier{failed: o.Failed, sender: newSender(o.Transport, o.Now), cancel: cancel}
	for _, e := range endpoints {
		q := &queue{to: e, wake: make(chan struct{}, 1)}
		n.queues = append(n.queues, q)
		n.wait.Go(func() { n.serve(ctx, q) })
	}
	return n
}

// Tell puts a message into every queue and never waits. Where one is full, what
// waits longest is dropped.
func (n *Notifier) Tell(m Message) {
	m.FormatVersion, m.Kind = "1.0", "idpsync.notification"
	if m.Objects == nil {
		m.Objects = []Object{}
	}
	for _, q := range n.queues {
		if q.put(m) {
			n.failed(wrong("it has not taken the last ones either", "%s: too many messages wait, and the oldest was dropped", q.to.name))
		}
	}
}

// Close lets the queues run empty, as long as the context lasts. A message whose
// turn came is tried once more and not again.
func (n *Notifier) Close(ctx context.Context) {
	for _, q := range n.queues {
		q.close()
	}
	done := make(chan struct{})
	go func() { n.wait.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	n.cancel()
	<-done
	n.sender.client.CloseIdleConnections()
}

func (q *queue) put(m Message) (dropped bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	if len(q.open) >= most {
		q.open, dropped = q.open[1:], true
	}
	q.open = append(q.open, m)
	q.stir()
	return dropped
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.stir()
}

func (q *queue) stir() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next takes the oldest message; ended tells that none will come.
func (q *queue) next() (m Message, ok, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.open) == 0 {
		return m, false, q.closed
	}
	m, q.open = q.open[0], q.open[1:]
	return m, true, false
}

func (q *queue) ending() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

func (n *Notifier) serve(ctx context.Context, q *queue) {
	for ctx.Err() == nil {
		m, ok, ended := q.next()
		switch {
		case ended:
			return
		case ok:
			n.deliver(ctx, q, &m)
		default:
			select {
			case <-q.wake:
			case <-ctx.Done():
			}
		}
	}
}

// deliver tries a message until it is taken, or refused, or too old.
func (n *Notifier) deliver(ctx context.Context, q *queue, m *Message) {
	pause := time.Second
	for try := 1; ; try++ {
		wait, err := n.sender.send(ctx, q.to, m)
		if err == nil {
			return
		}
		var e *Error
		again := errors.As(err, &e) && e.later && try < tries && !q.ending()
		if !again || try == 1 {
			n.failed(&undelivered{err, again})
		}
		if !again || !n.pause(ctx, q, max(pause, wait)) {
			return
		}
		pause = min(2*pause, longest)
	}
}

// pause waits; false when it was cut short. The end of the notifier ends it.
func (n *Notifier) pause(ctx context.Context, q *queue, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return true
		case <-ctx.Done():
			return false
		case <-q.wake:
			if q.ending() {
				q.stir()
				return true // once more, at once
			}
		}
	}
}

// undelivered says whether a message is lost.
type undelivered struct {
	err   error
	again bool
}

func (u *undelivered) Error() string {
	if u.again {
		return "a message was not taken, and is tried again: " + u.err.Error()
	}
	return "a message was not delivered: " + u.err.Error()
}

func (u *undelivered) Unwrap() error { return u.err }

// Hint tells what to do next.
func (u *undelivered) Hint() string {
	var e *Error
	if errors.As(u.err, &e) {
		return e.Next
	}
	return ""
}
