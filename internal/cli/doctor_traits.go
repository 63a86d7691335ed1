package cli

import (
	"context"
	"maps"
)

// traits are what is known of how a pool behaves: what the target pins stands
// over what doctors learnt.
func (p *pool) traits(ctx context.Context, poolID string) (map[string]string, error) {
	memory, err := p.memory(poolID)
	if err != nil {
		return nil, err
	}
	known, err := memory.Traits(ctx)
	if err != nil {
		return nil, err
	}
	maps.Copy(known, p.target.Traits)
	return known, nil
}
