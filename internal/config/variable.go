package config

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// substituter puts the variables of one target into nodes.
type substituter struct {
	target string
	vars   map[string]any
	at     []string // the way to the node at hand
	// secret tells of a way whether a secret lies there; nil knows of none.
	secret func(way []string) bool
	found  []diagnostic.Diagnostic
}

var (
	// variableStart is where something for us begins: "$${", which is a literal
	// "${", or "${var" not followed by more of a word. Other "${" are text: the
	// server has templates of its own (contract 5.1, casUserIdentifier).
	variableStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\$\{|\$\{var(?:[^A-Za-z0-9_-]|$)`) })
	variableRest  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\$\{var\.([A-Za-z_][A-Za-z0-9_.-]*)\}`) })
	// nearlyVariable is what somebody writes who forgot the "var.".
	nearlyVariable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$?\$\{(?:vars?\.)?([A-Za-z_][A-Za-z0-9_.-]*)\}`) })
)

// apply returns n with variables put in; n itself when it has none.
func (s *substituter) apply(n *node) *node {
	switch n.kind {
	case textNode:
		if !strings.Contains(n.text, "${") {
			return n
		}
		return s.scalar(n)
	case listNode, mapNode:
		return s.container(n)
	}
	return n
}

func (s *substituter) container(n *node) *node {
	var out *node
	for i, item := range n.items {
		s.at = append(s.at, n.memberName(i))
		next := s.apply(item)
		s.at = s.at[:len(s.at)-1]
		if next == item {
			continue
		}
		if out == nil {
			c := *n
			c.members = &members{n.keys, slices.Clone(n.items), n.partial}
			out = &c
		}
		out.items[i] = next
	}
	if out == nil {
		return n
	}
	return out
}

// scalar puts variables into one text. A text that is nothing but one variable
// takes the variable's type.
func (s *substituter) scalar(n *node) *node {
	s.nearly(n)
	if m := variableRest().FindStringSubmatch(n.text); m != nil && len(m[0]) == len(n.text) {
		return s.whole(n, m[1])
	}
	var b strings.Builder
	rest := n.text
	for at := variableStart().FindStringIndex(rest); at != nil; at = variableStart().FindStringIndex(rest) {
		b.WriteString(rest[:at[0]])
		value, length, ok := s.part(n, rest[at[0]:])
		if !ok {
			return n.as(brokenNode, "")
		}
		b.WriteString(value)
		rest = rest[at[0]+length:]
	}
	b.WriteString(rest)
	if b.String() == n.text {
		return n
	}
	return n.as(textNode, b.String())
}

// part reads what rest begins with, a variable or an escape: its value and how
// many bytes it takes.
func (s *substituter) part(n *node, rest string) (value string, length int, ok bool) {
	if strings.HasPrefix(rest, "$${") {
		return "${", len("$${"), true
	}
	m := variableRest().FindStringSubmatch(rest)
	if m == nil {
		s.complain(n, diagnostic.T("var.malformed"), diagnostic.T("var.malformed.hint"))
		return "", 0, false
	}
	kind, text, ok := s.lookup(n, m[1])
	if ok && kind == nullNode {
		s.complain(n, diagnostic.T("var.null", m[1]), diagnostic.Text{})
		return "", 0, false
	}
	return text, len(m[0]), ok
}

// nearly warns about a "${domain}" where domain is a variable: it is sent as it
// stands, since the server and scripts have templates of their own, but hardly
// anybody who has such a variable means that.
func (s *substituter) nearly(n *node) {
	if strings.Count(n.text, "${") == strings.Count(n.text, "${var.") {
		return
	}
	for _, m := range nearlyVariable().FindAllStringSubmatch(n.text, -1) {
		_, set := s.vars[m[1]]
		if !set || strings.HasPrefix(m[0], "$$") || strings.HasPrefix(m[0], "${var.") {
			continue
		}
		s.complain(n, diagnostic.T("var.nearly", m[0]), diagnostic.T("var.nearly.hint", m[1], "$"+m[0]))
		s.found[len(s.found)-1].Severity = diagnostic.Warning
	}
}

func (s *substituter) complain(n *node, message, hint diagnostic.Text) {
	c := n.complaint("IDP0112", specPointer(s.at), message)
	c.Hint = hint
	c.Sensitive = s.secret != nil && s.secret(s.at)
	s.found = append(s.found, c)
}

func (s *substituter) whole(n *node, name string) *node {
	kind, text, ok := s.lookup(n, name)
	if !ok {
		return n.as(brokenNode, "")
	}
	return n.as(kind, text)
}

// as is another value in n's place.
func (n *node) as(kind nodeKind, text string) *node {
	return &node{doc: n.doc, line: n.line, column: n.column, kind: kind, text: text, members: memberless}
}

// lookup finds a variable's value; a variable never changes the shape of a
// document, so that lists and mappings are refused.
func (s *substituter) lookup(n *node, name string) (nodeKind, string, bool) {
	value, ok := s.vars[name]
	if !ok && s.target == "" {
		return nullNode, "", false // which variables there are, nobody knows
	}
	if !ok {
		hint := didYouMean(name, slices.Sorted(maps.Keys(s.vars)))
		if hint.ID == "" {
			hint = diagnostic.T("var.unset.hint", s.target)
		}
		s.complain(n, diagnostic.T("var.unset", name, s.target), hint)
		return nullNode, "", false
	}
	switch v := value.(type) {
	case string:
		return textNode, v, true
	case json.Number:
		return numberNode, v.String(), true
	case bool:
		return boolNode, strconv.FormatBool(v), true
	case nil:
		return nullNode, "", true
	case []any:
		s.complain(n, diagnostic.T("var.shape", name, typeWord("array")), diagnostic.Text{})
	default:
		s.complain(n, diagnostic.T("var.shape", name, typeWord("object")), diagnostic.Text{})
	}
	return nullNode, "", false
}
