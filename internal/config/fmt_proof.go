package config

import (
	"errors"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// proven tells that a text means what another one meant, and that not one
// character of it but blanks got lost.
func proven(before, after []byte) bool {
	return slices.Equal(inventory(before), inventory(after)) && sameDocuments(before, after)
}

// inventory is what stands on the lines of a text, whatever their order, their
// blanks, and the order on a line.
func inventory(text []byte) []string {
	var all []string
	for l := range strings.Lines(strings.TrimPrefix(string(text), byteOrderMark)) {
		b := []byte(strings.Join(strings.Fields(l), ""))
		slices.Sort(b)
		all = append(all, string(b))
	}
	slices.Sort(all)
	return all
}

func sameDocuments(before, after []byte) bool {
	a, ok := yamlDocuments(before)
	b, well := yamlDocuments(after)
	return ok && well && slices.EqualFunc(a, b, sameNode)
}

func yamlDocuments(text []byte) (all []*yaml.Node, ok bool) {
	defer func() {
		if recover() != nil { // the parser is not ours
			ok = false
		}
	}()
	masked, _ := maskVariables(string(text))
	for d := yaml.NewDecoder(strings.NewReader(masked)); ; {
		var y yaml.Node
		switch err := d.Decode(&y); {
		case errors.Is(err, io.EOF):
			return all, true
		case err != nil:
			return nil, false
		}
		all = append(all, &y)
	}
}

// sameNode compares everything but comments, places and the order of keys.
func sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Style != b.Style || a.Tag != b.Tag || a.Value != b.Value || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return false
	}
	if a.Kind != yaml.MappingNode {
		return slices.EqualFunc(a.Content, b.Content, sameNode)
	}
	values := make(map[[2]string]int, len(b.Content)/2)
	for i := 0; i < len(b.Content); i += 2 {
		values[[2]string{b.Content[i].Tag, b.Content[i].Value}] = i
	}
	for i := 0; i < len(a.Content); i += 2 {
		j, there := values[[2]string{a.Content[i].Tag, a.Content[i].Value}]
		if !there || !sameNode(a.Content[i], b.Content[j]) || !sameNode(a.Content[i+1], b.Content[j+1]) {
			return false
		}
		delete(values, [2]string{a.Content[i].Tag, a.Content[i].Value})
	}
	return true
}
