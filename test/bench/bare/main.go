// Command bare imports what idpsync imports and prints a line: start-up that no
// program with these libraries can do without. Starting a Go program runs the
// init functions of every package in it. A test holds the list to go list.
package main

import (
	"fmt"
	_ "log/slog"
	_ "net/http"
	_ "os/exec"

	_ "filippo.io/age"
	_ "filippo.io/age/armor"
	_ "github.com/fatih/color"
	_ "github.com/goccy/go-yaml/parser"
	_ "github.com/goccy/go-yaml/token"
	_ "github.com/gofrs/flock"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/hashicorp/go-retryablehttp"
	_ "github.com/mattn/go-runewidth"
	_ "github.com/natefinch/atomic"
	_ "github.com/santhosh-tekuri/jsonschema/v5"
	_ "github.com/spf13/cobra"
	_ "github.com/spf13/pflag"
	_ "golang.org/x/term"
	_ "golang.org/x/time/rate"
	_ "gopkg.in/yaml.v3"
)

func main() { fmt.Println("started") }
