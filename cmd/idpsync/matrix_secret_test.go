package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestSecretsNobodyDeclared: an update of what else an object holds keeps the
// secrets that somebody entered at the console, or says which it cost, or would
// have cost. Only where no read shows that there is one (secrets=absent) nobody
// can tell.
func TestSecretsNobodyDeclared(t *testing.T) {
	for _, secrets := range []string{"clear", "masked", "absent"} {
		for _, fields := range []string{"merge", "replace"} {
			for _, app := range []string{"partial", "full"} {
				for _, config := range []string{"merge", "replace"} {
					for _, probe := range probes {
						d := dialect{"secrets": secrets, "fields-update": fields, "app-update": app, "config-update": config}
						t.Run(fmt.Sprintf("%s,probe=%v", d, probe), func(t *testing.T) {
							t.Parallel()
							keepsOrTells(t, d, probe)
						})
					}
				}
			}
		}
	}
}

// enteredByHand is a pool with a secret that no file names in a connection and
// in two applications: in an object that the files declare, and in one they do not.
const enteredByHand = `{"identityProviders":[{"id":"aaaaaaaaaaaaaaaaaaaaaa01","name":"Provider p","type":"saml","connections":[
  {"id":"aaaaaaaaaaaaaaaaaaaaaa02","type":"saml","identifier":"c","displayName":"c","loginOnly":false,
   "fields":{"samlIdpCert":"x","samlSpKey":"kept-1","signInEndPoint":"https://hand.example.com"}}]}],
 "applications":[
  {"appId":"aaaaaaaaaaaaaaaaaaaaaa03","appName":"a","appIdentifier":"a","appType":"web","samlConfig":{"acs":"https://a","samlResponseSigningKey":"kept-2"}},
  {"appId":"aaaaaaaaaaaaaaaaaaaaaa04","appName":"b","appIdentifier":"b","appType":"web","samlConfig":{"acs":"https://b","samlResponseSigningKey":"kept-3"}}]}`

func keepsOrTells(t *testing.T, d dialect, probe bool) {
	p := startPool(t, d, []byte(enteredByHand), "")
	if probe {
		if code, errs := p.command(nil, "doctor", "--probe", "--yes", "-t", "pool"); code != 0 {
			t.Fatalf("doctor: %d\n%s", code, errs)
		}
	}
	f := files{}
	f.provider("p", "saml")
	f.connection("c", "p", "saml", object{"samlIdpCert": "y", "signInEndPoint": "https://hand.example.com"})
	f.application("a", object{"appName": "New a"})
	f.application("b", object{"samlConfig": object{"acs": "https://new"}})
	p.write("objects.yaml", f.documents()...)
	var r applied
	code, errs := p.command(&r, "apply", "--yes", "-t", "pool", "--override", "secret-endpoint=matrix")
	if len(r.Steps) != 3 && !strings.Contains(errs, "secret-carry") {
		t.Fatalf("exit %d, %d steps\n%s", code, len(r.Steps), errs)
	}
	lost := lostSecrets(p.state())
	for key, path := range lost {
		told := false
		for _, st := range r.Steps {
			told = told || st.Key == key && st.Error != nil && strings.Contains(st.Error.Message, path)
		}
		if !told && d["secrets"] != "absent" {
			t.Errorf("%s lost %s, exit %d\n%s", key, path, code, trouble(errs))
		}
	}
	if probe && len(lost) > 0 && d["secrets"] != "absent" {
		t.Errorf("it was known, and lost: %v", lost)
	}
	if code != 0 && len(lost) == 0 && d["secrets"] == "clear" && probe {
		t.Errorf("exit %d, though all could be carried\n%s", code, trouble(errs))
	}
}

// lostSecrets are the keys and paths at which a secret was.
func lostSecrets(s matrixState) map[string]string {
	text := fmt.Sprint(s)
	lost := map[string]string{}
	for value, at := range map[string][2]string{
		"kept-1": {"connection/c", "fields.samlSpKey"},
		"kept-2": {"application/a", "samlConfig.samlResponseSigningKey"}, "kept-3": {"application/b", "samlConfig.samlResponseSigningKey"},
	} {
		if !strings.Contains(text, value) {
			lost[at[0]] = at[1]
		}
	}
	return lost
}
