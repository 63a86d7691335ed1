// Package project makes projects of any size, the same each time: names in two
// scripts, comments, several objects in a file, and a secret by reference in
// every connection that has one. Every check of idpsync is silent about them.
package project

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// PerProvider is how many connections share an identity provider. There are as
// many applications as providers.
const PerProvider = 10

// secrets is how many variables hold the secrets of all connections. One each
// would be more than a process may have.
const secrets = 100

// Target is where the project is to be applied; the zero Target is a sandbox of
// its own.
type Target struct{ Host, UserPoolID string }

// Project says what to make.
type Project struct {
	Connections int
	Target      Target
	// Bare leaves applications out.
	Bare bool
}

// Providers is how many identity providers a project has.
func (p Project) Providers() int { return (p.Connections + PerProvider - 1) / PerProvider }

// Applications is how many applications it has.
func (p Project) Applications() int {
	if p.Bare {
		return 0
	}
	return p.Providers()
}

// Strategies is how many applications declare a permission strategy.
func (p Project) Strategies() int { return (p.Applications() + 9) / 10 }

// Environ gives the secrets their values, as environment variables.
func Environ() []string {
	env := make([]string, secrets)
	for i := range env {
		env[i] = fmt.Sprintf("BENCH_SECRET_%02d=s3cret-%02d-of-the-other-side", i, i)
	}
	return env
}

// Write writes the project into dir: a folder for each provider, with one file
// for the provider, its application and its first connection, and a file for
// each of the others.
func (p Project) Write(dir string) error {
	if err := p.WriteSettings(dir); err != nil {
		return err
	}
	for i := range p.Providers() {
		if err := p.writeProvider(filepath.Join(dir, fmt.Sprintf("team-%05d", i)), i); err != nil {
			return err
		}
	}
	return nil
}

// WriteSettings writes the project file alone.
func (p Project) WriteSettings(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "idpsync.yaml"), []byte(p.settings()), 0o644)
}

func (p Project) settings() string {
	where := "{sandbox: {}}"
	if p.Target.Host != "" {
		where = fmt.Sprintf("{host: %q, userPoolId: %q}", p.Target.Host, p.Target.UserPoolID)
	}
	return "apiVersion: idpsync/v1\nkind: Project\ndefaultTarget: local\ntargets:\n  local: " + where +
		"\nlint: {IDP0609: off}   # one connection in ten is a button\n"
}

func (p Project) writeProvider(dir string, i int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	first := i * PerProvider
	docs := []string{provider(i)}
	if !p.Bare {
		docs = append(docs, application(i))
	}
	docs = append(docs, connection(first))
	if err := os.WriteFile(filepath.Join(dir, "team.yaml"), []byte(strings.Join(docs, "---\n")), 0o644); err != nil {
		return err
	}
	for c := first + 1; c < min(first+PerProvider, p.Connections); c++ {
		name := filepath.Join(dir, fmt.Sprintf("conn-%06d.yaml", c))
		if err := os.WriteFile(name, []byte(connection(c)), 0o644); err != nil {
			return err
		}
	}
	return nil
}
