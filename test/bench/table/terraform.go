package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// terraform fills row 10: the best case of Terraform, which needs no network,
// against plans that do, around it.
func (b *bench) terraform() error {
	const goal, bound = "Terraform / idpsync, no-change plan of 10k: processor time, peak", ">= 20, >= 9"
	tf, err := exec.LookPath("terraform")
	if err != nil || b.peer == "" {
		b.add(row{"10", goal, bound, "not measured: needs terraform and IDPSYNC_BENCH_PEER", false})
		return nil
	}
	l, err := b.standard(0)
	if err != nil {
		return err
	}
	defer l.stop()
	dir := filepath.Join(b.work, "terraform")
	env := append(b.environ(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE=/dev/null", "TF_IN_AUTOMATION=1")
	for _, argv := range [][]string{
		{"python3", filepath.Join(b.peer, "gen_tf.py"), fmt.Sprint(b.size), dir, "--state"},
		{tf, "-chdir=" + dir, "init", "-input=false", "-no-color"},
	} {
		if _, err := (command{env: env, argv: argv}).run(); err != nil {
			return err
		}
	}
	// Terraform once: it takes about as long as all of ours.
	theirs := command{env: env, argv: []string{tf, "-chdir=" + dir, "plan", "-input=false", "-no-color", "-detailed-exitcode"}}
	plans, u, err := around(2*b.pairs, l.planned().run, theirs.run)
	if err != nil {
		return err
	}
	ours, most := middle(plans, cpu), highest(plans, peak)
	b.add(row{"10", goal, bound, fmt.Sprintf("%.1f, %.1f: %.1f s and %.0f MiB, idpsync %.2f s and %.0f MiB",
		u.cpu/ours, u.peak/most, u.cpu, u.peak, ours, most), u.cpu/ours < 20 || u.peak/most < 9})
	return nil
}
