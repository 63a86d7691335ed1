package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// digestOf names what is in a folder: every file below it that is not hidden, by
// its name and its bytes. So two replicas know that they have the same files.
func digestOf(dir string) (string, error) {
	if info, err := os.Stat(dir); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is no folder", dir)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = filepath.WalkDir(real, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && path == real:
			return err
		case err != nil:
			return nil // it went away, which another digest tells
		case path != real && strings.HasPrefix(e.Name(), ".") && e.Name() != ".env.example":
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil // ..data of Kubernetes too: the links beside it lead there
		case e.IsDir():
			return nil
		}
		name, _ := filepath.Rel(real, path)
		return addFile(sum, filepath.ToSlash(name), path)
	})
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), err
}

func addFile(sum io.Writer, name, path string) error {
	info, err := os.Stat(path) // through a link
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		fmt.Fprintf(sum, "%q unreadable\n", name)
		return nil
	}
	defer f.Close()
	fmt.Fprintf(sum, "%q %d\n", name, info.Size())
	_, err = io.Copy(sum, f)
	return err
}
