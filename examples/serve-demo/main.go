// Command serve-demo shows what "idpsync serve" is for: fifty user pools, two
// replicas on one PostgreSQL, people who edit pools by hand, and a replica that
// dies. What it needs it starts itself, on the loopback address only: PostgreSQL,
// the pools and the replicas.
//
// It is run by "make serve-demo" with the built program, named by the environment
// variable IDPSYNC; -hold keeps all of it running until Ctrl-C, so that there is
// time to look at the status page.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

func main() {
	hold := flag.Bool("hold", false, "keep everything running at the end, until Ctrl-C")
	targets := flag.Int("targets", 50, "how many user `pools` there are")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	d := &demo{idpsync: os.Getenv("IDPSYNC"), targets: *targets, hold: *hold}
	err := d.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve-demo:", err)
		os.Exit(1)
	}
}

// demo is the story and what it is played with.
type demo struct {
	idpsync  string
	targets  int
	hold     bool
	dir      string
	database *ledgertest.Server
	pools    *pools
	replicas []*replica
}

// patience is how long a step of the story may take on a busy machine.
const patience = 3 * time.Minute

// run tells the story, and takes down what it put up.
func (d *demo) run(ctx context.Context) (err error) {
	if d.idpsync == "" {
		return errors.New("the environment variable IDPSYNC must name the program; run \"make serve-demo\"")
	}
	if d.idpsync, err = filepath.Abs(d.idpsync); err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp("", "idpsync-serve-demo-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(d.dir) }()
	defer d.close()
	for _, act := range []struct {
		title string
		play  func(context.Context) error
	}{
		{fmt.Sprintf("A PostgreSQL, and %d user pools that answer as the vendor's API does.", d.targets), d.stage},
		{"Two replicas of idpsync serve, on one fleet file. Every pool is brought to what the files say.", d.begin},
		{"Somebody edits ten of the pools by hand. They are repaired, whoever looks first.", d.drift},
		{"One replica is killed, without a word. The other one takes over what it looked after.", d.takeOver},
		{"Somebody edits all pools by hand: one replica is enough.", d.driftAgain},
		{"The end: the replica is asked to stop, and finishes what it has begun.", d.end},
	} {
		fmt.Printf("\n--- %s\n\n", act.title)
		if err := act.play(ctx); err != nil {
			return err
		}
	}
	return nil
}

// close ends what still runs.
func (d *demo) close() {
	for _, r := range d.replicas {
		r.kill()
	}
	if d.pools != nil {
		d.pools.close()
	}
	if d.database != nil {
		d.database.Close()
	}
}

// until polls until something is true.
func until(ctx context.Context, what string, look func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !look() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		case <-tick.C:
		}
	}
	return nil
}
