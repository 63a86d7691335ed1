package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"idpsync": published})
}

// TestScript runs whole commands, as a person types them, against the sandbox:
// one file of testdata/script is one story.
func TestScript(t *testing.T) { runScripts(t, "../../testdata/script", nil) }

// runScripts runs the stories of a folder; env adds to their environment.
func runScripts(t *testing.T, dir string, env func(*testscript.Env)) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("ROOT", root)
			e.Setenv("EXAMPLES", filepath.Join(root, "examples", "config"))
			e.Setenv("HOME", e.WorkDir)
			e.Values[worldKey{}] = &world{}
			if env != nil {
				env(e)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox":   cmdSandbox,
			"kill9":     cmdKill,
			"api":       cmdAPI,
			"control":   cmdControl,
			"requests":  cmdRequests,
			"json":      cmdJSON,
			"expand":    cmdExpand,
			"copydir":   cmdCopyDir,
			"exits":     cmdExits,
			"strange":   cmdStrange,
			"make":      cmdMake,
			"points":    cmdPoints,
			"many":      cmdMany,
			"providers": cmdProviders,
		},
	})
}
