package main

import (
	"embed"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/schema"
)

//go:embed examples
var examples embed.FS

// kind is a page about documents, or about what all of them have.
type kind struct {
	title, name string // name is that of the schema and of the page
	about       []string
	section     string
	origin      func(path string) (origin, source string)
	secret      model.Kind
	expand      string
	notes       []string
}

var kinds = []kind{
	{
		title: "Application", name: "application", section: "`spec`", origin: applicationOrigin, secret: model.Application,
		about: []string{"Something that users log in to. `metadata.name` is the handle by which the other files know it, and its `appIdentifier` unless that is given. [What stands beside `spec`](metadata.md)."},
		notes: []string{commonNotes, "**What the server never shows** (`not shown by the server` above) cannot be compared with it. A plan counts such values instead of reporting a difference for ever, and sends them on request: `--push unread`."},
	},
	{
		title: "IdentityProvider", name: "identity-provider", section: "`spec`", origin: documented, secret: model.IdentityProvider,
		about: []string{"An outside source of users, what the API calls `extIdp`. It holds [connections](connection.md). [What stands beside `spec`](metadata.md)."},
		notes: []string{"The API has no request that changes the type of a provider: another type is a replace."},
	},
	{
		title: "Connection", name: "connection", section: "`spec`", origin: documented, secret: model.Connection,
		about: []string{"One way to log in through an identity provider, what the API calls `extIdpConn`. What its type adds under `fields` stands on [the page of the type](README.md#connection-types). [What stands beside `spec`](metadata.md)."},
		notes: []string{commonNotes},
	},
	{
		title: "Project", name: "project", section: "`idpsync.yaml`", origin: ours, expand: "targets.NAME.sandbox.dialect",
		about: []string{"`idpsync.yaml` makes a folder a project: it names the user pools, and what a plan may do to them."},
		notes: []string{"A target has either `sandbox`, or `host` and `userPoolId`. `traits` takes the keys of `sandbox.dialect`. What they mean stands in [the page about the sandbox](../sandbox.md)."},
	},
	{
		title: "Patch", name: "patch", section: "`spec`", origin: ours,
		about: []string{"Changes what other documents say, for some targets, by the rules of a JSON merge patch (RFC 7386). [What stands beside `spec`](metadata.md)."},
	},
	{
		title: "Every document", name: "metadata", section: "`metadata`", origin: ours,
		about: []string{"Every document but `idpsync.yaml` has the keys `apiVersion: idpsync/v1`, `kind`, `metadata` and `spec`. A file may hold any number of documents."},
		notes: []string{
			"## Variables\n\n`${var.name}` in a text of `spec` stands for the value that the target gives under `vars`; `$${` is a plain `${`. A text that is one variable and nothing else takes the type of its value.",
		},
	},
	{
		title: "Values kept elsewhere", name: "reference", section: "Instead of a text", origin: ours, expand: "secretFrom",
		about: []string{"A text in a `spec` may stand elsewhere: a secret must, a certificate or a style sheet may. [More about secrets](../secrets.md)."},
	},
}

const commonNotes = "**Omitted, `null` and empty are three things.** What is omitted is not managed. `[]`, `{}` and `false` are managed and empty. `null` asks for the server's default; it may stand wherever the field is not required."

func (k *kind) file() string { return k.name + ".md" }

func (k *kind) page() (*page, error) {
	r, err := readSchema(k.name + ".schema.json")
	if err != nil {
		return nil, err
	}
	r.expand = k.expand
	top, at, _ := r.at(r.root, "")
	s := section{title: k.section, fields: r.fields(top, at, "")}
	for i := range s.fields {
		k.finish(&s.fields[i])
	}
	p := &page{title: k.title, about: append([]string{}, k.about...), notes: k.notes, sections: []section{s}}
	if about := text(r.root, "description"); about != "" {
		_, chinese, _ := strings.Cut(about, "\n")
		p.about = append(p.about, prose(chinese))
	}
	if data, err := examples.ReadFile("examples/" + k.name + ".yaml"); err == nil {
		p.example = string(data)
	}
	return p, nil
}

func (k *kind) finish(f *field) {
	f.origin, f.source = k.origin(f.path)
	if k.secret != "" {
		path := model.SplitPath(strings.ReplaceAll(f.path, "[]", ""))
		f.secret = schema.Bundled().Secret(k.secret, "", path) && !f.closed
	}
}

func documented(string) (string, string) {
	return "documented", "the vendor's OpenAPI document"
}

func ours(string) (string, string) { return "idpsync", "" }

// applicationOrigin tells which keys are idpsync's own and where the others are
// published.
func applicationOrigin(path string) (string, string) {
	top, _, inner := strings.Cut(path, ".")
	switch {
	case top == "connections" || top == "mfa" || top == "permissionStrategy":
		return "idpsync", "requests of their own in the vendor's OpenAPI document"
	case strings.HasSuffix(path, "Connection") && top == "loginConfig":
		return "idpsync", "the API's key of the same sense takes a server id"
	case inner && strings.HasSuffix(top, "Config") && protocol(top):
		return "documented", "the vendor's OpenAPI document and the published clients"
	}
	return "documented", "CreateApplicationDto, UpdateApplicationDto or ApplicationDto of the vendor's clients"
}

func protocol(key string) bool {
	return key == "oidcConfig" || key == "samlConfig" || key == "oauthConfig" || key == "casConfig"
}
