package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/report"
)

// version and commit are set by the linker (-ldflags "-X ..."), else read from
// what the go command recorded.
var version, commit string

// build says which program this is.
type build struct {
	report.Header
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func thisBuild() *build {
	b := &build{Header: report.NewHeader("version"), Version: version, Commit: commit, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = cmp.Or(b.Commit, s.Value)
			}
		}
	}
	b.Version, b.Commit = cmp.Or(b.Version, "(devel)"), cmp.Or(b.Commit, "unknown")
	return b
}

// Text writes one line.
func (b *build) Text(w io.Writer, _ report.Style) error {
	_, err := fmt.Fprintf(w, "idpsync %s (%s, %s, %s/%s)\n", b.Version, b.Commit, b.Go, b.OS, b.Arch)
	return err
}

// userAgent names the program towards servers.
func (b *build) userAgent() string { return "idpsync/" + b.Version }

// tool names the program in plans.
func (b *build) tool() string { return "idpsync " + b.Version }

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "say which version this is", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			outs, err := a.outputs(textFormat, jsonFormat)
			if err != nil {
				return err
			}
			return a.emit(outs, thisBuild())
		},
	}
}
