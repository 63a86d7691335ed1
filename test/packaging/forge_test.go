package packaging

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// forge stands in for GitHub: the part of its API that the action asks, with the
// shapes of its documentation.
type forge struct {
	t        *testing.T
	api      *httptest.Server
	store    *httptest.Server // where artifacts lie; it refuses the token of the API
	mu       sync.Mutex
	requests []string
	refuse   map[string]int // "METHOD path": status
	comments []comment
	contents map[string]string // "ref path": text
	pulls    []any
	runs     map[int]any
	kept     []artifact
	zips     map[int][]byte
}

type comment struct {
	ID   int    `json:"id"`
	Body string `json:"body"`
	User user   `json:"user"`
}

type user struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

type artifact struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Expired bool   `json:"expired"`
	Run     struct {
		ID             int    `json:"id"`
		Repository     int    `json:"repository_id"`
		HeadRepository int    `json:"head_repository_id"`
		HeadSHA        string `json:"head_sha"`
	} `json:"workflow_run"`
}

const (
	repository = "blue-heron/identity"
	token      = "ghs_the-token-of-the-job"
)

func newForge(t *testing.T) *forge {
	f := &forge{t: t, refuse: map[string]int{}, contents: map[string]string{}, runs: map[int]any{}, zips: map[int][]byte{}}
	f.api = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.api.Close)
	f.store = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the token was sent to the store of the artifacts")
			w.WriteHeader(http.StatusForbidden)
			return
		}
		id, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		_, _ = w.Write(f.zips[id])
	}))
	t.Cleanup(f.store.Close)
	return f
}

func (f *forge) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	asked := r.Method + " " + r.URL.Path
	f.requests = append(f.requests, asked)
	if r.Header.Get("Authorization") != "Bearer "+token {
		f.answer(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
		return
	}
	if status := f.refuse[asked]; status != 0 {
		f.answer(w, status, map[string]any{"message": "Resource not accessible by integration"})
		return
	}
	status, doc := f.route(asked, r, body)
	if redirect, ok := doc.(string); ok {
		w.Header().Set("Location", redirect)
		w.WriteHeader(status)
		return
	}
	f.answer(w, status, doc)
}

func (f *forge) answer(w http.ResponseWriter, status int, doc any) {
	if raw, ok := doc.([]byte); ok {
		w.WriteHeader(status)
		_, _ = w.Write(raw)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(doc)
}

func (f *forge) route(asked string, r *http.Request, body []byte) (int, any) {
	method, path, _ := strings.Cut(asked, " /repos/"+repository)
	var id int
	switch {
	case method == "GET" && path == "/issues/7/comments":
		return http.StatusOK, page(f.comments, r)
	case method == "POST" && path == "/issues/7/comments":
		f.comments = append(f.comments, comment{ID: 1000 + len(f.comments), Body: f.body(body), User: user{"github-actions[bot]", "Bot"}})
		return http.StatusCreated, f.comments[len(f.comments)-1]
	case method == "PATCH" && scan(path, "/issues/comments/%d", &id):
		for i := range f.comments {
			if f.comments[i].ID == id {
				f.comments[i].Body = f.body(body)
				return http.StatusOK, f.comments[i]
			}
		}
	case method == "GET" && strings.HasPrefix(path, "/contents/"):
		if r.Header.Get("Accept") != "application/vnd.github.raw+json" {
			f.t.Errorf("the content of a file was asked for as %q", r.Header.Get("Accept"))
		}
		if text, ok := f.contents[r.URL.Query().Get("ref")+" "+strings.TrimPrefix(path, "/contents/")]; ok {
			return http.StatusOK, []byte(text)
		}
	case method == "GET" && path == "/commits/merged/pulls":
		return http.StatusOK, f.pulls
	case method == "GET" && path == "/actions/artifacts":
		named := []artifact{}
		for _, a := range f.kept {
			if a.Name == r.URL.Query().Get("name") {
				named = append(named, a)
			}
		}
		return http.StatusOK, map[string]any{"total_count": len(named), "artifacts": named}
	case method == "GET" && scan(path, "/actions/runs/%d", &id) && f.runs[id] != nil:
		return http.StatusOK, f.runs[id]
	case method == "GET" && scan(path, "/actions/artifacts/%d/zip", &id) && f.zips[id] != nil:
		return http.StatusFound, fmt.Sprintf("%s/%d", f.store.URL, id)
	}
	return http.StatusNotFound, map[string]any{"message": "Not Found"}
}

func scan(path, format string, id *int) bool {
	_, err := fmt.Sscanf(path, format, id)
	return err == nil && fmt.Sprintf(format, *id) == path
}

func (f *forge) body(request []byte) string {
	var doc struct{ Body string }
	if err := json.Unmarshal(request, &doc); err != nil || doc.Body == "" || len(doc.Body) > 65536 {
		f.t.Errorf("GitHub would not take this comment of %d bytes: %v", len(doc.Body), err)
	}
	return doc.Body
}

// page is one page of a list, as per_page and page ask for it.
func page[T any](all []T, r *http.Request) []T {
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	if size < 1 || size > 100 || number < 1 {
		return nil
	}
	from := min((number-1)*size, len(all))
	return append([]T{}, all[from:min(from+size, len(all))]...)
}

// keep puts an artifact there, made by a run on a commit.
func (f *forge) keep(id, run int, name, sha, plan string) *artifact {
	var text bytes.Buffer
	z := zip.NewWriter(&text)
	w, err := z.Create("plan.idpsync")
	if err == nil {
		_, err = io.WriteString(w, plan)
	}
	if err != nil || z.Close() != nil {
		f.t.Fatal(err)
	}
	a := artifact{ID: id, Name: name}
	a.Run.ID, a.Run.Repository, a.Run.HeadRepository, a.Run.HeadSHA = run, 1, 1, sha
	f.kept = append(f.kept, a)
	f.zips[id] = text.Bytes()
	return &f.kept[len(f.kept)-1]
}

// plan is the plan file of an artifact.
func (f *forge) plan(id int) []byte {
	z, err := zip.NewReader(bytes.NewReader(f.zips[id]), int64(len(f.zips[id])))
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := z.Open("plan.idpsync")
	if err != nil {
		f.t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

// asked tells how often a request was made.
func (f *forge) asked(request string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if r == request {
			n++
		}
	}
	return n
}
