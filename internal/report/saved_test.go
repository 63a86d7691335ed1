package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idpsync/idpsync/internal/plan"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/rules"
	"github.com/idpsync/idpsync/internal/secret"
)

var (
	noKey    *secret.Fingerprinter
	ownKey   = secret.NewFingerprinter(strings.Repeat("own key ", 8))
	otherKey = secret.NewFingerprinter(strings.Repeat("other ke", 8))
)

func savedSample() *report.Saved {
	deletes, rate := 7, 12.5
	return &report.Saved{ID: "0123456789abcdef", Plan: sample(), Options: report.SavedOptions{
		Select: []string{"connection/*"}, Exclude: []string{"application/x"}, Prune: "owned", MaxDeletes: &deletes, AllowReplace: true,
		Push: "secrets", Override: map[string]string{"lockout": "phones\nfrom \u2028 tonight <on>"}, Parallelism: 3, MaxRPS: &rate,
	}}
}

func encoded(t *testing.T, s *report.Saved, key report.Sealer) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.EncodeSaved(&b, s, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rendered(t *testing.T, p *report.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := errors.Join(p.Text(&b, report.Style{}), report.JSON(&b, p)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestASavedPlanReadsBackTheSame(t *testing.T) {
	for _, key := range []*secret.Fingerprinter{noKey, ownKey} {
		want := savedSample()
		data := encoded(t, want, key)
		if bytes.Contains(data, []byte(canary)) {
			t.Fatal("a secret is in the file")
		}
		if bytes.Count(data, []byte("\n")) != 2 {
			t.Errorf("want two lines, got %q", data)
		}
		if !bytes.Equal(data, encoded(t, savedSample(), key)) {
			t.Error("the same plan gave other bytes")
		}
		got, err := report.DecodeSaved(data, key)
		if err != nil {
			t.Fatal(err)
		}
		if got.Proof != want.Proof || got.Digest != want.Digest || got.ID != want.ID {
			t.Errorf("got %s %s %s, want %s %s %s", got.Proof, got.Digest, got.ID, want.Proof, want.Digest, want.ID)
		}
		if diff := cmp.Diff(want.Options, got.Options); diff != "" {
			t.Error(diff)
		}
		if rendered(t, got.Plan) != rendered(t, sample()) {
			t.Error("the plan reads otherwise than the one that was saved")
		}
		if stale := got.Stale(sample()); len(stale) != 0 {
			t.Errorf("stale at once: %v", stale)
		}
	}
}

// TestEachByteOfASavedPlanCounts: whatever is changed in the file is found,
// with a key and without one.
func TestEachByteOfASavedPlanCounts(t *testing.T) {
	for _, made := range []*secret.Fingerprinter{noKey, ownKey} {
		data := encoded(t, savedSample(), made)
		for i := range data {
			for _, flip := range []byte{0x01, 0x20, 0x80} {
				bad := bytes.Clone(data)
				bad[i] ^= flip
				for _, read := range []*secret.Fingerprinter{noKey, ownKey} {
					refused(t, bad, read)
				}
			}
			refused(t, data[:i], made)
		}
		refused(t, append(bytes.Clone(data), '\n'), made)
		refused(t, append(bytes.Clone(data), data...), made)
		t.Logf("%d bytes flipped three ways, %d cuts: all refused", len(data), len(data))
	}
}

func refused(t *testing.T, data []byte, key report.Sealer) {
	t.Helper()
	_, err := report.DecodeSaved(data, key)
	var e *report.SavedError
	if !errors.As(err, &e) {
		t.Fatalf("taken for a plan (%v): %q", err, data)
	}
}

func TestWhoSavedAPlan(t *testing.T) {
	for _, c := range []struct {
		name       string
		made, read *secret.Fingerprinter
		want       report.Proof
	}{
		{"no key at all", noKey, noKey, report.Unsealed},
		{"made without a key", noKey, ownKey, report.Unsealed},
		{"one key", ownKey, ownKey, report.Proven},
		{"two keys", ownKey, otherKey, report.OtherKey},
		{"read without a key", ownKey, noKey, report.OtherKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := report.DecodeSaved(encoded(t, savedSample(), c.made), c.read)
			if err != nil || s.Proof != c.want {
				t.Errorf("got %v, %v; want %s", s, err, c.want)
			}
		})
	}
}

// impostor knows the id of a key and not the key.
type impostor struct{ *secret.Fingerprinter }

func (impostor) Authenticate(string, []byte) string { return strings.Repeat("ab", 32) }

func TestAForgedSealIsToldAsThat(t *testing.T) {
	_, err := report.DecodeSaved(encoded(t, savedSample(), impostor{ownKey}), ownKey)
	var e *report.SavedError
	if !errors.As(err, &e) || e.Problem != report.SavedForged {
		t.Errorf("got %v", err)
	}
}

func TestAnotherDocumentIsToldAsThat(t *testing.T) {
	var read bytes.Buffer
	if err := report.JSON(&read, sample()); err != nil {
		t.Fatal(err)
	}
	newer := bytes.Replace(encoded(t, savedSample(), noKey), []byte(`"1.0"`), []byte(`"2.0"`), 1)
	for _, c := range []struct {
		name, data string
		want       report.SavedProblem
		reason     string
	}{
		{"a plan for reading", read.String(), report.SavedForeign, "idpsync.plan"},
		{"another document on one line", `{"formatVersion":"1.0","kind":"idpsync.result"}`, report.SavedForeign, "idpsync.result"},
		{"newer", string(newer), report.SavedNewer, "2.0"},
		{"YAML", "apiVersion: idpsync/v1\nkind: Project\n", report.SavedDamaged, ""},
		{"nothing", "", report.SavedDamaged, ""},
		{"null", "null\nnull\n", report.SavedForeign, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := report.DecodeSaved([]byte(c.data), noKey)
			var e *report.SavedError
			if !errors.As(err, &e) || e.Problem != c.want || c.reason != "" && e.Reason != c.reason {
				t.Errorf("got %v, want %s %s", err, c.want, c.reason)
			}
		})
	}
}

func TestWhatMakesASavedPlanStale(t *testing.T) {
	saved, err := report.DecodeSaved(encoded(t, savedSample(), noKey), noKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*report.Plan)
		want   []report.Staleness
	}{
		{"the time", func(p *report.Plan) { p.CreatedAt = "later" }, nil},
		{"the version of the program", func(p *report.Plan) { p.Tool = "idpsync 9" }, nil},
		{"what else is in the pool", func(p *report.Plan) { p.Summary.Unmanaged++ }, nil},
		{"the pool", func(p *report.Plan) { p.Target.UserPoolID = "other" }, []report.Staleness{{What: report.StaleTarget}}},
		{"the host", func(p *report.Plan) { p.Target.Host = "https://evil.example" }, []report.Staleness{{What: report.StaleTarget}}},
		{"the files", func(p *report.Plan) { p.ConfigDigest = "sha256:x" }, []report.Staleness{{What: report.StaleFiles}}},
		{"the server", func(p *report.Plan) { p.StateDigest = "sha256:x" }, []report.Staleness{{What: report.StaleServer}}},
		{"a value", func(p *report.Plan) { p.Changes[0].Fields[0].After = "Another" }, []report.Staleness{{report.StaleChanges, []string{"identityprovider/corp"}}}},
		{"a note", func(p *report.Plan) { p.Changes[1].Fields[0].Note = "" }, []report.Staleness{{report.StaleChanges, []string{"connection/corp-oidc"}}}},
		{"one change less", func(p *report.Plan) { p.Changes = p.Changes[1:] }, []report.Staleness{{report.StaleChanges, []string{"identityprovider/corp"}}}},
		{"the order", func(p *report.Plan) { p.Changes[0], p.Changes[1] = p.Changes[1], p.Changes[0] }, []report.Staleness{{What: report.StaleChanges}}},
		{"a guard less", func(p *report.Plan) { p.Guards = p.Guards[1:] }, []report.Staleness{{report.StaleGuards, []string{"replace connection/ad: it would be lost"}}}},
		{"a guard's words", func(p *report.Plan) { p.Guards[1].Message = "x" }, []report.Staleness{{report.StaleGuards, []string{"incomplete-read: the list is not whole", "incomplete-read: x"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := sample()
			c.change(now)
			if diff := cmp.Diff(c.want, saved.Stale(now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBytesThatAreNoTextAreNotStale: what a server sent and a file cannot hold
// reads the same on both sides.
func TestBytesThatAreNoTextAreNotStale(t *testing.T) {
	odd := func() *report.Plan {
		return report.NewPlan(report.PlanInput{CreatedAt: time.Unix(0, 0), Plan: &plan.Plan{Changes: []*plan.Change{
			{Key: key("application/a"), Action: plan.Update, Found: []plan.FieldDiff{{Path: "appName", Before: "\xff\xfe <&>", After: "\u2028"}}},
		}}, Refusals: []rules.Refusal{{Name: "lockout", Message: "\xff"}}})
	}
	s, err := report.DecodeSaved(encoded(t, &report.Saved{Plan: odd()}, noKey), noKey)
	if err != nil {
		t.Fatal(err)
	}
	if stale := s.Stale(odd()); len(stale) > 0 {
		t.Errorf("stale at once: %v", stale)
	}
}

// FuzzDecodeSaved: no file makes decoding or showing it panic, and what is
// taken is written again byte for byte.
func FuzzDecodeSaved(f *testing.F) {
	var good bytes.Buffer
	if err := report.EncodeSaved(&good, savedSample(), noKey); err != nil {
		f.Fatal(err)
	}
	_, body, _ := bytes.Cut(good.Bytes(), []byte("\n"))
	f.Add(body)
	f.Add([]byte(`{"plan":{"kind":"idpsync.plan","formatVersion":"1","changes":[{"key":"x/y","action":"?","fields":[{"path":"","before":[],"after":{}}]}]}}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, body []byte) {
		data := report.Forge(body) // with a checksum that fits, so that the body is looked at
		s, err := report.DecodeSaved(data, noKey)
		if err != nil {
			var e *report.SavedError
			if !errors.As(err, &e) {
				t.Fatalf("another kind of error: %v", err)
			}
			return
		}
		rendered(t, s.Plan)
		s.Stale(sample())
	})
}
