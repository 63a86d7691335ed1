package cli_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/cli"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/sandbox"
)

// The question says what will be made, and only "yes" is an answer; what was
// read is told all the same.
func TestProbeAsks(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com")), terminal: true}
	for _, answer := range []string{"", "no\n", "y\n"} {
		c.stdin = answer
		c.run(t, "doctor", "--probe", "--color", "never").want(t, cli.Failure, []string{"fields-update   unknown"},
			[]string{"up to 2 applications, 13 providers and 2 connections, all named idpsync-probe-", `Only "yes" is accepted`, "nothing was made"})
	}
	c.run(t, "doctor", "--color", "never").want(t, cli.OK, []string{"fields-update   unknown"}, nil)
	c.stdin = "yes\n"
	c.run(t, "doctor", "--probe", "--color", "never").want(t, cli.OK, []string{"fields-update   merge (probe)", "secrets         clear (probe)"},
		[]string{"probe: making a scratch connection", "probe: removing the scratch objects"})
	c.run(t, "doctor", "--color", "never").want(t, cli.OK, []string{"fields-update   merge (ledger)"}, nil)
}

// What a doctor learnt is known to the runs that follow: that this server shows
// secrets in clear makes one that differs a change instead of a mask.
func TestLearntTraitsAreUsed(t *testing.T) {
	c := call{dir: project(t, files("https://api.example.com")), env: map[string]string{"CORP_SECRET": "s3cr3t-value"}}
	c.run(t, "apply", "-y").want(t, cli.OK, nil, nil)
	c.env["CORP_SECRET"] = "an0ther-value"
	c.run(t, "plan").want(t, cli.OK, []string{"No changes."}, []string{"cannot be compared"})
	c.run(t, "doctor", "--probe", "-y").want(t, cli.OK, []string{"clear (probe)"}, nil)
	c.run(t, "plan").want(t, cli.OK, []string{"1 to change"}, nil)
}

// Every value that the sandbox knows of every switch has a sentence of what
// follows from it, and the doctor knows every switch that the sandbox has.
func TestEveryTraitHasAMeaning(t *testing.T) {
	_, err := sandbox.New(sandbox.Options{Dialect: map[string]string{"?": "?"}})
	if err == nil {
		t.Fatal("the sandbox takes a switch that there is not")
	}
	for _, name := range remote.Switches() {
		values := []string{"", "700ms"}
		_, err := sandbox.New(sandbox.Options{Dialect: map[string]string{name: "?"}})
		if err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("the sandbox has no switch %s: %v", name, err)
			continue
		}
		if _, list, found := strings.Cut(err.Error(), "allowed are "); found {
			values = append(strings.Split(list, ", "), "")
		}
		said := map[string]bool{}
		for _, v := range values {
			d := report.NewDoctor(report.Doctor{Traits: []report.DoctorTrait{{Name: name, Value: v}}})
			if s := d.Traits[0].Follows; s == "" || !sentence.MatchString(s) {
				t.Errorf("%s=%q: nothing follows, or it is no plain sentence: %q", name, v, s)
			} else {
				said[s] = true
			}
		}
		if len(said) == 1 {
			t.Errorf("%s: the same follows from every value", name)
		}
	}
	if n := len(slices.Compact(slices.Sorted(slices.Values(remote.Switches())))); n != 27 {
		t.Errorf("%d switches, spec 8 has 27", n)
	}
}

var sentence = regexp.MustCompile(`^[a-zA-Z].*[^.]$`)
