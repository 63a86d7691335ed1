package sandbox

import (
	"slices"
	"strings"
	"text/scanner"
)

// The two operations of the V2 host's GraphQL that its SDK opens a session with
// (contract 2.3). Whether any other still answers is UNKNOWN: none does here.

// graphQL is POST /graphql/v2.
func graphQL(c *call) (any, *failure) {
	variables, _ := c.params["variables"].(map[string]any)
	field, ok := parseGraphQL(c.text("query"), variables)
	if !ok {
		return nil, refuse(badArgument, "query: want one operation with one field")
	}
	switch field.name {
	case "accessToken":
		return c.sessionOf(field, c.server.keys.open(field.arguments["userPoolId"], field.arguments["secret"]))
	case "refreshAccessToken":
		_, valid := c.server.keys.verify(field.arguments["accessToken"], c.server.options.Now())
		return c.sessionOf(field, valid)
	}
	return nil, refuse(badArgument, "query: field %q is not served", field.name)
}

func (c *call) sessionOf(field graphQLField, valid bool) (any, *failure) {
	if !valid {
		return nil, refuse(wrongKey, "%s: the credential is wrong", field.name)
	}
	token, payload := c.issue(true)
	all := map[string]any{"accessToken": token, "iat": payload.Issued, "exp": payload.Expires}
	out := map[string]any{}
	for _, name := range field.selected {
		if value, known := all[name]; known {
			out[name] = value
		}
	}
	return map[string]any{field.name: out}, nil
}

// graphQLField is the one field of an operation.
type graphQLField struct {
	name      string
	arguments map[string]string // strings only; variables are put in
	selected  []string
}

// parseGraphQL reads `query name($v: T!) { field(argument: $v) { selected ... } }`,
// and a literal string in the place of a variable. Aliases, fragments and
// directives are not for what is served here.
func parseGraphQL(query string, variables map[string]any) (graphQLField, bool) {
	p := &graphQLParser{tokens: graphQLTokens(query), variables: variables}
	if !p.skipTo("{") {
		return graphQLField{}, false
	}
	f := graphQLField{name: p.next(), arguments: map[string]string{}}
	if p.peek() == "(" && !p.readArguments(f.arguments) {
		return f, false
	}
	if p.next() != "{" {
		return f, false
	}
	for p.peek() != "}" && p.peek() != "" {
		f.selected = append(f.selected, p.next())
	}
	rest := slices.Concat([]string{p.next()}, p.tokens)
	return f, slices.Equal(rest, []string{"}", "}"})
}

func graphQLTokens(query string) []string {
	var s scanner.Scanner
	s.Init(strings.NewReader(query))
	s.Mode = scanner.ScanIdents | scanner.ScanStrings
	s.Error = func(*scanner.Scanner, string) {}
	var tokens []string
	for t := s.Scan(); t != scanner.EOF; t = s.Scan() {
		if text := s.TokenText(); text != "," {
			tokens = append(tokens, text)
		}
	}
	return tokens
}

type graphQLParser struct {
	tokens    []string
	variables map[string]any
}

func (p *graphQLParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *graphQLParser) next() string {
	token := p.peek()
	if token != "" {
		p.tokens = p.tokens[1:]
	}
	return token
}

func (p *graphQLParser) skipTo(token string) bool {
	for p.peek() != "" {
		if p.next() == token {
			return true
		}
	}
	return false
}

func (p *graphQLParser) readArguments(into map[string]string) bool {
	p.next()
	for p.peek() != ")" {
		name := p.next()
		if name == "" || p.next() != ":" {
			return false
		}
		into[name] = p.value()
	}
	p.next()
	return true
}

// value is a variable's string or a literal one; "" for anything else.
func (p *graphQLParser) value() string {
	token := p.next()
	if token == "$" {
		s, _ := p.variables[p.next()].(string)
		return s
	}
	if literal, isText := strings.CutPrefix(token, `"`); isText {
		return strings.TrimSuffix(literal, `"`)
	}
	return ""
}
