package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// digestOf names what is in a folder: every file below it that is not hidden, by
// its name and its bytes. So two replicas know that they have the same files. Links
// are what they lead to: the folder may be one that Kubernetes mounts.
func digestOf(dir string) (string, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(root); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is no folder", dir)
	}
	d := &digester{hash: sha256.New()}
	if err := d.folder(root, ""); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(d.hash.Sum(nil)), nil
}

type digester struct {
	hash hash.Hash
	// above are the folders on the way, without links: one that leads back to them
	// has no end.
	above []string
}

func (d *digester) folder(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && name == "" {
		return err
	}
	d.above = append(d.above, dir)
	defer func() { d.above = d.above[:len(d.above)-1] }()
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && e.Name() != ".env.example" {
			continue // ..data of Kubernetes too: the links beside it lead there
		}
		at, called := filepath.Join(dir, e.Name()), path.Join(name, e.Name())
		info, err := os.Stat(at) // through a link
		switch {
		case err != nil: // it went away, which another digest tells
		case info.Mode().IsRegular():
			err = d.file(at, called, info.Size())
		case info.IsDir():
			if at, err = filepath.EvalSymlinks(at); err == nil && !slices.Contains(d.above, at) {
				err = d.folder(at, called)
			}
		}
		if err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func (d *digester) file(at, name string, size int64) error {
	f, err := os.Open(at)
	if err != nil {
		fmt.Fprintf(d.hash, "%q\n", name) // unreadable, as for whoever loads it
		return nil
	}
	defer f.Close()
	fmt.Fprintf(d.hash, "%q %d\n", name, size)
	_, err = io.Copy(d.hash, f)
	return err
}
