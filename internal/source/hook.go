package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// mostBody is more than any host sends of a push.
	mostBody = 1 << 20
	// quiet is the time between two wakes; calls in between are answered with one
	// at its end, so that a call that somebody repeats does no harm.
	quiet = time.Second
)

// Hook is an HTTP handler that a git host calls after a push. It proves that the
// caller knows the secret and then calls wake, which must not wait; what the call
// says is not believed, and not even read as anything but bytes. Known are
// X-Hub-Signature-256 (GitHub, Gitea), X-Gitea-Signature and X-Gitlab-Token.
func Hook(secret []byte, wake func()) http.Handler {
	h := &hook{secret: secret, bell: &bell{wake: wake}}
	return http.HandlerFunc(h.serve)
}

type hook struct {
	secret []byte
	bell   *bell
}

func (h *hook) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "only POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "the body broke off", http.StatusBadRequest)
		return
	case !h.knows(r.Header, body):
		http.Error(w, "wrong or missing signature", http.StatusUnauthorized)
		return
	}
	h.bell.ring()
	w.WriteHeader(http.StatusAccepted)
}

// knows tells whether the caller knows the secret. One that signs in several ways
// must be right in all of them.
func (h *hook) knows(header http.Header, body []byte) bool {
	if len(h.secret) == 0 {
		return false
	}
	mac := hmac.New(sha256.New, h.secret)
	mac.Write(body)
	sum := mac.Sum(nil)
	proven := false
	for name, prefix := range map[string]string{"X-Hub-Signature-256": "sha256=", "X-Gitea-Signature": ""} {
		values := header[name]
		if len(values) == 0 {
			continue
		}
		text, ok := strings.CutPrefix(values[0], prefix)
		given, err := hex.DecodeString(text)
		if !ok || err != nil || !hmac.Equal(given, sum) {
			return false
		}
		proven = true
	}
	if values := header["X-Gitlab-Token"]; len(values) > 0 {
		// Compared by their sums, which are equally long.
		given, want := sha256.Sum256([]byte(values[0])), sha256.Sum256(h.secret)
		if subtle.ConstantTimeCompare(given[:], want[:]) != 1 {
			return false
		}
		proven = true
	}
	return proven
}

// bell wakes at once, and then not again before a pause has passed.
type bell struct {
	wake   func()
	mu     sync.Mutex
	paused bool
	again  bool
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.paused {
		b.again = true
		return
	}
	b.paused = true
	time.AfterFunc(quiet, b.rested)
	b.wake()
}

func (b *bell) rested() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paused = false
	if b.again {
		b.again, b.paused = false, true
		time.AfterFunc(quiet, b.rested)
		b.wake()
	}
}
