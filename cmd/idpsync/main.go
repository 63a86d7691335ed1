// Command idpsync keeps identity providers and applications as code.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/idpsync/idpsync/internal/cli"
)

func main() { os.Exit(execute(os.Stdout)) }

// execute is the program with another place for what it writes.
func execute(stdout io.Writer) int {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: the working folder cannot be told:", err)
		return 1
	}
	interrupt := make(chan os.Signal, 2)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // a closed terminal is an interrupt, unless nohup said otherwise
		signal.Notify(interrupt, syscall.SIGHUP)
	}
	// A reader that goes, as head does, must not kill an apply at its next line;
	// programs that this one starts keep the usual way.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	env := cli.Env{
		LookupEnv: os.LookupEnv, Environ: os.Environ, Dir: dir, Interrupt: interrupt, Hangup: hangup,
		Listed: listed,
	}
	return cli.Main(context.Background(), env, os.Stdin, stdout, os.Stderr, os.Args[1:])
}

// hangup listens for SIGHUP also where it was ignored so far, as under nohup: a
// watch reads again then.
func hangup() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c
}
