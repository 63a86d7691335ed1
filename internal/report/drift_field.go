package report

import "github.com/idpsync/idpsync/internal/plan"

// NewDriftField is the document of one difference, for those who show drift
// piece by piece. No secret enters it.
func NewDriftField(f plan.DriftField) DriftField {
	return DriftField{f.Path, plain(f.LastApplied, f.Sensitive), plain(f.Server, f.Sensitive), plain(f.File, f.Sensitive), string(f.ChangedBy)}
}
