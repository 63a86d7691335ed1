package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/secret"
)

// envName is what an environment variable may be called.
var envName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`) })

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
	case source == "age":
		return ageSource(v)
	case source == "exec":
		return execSource(v)
	case source != "env" && source != "file":
		return s, v, diagnostic.T("secret.unknown", source), didYouMean(source, sources)
	case v.kind != textNode || v.text == "":
		return s, v, diagnostic.T("secret.text", source), hint
	case source == "env" && !envName().MatchString(v.text):
		return s, v, diagnostic.T("secret.env"), hint
	case source == "file" && leavesFolder(v.text):
		return s, v, diagnostic.T("secret.path", v.text), diagnostic.T("secret.dir.hint")
	}
	return model.SecretRef(source + ":" + v.text), v, message, hint
}

// ageSource reads {file: path, identityFile: path} or {..., identityEnv: NAME}.
func ageSource(v *node) (s model.Secret, where *node, message, hint diagnostic.Text) {
	known := []string{"file", "identityFile", "identityEnv"}
	if v.kind != mapNode || v.child("file") == nil || len(v.keys) != 2 && !v.partial {
		return s, v, diagnostic.T("secret.age"), hint
	}
	values := map[string]string{}
	for i, k := range v.keys {
		item := v.items[i]
		switch {
		case item.kind == brokenNode:
			return s, nil, message, hint
		case !slices.Contains(known, k.name):
			return s, item, diagnostic.T("secret.age"), didYouMean(k.name, known)
		case item.kind != textNode || item.text == "":
			return s, item, diagnostic.T("secret.text", "age."+k.name), hint
		case k.name == "identityEnv" && !envName().MatchString(item.text):
			return s, item, diagnostic.T("secret.age.env"), hint
		case k.name != "identityEnv" && leavesFolder(item.text):
			return s, item, diagnostic.T("secret.age.path", k.name, item.text), diagnostic.T("secret.dir.hint")
		}
		values[k.name] = item.text
	}
	from := secret.AgeSource{File: values["file"], IdentityFile: values["identityFile"], IdentityEnv: values["identityEnv"]}
	return model.SecretRef(from.Ref()), v, message, hint
}

// execSource reads the program and its arguments. One text would ask for a
// shell, and there is none.
func execSource(v *node) (s model.Secret, where *node, message, hint diagnostic.Text) {
	if v.kind != listNode || len(v.items) == 0 {
		return s, v, diagnostic.T("secret.exec"), diagnostic.T("secret.exec.hint")
	}
	argv := make([]string, len(v.items))
	for i, item := range v.items {
		switch {
		case item.kind == brokenNode:
			return s, nil, message, hint
		case item.kind != textNode || i == 0 && item.text == "":
			return s, item, diagnostic.T("secret.exec"), diagnostic.T("secret.exec.quote")
		}
		argv[i] = item.text
	}
	return model.SecretRef(secret.ExecRef(argv)), v, message, hint
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

// undecrypted complains about a text that SOPS or age made and nobody turned
// back: sops leaves one in every value of a file that is not decrypted.
func (v *valuer) undecrypted(n *node, text string) {
	if !secret.Undecrypted(text) {
		return
	}
	c := n.complaint("IDP0118", specPointer(v.at), diagnostic.T("secret.undecrypted", v.words()))
	c.Hint = diagnostic.T("secret.undecrypted.hint")
	v.found = append(v.found, c)
}
