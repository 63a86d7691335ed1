package model_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
)

func TestNearest(t *testing.T) {
	names := []string{"clientID", "clientSecret", "issuerUrl", "用户名"}
	for word, want := range map[string]string{
		"clientId": "clientID", "clinetID": "clientID", "clientSecrte": "clientSecret", "issuerUr": "issuerUrl",
		"clientID": "", "banana": "", "": "", "用户名称": "用户名", strings.Repeat("x", 10000): "",
	} {
		if got := model.Nearest(word, names); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
}

func TestKeysReadBack(t *testing.T) {
	for _, s := range []string{"identityprovider/corp", "connection/corp-oidc", "application/portal", "enablement/portal/corp-oidc"} {
		k, err := model.ParseKey(s)
		if err != nil || k.String() != s {
			t.Errorf("%q reads back as %q, %v", s, k, err)
		}
	}
	for _, s := range []string{"", "corp", "thing/corp", "connection/"} {
		if k, err := model.ParseKey(s); err == nil {
			t.Errorf("%q is taken for %v", s, k)
		}
	}
	if k := model.EnablementKey("portal", "corp"); k.Owner() != (model.Key{Kind: model.Application, Name: "portal"}) {
		t.Errorf("%s belongs to %s", k, k.Owner())
	}
}

// TestSecretsDoNotPrint tries every way to print one.
func TestSecretsDoNotPrint(t *testing.T) {
	s := model.SecretValue("env:X", "canary")
	boxed := map[string]any{"a": []any{s}, "b": &s}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("log", "s", s, "boxed", boxed)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", s, boxed)
	}
	text, err := json.Marshal(boxed)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	if strings.Contains(out.String(), "canary") || strings.Contains(out.String(), "63616e617279") {
		t.Error(out.String())
	}
}

func TestSecretsAreEqualByValue(t *testing.T) {
	a, b := model.SecretValue("env:A", "x"), model.SecretValue("env:B", "x")
	if !a.Equal(b) || a.Equal(model.SecretValue("env:A", "y")) {
		t.Error("values decide")
	}
	if model.SecretRef("env:A").Equal(model.SecretRef("env:A")) {
		t.Error("nothing is known of two secrets that are not resolved")
	}
	if !model.ServerSecret().Equal(model.ServerSecret()) || model.ServerSecret().Equal(a) {
		t.Error("the server's own equals only itself")
	}
}
