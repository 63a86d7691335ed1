package config

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// scalar converts a scalar by its tag. Dates stay text: only people who know
// YAML's list of types expect anything else.
func (w *walker) scalar(y *yaml.Node) *node {
	if len(y.Value) > maxScalar {
		return w.refuse(y, diagnostic.T("yaml.scalar", maxScalar>>10), diagnostic.T("yaml.scalar.hint"))
	}
	n := w.at(y, textNode)
	n.text = w.mask.text(y.Value)
	switch tag := y.ShortTag(); tag {
	case "!!str", "!!timestamp", "!!merge", "!":
	case "!!null":
		n.kind, n.text = nullNode, ""
	case "!!bool":
		n.kind, n.text = boolNode, strings.ToLower(y.Value)
	case "!!int", "!!float":
		return w.number(y, n)
	default:
		return w.refuse(y, diagnostic.T("yaml.tag", tag), diagnostic.Text{})
	}
	return n
}

func (w *walker) number(y *yaml.Node, n *node) *node {
	text, fault := canonicalNumber(y.Value)
	switch fault {
	case notFinite:
		return w.refuse(y, diagnostic.T("yaml.infinite"), diagnostic.T("yaml.quote.hint"))
	case ambiguous:
		return w.refuse(y, diagnostic.T("yaml.number"), diagnostic.T("yaml.number.hint"))
	}
	n.kind, n.text = numberNode, text
	return n
}

type numberFault int

const (
	wellFormed numberFault = iota
	notFinite
	ambiguous
)

var (
	decimalInteger = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`) })
	radixInteger   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^0(x[0-9a-fA-F]+|o[0-7]+)$`) })
	decimalFloat   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	})
)

// canonicalNumber writes a YAML number as JSON would, one text for one value.
// YAML 1.1 and 1.2 disagree about 0644, 1_000, 0b1 and -0x1, so these are
// refused rather than guessed.
func canonicalNumber(s string) (string, numberFault) {
	switch {
	case strings.Contains(strings.ToLower(s), ".inf"), strings.EqualFold(s, ".nan"):
		return "", notFinite
	case decimalInteger().MatchString(s):
		return canonicalInteger(s, 10), wellFormed
	case radixInteger().MatchString(s):
		return canonicalInteger(s, 0), wellFormed
	case decimalFloat().MatchString(s):
		return canonicalFloat(s)
	}
	return "", ambiguous
}

func canonicalInteger(s string, base int) string {
	i, ok := new(big.Int).SetString(strings.TrimPrefix(s, "+"), base)
	if !ok {
		return "0" // the patterns above leave no other text
	}
	return i.String()
}

func canonicalFloat(s string) (string, numberFault) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return "", notFinite
	}
	if f == 0 {
		return "0", wellFormed
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10), wellFormed
	}
	return strconv.FormatFloat(f, 'g', -1, 64), wellFormed
}
