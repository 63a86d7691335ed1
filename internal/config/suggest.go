package config

import (
	"github.com/idpsync/idpsync/internal/diagnostic"
	"github.com/idpsync/idpsync/internal/model"
)

// didYouMean is the hint that names the nearest of the candidates; the zero
// Text when none is near.
func didYouMean(word string, candidates []string) diagnostic.Text {
	if best := model.Nearest(word, candidates); best != "" {
		return diagnostic.T("hint.suggest", best)
	}
	return diagnostic.Text{}
}
