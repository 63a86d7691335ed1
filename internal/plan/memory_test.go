package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// TestMatchKnown: a remembered id settles who is who only where the server's own
// names do not, and gives back handles to what no document names any more.
func TestMatchKnown(t *testing.T) {
	twins := have("provider 1 type=oidc name=Corp", "provider 2 type=oidc name=Corp")
	for _, c := range []struct {
		name    string
		desired *model.State
		have    []model.Observed
		known   map[string]string
		want    string
	}{
		{"one of two of a name", want("identityprovider/p type=oidc name=Corp"), twins, map[string]string{"identityprovider/p": "2"}, "2=identityprovider/p"},
		{"renamed on both sides", want("identityprovider/p type=oidc name=New"), have("provider 1 type=oidc name=Other"), map[string]string{"identityprovider/p": "1"}, "1=identityprovider/p"},
		{"of another type now", want("identityprovider/p type=saml name=Corp"), have("provider 1 type=oidc name=Corp"), map[string]string{"identityprovider/p": "1"}, ""},
		{"gone", want("identityprovider/p type=oidc name=Corp"), have("provider 1 type=oidc name=Corp"), map[string]string{"identityprovider/p": "7"}, "1=identityprovider/p"},
		{
			"a connection goes by its identifier", want("identityprovider/p type=oidc name=P", "connection/c provider=p identifier=new"),
			have("provider 1 type=oidc name=P", "conn 9 identifier=old parent=1"),
			map[string]string{"connection/c": "9"},
			"1=identityprovider/p",
		},
		{"an application goes by its identifier", want("application/a appIdentifier=new"), have("app 1 identifier=old"), map[string]string{"application/a": "1"}, ""},
		{
			"an integrated one by its id", want("application/a appIdentifier=a template=jira appName=Jira"),
			have("app 1 identifier=x template=jira name=Jira", "app 2 identifier=y template=jira name=Jira"),
			map[string]string{"application/a": "2"},
			"2=application/a",
		},
		{
			"no document any more", want(), have("provider 1 type=oidc name=Corp", "conn 9 identifier=old parent=1"),
			map[string]string{"identityprovider/p": "1", "connection/c": "9"},
			"1=identityprovider/p 9=connection/c",
		},
		{"a document of another name now", want("application/b appIdentifier=x"), have("app 1 identifier=x"), map[string]string{"application/a": "1"}, "1=application/b"},
		{
			"a twin is found when its sister is", want("identityprovider/a type=oidc name=Corp", "identityprovider/z type=oidc name=Corp", "connection/c provider=a identifier=c"),
			append(have("conn 9 identifier=c parent=2"), twins...), nil, "1=identityprovider/z 2=identityprovider/a 9=connection/c",
		},
		{
			"whichever comes first", want("identityprovider/a type=oidc name=Corp", "identityprovider/z type=oidc name=Corp", "connection/c provider=z identifier=c"),
			append(have("conn 9 identifier=c parent=2"), twins...), nil, "1=identityprovider/a 2=identityprovider/z 9=connection/c",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := plan.MatchOptions{Known: map[model.Key]string{}, ReadParents: map[string]bool{"1": true, "2": true}}
			for k, id := range c.known {
				o.Known[keyOf(t, k)] = id
			}
			m := plan.Match(c.desired, c.have, o)
			var got []string
			for id, k := range m.Handles {
				got = append(got, id.ID+"="+k.String())
			}
			slices.Sort(got)
			for _, p := range m.Problems {
				got = append(got, fmt.Sprintf("! %s %s", p.Name, p.Key))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

// is remembers a secret by its value, and doubt remembers nothing.
type is string

func (m is) Fits(v any) (same, known bool) {
	s, ok := v.(model.Secret)
	return ok && s.Equal(model.SecretValue("", string(m))), true
}

type doubt struct{}

func (doubt) Fits(any) (same, known bool) { return false, true }

type forgotten struct{}

func (forgotten) Fits(any) (same, known bool) { return false, false }

// TestRecall: what the server does not show is compared with what was last
// applied; what it shows is not.
func TestRecall(t *testing.T) {
	secret := func(v string) any { return model.SecretValue("env:S", v) }
	declared := map[string]any{"mfa": map[string]any{"on": []any{"OTP"}}, "key": secret("new"), "list": []any{map[string]any{"k": secret("x")}}, "name": "a"}
	for _, c := range []struct {
		name    string
		applied any
		// want lists the fields as "path before note", then what is not compared.
		want string
	}{
		{"nothing remembered", nil, "| key list mfa.on"},
		{"all the same", map[string]any{"mfa": map[string]any{"on": []any{"OTP"}}, "key": is("new"), "list": []any{map[string]any{"k": is("x")}}, "name": "other"}, "|"},
		{
			"all different",
			map[string]any{"mfa": map[string]any{"on": []any{"SMS"}}, "key": is("old"), "list": []any{map[string]any{"k": is("y")}}},
			"key (secret) against last applied, list (secret) against last applied, mfa.on [SMS] against last applied |",
		},
		{"a part of it", map[string]any{"key": is("new"), "list": []any{}}, "list (secret) against last applied | key mfa.on"},
		{"another key", map[string]any{"key": forgotten{}, "list": []any{map[string]any{"k": forgotten{}}}}, "| key list mfa.on"},
		{"in doubt as a whole", doubt{}, "key (secret) against last applied, list (secret) against last applied, mfa.on <nil> against last applied |"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := keyOf(t, "application/a")
			got := &model.Resource{Key: k, ID: "1", Attributes: map[string]any{"name": "a", "key": secret("***"), "list": []any{"***"}}, Hidden: []string{"mfa"}}
			o := plan.Options{Semantics: semantics{}, Recall: func(r *model.Resource) *plan.Memory {
				if r != got || c.applied == nil {
					return nil
				}
				return &plan.Memory{Applied: c.applied}
			}}
			p, err := plan.New(model.NewState(&model.Resource{Key: k, Attributes: declared}), model.NewState(got), o)
			if err != nil {
				t.Fatal(err)
			}
			var fields, open []string
			for _, ch := range p.Changes {
				for _, f := range ch.Fields() {
					if f.Note == plan.NoteWillBeSent {
						open = append(open, f.Path)
						continue
					}
					fields = append(fields, fmt.Sprint(f.Path, " ", f.Before, " ", f.Note))
				}
			}
			for _, at := range p.Uncompared {
				open = append(open, at.Path)
			}
			slices.Sort(open)
			if s := strings.TrimSpace(strings.Join(fields, ", ") + " | " + strings.Join(open, " ")); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}

// TestNotKept: a difference that the server did not keep is no change while
// neither side says something else.
func TestNotKept(t *testing.T) {
	k := keyOf(t, "application/a")
	lapse := plan.Lapse{Run: "r1", Declared: "new", Server: "old"}
	for _, c := range []struct {
		name, declared, server string
		push                   plan.Push
		changes, kept          int
	}{
		{"neither has changed", "new", "old", "", 0, 1},
		{"another wish", "newer", "old", "", 1, 0},
		{"the server has another value", "new", "older", "", 1, 0},
		{"asked for again", "new", "old", plan.PushNotKept, 1, 0},
		{"kept after all", "new", "new", "", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := &model.Resource{Key: k, ID: "1", Attributes: map[string]any{"name": c.server}}
			want := &model.Resource{Key: k, Attributes: map[string]any{"name": c.declared}}
			p, err := plan.New(model.NewState(want), model.NewState(got), plan.Options{
				Semantics: semantics{}, Push: c.push,
				Recall: func(*model.Resource) *plan.Memory { return &plan.Memory{NotKept: map[string]plan.Lapse{"name": lapse}} },
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Changes) != c.changes || len(p.NotKept) != c.kept || c.kept > 0 && p.NotKept[0].Run != "r1" {
				t.Errorf("%d changes, not kept %v", len(p.Changes), p.NotKept)
			}
		})
	}
}

func keyOf(t *testing.T, s string) model.Key {
	t.Helper()
	k, err := model.ParseKey(s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
