package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idpsync/idpsync/internal/ledger"
)

var first = ledger.Holder{Host: "ci-7", PID: 4242, Run: "r1", Since: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}

func TestASecondHolderIsToldWhoHoldsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "lock")
	l, err := ledger.Lock(path, first)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ledger.Lock(path, ledger.Holder{Host: "other", PID: 1, Since: first.Since.Add(90 * time.Second)})
	var held *ledger.HeldError
	if !errors.As(err, &held) {
		t.Fatalf("a held lock was taken: %v", err)
	}
	if held.Holder != first {
		t.Errorf("holder = %+v, want %+v", held.Holder, first)
	}
	for _, want := range []string{"4242", "ci-7", "run r1", "2026-11-22T08:00:00Z (1m30s ago)", path} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := ledger.Lock(path, ledger.Holder{Host: "other", PID: 1})
	if err != nil {
		t.Fatalf("a released lock cannot be taken: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func TestAHolderThatCannotBeReadIsStillAHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	l, err := ledger.Lock(path, first)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Release() }()
	if err := os.WriteFile(path+".holder", []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = ledger.Lock(path, first)
	var held *ledger.HeldError
	if !errors.As(err, &held) || held.Holder.PID != 0 || !strings.Contains(err.Error(), "another process") {
		t.Errorf("err = %v, want a held lock of an unknown process", err)
	}
}

func TestAFolderThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ledger.Lock(filepath.Join(file, "lock"), first)
	var held *ledger.HeldError
	if err == nil || errors.As(err, &held) {
		t.Errorf("err = %v, want one that is not HeldError", err)
	}
}
