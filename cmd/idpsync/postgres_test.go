package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/idpsync/idpsync/internal/ledger/ledgertest"
)

// TestScriptPostgres runs whole commands with the ledger in a real PostgreSQL.
func TestScriptPostgres(t *testing.T) {
	s := ledgertest.Start(t)
	t.Run("scripts", func(t *testing.T) { // its scripts run side by side and must end before the server does
		runScripts(t, "../../testdata/postgres", func(e *testscript.Env) {
			port, err := ledgertest.FreePort()
			if err != nil {
				t.Error(err)
			}
			e.Setenv("DATABASE", s.Database(t))
			e.Setenv("DEAD", "postgres://somebody:canary@127.0.0.1:"+port+"/nowhere?sslmode=disable")
		})
	})
}
