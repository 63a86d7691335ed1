package cli_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// silence is a stdin that nobody types on; it tells when it is read.
type silence struct{ read func() }

func (s silence) Read([]byte) (int, error) {
	s.read()
	return 0, io.EOF
}

func TestAnInterruptAtTheQuestionChangesNothing(t *testing.T) {
	interrupt, asked := make(chan os.Signal), make(chan struct{})
	c := call{dir: project(t, files("https://api.example.com")), terminal: true, interrupt: interrupt}
	c.in = silence{func() { close(asked); <-t.Context().Done() }}
	go func() {
		<-asked
		interrupt <- os.Interrupt
	}()
	c.run(t, "apply", "--color", "never").want(t, cli.Failure, nil, []string{"error: interrupted"})
	call{dir: c.dir}.run(t, "plan").want(t, cli.OK, []string{"Plan: 4 to create"}, nil)
}

// watched is a sandbox whose first write calls back before it is done.
func watched(t *testing.T, first func(r *http.Request)) *served {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/create-ext-idp") {
			select {
			case seen <- struct{}{}:
				first(r)
			default:
			}
		}
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		_ = box.Close()
	})
	k := box.Credentials()
	return &served{Listening: server.URL, AccessKeyID: k.AccessKeyID, AccessKeySecret: k.AccessKeySecret, UserPoolID: k.UserPoolID}
}

func TestOneInterruptFinishesTheStepInFlight(t *testing.T) {
	interrupt, stopping := make(chan os.Signal), make(chan struct{})
	s := watched(t, func(*http.Request) {
		interrupt <- os.Interrupt
		<-stopping
	})
	c := s.config(t)
	c.interrupt = interrupt
	c.said = func(line string) {
		if strings.HasPrefix(line, "interrupted:") {
			close(stopping)
		}
	}
	c.run(t, "apply", "-y", "--parallelism", "1").want(t, cli.Partial, []string{"Result: 1 done, 0 failed, 3 skipped, 0 unknown."}, nil)
}

func TestTwoInterruptsStopAtOnce(t *testing.T) {
	interrupt, stopping := make(chan os.Signal), make(chan struct{})
	s := watched(t, func(r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the client is gone
		interrupt <- os.Interrupt
		<-stopping
		interrupt <- os.Interrupt
		<-r.Context().Done()
	})
	c := s.config(t)
	c.interrupt = interrupt
	c.said = func(line string) {
		if strings.HasPrefix(line, "interrupted:") {
			close(stopping)
		}
	}
	r := c.run(t, "apply", "-y", "--parallelism", "1")
	r.want(t, cli.Partial, []string{"0 done", "3 skipped, 1 unknown."}, nil)
}
