package secret

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// AgeSource is a file that age encrypted, with the place of what opens it: a
// file or an environment variable that holds identities as age-keygen writes
// them.
type AgeSource struct {
	File         string `json:"file"`
	IdentityFile string `json:"identityFile,omitempty"`
	IdentityEnv  string `json:"identityEnv,omitempty"`
}

// Ref is the reference that Resolve understands.
func (s AgeSource) Ref() string { return "age:" + compact(s) }

// compact writes JSON that reads well in a sentence.
func compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // texts alone
	return strings.TrimSuffix(b.String(), "\n")
}

// What age itself says may quote what it read, so these sentences are ours.
const (
	notIdentities = "what should open it holds no age identities"
	noneFits      = "none of the identities opens it"
	notAge        = "it is no age file, or it is damaged"
)

func (o Options) age(rest string) (string, *fault) {
	var s AgeSource
	if json.Unmarshal([]byte(rest), &s) != nil {
		return "", &fault{why: Unsupported}
	}
	keys, f := o.identities(s)
	if f != nil {
		return "", f
	}
	data, f := o.readFile(s.File)
	if f != nil {
		return "", f
	}
	value, err := decrypt(data, keys)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return "", &fault{why: Failed, detail: noneFits}
	case err != nil:
		return "", &fault{why: Failed, detail: notAge}
	}
	return trimNewline(value), nil
}

func (o Options) identities(s AgeSource) ([]age.Identity, *fault) {
	var text []byte
	if s.IdentityEnv != "" {
		value, ok := o.lookup(s.IdentityEnv)
		if !ok || value == "" {
			return nil, &fault{why: Failed, detail: "the variable " + s.IdentityEnv + " is not set"}
		}
		text = []byte(value)
	} else {
		var f *fault
		if text, f = o.readFile(s.IdentityFile); f != nil {
			return nil, &fault{why: Failed, detail: identityTrouble(f)}
		}
	}
	keys, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, &fault{why: Failed, detail: notIdentities}
	}
	return keys, nil
}

// identityTrouble says why the file of the identities cannot be read: the other
// file is the one that every reason else is about.
func identityTrouble(f *fault) string {
	reason := f.detail
	switch f.why {
	case Absent:
		reason = "it does not exist"
	case Denied:
		reason = "it lies outside of the project and of the secret folders"
	case TooLarge:
		reason = "it is too large"
	}
	return "its identityFile cannot be read: " + reason
}

func decrypt(data []byte, keys []age.Identity) (string, error) {
	var in io.Reader = bytes.NewReader(data)
	if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte(armor.Header)) {
		in = armor.NewReader(bufio.NewReader(in))
	}
	out, err := age.Decrypt(in, keys...)
	if err != nil {
		return "", err
	}
	value, err := io.ReadAll(out) // no longer than what it was made into
	return string(value), err
}

// readFile reads a file that may hold a secret, whole.
func (o Options) readFile(path string) ([]byte, *fault) {
	dir, name, ok := o.home(path)
	if !ok {
		return nil, &fault{why: Denied}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fileFault(err)
	}
	defer root.Close()
	data, err := readCapped(root, name)
	if err != nil {
		return nil, fileFault(err)
	}
	return data, nil
}
