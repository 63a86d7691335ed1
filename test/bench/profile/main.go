// Command profile runs idpsync and writes where its time went: PROFILE names the
// file. "make pgo" makes cmd/idpsync/release.pgo of such files.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/idpsync/idpsync/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	dir, err := os.Getwd()
	if err == nil {
		err = profile(os.Getenv("PROFILE"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		return 1
	}
	defer pprof.StopCPUProfile()
	env := cli.Env{LookupEnv: os.LookupEnv, Environ: os.Environ, Dir: dir}
	return cli.Main(context.Background(), env, os.Stdin, os.Stdout, os.Stderr, os.Args[1:])
}

func profile(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}
