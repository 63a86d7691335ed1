package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// example writes a provider and a connection with every field that may be set.
// A test holds it to validate.
func (c *connectionType) example() string {
	handle := slug(c.info.ProviderType)
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: idpsync/v1
kind: IdentityProvider
metadata: {name: %[1]s}
spec: {name: %[2]s, type: %[3]s}
---
apiVersion: idpsync/v1
kind: Connection
metadata: {name: %[1]s-login}
spec:
  provider: %[1]s
  type: %[4]s
  displayName: %[5]s
`, handle, quote(or(c.row.NameEN, c.row.Name)), c.info.ProviderType, quote(c.info.Type), quote(or(c.row.DescriptionEN, "Log in")))
	var lines []string
	for i := range c.fields {
		if f := &c.fields[i]; !f.closed {
			lines = append(lines, fmt.Sprintf("    %s: %s\n", f.path, f.sample(handle)))
		}
	}
	if len(lines) > 0 {
		b.WriteString("  fields:\n" + strings.Join(lines, ""))
	}
	return b.String()
}

// sample is a value as people would write it.
func (f *field) sample(handle string) string {
	words := model.Words(f.path)
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(w string) bool { return slices.Contains(words, w) })
	}
	switch {
	case f.secret:
		return fmt.Sprintf("{secretFrom: {env: %s}}", strings.ToUpper(strings.ReplaceAll(handle, "-", "_")+"_"+strings.Join(words, "_")))
	case strings.HasPrefix(f.typ, "list"):
		return "[" + strings.Join(quoteAll(f.someChoices()), ", ") + "]"
	case len(f.choices) > 0:
		return quote(f.choices[0])
	case strings.HasPrefix(f.typ, "true"):
		return "true"
	case has("cert"):
		return "{fileFrom: certificates/" + slug(strings.Join(words, "-")) + ".pem}"
	case has("script"):
		return "{fileFrom: scripts/" + slug(strings.Join(words, "-")) + ".js}"
	case has("digest"):
		return "sha256"
	case has("algorithm"):
		return "rsa-sha256"
	case has("binding"):
		return "HTTP-Redirect"
	case has("scope", "scopes"):
		return "openid profile"
	case has("domain"):
		return handle + ".example.com"
	case has("callback", "redirect"):
		return "https://portal.example.com/callback"
	case has("url", "uri", "point", "edpoint", "endpoint"):
		return "https://" + handle + ".example.com/" + slug(strings.Join(without(words, "url", "uri", "end", "point", "edpoint"), "-"))
	}
	return slug(strings.Join(words, "-")) + "-of-" + handle
}

// modest are scopes that only tell who logs in.
var modest = []string{"read:user", "user:email"}

// someChoices are two choices of a list, modest ones where there are any: people
// copy an example, and GitHub's first scope asks every user for write access.
func (f *field) someChoices() []string {
	some := slices.DeleteFunc(slices.Clone(f.choices), func(c string) bool { return !slices.Contains(modest, c) })
	if len(some) == 0 {
		some = f.choices
	}
	return some[:min(2, len(some))]
}

// slug makes a handle of a name.
func slug(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s)), "-")
}

// quote makes a text a YAML scalar that means it.
func quote(s string) string {
	if strings.ContainsAny(s, ":#{}[],&*!|>'\"%@`") {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return s
}

func quoteAll(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = quote(s)
	}
	return out
}

func without(words []string, drop ...string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(drop, w) })
}
