package ledgertest

import (
	"errors"
	"os"
	"path/filepath"
)

// Open starts a server for a program that is no test; Close ends it.
func Open() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{}
	if err := s.start(bin); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close ends the server and removes its files.
func (s *Server) Close() {
	if s.ctl != nil {
		_ = s.ctl("-w", "-m", "immediate", "stop")
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// Restart ends the server as an administrator does ("fast"), or as a crash does
// ("immediate"), and starts it again on its port. A server that TEST_DATABASE_URL
// named is others' too, and is left alone.
func (s *Server) Restart(mode string) error {
	if s.ctl == nil {
		return errors.New("a server that was given is not restarted")
	}
	return s.ctl("-w", "-t", "120", "-m", mode, "-l", filepath.Join(s.dir, "log"), "restart")
}

// Ours tells that the server was started here.
func (s *Server) Ours() bool { return s.ctl != nil }
