package source

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// flaws are what git says of a signature that is not good (%G?).
var flaws = map[string]struct{ why, next string }{
	"N": {"is not signed", "sign it (git commit -S), or watch without --require-signed"},
	"B": {"has a bad signature: it was changed after it was signed, or its key is not among those that are valid", "find out who made it"},
	"E": {"is signed, and nothing here vouches for the key", "import the public key if you trust it, or put it into the file that git's setting gpg.ssh.allowedSignersFile names"},
	"X": {"has a signature that has expired", "sign a new commit"},
	"Y": {"is signed with a key that has expired", "renew the key, or sign a new commit with another"},
	"R": {"is signed with a key that was revoked", "find out who made it, and sign a new commit with another key"},
}

// signer is who signed a commit with a key that is known here; an error says why
// the commit is not believed. git decides; both of its answers must agree.
func (g *Git) signer(ctx context.Context, commit string) (string, error) {
	words, err := g.shown(ctx, commit, "%G?", "%GS", "%GF", "%GK")
	if err != nil && strings.Contains(err.Error(), "allowedSignersFile") {
		return "", g.unsigned(commit, "E")
	} else if err != nil {
		return "", g.explain(err)
	}
	verdict := words[0]
	_, err = g.run.run(ctx, "verify-commit", commit)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case verdict == "N" && g.carriesSignature(ctx, commit):
		return "", g.unsigned(commit, "E") // git has no program to judge it with
	case verdict != "G" && verdict != "U":
		return "", g.unsigned(commit, verdict)
	case err != nil || verdict == "U" && g.distrusted(ctx, commit):
		return "", g.unsigned(commit, "E") // it is right, and nobody vouches for the key
	}
	return printable(fmt.Sprintf("%s (%s)", cmp.Or(words[1], words[3]), words[2])), nil
}

// shown is what git log says of a commit.
func (g *Git) shown(ctx context.Context, commit string, formats ...string) ([]string, error) {
	out, err := g.run.run(ctx, "log", "-1", "--format="+strings.Join(formats, "%x00"), commit)
	if err != nil {
		return nil, err
	}
	words := strings.Split(strings.TrimRight(string(out), "\n"), "\x00")
	if len(words) != len(formats) {
		return nil, refuse("", "git shows commit %s in a way that is not understood", commit[:12])
	}
	return words, nil
}

// distrusted tells that the owner of the keys said never to trust this one. git
// knows that only of signatures that are right (and ends badly with others).
func (g *Git) distrusted(ctx context.Context, commit string) bool {
	words, err := g.shown(ctx, commit, "%GT")
	return err != nil || words[0] == "never"
}

func (g *Git) carriesSignature(ctx context.Context, commit string) bool {
	out, err := g.run.run(ctx, "cat-file", "commit", commit)
	head, _, _ := strings.Cut(string(out), "\n\n")
	return err == nil && strings.Contains(head, "\ngpgsig")
}

func (g *Git) unsigned(commit, verdict string) error {
	f, known := flaws[verdict]
	if !known {
		f = flaws["B"]
	}
	return &Error{Message: fmt.Sprintf("%s: commit %s %s; nothing of it is used", g.name, commit[:12], f.why), Next: f.next}
}

// date is when a commit was made, as it says itself.
func (g *Git) date(ctx context.Context, commit string) (time.Time, error) {
	words, err := g.shown(ctx, commit, "%ct")
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return time.Time{}, refuse("", "%s: commit %s has no date", g.name, commit[:12])
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// notOlder refuses a commit from before the last good one: a host that was taken
// over can still show old commits, and those are signed.
func (g *Git) notOlder(t Tree) error {
	commit, made := g.remembered()
	if commit == "" || commit == t.Commit || !t.Time.Before(made) {
		return nil
	}
	return refuse("sign a new commit that takes the later ones back; or remove "+g.goodFile()+" to go back by hand",
		"%s: commit %s of %s is older than %s, which was in force; nothing of it is used", g.name, t.Commit[:12], t.Time.Format(time.RFC3339), commit[:12])
}
