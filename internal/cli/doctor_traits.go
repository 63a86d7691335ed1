package cli

import "context"

// learnt are the traits that earlier runs saw of a pool. What the target pins
// stands over them, and what they are good for is the client's to say.
func (p *pool) learnt(ctx context.Context, poolID string) (map[string]string, error) {
	memory, err := p.memory(poolID)
	if err != nil {
		return nil, err
	}
	return memory.Traits(ctx)
}
