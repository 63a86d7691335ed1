package main

import (
	"context"
	"fmt"
	"time"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// stage starts the world.
func (d *demo) stage(context.Context) (err error) {
	begun := time.Now()
	if d.database, err = ledgertest.Open(); err != nil {
		return err
	}
	if d.pools, err = openPools(d.targets); err != nil {
		return err
	}
	fmt.Printf("PostgreSQL runs at %s, the pools answer at %s/%s and so on (%s).\n", d.database.URL, d.pools.address, poolName(0), since(begun))
	return nil
}

// begin starts both replicas and waits until all pools are as the files say.
func (d *demo) begin(ctx context.Context) error {
	env, err := d.pools.files(d.dir)
	if err != nil {
		return err
	}
	begun := time.Now()
	for range 2 {
		r, err := d.start(env)
		if err != nil {
			return err
		}
		d.replicas = append(d.replicas, r)
	}
	for _, r := range d.replicas {
		if err := d.wait(ctx, "a replica starts", func() bool { name, at := r.whereabouts(); return name != "" && at != "" }); err != nil {
			return err
		}
		name, at := r.whereabouts()
		fmt.Printf("Replica %s shows its status page at %s\n", name, at)
	}
	if err := d.repaired(ctx); err != nil {
		return err
	}
	fmt.Printf("After %s all %d pools are as the files say.\n", since(begun), d.targets)
	return d.shares(ctx)
}

// shares tells which replica looked at how many targets.
func (d *demo) shares(ctx context.Context) error {
	for _, r := range d.replicas {
		name, _ := r.whereabouts()
		err := d.wait(ctx, "the page shows every target in sync", func() bool {
			s, err := r.status(ctx)
			inSync, _ := s.looks(name)
			return err == nil && inSync == d.targets
		})
		if err != nil {
			return err
		}
		s, err := r.status(ctx)
		if err != nil {
			return err
		}
		_, by := s.looks(name)
		fmt.Printf("%s looked last at %d of %d targets.\n", name, by, d.targets)
	}
	return nil
}

func (d *demo) drift(ctx context.Context) error { return d.edited(ctx, min(10, d.targets)) }

func (d *demo) driftAgain(ctx context.Context) error { return d.edited(ctx, d.targets) }

// edited edits the first n pools by hand and waits for the repair.
func (d *demo) edited(ctx context.Context, n int) error {
	begun := time.Now()
	for _, s := range d.pools.list[:n] {
		if err := edit(s); err != nil {
			return err
		}
	}
	fmt.Printf("POST /api/v3/update-application, in %d pools:  appName: %s -> Click here!!\n", n, title)
	if err := d.repaired(ctx); err != nil {
		return err
	}
	fmt.Printf("After %s all of them are repaired: each target is looked at every 10 seconds.\n", since(begun))
	return nil
}

// takeOver kills one replica and waits until the other has looked at all targets.
func (d *demo) takeOver(ctx context.Context) error {
	dead, other := d.replicas[0], d.replicas[1]
	name, _ := dead.whereabouts()
	s, err := other.status(ctx)
	if err != nil {
		return err
	}
	_, its := s.looks(name)
	fmt.Printf("kill -9 %d: %s was the last to look at %d targets.\n", dead.cmd.Process.Pid, name, its)
	begun := time.Now()
	dead.kill()
	d.replicas = d.replicas[1:]
	err = d.wait(ctx, "the other replica takes over", func() bool {
		s, err := other.status(ctx)
		inSync, left := s.looks(name)
		return err == nil && left == 0 && inSync == d.targets
	})
	if err != nil {
		return err
	}
	name, _ = other.whereabouts()
	fmt.Printf("After %s %s looks after all %d targets.\n", since(begun), name, d.targets)
	return nil
}

// end stops what is left; with -hold only after Ctrl-C.
func (d *demo) end(ctx context.Context) error {
	if d.hold {
		_, at := d.replicas[0].whereabouts()
		fmt.Printf("The status page is at %s until Ctrl-C.\n", at)
		<-ctx.Done()
		ctx = context.WithoutCancel(ctx)
	}
	for _, r := range d.replicas {
		if err := r.stop(ctx); err != nil {
			return err
		}
	}
	fmt.Println("It ended with exit code 0.")
	return nil
}

func (d *demo) repaired(ctx context.Context) error {
	return d.wait(ctx, "all pools are as the files say", func() bool { return d.pools.wrong() == 0 })
}

// wait polls, and gives up when a replica is gone.
func (d *demo) wait(ctx context.Context, what string, look func() bool) error {
	var gone error
	err := until(ctx, what, func() bool {
		for _, r := range d.replicas {
			if gone = r.gone(); gone != nil {
				return true
			}
		}
		return look()
	})
	if gone != nil {
		return gone
	}
	return err
}

func since(begun time.Time) time.Duration { return time.Since(begun).Round(100 * time.Millisecond) }
