package remote

import (
	"cmp"
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
	// CoreHost is the V2 base URL; "" is Host.
	CoreHost string
	// API says which generation is spoken; "" is OnlyV3 with V2 for templates.
	API string
	// UserPoolID is the pool the user named; "" takes the token's.
	UserPoolID      string
	AccessKeyID     string
	AccessKeySecret model.Secret
	// UserPoolSecret opens V2's own token endpoint, for a pool whose V2 does not
	// take the V3 token; the zero Secret when there is none.
	UserPoolSecret model.Secret
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
	// Traits is what is known of this server: the name of a switch of spec 8 to its
	// value. A switch that is missing is unknown: then the documented meaning holds.
	Traits map[string]string
	// Learnt is what earlier runs saw of it. Traits stand over it; it is believed
	// as long as no read contradicts it, and switches no look for safety off.
	Learnt map[string]string
	// Lang is the language of the server's messages: en or zh-CN.
	Lang      string
	UserAgent string
	// Log hears of every request: method, path, status, duration, request id.
	Log *slog.Logger
	// Transport replaces the client's own: proxies by the environment, TLS verified.
	Transport http.RoundTripper
	// Reading hears how many of the requests of the listings are answered, and of
	// how many that are known so far, from several goroutines; nil is nobody.
	Reading func(done, total int)
	// Wrap puts something around the transport, such as a measure; nil is none.
	// Waiting for the pace or for a free slot is outside of it.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Retried hears of each request that is sent once more; nil is nobody.
	Retried func()
}

// Client reads and writes one user pool. Its methods may be called from several
// goroutines; a list that two of them read at once costs its requests twice.
// Reread and State are for when no write is under way.
type Client struct {
	api         generation
	wire        *wire // of the generation that is spoken
	core        *core
	mode        string
	secret      func(model.Kind, string, model.Path) bool
	parallelism int
	settle      time.Duration
	fields      fieldsMeaning
	traits      map[string]string
	// believed are the traits that only an earlier run saw, disproved those of
	// them that a read of this run contradicts.
	believed, disproved sync.Map
	// seen is what this run has learnt: the name of a trait to its value.
	seen sync.Map
	// clearKinds are the kinds of which a declared secret read back equal.
	clearKinds sync.Map
	// learning is held by the update of an application that finds out what the
	// server does with what it leaves out.
	learning sync.Mutex

	reading reading

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
	if cfg.Wrap != nil {
		transport = cfg.Wrap(transport)
	}
	c := &Client{parallelism: parallelism, settle: cfg.Settle, secret: cfg.SecretPath, cache: newCache(), names: newNames()}
	c.reading.tell = cfg.Reading
	if c.secret == nil {
		c.secret = func(model.Kind, string, model.Path) bool { return false }
	}
	c.learnt(cfg.Traits, cfg.Learnt)
	cfg.Parallelism = parallelism
	c.wire = newWire(cfg, transport)
	c.wire.base = base
	if c.core, err = newCore(c.wire, cfg); err != nil {
		return nil, err
	}
	c.speak(cfg.API)
	return c, nil
}

func newWire(cfg Config, transport http.RoundTripper) *wire {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	hc := &http.Client{
		Transport: &gate{
			next: transport, slots: make(chan struct{}, cfg.Parallelism),
			pace: newPace(cfg.MaxRPS), log: log,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w := &wire{
		setting: "host",
		keyID:   cfg.AccessKeyID, keySecret: cfg.AccessKeySecret, poolID: cfg.UserPoolID,
		lang: language(cfg.Lang), agent: cmp.Or(cfg.UserAgent, "idpsync"),
		reads: newRetrier(hc, retryRead, cfg.Retried), writes: newRetrier(hc, retryWrite, cfg.Retried),
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

// UserPoolID is the pool that the token is for; "" before Open.
func (c *Client) UserPoolID() string {
	c.wire.tokens.mu.Lock()
	defer c.wire.tokens.mu.Unlock()
	return c.wire.tokens.current.pool
}
