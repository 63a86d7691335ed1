package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/schema"
)

// adopted is a second project of a pool, with nothing in it yet.
func adopted(t *testing.T, p *matrixPool) *matrixPool {
	t.Helper()
	q := *p
	q.dir, q.env = t.TempDir(), map[string]string{}
	for _, name := range []string{"IDPSYNC_ACCESS_KEY_ID", "IDPSYNC_ACCESS_KEY_SECRET", "POOL_SECRET"} {
		q.env[name] = p.env[name] // and no secret of any connection
	}
	q.write("idpsync.yaml", object{"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": q.target()}})
	return &q
}

// export writes the pool into the project and gives what was said.
func (p *matrixPool) export(flags ...string) string {
	p.t.Helper()
	code, out, errs := run(p.t, p.dir, p.env, append([]string{"export", "--out", "config"}, flags...)...)
	if code != 0 || out != "" {
		p.t.Fatalf("export: exit %d\n%s%s", code, out, errs)
	}
	return errs
}

// planEmpty wants a plan without any change, or anything that could not be
// compared, of as many objects as there are documents.
func (p *matrixPool) planEmpty(t *testing.T, what string) {
	t.Helper()
	var d struct {
		Summary struct{ Unchanged, Unmanaged, Uncompared int }
		Changes []struct {
			Key, Action string
			Fields      []struct{ Path string }
		}
		Diagnostics []struct{ Code, Message string }
	}
	code, errs := p.command(&d, "plan", "--detailed-exitcode")
	if code != 0 || len(d.Changes) > 0 || d.Summary.Unmanaged > 0 || d.Summary.Uncompared > 0 || d.Summary.Unchanged == 0 {
		t.Errorf("%s: the plan of an export ends with %d, %+v, %+v, %+v\n%s", what, code, d.Summary, d.Changes, d.Diagnostics, trouble(errs))
	}
}

// files reads what an export wrote.
func (p *matrixPool) files(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := filepath.Glob(filepath.Join(p.dir, "config", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		text, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(filepath.Join(p.dir, "config"), n)
		out[filepath.ToSlash(rel)] = string(text)
	}
	return out
}

// fieldsOf gives a value for every key that the schema of a type knows, and for
// some that it does not.
func fieldsOf(t testing.TB, typ string, secrets bool) object {
	t.Helper()
	text, _ := schema.Bundled().Schema(typ)
	var s struct {
		Properties struct {
			Fields struct{ Properties map[string]object }
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	out := object{"unheardOf": "canary-unheard", "unheardList": []any{"canary-list"}, "unheardNumber": 7, "unheardTree": object{"in": "canary-tree", "on": true}}
	for key, p := range s.Properties.Fields.Properties {
		switch {
		case p["not"] != nil:
		case p["writeOnly"] == true && secrets:
			out[key] = object{"secretFrom": object{"env": "SECRET"}}
		case p["writeOnly"] == true:
			out[key] = "canary-secret"
		case p["enum"] != nil:
			out[key] = p["enum"].([]any)[0]
		case p["items"] != nil:
			item, _ := p["items"].(object)
			out[key] = []any{"one"}
			if choices, ok := item["enum"].([]any); ok {
				out[key] = choices[:1]
			}
		case p["type"] != nil:
			out[key] = map[string]any{"boolean": true, "number": 3, "object": object{"a": "b"}}[fmt.Sprint(slices.DeleteFunc(slices.Clone(list(p["type"])), func(v any) bool { return v == "null" })[0])]
		default:
			out[key] = "shown-" + key
		}
	}
	return out
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

// TestExportOfEveryType: what idpsync made of a connection of each type is
// exported, and the plan of the export is empty, on servers that show secrets,
// mask them, or do not show them.
func TestExportOfEveryType(t *testing.T) {
	takes := schema.Bundled().ConnectionTypes() // the API creates no other type (contract 4.3)
	for _, info := range schema.Bundled().Types() {
		if !slices.Contains(takes, info.Type) {
			continue
		}
		t.Run(info.Type, func(t *testing.T) {
			t.Parallel()
			p := newMatrixPool(t, dialect{"allow-multiple": "ignore"})
			p.t = t
			p.control("POST", "reset", nil, nil)
			p.env["SECRET"] = "canary-secret"
			p.write("objects.yaml",
				object{"apiVersion": "idpsync/v1", "kind": "IdentityProvider", "metadata": object{"name": "p"}, "spec": object{"type": info.ProviderType, "name": "供应商"}},
				object{
					"apiVersion": "idpsync/v1", "kind": "Connection", "metadata": object{"name": "c"},
					"spec": object{"provider": "p", "type": info.Type, "displayName": "Log in: \"you\" ${user} #1", "fields": fieldsOf(t, info.Type, true)},
				},
				object{"apiVersion": "idpsync/v1", "kind": "Application", "metadata": object{"name": "a"}, "spec": object{"appName": "A", "connections": []any{"c"}}})
			if code, errs := p.command(nil, "apply", "--yes"); code != 0 {
				t.Fatalf("apply: %d\n%s", code, trouble(errs))
			}
			for _, shown := range []string{"clear", "masked", "absent"} {
				p.control("POST", "dialect", object{"secrets": shown}, nil)
				q := adopted(t, p)
				q.t = t
				q.export()
				q.planEmpty(t, shown)
				files := q.files(t)
				if len(files) != 3 || files["connections/c.yaml"] == "" {
					t.Errorf("%s: wrote %d files: %v", shown, len(files), files)
				}
				for name, text := range files {
					if strings.Contains(text, "canary") {
						t.Errorf("%s: %s shows what it must not:\n%s", shown, name, text)
					}
				}
				if name := fmt.Sprintf("identity-providers/%s-", strings.ReplaceAll(info.ProviderType, ":", "-")); !slices.ContainsFunc(keysOf(files), func(f string) bool { return strings.HasPrefix(f, name) }) {
					t.Errorf("%s: no file is called %s...: %v", shown, name, keysOf(files))
				}
			}
		})
	}
}

func keysOf(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// TestExportOfTwins: two providers of one type and name can be adopted by the
// lines that the export names.
func TestExportOfTwins(t *testing.T) {
	p := newMatrixPool(t, dialect{})
	p.control("POST", "reset", nil, nil)
	for i := range 3 {
		id := p.console("POST", "create-ext-idp", object{"name": "Twin", "type": "oidc"})["id"]
		if i == 0 {
			p.console("POST", "create-ext-idp-conn", object{"extIdpId": id, "type": "oidc", "identifier": "one", "displayName": "One", "fields": object{}})
		}
	}
	q := adopted(t, p)
	pins := object{}
	for _, m := range regexp.MustCompile(`lint: \{IDP0203: warn\} and pin: \{(\S+): (\S+)\}`).FindAllStringSubmatch(q.export(), -1) {
		pins[m[1]] = m[2]
	}
	if len(pins) != 2 {
		t.Fatalf("pins: %v", pins)
	}
	if code, _ := q.command(nil, "validate"); code != 1 {
		t.Errorf("twins validate with %d", code) // IDP0203
	}
	target := q.target()
	target["pin"] = pins
	q.write("idpsync.yaml", object{"apiVersion": "idpsync/v1", "kind": "Project", "targets": object{"pool": target}, "lint": object{"IDP0203": "warn"}})
	q.planEmpty(t, "pinned")
}
