package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shellPatience is how long the shell may take to show something; it is there
// for a machine that has stopped, not for a slow one.
const shellPatience = 60 * time.Second

// terminal is a bash inside a tmux of its own.
type terminal struct {
	t            *testing.T
	tmux, socket string
}

// openTerminal starts bash without any file of the user in a folder.
func openTerminal(t *testing.T, dir string, env []string) *terminal {
	t.Helper()
	sockets, err := os.MkdirTemp("", "idpsync-tmux") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, tmux: program(t, "tmux"), socket: filepath.Join(sockets, "s")}
	t.Cleanup(func() { _ = os.RemoveAll(sockets) })
	bash := program(t, "bash")
	cmd := exec.Command(term.tmux, "-f", os.DevNull, "-S", term.socket, "new-session", "-d", "-x", "120", "-y", "50", "-c", dir,
		bash, "--norc", "--noprofile", "-i")
	cmd.Env = append(os.Environ(), env...)
	t.Cleanup(func() { _ = exec.Command(term.tmux, "-S", term.socket, "kill-server").Run() }) // of this socket alone
	if out, err := run(shellPatience, cmd); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return term
}

func (term *terminal) do(args ...string) string {
	term.t.Helper()
	out, err := run(shellPatience, exec.Command(term.tmux, append([]string{"-S", term.socket}, args...)...))
	if err != nil {
		term.t.Fatal(err)
	}
	return string(out)
}

// typed sends keys as they are; "Tab" and "Enter" are keys of their own.
func (term *terminal) typed(keys ...string) {
	term.t.Helper()
	for _, k := range keys {
		if k == "Tab" || k == "Enter" || k == "C-u" || k == "C-l" {
			term.do("send-keys", k)
		} else {
			term.do("send-keys", "-l", "--", k)
		}
	}
}

// shows waits until the screen shows every text.
func (term *terminal) shows(texts ...string) {
	term.t.Helper()
	screen := ""
	for end := time.Now().Add(shellPatience); time.Now().Before(end); {
		screen = term.do("capture-pane", "-p", "-J")
		all := true
		for _, text := range texts {
			all = all && strings.Contains(screen, text)
		}
		if all {
			return
		}
	}
	term.t.Fatalf("the terminal never showed %q:\n%s", texts, screen)
}

// TestCompletionInBash types in a real shell, without the bash-completion
// package's help: verbs, targets, keys, "=" and ":" inside of a word.
func TestCompletionInBash(t *testing.T) {
	bin := t.TempDir()
	must(t, os.Symlink(idpsync(t), filepath.Join(bin, "idpsync")))
	project := filepath.Join(t.TempDir(), "pool")
	if err := os.CopyFS(project, os.DirFS("../../examples/config")); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	term := openTerminal(t, project, []string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home, "TERM=xterm", "PS1=ready> ",
		"HISTFILE=", "INPUTRC=" + os.DevNull, "IDPSYNC_LANG=", "IDPSYNC_TARGET=",
	})
	term.typed("PS1='ready> '; bind 'set bell-style none' 'set show-all-if-ambiguous on' 2>/dev/null; source <(idpsync completion bash) && echo sour''ced", "Enter")
	term.shows("sourced")
	for _, c := range []struct {
		line  string
		after string   // what the line is then, as far as the next key; "" where several words fit
		shown []string // the words that fit
	}{
		{"idpsync vali", "idpsync validate |", nil},
		{"idpsync plan --tar", "idpsync plan --target |", nil},
		{"idpsync plan -t loc", "idpsync plan -t local |", nil},
		{"idpsync plan --select=connection/wechat-a", "idpsync plan --select=connection/wechat-app |", nil},
		{"idpsync plan --select connection/", "", []string{"connection/corp-oidc", "connection/github-developers", "connection/lark-crew"}},
		{"idpsync apply --override prune-s", "idpsync apply --override prune-share=|", nil},
		{"idpsync schema show wechat:p", "idpsync schema show wechat:pc |", nil},
		{"echo x; idpsync -C . graph -o mer", "idpsync -C . graph -o mermaid |", nil},
		{"idpsync journal sh", "idpsync journal show |", nil},
	} {
		term.typed("C-u", "C-l", c.line, "Tab")
		if c.shown != nil {
			term.shows(c.shown...)
			continue
		}
		term.typed("|") // what was completed ends where the next key stands
		term.shows(c.after)
	}
}
