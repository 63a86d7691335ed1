package remote_test

import "github.com/idpsync/idpsync/internal/model"

// name gives a name that nobody has: at most 31 characters, as an identifier.
func (c *contract) name() string {
	c.n++
	return c.head + "-" + itoa36(c.n)
}

func itoa36(n int) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyz"
	if n < 36 {
		return digits[n : n+1]
	}
	return itoa36(n/36) + digits[n%36:n%36+1]
}

func (c *contract) provider() *model.Resource {
	name := c.name()
	return &model.Resource{Key: model.Key{Kind: model.IdentityProvider, Name: name}, Attributes: tree{"name": name, "type": "oidc"}}
}

func (c *contract) connection(of *model.Resource) *model.Resource {
	name := c.name()
	r := &model.Resource{Key: model.Key{Kind: model.Connection, Name: name}, Attributes: tree{
		"provider": of.Key.Name, "identifier": name, "type": "oidc", "displayName": "Scratch",
		"fields": tree{
			"issuerUrl": "https://idp.invalid/1", "clientID": "portal", "scopes": "openid",
			"clientSecret": model.SecretValue("", secretCanary),
		},
	}}
	if !c.v2 { // which has no name for it (contract 6.2)
		r.Attributes["loginOnly"] = true
	}
	return r
}

func (c *contract) application() *model.Resource {
	name := c.name()
	return &model.Resource{Key: model.Key{Kind: model.Application, Name: name}, Attributes: tree{
		"appName": name, "appIdentifier": name, "redirectUris": []any{"https://a.invalid/cb", "https://b.invalid/cb"},
	}}
}

// secretCanary is the value of every secret that the contract sends.
const secretCanary = "canary-not-to-be-shown"
