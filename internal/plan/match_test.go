package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// want writes a document as "handle type name|identifier [parent] [state] [<renamedFrom]".
func want(lines ...string) *model.State {
	s := model.NewState()
	for _, line := range lines {
		f := strings.Fields(line)
		k, err := model.ParseKey(f[0])
		if err != nil {
			panic(err)
		}
		r := &model.Resource{Key: k, Lifecycle: model.Present, Attributes: map[string]any{}}
		for _, word := range f[1:] {
			name, value, _ := strings.Cut(word, "=")
			switch name {
			case "state":
				r.Lifecycle = model.Lifecycle(value)
			case "from":
				r.RenamedFrom = value
			default:
				r.Attributes[name] = value
			}
		}
		s.Put(r)
	}
	return s
}

// have writes an observed object as "kind id key=value...".
func have(lines ...string) []model.Observed {
	var obs []model.Observed
	kinds := map[string]model.Kind{"provider": model.IdentityProvider, "conn": model.Connection, "app": model.Application}
	for _, line := range lines {
		f := strings.Fields(line)
		ob := model.Observed{Kind: kinds[f[0]], ID: f[1]}
		for _, word := range f[2:] {
			name, value, _ := strings.Cut(word, "=")
			switch name {
			case "type":
				ob.Type = value
			case "name":
				ob.Name = value
			case "identifier":
				ob.Identifier = value
			case "parent":
				ob.Parent = value
			case "template":
				ob.Template = value
			case "foreign":
				ob.Foreign = value
			}
		}
		obs = append(obs, ob)
	}
	return obs
}

