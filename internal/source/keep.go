package source

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// What is kept between runs is only which commit was good last; its files are
// written again by the next process, since a machine that lost its power may have
// kept half of them.

func (g *Git) goodFile() string { return filepath.Join(g.home, "good") }

// remember puts down the last good commit, whole or not at all.
func (g *Git) remember(t Tree) error {
	if commit, _ := g.remembered(); commit == t.Commit {
		return nil
	}
	fresh := g.goodFile() + ".new"
	text := t.Commit + " " + strconv.FormatInt(t.Time.Unix(), 10) + "\n"
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		return &Error{Message: "the folder for what is fetched", Next: "make it writable", Err: err}
	}
	if err := os.Rename(fresh, g.goodFile()); err != nil {
		return &Error{Message: "the folder for what is fetched", Next: "make it writable", Err: err}
	}
	return nil
}

// remembered is the last good commit and when it was made; "" when it is not known.
func (g *Git) remembered() (string, time.Time) {
	data, err := os.ReadFile(g.goodFile())
	if err != nil {
		return "", time.Time{}
	}
	commit, date, _ := strings.Cut(strings.TrimSpace(string(data)), " ")
	seconds, err := strconv.ParseInt(date, 10, 64)
	if err != nil || !commitID().MatchString(commit) {
		return "", time.Time{}
	}
	return commit, time.Unix(seconds, 0).UTC()
}

// spare is how long a folder that nobody asked for any more is kept: somebody
// may still be reading in it.
const spare = time.Hour

func (g *Git) touch(dir string) {
	now := g.o.Now()
	_ = os.Chtimes(dir, now, now)
}

// sweep removes the folders that are of no use any more, of this process and of
// earlier ones. What cannot be removed is tried again the next time.
func (g *Git) sweep() {
	g.touch(g.last.Dir)
	root := filepath.Join(g.home, "trees")
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, e := range entries {
		dir := filepath.Join(root, e.Name())
		info, err := e.Info()
		if err != nil || dir == g.last.Dir || g.o.Now().Sub(info.ModTime()) < spare {
			continue
		}
		if os.RemoveAll(dir) == nil {
			for commit, d := range g.trees {
				if d == dir {
					delete(g.trees, commit)
				}
			}
		}
	}
}
