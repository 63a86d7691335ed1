package peers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// conn speaks the Language Server Protocol with a program at the other end of
// two pipes: requests of ours, requests of its own, and notifications.
type conn struct {
	in       io.Writer
	settings map[string]any // what workspace/configuration answers, by section

	mu        sync.Mutex // guards in, answers, notices and last
	answers   map[int]chan message
	notices   map[string]chan message // publishDiagnostics, by document
	last      int
	gone      chan struct{} // closed when the program says no more
	ready     chan struct{} // closed when it has asked for the settings
	readyOnce sync.Once
}

type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// talk starts a language server that is killed after the limit, and stopped at
// the end of the test at the latest.
func talk(t *testing.T, limit time.Duration, settings map[string]any, name string, args ...string) *conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 10 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &conn{
		in: in, settings: settings, answers: map[int]chan message{}, notices: map[string]chan message{},
		gone: make(chan struct{}), ready: make(chan struct{}),
	}
	go c.listen(out)
	t.Cleanup(func() {
		cancel() // kills what is still there
		<-c.gone
		_ = cmd.Wait() // only says that it was killed
	})
	return c
}

// call sends a request and decodes its result.
func (c *conn) call(method string, params, result any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer := make(chan message, 1)
	c.mu.Lock()
	c.last++
	id := c.last
	c.answers[id] = answer
	c.mu.Unlock()
	if err := c.send(message{ID: json.RawMessage(strconv.Itoa(id)), Method: method, Params: raw}); err != nil {
		return err
	}
	m, err := c.wait(answer)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", method, err)
	case m.Error != nil:
		return fmt.Errorf("%s: %s (%d)", method, m.Error.Message, m.Error.Code)
	}
	return json.Unmarshal(m.Result, result)
}

func (c *conn) notify(method string, params any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return c.send(message{Method: method, Params: raw})
}

func (c *conn) wait(from <-chan message) (message, error) {
	select {
	case m := <-from:
		return m, nil
	case <-c.gone:
		return message{}, errors.New("the language server ended, or was killed at its time limit")
	}
}

func (c *conn) send(m message) error {
	m.Version = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err = fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

// listen hands on everything the server says, until it says no more.
func (c *conn) listen(out io.Reader) {
	defer close(c.gone)
	r := bufio.NewReader(out)
	for {
		m, err := receive(r)
		if err != nil {
			return
		}
		c.take(m)
	}
}

func receive(r *bufio.Reader) (message, error) {
	var m message
	head, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return m, err
	}
	n, err := strconv.Atoi(head.Get("Content-Length"))
	if err != nil {
		return m, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return m, err
	}
	return m, json.Unmarshal(body, &m)
}

func (c *conn) take(m message) {
	switch {
	case m.Method != "" && m.ID != nil:
		c.answer(m)
	case m.Method == "textDocument/publishDiagnostics":
		var about struct{ URI string }
		if json.Unmarshal(m.Params, &about) == nil {
			c.noticesOf(about.URI) <- m
		}
	case m.Method == "":
		id, _ := strconv.Atoi(string(m.ID))
		c.mu.Lock()
		answer := c.answers[id]
		delete(c.answers, id)
		c.mu.Unlock()
		if answer != nil {
			answer <- m
		}
	}
}

// answer gives the server the settings it asks for; whatever else it asks of an
// editor is granted with null.
func (c *conn) answer(m message) {
	result := []byte("null")
	if m.Method == "workspace/configuration" {
		result = c.sections(m.Params)
		defer c.readyOnce.Do(func() { close(c.ready) })
	}
	// A failure to write shows as a server that ended.
	_ = c.send(message{ID: m.ID, Result: result})
}

func (c *conn) sections(params json.RawMessage) []byte {
	var asked struct{ Items []struct{ Section string } }
	_ = json.Unmarshal(params, &asked)
	values := make([]any, len(asked.Items))
	for i, item := range asked.Items {
		values[i] = c.settings[item.Section]
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return []byte("null")
	}
	return raw
}

// noticesOf gives the box for the diagnostics of one document. It is roomy, as
// the server may say the same twice and nobody may read the second.
func (c *conn) noticesOf(uri string) chan message {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.notices[uri] == nil {
		c.notices[uri] = make(chan message, 64)
	}
	return c.notices[uri]
}
