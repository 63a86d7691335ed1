package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"text/template"
)

// Error is why an endpoint cannot be used or was not told. It never holds the
// endpoint's URL.
type Error struct {
	Message, Next string
	Err           error
	// later: trying again may help.
	later bool
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

func wrong(next, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Next: next}
}

// World is where the parts of an endpoint come from.
type World struct {
	LookupEnv func(string) (string, bool)
	ReadFile  func(string) ([]byte, error)
}

// Endpoint is one place that is told.
type Endpoint struct {
	name   string
	url    *url.URL
	preset *preset
	secret string
	own    *template.Template
}

// Name is the preset and the host, which is all of a URL that may be shown.
func (e *Endpoint) Name() string { return e.name }

const form = "write [PRESET=]URL|env:NAME|@FILE[,secret=env:NAME|@FILE][,template=FILE]"

var (
	options   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`,(secret|template)=`) })
	presetEnd = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9_-]*)=`) })
)

// Parse reads an endpoint as a flag writes it:
// [PRESET=]URL|env:NAME|@FILE[,secret=env:NAME|@FILE][,template=FILE].
func Parse(value string, w World) (*Endpoint, error) {
	e := &Endpoint{}
	name := Generic
	if m := presetEnd().FindStringSubmatch(value); m != nil {
		name, value = m[1], value[len(m[0]):]
	}
	if e.preset = presets()[name]; e.preset == nil {
		return nil, wrong("there is "+strings.Join(Presets(), ", "), "no preset %q", name)
	}
	place, rest := value, ""
	if at := options().FindStringIndex(value); at != nil {
		place, rest = value[:at[0]], value[at[0]:]
	}
	if err := e.setURL(place, w); err != nil {
		return nil, err
	}
	e.name = name + " " + e.url.Host
	for rest != "" {
		m := options().FindStringSubmatchIndex(rest)
		key, val := rest[m[2]:m[3]], rest[m[1]:]
		rest = ""
		if next := options().FindStringIndex(val); next != nil {
			val, rest = val[:next[0]], val[next[0]:]
		}
		if err := e.set(key, val, w); err != nil {
			return nil, err
		}
	}
	return e, e.rehearse()
}

// setURL takes a URL: encrypted, or to this machine.
func (e *Endpoint) setURL(value string, w World) error {
	text, _, err := w.secret(value, "the URL")
	if err != nil {
		return err
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" { // the error would repeat it
		return wrong(form, "the URL cannot be read, or names no host")
	}
	switch {
	case u.User != nil:
		return wrong("use a secret, or a path that nobody guesses", "the URL for %s holds a login", u.Host)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return wrong("use https", "the URL for %s is not encrypted", u.Host)
	}
	u.Fragment = ""
	e.url = u
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (e *Endpoint) set(key, value string, w World) error {
	if key == "template" {
		if e.own != nil {
			return wrong(form, "two templates")
		}
		return e.setTemplate(value, w)
	}
	secret, hidden, err := w.secret(value, "the secret")
	switch {
	case err != nil:
		return err
	case !hidden:
		return wrong("put it into a variable or a file: secret=env:NAME or secret=@FILE", "the secret stands in the flag, where every user of this machine could read it")
	case e.preset.Sign == nil:
		return wrong("leave the secret out", "%s signs nothing", e.name)
	case e.secret != "":
		return wrong(form, "two secrets")
	}
	e.secret = secret
	return nil
}

// secret resolves env:NAME and @FILE; hidden is false for a value as it stands.
func (w World) secret(value, what string) (text string, hidden bool, err error) {
	if name, ok := strings.CutPrefix(value, "env:"); ok {
		v, set := w.LookupEnv(name)
		if !set || v == "" {
			return "", true, wrong("set it", "%s: the variable %s is not set", what, name)
		}
		return v, true, nil
	}
	if name, ok := strings.CutPrefix(value, "@"); ok {
		data, err := w.ReadFile(name)
		if err != nil {
			return "", true, &Error{Message: what, Err: err}
		}
		v := strings.TrimSpace(string(data))
		if v == "" {
			return "", true, wrong("write it into the file", "%s: %s is empty", what, name)
		}
		return v, true, nil
	}
	return value, false, nil
}

// funcs are what a template of a user may call beside text/template's own: clean
// takes out what the chat would read as more than text, text is the message as
// the preset writes it.
func (p *preset) funcs() template.FuncMap {
	return template.FuncMap{
		"json": func(v any) (string, error) {
			b, err := encode(v)
			return string(b), err
		},
		"join":  strings.Join,
		"clean": p.clean,
		"text":  func(m *Message) string { return m.text(p.MostBytes, p.clean) },
	}
}

func (e *Endpoint) setTemplate(name string, w World) error {
	data, err := w.ReadFile(name)
	if err != nil {
		return &Error{Message: "the template", Err: err}
	}
	e.own, err = template.New(name).Option("missingkey=error").Funcs(e.preset.funcs()).Parse(string(data))
	if err != nil {
		return &Error{Message: "the template", Next: "see docs/notifications.md for what it may name", Err: err}
	}
	return nil
}

// rehearse writes two messages to nobody: a template that cannot be filled in is
// told of now, and not when something has drifted.
func (e *Endpoint) rehearse() error {
	for _, m := range []*Message{
		{Event: "drift", Title: "t", Objects: []Object{{Key: "application/a", State: "drifted", Why: "w", Paths: []string{"p"}}}, MoreText: "%d"},
		{Event: "clear", Title: "t"},
	} {
		if _, err := e.content(m); err != nil {
			return &Error{Message: "the template", Next: "see docs/notifications.md for what it may name", Err: err}
		}
	}
	return nil
}

// mostBody is more than any chat takes.
const mostBody = 1 << 20

// content is the body for a message, not signed yet.
func (e *Endpoint) content(m *Message) ([]byte, error) {
	if e.own == nil {
		return e.preset.body(m)
	}
	var b strings.Builder
	if err := e.own.Execute(&bounded{&b, mostBody}, m); err != nil {
		return nil, err
	}
	body := []byte(b.String())
	if e.preset.Sign != nil && e.preset.Sign.In == "body" && !json.Valid(body) {
		return nil, fmt.Errorf("what it makes is no JSON, and %s wants its signature in it", e.name)
	}
	return body, nil
}

type bounded struct {
	w    io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, fmt.Errorf("what it makes is larger than %d KiB", mostBody>>10)
	}
	return b.w.Write(p)
}
