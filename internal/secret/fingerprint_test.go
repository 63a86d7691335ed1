package secret_test

import (
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/secret"
)

func TestFingerprints(t *testing.T) {
	long := secret.NewFingerprinter(strings.Repeat("k", 32))
	again := secret.NewFingerprinter(strings.Repeat("k", 32))
	short := secret.NewFingerprinter("k")
	one, two := model.SecretValue("env:A", "x"), model.SecretValue("env:B", "x")
	id, sum := long.Seal(one)
	if id2, sum2 := again.Seal(two); id2 != id || sum2 != sum || len(id) != 8 || len(sum) != 32 {
		t.Errorf("the place decides: %s %s, %s %s", id, sum, id2, sum2)
	}
	if _, other := long.Seal(model.SecretValue("env:A", "y")); other == sum {
		t.Error("two values, one fingerprint")
	}
	if otherID, other := short.Seal(one); otherID == id || other == sum {
		t.Error("two keys, one fingerprint")
	}
	if long.KeyID() != id {
		t.Error("the key has two ids")
	}
	empty, _ := long.Seal(model.SecretValue("env:A", ""))
	if empty != id {
		t.Error("an empty value is a value")
	}
}

// TestFingerprintsStay: ledgers hold them, so they are the same in every version.
func TestFingerprintsStay(t *testing.T) {
	for key, want := range map[string]string{"k": "d9ce23f4:fde7f6c19cdedba4e390c7a708839387", strings.Repeat("k", 32): "1059e18e:e2bae7ab61e47c80dcf92dfa7ae457f4"} {
		id, sum := secret.NewFingerprinter(key).Seal(model.SecretValue("", "x"))
		if got := id + ":" + sum; got != want {
			t.Errorf("%d characters: %s, want %s", len(key), got, want)
		}
	}
}

func TestNoFingerprintWithoutKeyOrValue(t *testing.T) {
	none := secret.NewFingerprinter("")
	if id, sum := none.Seal(model.SecretValue("env:A", "x")); id+sum+none.KeyID()+none.Authenticate("plan", []byte("x")) != "" {
		t.Errorf("%q %q", id, sum)
	}
	f := secret.NewFingerprinter("key")
	for _, s := range []model.Secret{model.SecretRef("env:A"), model.ServerSecret()} {
		if id, sum := f.Seal(s); id+sum != "" {
			t.Errorf("%q %q", id, sum)
		}
	}
}

func TestDocumentsAreAuthenticated(t *testing.T) {
	f := secret.NewFingerprinter("key")
	sum := f.Authenticate("plan", []byte("x"))
	_, sealed := f.Seal(model.SecretValue("", "x"))
	if sum == "" || sum != f.Authenticate("plan", []byte("x")) || sum == f.Authenticate("plan", []byte("y")) ||
		sum == f.Authenticate("planx", []byte("")) || strings.HasPrefix(sum, sealed) {
		t.Error(sum)
	}
}
