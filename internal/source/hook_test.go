package source_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/idpsync/idpsync/internal/source"
)

func sum(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

const body = `{"ref":"refs/heads/main"}`

func TestHook(t *testing.T) {
	for _, c := range []struct {
		name, method string
		headers      map[string]string
		body         string
		status       int
	}{
		{"GitHub", "POST", map[string]string{"X-Hub-Signature-256": "sha256=" + sum("key", body)}, body, 202},
		{"Gitea", "POST", map[string]string{"X-Gitea-Signature": sum("key", body)}, body, 202},
		{"Gitea both ways", "POST", map[string]string{"X-Gitea-Signature": sum("key", body), "X-Hub-Signature-256": "sha256=" + sum("key", body)}, body, 202},
		{"GitLab", "POST", map[string]string{"X-Gitlab-Token": "key"}, body, 202},
		{"another secret", "POST", map[string]string{"X-Hub-Signature-256": "sha256=" + sum("other", body)}, body, 401},
		{"another body", "POST", map[string]string{"X-Hub-Signature-256": "sha256=" + sum("key", body)}, body + " ", 401},
		{"no signature", "POST", nil, body, 401},
		{"an empty one", "POST", map[string]string{"X-Hub-Signature-256": "", "X-Gitlab-Token": ""}, body, 401},
		{"the older kind", "POST", map[string]string{"X-Hub-Signature": "sha1=" + sum("key", body)}, body, 401},
		{"without its name", "POST", map[string]string{"X-Hub-Signature-256": sum("key", body)}, body, 401},
		{"cut", "POST", map[string]string{"X-Gitea-Signature": sum("key", body)[:32]}, body, 401},
		{"no hexadecimal", "POST", map[string]string{"X-Gitea-Signature": "zz"}, body, 401},
		{"a wrong token", "POST", map[string]string{"X-Gitlab-Token": "keys"}, body, 401},
		{"one right and one wrong", "POST", map[string]string{"X-Gitlab-Token": "key", "X-Gitea-Signature": sum("other", body)}, body, 401},
		{"GET", "GET", map[string]string{"X-Gitlab-Token": "key"}, "", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			woken := 0
			h := source.Hook([]byte("key"), func() { woken++ })
			r := httptest.NewRequest(c.method, "/hooks/git", strings.NewReader(c.body))
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || (woken == 1) != (c.status == 202) {
				t.Errorf("%d, woken %d times", w.Code, woken)
			}
		})
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("X-Gitea-Signature", sum("", body))
	source.Hook(nil, func() { t.Error("woken without a secret") }).ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("%d without a secret", w.Code)
	}
}

// endless is a body that never ends, and counts what was taken of it.
type endless struct{ taken int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.taken += int64(len(p))
	return len(p), nil
}

// TestHookBody: a gigabyte is not taken, whoever signed it.
func TestHookBody(t *testing.T) {
	h := source.Hook([]byte("key"), func() { t.Error("woken") })
	big := &endless{}
	r := httptest.NewRequest("POST", "/", io.LimitReader(big, 1<<30))
	r.Header.Set("X-Gitlab-Token", "key")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || big.taken > 4<<20 {
		t.Errorf("%d, %d bytes taken", w.Code, big.taken)
	}
}

// TestHookReplayed: a call that is repeated a thousand times wakes twice.
func TestHookReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var woken []time.Duration
		begun := time.Now()
		h := source.Hook([]byte("key"), func() { woken = append(woken, time.Since(begun)) })
		call := func() {
			r := httptest.NewRequest("POST", "/", bytes.NewReader([]byte(body)))
			r.Header.Set("X-Gitlab-Token", "key")
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		for range 1000 {
			call()
		}
		<-time.After(time.Minute)
		call()
		<-time.After(time.Minute)
		want := []time.Duration{0, time.Second, time.Minute}
		if len(woken) != 3 || woken[0] != want[0] || woken[1] != want[1] || woken[2] != want[2] {
			t.Errorf("woken at %v", woken)
		}
	})
}
