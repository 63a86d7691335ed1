package web

import (
	"crypto/hmac"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	cookieName = "idpsync_"
	// sessionTime is how long a login holds.
	sessionTime = 12 * time.Hour
)

// sessionOf tells whether the request carries a cookie that a login has made. It
// says when it was made, signed with the token: no list of sessions is kept, and
// another token ends them all.
func (s *Server) sessionOf(r *http.Request) bool {
	c, err := r.Cookie(s.cookie)
	if err != nil {
		return false
	}
	at, sum, ok := strings.Cut(c.Value, ".")
	signed, err := hex.DecodeString(sum)
	if !ok || err != nil || !hmac.Equal(signed, s.sign(at)) {
		return false
	}
	made, err := strconv.ParseInt(at, 10, 64)
	age := s.now().Sub(time.Unix(made, 0))
	return err == nil && age > -time.Minute && age < sessionTime
}

// loginPage asks for the token.
func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) {
	if len(s.token) == 0 {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.render(w, r, http.StatusOK, "login", &frame{Next: localPath(r.URL.Query().Get("next"))})
}

// login takes the token and gives a cookie for it.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		http.Error(w, "a login comes from the page itself\n", http.StatusForbidden)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read\n", http.StatusBadRequest)
		return
	}
	next := localPath(r.PostForm.Get("next"))
	if !s.isToken(strings.TrimSpace(r.PostForm.Get("token"))) || len(s.token) == 0 {
		status := http.StatusUnauthorized
		if !s.guessed(r) {
			w.Header().Set("Retry-After", "5")
			status = http.StatusTooManyRequests
		}
		s.render(w, r, status, "login", &frame{Next: next, Wrong: true})
		return
	}
	at := strconv.FormatInt(s.now().Unix(), 10)
	http.SetCookie(w, &http.Cookie{
		Name: s.cookie, Value: at + "." + hex.EncodeToString(s.sign(at)), Path: "/", MaxAge: int(sessionTime / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// sameOrigin tells that no page of a stranger sent the form. Browsers say so;
// who says nothing is none.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	return origin == "" || err == nil && u.Host == r.Host
}

// localPath keeps a path of this page, "/" for anything that might lead away.
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	return p
}

const (
	// penalty is how long a wrong token waits for its answer.
	penalty = time.Second
	// waitingAll and waitingOne bound how many wait at a time, of all and of one
	// address; whoever comes beyond is sent away at once.
	waitingAll, waitingOne = 32, 2
)

// slowdown makes guessing a token take for ever, without keeping out who knows
// it: a right token never waits.
type slowdown struct {
	mu      sync.Mutex
	waiting map[netip.Addr]int
	all     int
}

// wait holds a wrong guess back; false sends it away.
func (s *slowdown) wait(r *http.Request) bool {
	from := address(r)
	if !s.enter(from) {
		return false
	}
	defer s.leave(from)
	t := time.NewTimer(penalty)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
	return true
}

func (s *slowdown) enter(from netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= waitingAll || s.waiting[from] >= waitingOne {
		return false
	}
	if s.waiting == nil {
		s.waiting = map[netip.Addr]int{}
	}
	s.all++
	s.waiting[from]++
	return true
}

func (s *slowdown) leave(from netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.waiting[from]--; s.waiting[from] == 0 {
		delete(s.waiting, from)
	}
}

func address(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, _ := netip.ParseAddr(host)
	return a
}
