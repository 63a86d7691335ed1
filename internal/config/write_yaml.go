package config

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/idpsync/idpsync/internal/model"
)

// specOrder is the order of the keys of a spec; others follow by name, and so
// do all keys further down.
var specOrder = map[model.Kind][]string{
	model.IdentityProvider: {"name", "type"},
	model.Connection:       {"provider", "identifier", "type", "displayName", "logo", "loginOnly", "fields"},
	model.Application: {
		"appName", "appIdentifier", "appDescription", "appLogo", "appType", "template", "templateData",
		"redirectUris", "logoutRedirectUris", "initLoginUri", "connections", "permissionStrategy",
		"ssoEnabled", "ssoShowLaunchpad", "enablePermissionApply",
		"loginConfig", "registerConfig", "brandingConfig", "defaultProtocol",
		"oidcConfig", "oauthProviderEnabled", "oauthConfig", "samlProviderEnabled", "samlConfig",
		"casProviderEnabled", "casConfig",
	},
}

// ordered writes a mapping, the keys of first before the others.
func (c *cover) ordered(m map[string]any, first []string) *yaml.Node {
	n := mapYAML()
	add := func(k string) { n.Content = append(n.Content, keyYAML(k), c.node(m[k])) }
	for _, k := range first {
		if _, has := m[k]; has {
			add(k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(first, k) {
			add(k)
		}
	}
	return n
}

// node writes a value of a spec: plain trees, and covered where a text is kept
// from the file.
func (c *cover) node(v any) *yaml.Node {
	switch v := v.(type) {
	case map[string]any:
		return c.ordered(v, nil)
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, e := range v {
			n.Content = append(n.Content, c.node(e))
		}
		return n
	case string:
		return textYAML(literal(v))
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}
	case bool:
		text := "false"
		if v {
			text = "true"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	case covered:
		return c.reference(v)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}
}

// reference is {secretFrom: ...}.
func (c *cover) reference(h covered) *yaml.Node {
	from := flowYAML(keyYAML("server"), &yaml.Node{Kind: yaml.ScalarNode, Value: "true"})
	if h.env != "" {
		from = flowYAML(keyYAML("env"), textYAML(h.env))
	}
	return flowYAML(keyYAML("secretFrom"), from)
}

func mapYAML(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: content}
}

func flowYAML(content ...*yaml.Node) *yaml.Node {
	n := mapYAML(content...)
	n.Style = yaml.FlowStyle
	return n
}

// literal is the text such that no variable is seen in it (variable.go): "$${"
// reads as "${".
func literal(s string) string { return strings.ReplaceAll(s, "${", "$${") }

func keyYAML(key string) *yaml.Node {
	n := textYAML(key)
	n.Style &^= yaml.LiteralStyle
	if strings.Contains(key, "\n") {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// textYAML writes a text: plain where no reader could take it for anything
// else, as a block where it has lines, else in double quotes.
func textYAML(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
	switch {
	case plainText().MatchString(s) && !slices.Contains(ambiguousWords, strings.ToLower(s)):
		n.Style = 0
	case blockText(s):
		n.Style = yaml.LiteralStyle
	}
	return n
}

// plainText begins with a letter or a slash, so that it is no number and no
// date, and holds nothing that means something to YAML.
var plainText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[\p{L}/](?:[\p{L}0-9_./@+%=()?~;&*!$#,'"-]|:[\p{L}0-9/]| [\p{L}0-9(])*$`)
})

// ambiguousWords are what some reader of YAML, old or new, takes for a boolean
// or for nothing.
var ambiguousWords = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}

// blockText tells that a text of several lines can stand as a block, which
// keeps every character.
func blockText(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	if !strings.Contains(body, "\n") || strings.HasSuffix(body, "\n") || strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasSuffix(line, " ") {
			return false
		}
	}
	return !unprintable().MatchString(body)
}

// unprintable are characters that a block could not hold, or that an eye would
// not see.
var unprintable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\n\p{L}\p{M}\p{N}\p{P}\p{S} ]`) })
