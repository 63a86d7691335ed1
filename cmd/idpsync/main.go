// Command idpsync keeps identity providers and applications as code.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/idpsync/idpsync/internal/cli"
)

func main() {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: the working folder cannot be told:", err)
		os.Exit(1)
	}
	interrupt := make(chan os.Signal, 2)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // a closed terminal is an interrupt, unless nohup said otherwise
		signal.Notify(interrupt, syscall.SIGHUP)
	}
	env := cli.Env{LookupEnv: os.LookupEnv, Environ: os.Environ, Dir: dir, Interrupt: interrupt}
	os.Exit(cli.Main(context.Background(), env, os.Stdin, os.Stdout, os.Stderr, os.Args[1:]))
}
