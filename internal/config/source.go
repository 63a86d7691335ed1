package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// envName is what an environment variable may be called.
var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// sources are the keys of secretFrom.
var sources = []string{"env", "file", "age", "exec", "server"}

// secretFrom reads {secretFrom: {...}}; message is set when it is malformed, at
// the node where.
func secretFrom(n *node) (s model.Secret, where *node, message, hint diagnostic.Text) {
	if len(n.keys) > 1 {
		return s, n, diagnostic.T("secret.alone"), hint
	}
	from := n.child("secretFrom")
	if from.kind == brokenNode {
		return s, nil, message, hint
	}
	if from.kind != mapNode || len(from.keys) != 1 {
		return s, from, diagnostic.T("secret.form"), hint
	}
	return secretSource(from.keys[0].name, from.items[0])
}

func secretSource(source string, v *node) (s model.Secret, where *node, message, hint diagnostic.Text) {
	switch {
	case v.kind == brokenNode:
		return s, nil, message, hint
	case source == "server":
		if !v.isTrue() {
			message = diagnostic.T("secret.server")
		}
		return model.ServerSecret(), v, message, hint
	case source == "age", source == "exec":
		return s, v, diagnostic.T("secret.later", source), diagnostic.T("secret.later.hint")
	case source != "env" && source != "file":
		return s, v, diagnostic.T("secret.unknown", source), didYouMean(source, sources)
	case v.kind != textNode || v.text == "":
		return s, v, diagnostic.T("secret.text", source), hint
	case source == "env" && !envName.MatchString(v.text):
		return s, v, diagnostic.T("secret.env"), hint
	case source == "file" && leavesFolder(v.text):
		return s, v, diagnostic.T("secret.path", v.text), diagnostic.T("secret.dir.hint")
	}
	return model.SecretRef(source + ":" + v.text), v, message, hint
}

// leavesFolder tells that no secret may ever be read from the path: a relative
// one leads out of the project. Whether an absolute one may, only the run knows
// (IDPSYNC_SECRET_DIRS), but one with ".." says something else than it seems to.
func leavesFolder(name string) bool {
	if filepath.IsAbs(name) {
		return slices.Contains(strings.Split(filepath.ToSlash(name), "/"), "..")
	}
	return !filepath.IsLocal(filepath.FromSlash(name))
}

// fileFrom reads the text of {fileFrom: path}; message is set when there is
// none, at the node where.
func (p *Project) fileFrom(n *node) (text string, where *node, message diagnostic.Text) {
	if len(n.keys) > 1 {
		return "", n, diagnostic.T("text.alone")
	}
	v := n.child("fileFrom")
	if v.kind == brokenNode {
		return "", nil, message
	}
	if v.kind != textNode || v.text == "" {
		return "", v, diagnostic.T("text.form")
	}
	name := filepath.FromSlash(v.text)
	if !filepath.IsLocal(name) || strings.Contains(v.text, `\`) {
		return "", v, diagnostic.T("text.path", v.text)
	}
	data, err := p.readText(name)
	if err != nil {
		reason, _ := fileFault(err, maxText)
		return "", v, diagnostic.T("text.read", v.text, reason)
	}
	if !utf8.Valid(data) {
		return "", v, diagnostic.T("text.utf8", v.text)
	}
	return string(data), v, message
}

func (p *Project) readText(name string) ([]byte, error) {
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return readCapped(root, name, maxText)
}
