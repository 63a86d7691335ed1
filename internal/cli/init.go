package cli

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/schema"
	"github.com/idpsync/idpsync/schemas"
)

// starter is the project that init writes.
//
//go:embed starter
var starter embed.FS

// starterFiles are where its files go. idpsync.yaml comes last: without it the
// folder is no project, so that an init which was cut off leaves none behind.
var starterFiles = []struct{ name, from string }{
	{".gitignore", "gitignore"},
	{".env.example", "env.example"},
	{"providers/corp.yaml", "corp.yaml"},
	{"applications/portal.yaml", "portal.yaml"},
	{editorSchema, ""},
	{"schemas/project.schema.json", ""},
	{config.ProjectFile, "idpsync.yaml"},
}

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", Short: "write a small project to begin with",
		Long: `Write a small project to begin with, with comments: a provider, a connection,
an application, and a target that needs no server. Nothing that is there already
is overwritten.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd.CommandPath()+" --help tells the usage", "%s takes one folder at most, got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.begin(args) },
	}
}

// initResult is the document of init.
type initResult struct {
	report.Header
	Dir   string   `json:"dir"`
	Files []string `json:"files"`
	// Kept were there already and say what matters or not.
	Kept []string `json:"kept"`
}

// Text lists the files.
func (r *initResult) Text(w io.Writer, _ report.Style) error {
	for _, f := range r.Files {
		if _, err := fmt.Fprintln(w, report.Clean(path.Join(r.Dir, f))); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) begin(args []string) error {
	outs, err := a.outputs(textFormat, jsonFormat)
	if err != nil {
		return err
	}
	dir := a.flags.dir
	if len(args) > 0 {
		if dir != "" {
			return usage("", "init: -C and an argument both name the folder")
		}
		dir = args[0]
	}
	if dir == "" {
		dir = "."
	}
	s := &start{app: a, dir: a.path(dir), result: &initResult{Header: report.NewHeader("init"), Dir: filepath.ToSlash(dir), Kept: []string{}}}
	if err := s.write(); err != nil {
		return err
	}
	if err := a.emit(outs, s.result); err != nil {
		return err
	}
	s.next(dir)
	return nil
}

// start is one run of init.
type start struct {
	app    *app
	dir    string
	made   []string // files and folders, in the order they were made
	result *initResult
}

// write makes every file, or none.
func (s *start) write() error {
	texts, err := s.texts()
	if err != nil {
		return err
	}
	if err := s.occupied(); err != nil {
		return err
	}
	for _, f := range starterFiles {
		if slices.Contains(s.result.Kept, f.name) {
			continue
		}
		if err := s.put(f.name, texts[f.name]); err != nil {
			s.undo()
			if errors.Is(err, fs.ErrExist) {
				return &quit{code: Failure, err: fmt.Errorf("%s appeared a moment ago, so nothing is written", f.name)}
			}
			return fmt.Errorf("%s in %s cannot be written, so nothing is: %w", f.name, s.result.Dir, plainCause(err))
		}
		s.result.Files = append(s.result.Files, f.name)
	}
	return nil
}

func (s *start) texts() (map[string][]byte, error) {
	bundle, err := schema.Bundled().Bundle()
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{editorSchema: bundle}
	for _, f := range starterFiles {
		switch {
		case f.from != "":
			texts[f.name], err = starter.ReadFile("starter/" + f.from)
		case f.name != editorSchema:
			texts[f.name], err = schemas.FS.ReadFile(path.Base(f.name))
		}
		if err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// occupied refuses a folder in which one of the files is there already. A
// .gitignore is everybody's: it stays as it is.
func (s *start) occupied() error {
	if info, err := os.Stat(s.dir); err == nil && !info.IsDir() {
		return &quit{code: Failure, err: fmt.Errorf("%s is no folder", s.result.Dir)}
	}
	var there []string
	for _, f := range starterFiles {
		switch _, err := os.Lstat(filepath.Join(s.dir, filepath.FromSlash(f.name))); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("%s: %w", s.result.Dir, plainCause(err))
		case f.name == ".gitignore":
			s.result.Kept = append(s.result.Kept, f.name)
		default:
			there = append(there, f.name)
		}
	}
	if len(there) > 0 {
		return &quit{
			code: Failure, hint: "name another folder: idpsync init DIR",
			err: fmt.Errorf("%s in %s would be overwritten, so nothing is written: %s", plural(len(there), "file"), s.result.Dir, strings.Join(there, ", ")),
		}
	}
	return nil
}

// put makes one file, and the folders that it needs.
func (s *start) put(name string, text []byte) error {
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := s.folder(filepath.Dir(file)); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	s.made = append(s.made, file)
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// folder makes a folder and those above it, remembering which.
func (s *start) folder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if up := filepath.Dir(dir); up != dir {
		if err := s.folder(up); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	s.made = append(s.made, dir)
	return nil
}

// undo removes what was made, last first; a folder only while it is empty.
func (s *start) undo() {
	for _, made := range slices.Backward(s.made) {
		if err := os.Remove(made); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.app.warn("%s was made and cannot be removed", s.app.relative(made))
		}
	}
}

// next says what to do now.
func (s *start) next(dir string) {
	for _, kept := range s.result.Kept {
		s.app.warn("%s is there already and stays as it is; it should name .idpsync/ and .env", kept)
	}
	s.app.say("next, try it on the pool inside idpsync:")
	if dir != "." {
		s.app.say("  cd %s", shellWord(dir))
	}
	s.app.say("  idpsync validate")
	s.app.say("  CORP_OIDC_SECRET=anything idpsync plan")
}

// shellWord is a text as somebody types it into a shell.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r == '/' || r == '.' || r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
