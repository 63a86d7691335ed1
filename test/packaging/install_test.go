package packaging

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// mirror serves one release, the way the action and the template fetch it.
type mirror struct {
	server  *httptest.Server
	files   map[string][]byte
	archive string
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	program(t, "curl", "curl")
	if runtime.GOOS != "linux" {
		missing(t, "the archives of this test are for linux")
	}
	m := &mirror{archive: fmt.Sprintf("idpsync_1.2.3_linux_%s.tar.gz", runtime.GOARCH), files: map[string][]byte{}}
	packed := release(t)
	m.files["/v1.2.3/"+m.archive] = bytes.Clone(packed)
	m.files["/v1.2.3/SHA256SUMS"] = fmt.Appendf(nil, "%064d  other.tar.gz\n%s  %s\n", 0, m.digest(), m.archive)
	m.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := m.files[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(text)
	}))
	t.Cleanup(m.server.Close)
	return m
}

// release packs the program once.
func release(t *testing.T) []byte {
	t.Helper()
	once.Do(func() {
		text, err := os.ReadFile(idpsync(t))
		if err != nil {
			return
		}
		var buf bytes.Buffer
		z, _ := gzip.NewWriterLevel(&buf, gzip.BestSpeed)
		w := tar.NewWriter(z)
		if err := w.WriteHeader(&tar.Header{Name: "idpsync", Mode: 0o755, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			return
		}
		if _, err := w.Write(text); err == nil && w.Close() == nil && z.Close() == nil {
			packedOnce = buf.Bytes()
		}
	})
	if len(packedOnce) == 0 {
		t.Fatal("the archive cannot be packed")
	}
	return packedOnce
}

var (
	once       sync.Once
	packedOnce []byte
)

func (m *mirror) digest() string {
	return fmt.Sprintf("%x", sha256.Sum256(m.files["/v1.2.3/"+m.archive]))
}

// TestInstall: a release is used only if its digest is the one it must have.
func TestInstall(t *testing.T) {
	cases := map[string]struct {
		change func(m *mirror, r *runner)
		code   int
		says   string
	}{
		"good":                  {func(*mirror, *runner) {}, 0, "idpsync "},
		"pinned":                {func(m *mirror, r *runner) { r.inputs["sha256"] = m.digest(); delete(m.files, "/v1.2.3/SHA256SUMS") }, 0, "idpsync "},
		"by the action's tag":   {func(_ *mirror, r *runner) { delete(r.inputs, "version"); r.github["action_ref"] = "v1.2.3" }, 0, "idpsync "},
		"by a branch":           {func(_ *mirror, r *runner) { delete(r.inputs, "version"); r.github["action_ref"] = "main" }, 64, "want a release"},
		"changed":               {func(m *mirror, _ *runner) { m.files["/v1.2.3/"+m.archive][99] ^= 1 }, 1, "has the digest"},
		"pinned to another one": {func(_ *mirror, r *runner) { r.inputs["sha256"] = strings.Repeat("0", 64) }, 1, "has the digest"},
		"not listed": {func(m *mirror, _ *runner) {
			m.files["/v1.2.3/SHA256SUMS"] = []byte(strings.Repeat("0", 64) + "  other.tar.gz\n")
		}, 1, "not any that SHA256SUMS names"},
		"not there":       {func(m *mirror, _ *runner) { delete(m.files, "/v1.2.3/"+m.archive) }, 7, "cannot be fetched"},
		"over plain http": {func(_ *mirror, r *runner) { r.inputs["mirror"] = "http://releases.example.com" }, 7, "cannot be fetched"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMirror(t)
			r := newPull(t, newForge(t))
			r.inputs["mode"], r.inputs["mirror"], r.inputs["version"] = "validate", m.server.URL, "v1.2.3"
			delete(r.inputs, "binary")
			c.change(m, r)
			if code := r.run(); code != c.code || !strings.Contains(r.log, c.says) {
				t.Errorf("exit code %d, want %d, and %q told\n%s", code, c.code, c.says, tail(r.log))
			}
		})
	}
}
