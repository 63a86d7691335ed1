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
			code: Failure, hint: inFleet(wrong.hint),
			err: fmt.Errorf("source %s: git.url, git.ref or git.path: %s", s.Name, strings.TrimPrefix(wrong.Error(), "--git: ")),
		}
	}
	return g, err
}

// fleetError is an error of a repository that a fleet file names.
type fleetError struct{ error }

func (e fleetError) Unwrap() error { return e.error }

// Hint tells what next.
func (e fleetError) Hint() string {
	var h interface{ Hint() string }
	if !errors.As(e.error, &h) {
		return ""
	}
	return inFleet(h.Hint())
}

// inFleet says a hint about the flags of watch in the words of a fleet file.
func inFleet(hint string) string {
	switch hint {
	case "put the URL into a variable and write --git env:NAME, or give git a credential helper":
		return "put the URL into a variable and write url: env:NAME, or give git a credential helper"
	case "the branch is named by --ref, credentials by a credential helper":
		return "the branch is named by git.ref, credentials by a credential helper"
	case "see that the branch of --ref exists":
		return "see that the branch of git.ref exists"
	case "check the host of --git and the network":
		return "check the host of git.url and the network"
	case "check the URL of --git, and that these credentials may read it":
		return "check git.url, and that these credentials may read it"
	case "name a smaller folder with --path":
		return "name a smaller folder with git.path"
	case "name the folder of the project with --path":
		return "name the folder of the project with git.path"
	case "see --path":
		return "see git.path"
	}
	return hint
}
