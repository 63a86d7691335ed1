package remote

import "context"

// speak chooses the generation.
func (c *Client) speak(mode string) {
	c.mode = mode
	third := newV3(c.wire, c.secret)
	switch mode {
	case OnlyV2:
		c.turnToV2()
	case Auto:
		c.api = newAuto(third, c.newV2())
	default:
		c.api = third
	}
}

func (c *Client) newV2() *v2 { return newV2(c.core, c.secret, c.parallelism) }

func (c *Client) turnToV2() {
	c.api, c.wire = c.newV2(), c.core.wire
}

// Open fetches the run's token and makes sure that it is for the pool the user
// named. Nothing else may be called before.
func (c *Client) Open(ctx context.Context) error {
	_, err := c.wire.tokens.get(ctx)
	e, ok := asError(err)
	if c.mode != Auto || !ok || !e.noRoute {
		return err
	}
	if c.core.poolSecret == nil {
		return changed(err, func(e *Error) {
			e.hint += "; an older deployment has the V2 API alone: name userPoolSecret under credentials of this target"
		})
	}
	c.core.own.Store(true)
	if _, again := c.core.tokens.get(ctx); isNoRoute(again) {
		return err // it is no better there: more likely the host is wrong
	} else if again != nil {
		return again
	}
	c.turnToV2()
	return nil
}
