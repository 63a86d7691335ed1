//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// docsNotRun counts the blocks of each page that say why they cannot be run. A
// new one is added here on purpose.
var docsNotRun = map[string]int{
	"README.md":                 1,
	"README.zh-CN.md":           1,
	"docs/ci.md":                5,
	"docs/contributing.md":      1,
	"docs/doctor.md":            2,
	"docs/performance.md":       1,
	"docs/quick-start.md":       3,
	"docs/zh-CN/quick-start.md": 3,
	"docs/sandbox.md":           7,
	"docs/secrets.md":           2,
	"docs/serve.md":             3,
	"docs/status-page.md":       2,
	"docs/watch.md":             1,
}

// TestDocs runs every block of the pages that a person would type into a shell,
// and compares what it prints with what the page shows. How a block is steered
// stands in docs/contributing.md.
func TestDocs(t *testing.T) {
	for _, p := range pages(t) {
		if p.madeByPrograms() {
			continue
		}
		notRun, stories := 0, 0
		for i := range p.blocks {
			switch b := &p.blocks[i]; {
			case b.verb == "not run":
				notRun++
				if len(strings.Fields(b.rest)) < 2 {
					t.Errorf("%s:%d: a block that is not run has a reason", p.name, b.line+1)
				}
			case b.runs() && b.verb != "tour":
				stories++
			}
		}
		if notRun != docsNotRun[p.name] {
			t.Errorf("%s: %d blocks are not run, docsNotRun says %d", p.name, notRun, docsNotRun[p.name])
		}
		if stories > 0 {
			t.Run(strings.TrimSuffix(strings.TrimPrefix(p.name, "docs/"), ".md"), func(t *testing.T) { t.Parallel(); (&story{T: t, page: p}).tell() })
		}
	}
}

// story is one page, from top to bottom.
type story struct {
	*testing.T
	page      *page
	home, dir string
	secrets   []string // the example's variables
	changed   bool
}

func (s *story) tell() {
	s.home = s.TempDir()
	for i := range s.page.blocks {
		b := &s.page.blocks[i]
		switch {
		case b.file != "":
			s.file(b)
		case b.runs() && (b.verb == "run" || b.verb == ""):
			s.block(b)
		}
		if s.Failed() && !*update {
			return // what follows stands on this
		}
	}
	if s.changed {
		path := filepath.Join("../..", s.page.name)
		if err := os.WriteFile(path, []byte(strings.Join(s.page.lines, "")), 0o644); err != nil {
			s.Fatal(err)
		}
	}
}

// file writes a block that the page tells people to keep under a name.
func (s *story) file(b *block) {
	s.prepare(b)
	if out, code := s.shell("set -e\n" + b.hidden); code != 0 {
		s.Fatalf("%s:%d: exit %d\n%s", s.page.name, b.line+1, code, out)
	}
	path := filepath.Join(s.dir, filepath.FromSlash(b.file))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.text), 0o644); err != nil {
		s.Fatal(err)
	}
}

// begin makes a fresh folder for the project that a block asks for.
func (s *story) begin(project string) {
	s.dir = s.TempDir()
	s.secrets = nil
	switch project {
	case "empty":
		return
	case "example", "applied":
	default:
		s.Fatalf("%s: no project is called %q; there is empty, example and applied", s.page.name, project)
	}
	if err := os.CopyFS(s.dir, os.DirFS("../../examples/config")); err != nil {
		s.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, ".idpsync")); err != nil {
		s.Fatal(err)
	}
	s.secrets = exampleSecrets(s.T)
	if project == "applied" {
		if out, code := s.shell("idpsync apply --yes"); code != 0 {
			s.Fatalf("the example cannot be applied: exit %d\n%s", code, out)
		}
	}
}

var runWords = regexp.MustCompile(`^([a-z]*)(?:,? *exit ([0-9]+))?$`)

// prepare makes the project that a block asks for, and gives the exit code that
// it is to end with.
func (s *story) prepare(b *block) int {
	m := runWords.FindStringSubmatch(b.rest)
	if m == nil {
		s.Fatalf("%s:%d: cannot read %q", s.page.name, b.line+1, b.rest)
	}
	switch {
	case m[1] != "":
		s.begin(m[1])
	case s.dir == "" && b.file != "":
		s.begin("empty")
	case s.dir == "":
		s.begin("example")
	}
	exit, _ := strconv.Atoi(m[2]) // digits, or none
	return exit
}

