package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// answerTime is how long an answer may take to be written; streams set their
	// own.
	answerTime = time.Minute
	// formBytes is the largest login form, hookBytes the largest body of a hook.
	formBytes = 4 << 10
	hookBytes = 1 << 20
)

// policy keeps a page from loading or sending anything elsewhere, and others
// from framing it. Scripts and styles are files of ours, none stand in a page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guarded puts what every answer has in common around the routes.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime)) // a recorder of a test has none
		limit := int64(formBytes)
		if r.URL.Path == hookPath {
			limit = hookBytes
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if !s.hostAllowed(r) {
			http.Error(w, "this page answers to its own address only; open it as localhost or by its number\n", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostAllowed keeps a page of a stranger from reading this one through a name
// that it lets point here (DNS rebinding). Where a token is asked for, the token
// does that.
func (s *Server) hostAllowed(r *http.Request) bool {
	if len(s.token) > 0 || open(r.URL.Path) || r.URL.Path == hookPath {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// open tells of the paths that never ask for a token: they say nothing but
// whether the program runs.
func open(path string) bool { return path == "/healthz" || path == "/readyz" }

// authorized lets in who shows the token or a cookie made from it.
func (s *Server) authorized(next http.Handler) http.Handler {
	if len(s.token) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearer, shown := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case open(r.URL.Path), r.URL.Path == hookPath, r.URL.Path == "/login", strings.HasPrefix(r.URL.Path, "/assets/"):
		case s.sessionOf(r), shown && s.isToken(strings.TrimSpace(bearer)):
		case shown && !s.guessed(r):
			w.Header().Set("Retry-After", "5")
			http.Error(w, "too many wrong tokens; wait a little\n", http.StatusTooManyRequests)
			return
		case !shown && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html"):
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="idpsync"`)
			http.Error(w, "the token of --auth-token-file is needed, as \"Authorization: Bearer ...\" or by /login\n", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guessed holds a wrong token back; false sends it away.
func (s *Server) guessed(r *http.Request) bool {
	s.log.Warn("a wrong token", "from", address(r))
	return s.slow.wait(r)
}

// isToken compares in a time that tells neither how much is right nor how long
// the token is.
func (s *Server) isToken(shown string) bool {
	a, b := sha256.Sum256([]byte(shown)), sha256.Sum256(s.token)
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// sign makes what only a holder of the token can make.
func (s *Server) sign(what string) []byte {
	m := hmac.New(sha256.New, s.token)
	m.Write([]byte("idpsync session\x00" + what))
	return m.Sum(nil)
}