func TestMatch(t *testing.T) {
	pin := func(key, id string) plan.MatchOptions {
		k, _ := model.ParseKey(key)
		return plan.MatchOptions{Pin: map[model.Key]string{k: id}}
	}
	read := func(ids ...string) plan.MatchOptions {
		o := plan.MatchOptions{ReadParents: map[string]bool{}}
		for _, id := range ids {
			o.ReadParents[id] = true
		}
		return o
	}
	for _, c := range []struct {
		name    string
		desired *model.State
		have    []model.Observed
		o       plan.MatchOptions
		want    string
	}{
		{
			"a provider by type and name", want("identityprovider/p type=oidc name=Corp"),
			have("provider 1 type=saml name=Corp", "provider 2 type=oidc name=Corp", "provider 3 type=oidc name=Other"), read(), "2=identityprovider/p",
		},
		{"a provider that is not there", want("identityprovider/p type=oidc name=Corp"), have("provider 1 type=oidc name=Other"), read(), ""},
		{
			"two of one name", want("identityprovider/p type=oidc name=Corp"),
			have("provider 2 type=oidc name=Corp", "provider 1 type=oidc name=Corp"), read("1", "2"), "! ambiguous identityprovider/p 1,2",
		},
		{
			"two of one name, one of which a tenant owns", want("identityprovider/p type=oidc name=Corp"),
			have("provider 2 type=oidc name=Corp foreign=tenant", "provider 1 type=oidc name=Corp"), read("1", "2"), "1=identityprovider/p",
		},
		{
			"two of one name, told apart by connections", want("identityprovider/p type=oidc name=Corp", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=Corp", "provider 2 type=oidc name=Corp", "conn 9 identifier=c parent=2"), read("1", "2"), "2=identityprovider/p 9=connection/c",
		},
		{
			"two of one name, connections not read yet", want("identityprovider/p type=oidc name=Corp", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=Corp", "provider 2 type=oidc name=Corp"), read(), "! ambiguous identityprovider/p 1,2 widen",
		},
		{
			"renamed at the console", want("identityprovider/p type=oidc name=Corp", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=Other", "conn 9 identifier=c parent=1"), read("1"), "1=identityprovider/p 9=connection/c",
		},
		{
			"a provider that another document claims is no candidate", want("identityprovider/p type=oidc name=Corp", "identityprovider/q type=oidc name=Other", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=Other", "conn 9 identifier=c parent=1"), read("1"), "1=identityprovider/q 9=connection/c",
		},
		{
			"an absent provider is found by name alone", want("identityprovider/p type=oidc name=Corp state=absent", "connection/c provider=p identifier=c state=absent"),
			have("provider 1 type=oidc name=Other", "conn 9 identifier=c parent=1"), read("1"), "9=connection/c ! unclaimed connection/c 1",
		},
		{
			"an external provider is found by name alone", want("identityprovider/p type=oidc name=Corp state=external", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=Other", "conn 9 identifier=c parent=1"), read("1"), "9=connection/c ! unclaimed connection/c 1 ! not-found identityprovider/p",
		},
		{"renamedFrom", want("identityprovider/p type=oidc name=New from=Old"), have("provider 1 type=oidc name=Old"), read("1"), "1=identityprovider/p"},
		{
			"renamedFrom when the rename is done", want("identityprovider/p type=oidc name=New from=Old"),
			have("provider 1 type=oidc name=Old", "provider 2 type=oidc name=New"), read("1", "2"), "2=identityprovider/p",
		},
		{
			"a pin settles it", want("identityprovider/p type=oidc name=Corp"),
			have("provider 1 type=oidc name=Corp", "provider 2 type=oidc name=Corp"), pin("identityprovider/p", "1"), "1=identityprovider/p",
		},
		{"a pin may name another type: a replace", want("identityprovider/p type=saml name=Corp"), have("provider 1 type=oidc name=Corp"), pin("identityprovider/p", "1"), "1=identityprovider/p"},
		{"a pin to nothing", want("identityprovider/p type=oidc name=Corp"), have("provider 1 type=oidc name=Corp"), pin("identityprovider/p", "7"), "! pin-missing identityprovider/p"},
		{
			"a connection by identifier, wherever it is", want("identityprovider/p type=oidc name=P", "identityprovider/q type=oidc name=Q", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=P", "provider 2 type=oidc name=Q", "conn 9 identifier=c parent=2"), read("1", "2"), "1=identityprovider/p 2=identityprovider/q 9=connection/c",
		},
		{
			"a connection not found where it should be", want("identityprovider/p type=oidc name=P", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=P", "provider 2 type=saml name=X"), read("1"), "1=identityprovider/p widen",
		},
		{
			"a connection found nowhere", want("identityprovider/p type=oidc name=P", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=P", "provider 2 type=saml name=X"), read("1", "2"), "1=identityprovider/p",
		},
		{
			"an absent connection is not searched for", want("identityprovider/p type=oidc name=P", "connection/c provider=p identifier=c state=absent"),
			have("provider 1 type=oidc name=P", "provider 2 type=saml name=X"), read("1"), "1=identityprovider/p",
		},
		{
			"a connection under a provider nobody claims", want("identityprovider/p type=oidc name=P", "connection/c provider=p identifier=c"),
			have("provider 1 type=oidc name=P", "provider 2 type=saml name=X", "conn 9 identifier=c parent=2"), read("1", "2"),
			"1=identityprovider/p 9=connection/c ! unclaimed connection/c 2",
		},
		{
			"an external connection may lie anywhere", want("connection/c identifier=c state=external"),
			have("provider 2 type=saml name=X", "conn 9 identifier=c parent=2"), read("2"), "9=connection/c",
		},
		{"an external object that is missing", want("application/a appIdentifier=a state=external"), have(), read(), "! not-found application/a"},
		{"an application by identifier", want("application/a appIdentifier=x"), have("app 1 identifier=a", "app 2 identifier=x"), read(), "2=application/a"},
		{"an application under its old identifier", want("application/a appIdentifier=new from=old"), have("app 1 identifier=old"), read(), "1=application/a"},
		{
			"an integrated application by template and name", want("application/a appIdentifier=a template=jira appName=Jira"),
			have("app 1 identifier=srv-1 template=jira name=Jira", "app 2 identifier=srv-2 template=jira name=Other"), read(), "1=application/a",
		},
		{
			"several integrated applications", want("application/a appIdentifier=a template=jira appName=Jira"),
			have("app 1 identifier=srv-1 template=jira name=Jira", "app 2 identifier=srv-2 template=jira name=Jira"), read(), "! ambiguous application/a 1,2",
		},
		{"an object of a tenant is nobody's", want("application/a appIdentifier=a"), have("app 1 identifier=a foreign=tenant"), read(), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := plan.Match(c.desired, c.have, c.o)
			var got []string
			for id, k := range m.Handles {
				got = append(got, id.ID+"="+k.String())
			}
			slices.Sort(got)
			for _, p := range m.Problems {
				got = append(got, strings.TrimSpace(fmt.Sprintf("! %s %s %s", p.Name, p.Key, strings.Join(p.IDs, ","))))
			}
			if m.Widen {
				got = append(got, "widen")
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got  %s\nwant %s", s, c.want)
			}
		})
	}
}
