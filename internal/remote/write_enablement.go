package remote

import (
	"context"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
)

// enable switches a connection on for an application. It sets a state, so it
// may be sent again.
func (c *Client) enable(ctx context.Context, to *model.Resource) (string, error) {
	app, conn, err := c.endsOf(to)
	if err != nil {
		return "", err
	}
	return told(ctx, model.Part{Name: partCreate}, func() (string, error) {
		if err := c.switchTo(ctx, app, conn, true); err != nil {
			return "", err
		}
		return enablementID(app, conn), nil
	})
}

// disable switches it off. An application or a connection that is gone has no
// buttons.
func (c *Client) disable(ctx context.Context, from *model.Resource) error {
	app, conn, err := c.endsOf(from)
	if err != nil {
		return err
	}
	err = c.switchTo(ctx, app, conn, false)
	if isAbsent(err) {
		return nil
	}
	return err
}

// endsOf are the ids that an enablement joins.
func (c *Client) endsOf(r *model.Resource) (app, conn string, err error) {
	if app, conn, ok := strings.Cut(r.ID, "/"); ok {
		return app, conn, nil
	}
	appKey, connKey, ok := r.Key.Ends()
	if !ok {
		return "", "", unknownKind(r.Key)
	}
	if app, err = c.resolve(appKey); err != nil {
		return "", "", err
	}
	conn, err = c.resolve(connKey)
	return app, conn, err
}

func (c *Client) switchTo(ctx context.Context, app, conn string, on bool) error {
	_, err := c.api.write(ctx, switchConnection, tree{"id": conn, "appId": app, "enabled": on})
	return c.confirm(ctx, err, func(ctx context.Context) (verdict, error) {
		t, err := c.api.application(ctx, app)
		if err != nil {
			return verdict{}, err
		}
		shown := false
		for _, e := range enabledElements(t) {
			shown = shown || text(e["extIdpConnId"]) == conn
		}
		if shown != on {
			return verdict{differ: []string{"enabled"}}, nil
		}
		return verdict{}, nil
	})
}
