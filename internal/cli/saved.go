package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/natefinch/atomic"

	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/report"
	"github.com/idpsync/idpsync/internal/secret"
)

// largestPlan is more than any plan file has; it keeps a device that never ends
// from filling the memory.
const largestPlan = 1 << 30

// ledgerKey makes and checks the seals of plan files; nil without a key.
func (a *app) ledgerKey() *secret.Fingerprinter {
	return secret.NewFingerprinter(a.variable(secret.LedgerKeyVariable))
}

// saved are the flags as a plan file keeps them.
func (f *planFlags) saved() report.SavedOptions {
	o := report.SavedOptions{
		Select: f.selected, Exclude: f.excluded, Prune: f.prune, AllowReplace: f.allowReplace, NoSecrets: f.noSecrets,
		Push: f.push, Parallelism: f.parallelism,
	}
	o.Override, _ = overrides(f.overrides) // checked before
	if f.maxDeletesSet {
		o.MaxDeletes = &f.maxDeletes
	}
	if f.rpsSet {
		o.MaxRPS = &f.maxRPS
	}
	return o
}

// flagsOf are the flags that a plan file was made with.
func flagsOf(o report.SavedOptions) *planFlags {
	f := &planFlags{
		selected: o.Select, excluded: o.Exclude, prune: o.Prune, pruneSet: o.Prune != "", allowReplace: o.AllowReplace,
		noSecrets: o.NoSecrets, push: o.Push, pushSet: o.Push != "", parallelism: o.Parallelism,
	}
	for guard, reason := range o.Override {
		f.overrides = append(f.overrides, guard+"="+reason)
	}
	if o.MaxDeletes != nil {
		f.maxDeletes, f.maxDeletesSet = *o.MaxDeletes, true
	}
	if o.MaxRPS != nil {
		f.maxRPS, f.rpsSet = *o.MaxRPS, true
	}
	return f
}

// checkOut finds out before any work that a plan could not be kept.
func (a *app) checkOut(file string) error {
	if file == "" {
		return nil
	}
	path := a.path(file)
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("--out: no folder %s to write %s in", filepath.Dir(path), filepath.Base(path))
	}
	info, err := os.Stat(path)
	ext := strings.ToLower(filepath.Ext(file))
	switch {
	case file == "-":
		return usage("-o json writes the plan to stdout, for reading", "--out: want the name of a file")
	case ext == ".yaml" || ext == ".yml":
		return usage("give it another name", "--out: %s would be read as a file of the project", file)
	case err == nil && info.IsDir():
		return usage("name a file in it", "--out: %s is a folder", file)
	}
	return nil
}

// savePlan keeps the plan in the file that --out names.
func (a *app) savePlan(f *planFlags, doc *report.Plan) error {
	if f.out == "" {
		return nil
	}
	var id [8]byte
	_, _ = rand.Read(id[:])
	var text bytes.Buffer
	s := &report.Saved{ID: hex.EncodeToString(id[:]), Options: f.saved(), Plan: doc}
	if err := report.EncodeSaved(&text, s, a.ledgerKey()); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	if err := writePrivate(a.path(f.out), text.Bytes()); err != nil {
		return fmt.Errorf("--out: write %s: %w", f.out, err)
	}
	note := fmt.Sprintf("the plan is kept in %s", f.out)
	if f.noSecrets {
		note += "; made without secrets, it can be shown and not applied"
	}
	a.say("%s", note)
	return nil
}

// writePrivate writes a file for its owner alone, wholly or not at all.
func writePrivate(path string, text []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays a link
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeThrough(path, func(w io.Writer) error { _, err := w.Write(text); return err })
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".idpsync-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return atomic.ReplaceFile(f.Name(), path)
}

// readSaved reads a plan file. What cannot be trusted is told, on stderr and as
// the document where JSON was asked for, and ends with exit 4.
func (a *app) readSaved(file string, outs outputs) (*report.Saved, error) {
	text, err := a.readPlanFile(file)
	if err != nil {
		return nil, err
	}
	s, err := report.DecodeSaved(text, a.ledgerKey())
	var e *report.SavedError
	if errors.As(err, &e) {
		return nil, a.refuseSaved(outs, savedTrouble(file, e))
	}
	return s, err
}

func (a *app) readPlanFile(file string) ([]byte, error) {
	f, err := os.Open(a.path(file))
	if err != nil {
		return nil, fmt.Errorf("the plan file cannot be read: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestPlan+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the plan file cannot be read: %w", err)
	case len(text) > largestPlan:
		return nil, fmt.Errorf("%s is too large to be a plan file", file)
	}
	return text, nil
}

// savedTrouble is what is wrong with a plan file, in both languages.
func savedTrouble(file string, e *report.SavedError) diagnostic.Diagnostic {
	again := diagnostic.T("saved.again")
	switch e.Problem {
	case report.SavedForeign:
		return savedDiagnostic("IDP0401", diagnostic.T("saved.foreign", file, e.Reason), again)
	case report.SavedNewer:
		return savedDiagnostic("IDP0405", diagnostic.T("saved.newer", file, e.Reason), diagnostic.T("saved.newer.hint"))
	case report.SavedForged:
		return savedDiagnostic("IDP0404", diagnostic.T("saved.forged", file), again)
	}
	return savedDiagnostic("IDP0401", diagnostic.T("saved.damaged", file), again)
}

func savedDiagnostic(code string, message, hint diagnostic.Text) diagnostic.Diagnostic {
	return diagnostic.Diagnostic{Code: code, Severity: diagnostic.Error, Message: message, Hint: hint}
}

// refuseSaved tells why a plan file is refused, and ends with exit 4.
func (a *app) refuseSaved(outs outputs, found ...diagnostic.Diagnostic) error {
	doc := report.NewDiagnostics(found, a.flags.lang)
	return errors.Join(a.tell(doc), a.report(outs, doc), silent(Stale))
}

// unproven is what is wrong with who made a plan file, if anything is.
func (a *app) unproven(file string, s *report.Saved) []diagnostic.Diagnostic {
	hint := diagnostic.T("saved.key.hint")
	switch {
	case s.Proof == report.OtherKey:
		return []diagnostic.Diagnostic{savedDiagnostic("IDP0404", diagnostic.T("saved.otherKey", file), hint)}
	case s.Proof == report.Unsealed && a.variable(secret.LedgerKeyVariable) != "":
		return []diagnostic.Diagnostic{savedDiagnostic("IDP0404", diagnostic.T("saved.unsealed", file), hint)}
	}
	return nil
}

// usedBefore tells which run used a plan file, as far as the ledger knows.
func (a *app) usedBefore(ctx context.Context, l *look, s *report.Saved, file string) ([]diagnostic.Diagnostic, error) {
	pool, err := a.memoryFor(l)
	if err != nil {
		return nil, err
	}
	run, used, err := pool.UsedPlan(ctx, s.Digest)
	if err != nil || !used {
		return nil, err
	}
	return []diagnostic.Diagnostic{usedDiagnostic(file, run)}, nil
}

func usedDiagnostic(file, run string) diagnostic.Diagnostic {
	return savedDiagnostic("IDP0403", diagnostic.T("saved.used", file, run), diagnostic.T("saved.used.hint", run))
}