func (s *story) block(b *block) {
	exit := s.prepare(b)
	if b.lang == "console" {
		s.console(b)
		return
	}
	if out, code := s.shell("set -e\n" + b.hidden + "\n" + b.text); code != exit {
		s.Errorf("%s:%d: exit %d, want %d\n%s", s.page.name, b.line+1, code, exit, out)
	}
}

// console runs the commands of a block in one shell and compares each output.
func (s *story) console(b *block) {
	steps := readConsole(b.text)
	if len(steps) == 0 || steps[0].command == "" {
		s.Fatalf("%s:%d: a console block begins with a line \"$ command\"", s.page.name, b.line+1)
	}
	script := "__next() { local code=$?; printf '\\036'; return $code; }\n" + b.hidden + "\n"
	for _, step := range steps {
		script += "__next\n" + step.command
	}
	out, _ := s.shell(script)
	told := strings.Split(out, "\x1e")
	if len(told) != len(steps)+1 {
		s.Fatalf("%s:%d: the shell stopped early:\n%s", s.page.name, b.line+1, out)
	}
	text := ""
	for i, step := range steps {
		got := s.published(told[i+1])
		if alike(step.want, got) {
			text += step.shown + step.want
			continue
		}
		text += step.shown + got
		if !*update {
			s.Errorf("%s:%d: %sprints\n%s\nand the page shows\n%s\n(go test ./cmd/idpsync -run '%s' -update)", s.page.name, b.line+1, step.shown, got, step.want, s.Name())
		}
	}
	if *update && text != b.text {
		s.rewrite(b, text)
	}
}

// rewrite keeps the number of lines in s.page, so that later blocks are where
// they were: the whole text goes to the line after the fence.
func (s *story) rewrite(b *block, text string) {
	opening := fence.FindStringSubmatch(strings.TrimRight(s.page.lines[b.line], "\n"))
	if strings.Contains("\n"+text, "\n"+opening[2]) {
		s.Fatalf("%s:%d: what is printed would end the block: give it a longer fence", s.page.name, b.line+1)
	}
	for i := b.line + 1; i < b.end; i++ {
		s.page.lines[i] = ""
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(opening[1] + line)
	}
	s.page.lines[b.line] += out.String()
	s.changed = true
}

// shell runs a script as somebody does who has nothing but idpsync: a fresh
// home, no proxy, no settings. What it started ends with it.
func (s *story) shell(script string) (string, int) {
	s.Helper()
	out, err := os.CreateTemp(s.home, "out")
	if err != nil {
		s.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command("bash", "--norc", "-c", script)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.home, "LANG=C.UTF-8", "USER=you", "NO_PROXY=127.0.0.1,localhost", "HTTPS_PROXY=http://127.0.0.1:9",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=You", "GIT_AUTHOR_EMAIL=you@example.com", "GIT_COMMITTER_NAME=You", "GIT_COMMITTER_EMAIL=you@example.com",
	}, s.secrets...)
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	group := cmd.Process.Pid
	stop := func() { _ = syscall.Kill(-group, syscall.SIGKILL) }
	tooLong := time.AfterFunc(5*time.Minute, stop)
	err = cmd.Wait()
	if !tooLong.Stop() {
		s.Errorf("%s: a block did not end:\n%s", s.page.name, script)
	}
	stop()
	text, readErr := os.ReadFile(out.Name())
	if readErr != nil {
		s.Fatal(readErr)
	}
	if cmd.ProcessState == nil {
		s.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// published is an output as it may stand in a page.
func (s *story) published(out string) string {
	for _, dir := range []string{s.dir, s.home} {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			out = strings.ReplaceAll(out, real, "/home/you/config")
		}
		out = strings.ReplaceAll(out, dir, "/home/you/config")
	}
	if out != "" && !strings.HasSuffix(out, "\n") {
		out += "\n"
	}
	return serverID.ReplaceAllString(out, "62eaa95fe0a1b29a5295bf7c")
}
