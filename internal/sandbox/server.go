package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Options say what a sandbox is like. The zero value is a memory-only server
// that behaves as the contract documents.
type Options struct {
	DataDir    string            // folder of the state; "" keeps it in memory only
	Seed       []byte            // what /_sandbox/state prints; read when the data folder holds no state yet; nil is none
	Latency    time.Duration     // added to every API answer, not to /_sandbox/*
	RPS        int               // above it HTTP 429 with the documented body; 0 is no limit
	Dialect    map[string]string // switches of spec 8; the rest keep their default
	Faults     []string          // "METHOD PATH #n ACTION", spec 8
	RequestLog io.Writer         // one JSON line a request
	PageMax    int               // largest limit of a paged list; 0 is 50
	Templates  fs.FS             // root that has templates/<provider type>.json; nil is the bundled ones
	NoControl  bool              // /_sandbox/* is not there: it obeys any user of this machine
	Exit       func()            // what the kill fault calls; nil: the server just answers nothing more
	Now        func() time.Time  // nil is time.Now
}

// Credentials open a sandbox. The access key is the pool-wide one, so its id
// is the user pool id (contract 2.1).
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret string
	UserPoolID      string
}

// Server is one user pool behind the vendor's API. It is an http.Handler, safe
// for concurrent use.
type Server struct {
	options   Options
	keys      keys
	store     *store
	templates *templates
	dialect   atomic.Pointer[dialect]
	faults    faultList
	limiter   limiter
	nonces    nonceMemory
	log       requestLog
	dead      atomic.Bool // killed or closed: nothing is answered any more
}

// New opens or makes the state in o.DataDir. It fails on a malformed option and
// on a damaged file, which it names and leaves as it is.
func New(o Options) (*Server, error) {
	o = withDefaults(o)
	d, err := defaultDialect().merge(o.Dialect)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, templates: newTemplates(o.Templates)}
	s.dialect.Store(&d)
	if err := s.faults.replace(o.Faults); err != nil {
		return nil, err
	}
	s.limiter = limiter{perSecond: o.RPS}
	s.log.out = o.RequestLog
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

func withDefaults(o Options) Options {
	if o.PageMax <= 0 {
		o.PageMax = 50
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Templates == nil {
		o.Templates = bundledTemplates()
	}
	return o
}

// open settles keys and objects: what the folder holds, else the seed, else an
// empty pool.
func (s *Server) open() error {
	disk, objects, found, err := openDisk(s.options.DataDir)
	if err != nil {
		return err
	}
	s.store = &store{disk: disk, objects: objects}
	var seeded *seed
	if !found && s.options.Seed != nil {
		if seeded, err = readSeed(s.options.Seed); err != nil {
			return err
		}
	}
	if s.keys, err = disk.keys(seeded.poolID()); err != nil {
		return err
	}
	if err := disk.start(); err != nil {
		return err
	}
	if seeded == nil {
		return nil
	}
	if err := s.store.commit(seeded.change); err != nil {
		return errors.Join(err, disk.close())
	}
	return nil
}

// Credentials are made once and kept in the data folder.
func (s *Server) Credentials() Credentials {
	return Credentials{AccessKeyID: s.keys.PoolID, AccessKeySecret: s.keys.Secret, UserPoolID: s.keys.PoolID}
}

// Close writes a snapshot and ends the server: later requests are cut off.
// A server that is never closed loses nothing either.
func (s *Server) Close() error {
	s.dead.Store(true)
	return s.store.close()
}

// ServeHTTP answers the API and the control calls.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.dead.Load() {
		panic(http.ErrAbortHandler)
	}
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") {
		if s.options.NoControl {
			noRoute(r).send(w)
			return
		}
		s.control(w, r)
		return
	}
	s.exchange(w, r)
}

// exchange is the way of one API request from the wire and back.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	rec := s.log.begin(r, s.options.Now())
	defer s.log.end()
	hit := s.faults.next(r.Method, r.URL.Path)
	body, err := readBody(r)
	if err != nil && !errors.Is(err, errTooLarge) {
		panic(http.ErrAbortHandler) // the client went away in the middle of its request
	}
	c := &call{
		server: s, request: r, raw: body, tooLarge: err != nil, dialect: *s.dialect.Load(), requestID: rec.requestID(),
		speech: speechOf(r.URL.Path),
	}
	a := s.answer(c, hit)
	wait(r, s.options.Latency+hit.delay)
	s.log.add(rec, body, a)
	if hit.action == actionKill {
		s.kill()
	}
	if s.dead.Load() {
		panic(http.ErrAbortHandler)
	}
	a.send(w)
}

// answer decides what is done and what is said about it. Faults that stand for
// a broken way there come before the rate limit, so that "the n-th request"
// means the n-th that was sent.
func (s *Server) answer(c *call, hit hit) answer {
	switch hit.action {
	case actionDropBefore:
		return answer{cut: true}
	case actionStatus:
		return c.fail(&failure{status: hit.status, http: hit.status, message: "a fault was asked for"})
	case actionThrottle:
		return throttled(hit.retryAfter)
	}
	if !s.limiter.allow(s.options.Now()) {
		return throttled(-1)
	}
	return hit.spoil(s.dispatch(c, hit))
}

// kill ends the server the way a power cut would, after the request was done.
func (s *Server) kill() {
	s.dead.Store(true)
	if s.options.Exit != nil {
		s.options.Exit()
	}
	panic(http.ErrAbortHandler)
}

// maxBody is the largest request body, in bytes. The contract names status 413
// and no size: INFERRED.
const maxBody = 1 << 20

// maxDrained is how much more than that is read and thrown away, so that a client
// that is still sending gets to see the refusal and not a cut line.
const maxDrained = 64 << 20

var errTooLarge = errors.New("request body above 1 MiB")

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
		return nil, errTooLarge
	}
	return body, err
}

// wait holds an answer back; a client that goes away ends it early.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// decodeJSON reads exactly one JSON value and keeps numbers as they were written.
func decodeJSON(data []byte, into any) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("more than one JSON value")
	}
	return nil
}
