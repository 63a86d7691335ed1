package remote

import (
	"context"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// told tells whoever keeps the journal of a part before send sends it, and what
// came of it after. What cannot be told is not sent.
func told(ctx context.Context, p model.Part, send func() (id string, err error)) (string, error) {
	tell := model.TellerIn(ctx)
	if tell == nil {
		return send()
	}
	ended, err := tell(p)
	if err != nil {
		return "", &Error{Message: "not sent, because the journal cannot be written: " + err.Error(), unsent: true, cause: err}
	}
	id, err := send()
	ended(id, err)
	return id, err
}

// toldChange is told for a part that changes or removes the object with the id.
func toldChange(ctx context.Context, name, id string, send func() error) error {
	_, err := told(ctx, model.Part{Name: name, ID: id}, func() (string, error) { return id, send() })
	return err
}

// akinProviders lists the providers read so far that have the type and the name
// of one that is to be made.
func (c *Client) akinProviders(to *model.Resource) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	s := likeness{to.Text("type"), to.Text("name")}
	for _, id := range c.cache.providers.akin[s] {
		if likenessOf(c.cache.providers.byID[id]) == s {
			ids = append(ids, id)
		}
	}
	return ids
}

// akinApplications lists the applications read so far that have the template
// and the name of an integrated one that is to be made.
func (c *Client) akinApplications(to *model.Resource) []string {
	if !isIntegrated(to) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for id, t := range c.cache.apps.byID {
		if text(t["template"]) == to.Text("template") && text(t["appName"]) == to.Text("appName") {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
