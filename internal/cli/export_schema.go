package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// editorSchema is where a project keeps the schema for editors.
const editorSchema = "schemas/idpsync.schema.json"

// modeline lets an editor find the schema; "" for no schema.
func modeline(schema string) string {
	if schema == "" {
		return ""
	}
	return "# yaml-language-server: $schema=" + schema + "\n"
}

// schemaFrom is the way from a file of the export to the project's own editor
// schema; "" when there will be none, or no modeline could name it.
func (x *export) schemaFrom() string {
	dir := real(x.project.Dir)
	file := filepath.Join(dir, filepath.FromSlash(editorSchema))
	if _, err := os.Stat(file); err != nil && !x.insideProject() {
		return ""
	}
	rel, err := filepath.Rel(filepath.Join(real(x.app.path(x.dir)), "kind"), file)
	if err != nil || strings.ContainsAny(rel, " \n") {
		return ""
	}
	return filepath.ToSlash(rel)
}

// insideProject tells that the folder of the export is the project's, or below it.
func (x *export) insideProject() bool {
	rel, err := filepath.Rel(real(x.project.Dir), real(x.app.path(x.dir)))
	return err == nil && filepath.IsLocal(rel)
}

// makeSchema writes the editor schema that the files name, where the project has
// none; the path of what was written, else "".
func (x *export) makeSchema() (string, error) {
	if len(x.found.Documents) == 0 || !x.insideProject() || x.schemaFrom() == "" {
		return "", nil
	}
	root, err := os.OpenRoot(x.project.Dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if _, err := root.Stat(editorSchema); !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	bundle, err := x.project.Catalog().Bundle()
	if err != nil {
		return "", err
	}
	path := filepath.Join(x.project.Dir, filepath.FromSlash(editorSchema))
	if err := replaceIn(root, editorSchema, bundle); err != nil {
		return "", fmt.Errorf("write %s: %w", x.app.relative(path), err)
	}
	return path, nil
}
