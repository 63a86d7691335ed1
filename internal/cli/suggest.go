package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/idpsync/idpsync/internal/model"
)

// didYouMean suggests the known word that is nearest to the typed one; "" when
// none is near.
func didYouMean(typed string, known []string) string {
	if best := model.Nearest(typed, known); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return ""
}

func unknownVerb(parent *cobra.Command, typed string) error {
	var known []string
	for _, c := range parent.Commands() {
		if !c.Hidden {
			known = append(known, c.Name())
		}
	}
	hint := didYouMean(typed, known)
	if hint == "" {
		hint = parent.CommandPath() + " --help lists them"
	}
	return usage(hint, "unknown verb %q", typed)
}
