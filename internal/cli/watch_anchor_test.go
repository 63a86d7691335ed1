package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/config"
)

// TestPlaceTellsNoLogin: what a fleet keeps of where a target leads is in its
// database for all who can read it, and another ledger is another place.
func TestPlaceTellsNoLogin(t *testing.T) {
	at := &config.Target{Name: "prod", Host: "https://one.example", Ledger: "postgres://u:canary@h/d"}
	place := placeOfTarget(at)
	if text := fmt.Sprintf("%q", place); strings.Contains(text, "canary") || strings.Contains(text, "postgres") {
		t.Error(text)
	}
	at.Ledger = "file:other"
	if placeOfTarget(at).Whole == place.Whole {
		t.Error("another ledger is the same place")
	}
}
