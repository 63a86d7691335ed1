package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/idpsync/idpsync/internal/config"
)

// gitOf prepares the repository of a source. Its URL may stand in a variable.
func (a *app) gitOf(s *config.FleetSource, home, base string) (*gitFiles, error) {
	g, err := a.gitFiles(s.Git.URL, s.Git.Ref, s.Git.Path, s.Git.RequireSigned, home, cmp.Or(base, a.env.Dir))
	var wrong *quit
	if errors.As(err, &wrong) {
		return nil, &quit{
			code: Failure, hint: wrong.hint,
			err: fmt.Errorf("source %s: git.url, git.ref or git.path: %s", s.Name, strings.TrimPrefix(wrong.Error(), "--git: ")),
		}
	}
	return g, err
}
