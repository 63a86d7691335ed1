package remote

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/idpsync/idpsync/internal/model"
)

// defaultParallelism is how many requests are on their way at a time.
const defaultParallelism = 8

// Config says which user pool to talk to, as whom, and how hard.
type Config struct {
	// Host is the V3 base URL; a path prefix is kept: <Host>/api/v3/...
	Host string
	// UserPoolID is the pool the user named; "" takes the token's.
	UserPoolID      string
	AccessKeyID     string
	AccessKeySecret model.Secret
	// CAFile names certificate authorities (PEM) trusted besides the system's.
	CAFile string
	// AllowHTTP lets the credentials travel in clear to another machine.
	AllowHTTP bool
	// Parallelism is how many requests are on their way at a time; 0 means 8.
	Parallelism int
	// MaxRPS is the most requests a second; 0 means no cap. A 429 halves it.
	MaxRPS float64
	// Settle is how long reads must agree that something is absent before a
	// write whose fate is not known counts as not done; 0 means one read.
	Settle time.Duration
	// SecretPath tells whether the value at a path of a resource is a secret.
	// typ is the type of a connection, "" for other kinds. It is called often
	// and from several goroutines, and must not keep the path.
	SecretPath func(kind model.Kind, typ string, path model.Path) bool
	// Lang is the language of the server's messages: en or zh-CN.
	Lang      string
	UserAgent string
	// Log hears of every request: method, path, status, duration, request id.
	Log *slog.Logger
	// Transport replaces the client's own: proxies by the environment, TLS verified.
	Transport http.RoundTripper
}

// Client reads and writes one user pool. Its methods may be called from several
// goroutines; a list that two of them read at once costs its requests twice.
// Reread and State are for when no write is under way.
type Client struct {
	api         generation
	wire        *wire
	secret      func(model.Kind, string, model.Path) bool
	parallelism int
	settle      time.Duration
	fields      fieldsMeaning

	mu    sync.Mutex
	cache cache
	names names
}

// New makes a client. It sends nothing yet.
func New(cfg Config) (*Client, error) {
	base, err := parseHost(cfg.Host, cfg.AllowHTTP)
	if err != nil {
		return nil, err
	}
	parallelism := cfg.Parallelism
	if parallelism <= 0 {
		parallelism = defaultParallelism
	}
	transport := cfg.Transport
	if transport == nil {
		if transport, err = newTransport(cfg.CAFile, parallelism); err != nil {
			return nil, err
		}
	}
	c := &Client{parallelism: parallelism, settle: cfg.Settle, secret: cfg.SecretPath, cache: newCache(), names: newNames()}
	if c.secret == nil {
		c.secret = func(model.Kind, string, model.Path) bool { return false }
	}
	cfg.Parallelism = parallelism
	c.wire = newWire(cfg, transport)
	c.wire.base = base
	c.api = newV3(c.wire, c.secret)
	return c, nil
}

func newWire(cfg Config, transport http.RoundTripper) *wire {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	hc := &http.Client{
		Transport: &gate{next: transport, slots: make(chan struct{}, cfg.Parallelism),
			pace: newPace(cfg.MaxRPS), log: log},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w := &wire{
		keyID: cfg.AccessKeyID, keySecret: cfg.AccessKeySecret, poolID: cfg.UserPoolID,
		lang: language(cfg.Lang), agent: cmp.Or(cfg.UserAgent, "idpsync"),
		reads: newRetrier(hc, retryRead), writes: newRetrier(hc, retryWrite),
	}
	w.tokens.fetch = w.fetchToken
	return w
}

func language(lang string) string {
	if lang == "en" {
		return "en-US"
	}
	return cmp.Or(lang, "zh-CN")
}

// Open fetches the run's token and makes sure that it is for the pool the user
// named. Nothing else may be called before.
func (c *Client) Open(ctx context.Context) error {
	_, err := c.wire.tokens.get(ctx)
	return err
}

// UserPoolID is the pool that the token is for; "" before Open.
func (c *Client) UserPoolID() string {
	c.wire.tokens.mu.Lock()
	defer c.wire.tokens.mu.Unlock()
	return c.wire.tokens.current.pool
}
