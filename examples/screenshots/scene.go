package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/idpsync/idpsync/internal/cli"
)

// columns is how wide the terminal of the pictures is.
const columns = 96

// scene is one picture: what was edited in the files, and what was typed.
type scene struct {
	name  string
	edits [][3]string // file, old, new
	args  []string
}

// scenes are played one after the other on one project, which was applied once.
var scenes = []scene{
	{"validate", [][3]string{
		{"providers/github.yaml", "clientID:", "clientId:"},
		{"applications/shop.yaml", "connections: [wechat-pc,", "connections: [wechat-px,"},
	}, []string{"validate"}},
	{"plan", [][3]string{
		{"providers/github.yaml", "clientId:", "clientID:"},
		{"applications/shop.yaml", "connections: [wechat-px,", "connections: [wechat-pc,"},
		{"providers/corp.yaml", "displayName: Staff login", "displayName: Staff sign-in"},
		{"providers/wechat.yaml", "displayName: 微信扫码登录", "displayName: 微信扫一扫"},
		{"applications/portal.yaml", "connections: [corp-oidc, lark-crew]", "connections: [corp-oidc]"},
	}, []string{"plan"}},
	{"guard", [][3]string{
		{"applications/portal.yaml", "connections: [corp-oidc]", "connections: []"},
		{"applications/portal.yaml", "enabledBasicLoginMethods: [EMAIL_CODE, EMAIL_PASSWORD]", "enabledBasicLoginMethods: []"},
	}, []string{"plan"}},
}

// languages are those of the pictures, with what stands behind a picture's name.
var languages = []struct{ lang, suffix string }{{"en", ""}, {"zh-CN", ".zh-CN"}}

// draw plays every scene and gives the pictures by their file names.
func draw(project string) (map[string][]byte, error) {
	work, err := os.MkdirTemp("", "idpsync-screenshots")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if work, err = filepath.EvalSymlinks(work); err != nil {
		return nil, err
	}
	s := &stage{dir: filepath.Join(work, "pool")}
	if err := s.prepare(project); err != nil {
		return nil, err
	}
	pictures := map[string][]byte{}
	for _, sc := range scenes {
		for _, e := range sc.edits {
			if err := s.edit(e[0], e[1], e[2]); err != nil {
				return nil, err
			}
		}
		for _, l := range languages {
			shown, err := s.play(l.lang, sc.args)
			if err != nil {
				return nil, err
			}
			pictures[sc.name+l.suffix+".svg"] = picture("idpsync "+strings.Join(sc.args, " "), shown)
		}
	}
	return pictures, nil
}

// stage is a copy of a project and what a run there knows.
type stage struct {
	dir string
	env map[string]string
}

func (s *stage) prepare(project string) error {
	if err := os.CopyFS(s.dir, os.DirFS(project)); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(s.dir, ".idpsync")); err != nil {
		return err
	}
	example, err := os.ReadFile(filepath.Join(s.dir, ".env.example"))
	if err != nil {
		return err
	}
	s.env = map[string]string{"TERM": "xterm-256color"}
	for line := range strings.Lines(string(example)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && name[0] != '#' {
			s.env[name] = value
		}
	}
	if out, code := s.run("en", "apply", "--yes"); code != 0 {
		return fmt.Errorf("apply ended with %d:\n%s", code, out)
	}
	return nil
}

func (s *stage) edit(file, from, to string) error {
	path := filepath.Join(s.dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !strings.Contains(string(text), from) {
		return fmt.Errorf("%s does not hold %q", file, from)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o644)
}

// serverID is made anew for each pool, and may not change the picture.
var serverID = regexp.MustCompile(`\b[0-9a-f]{24}\b`)

// play runs a command and gives what the terminal shows of it.
func (s *stage) play(lang string, args []string) (string, error) {
	out, code := s.run(lang, args...)
	switch code {
	case 0, 1, 3: // done, wrong files, refused: the exit codes are tested elsewhere
		return serverID.ReplaceAllString(out, "62eaa95fe0a1b29a5295bf7c"), nil
	}
	return "", fmt.Errorf("idpsync %s ended with %d:\n%s", strings.Join(args, " "), code, out)
}

func (s *stage) run(lang string, args ...string) (string, int) {
	env := s.env
	var out bytes.Buffer
	code := cli.Main(context.Background(), cli.Env{
		LookupEnv: func(name string) (string, bool) {
			if name == "IDPSYNC_LANG" {
				return lang, true
			}
			v, ok := env[name]
			return v, ok
		},
		Environ:  func() []string { return nil },
		Dir:      s.dir,
		Terminal: func(stream any) bool { return stream == any(&out) },
		Columns:  func(any) int { return columns },
		Now:      func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) },
	}, strings.NewReader(""), &out, io.Writer(&out), args)
	return out.String(), code
}
