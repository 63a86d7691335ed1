package remote

import (
	"maps"
	"slices"

	"github.com/idpsync/idpsync/internal/model"
)

// The switches of spec 8 whose value, once known, changes what the client does.
// A value is the switch's own; anything else is taken for unknown.
const (
	traitFields    = "fields-update" // merge | replace
	traitSecrets   = "secrets"       // clear | masked | absent
	traitList      = "conn-list"     // on | off
	traitNulls     = "null-unsets"   // on | off
	traitTemplate  = "template-data" // string | object
	traitNewButton = "new-conn"      // disabled | enabled
	traitApps      = "app-update"    // partial | full
	traitConfigs   = "config-update" // merge | replace
)

// learnt starts the client with what is known of this server, pinned or learnt
// by an earlier run, so that it need not find it out again.
func (c *Client) learnt(pinned, learnt map[string]string) {
	traits := maps.Clone(pinned)
	if traits == nil {
		traits = make(map[string]string, len(learnt))
	}
	for name, value := range learnt {
		if _, pin := pinned[name]; pin || name == traitNewButton && value == "disabled" {
			continue // tenants change, and a button that nobody asked for is told by a look alone
		}
		traits[name] = value
		c.believed.Store(name, true)
	}
	c.traits = traits
	switch traits[traitFields] {
	case "merge":
		c.fields.known = merges
	case "replace":
		c.fields.known = replaces
	}
	c.cache.listAbsent = traits[traitList] == "off"
	c.cache.templateObject = traits[traitTemplate] == "object"
}

// Trait is the known value of a switch of spec 8; "" is unknown.
func (c *Client) Trait(name string) string {
	if _, wrong := c.disproved.Load(name); wrong {
		return ""
	}
	if v := c.traits[name]; v != "" {
		return v
	}
	v, _ := c.seen.Load(name)
	s, _ := v.(string)
	return s
}

// is tells that a trait is known to have the value.
func (c *Client) is(trait, value string) bool { return c.Trait(trait) == value }

// learns remembers for this run what a write has shown.
func (c *Client) learns(trait, value string) { c.seen.Store(trait, value) }

// Disprove tells that what was read contradicts a trait. One that an earlier run
// saw is believed no more, which Disprove tells; a pinned one is.
func (c *Client) Disprove(trait string) bool {
	_, believed := c.believed.Load(trait)
	if believed {
		c.disproved.Store(trait, true)
	}
	return believed
}

// doubtMasks stops to believe that this server shows secrets as they are once
// one of them is plainly a mask: it must not go back as a value.
func (c *Client) doubtMasks(r *model.Resource) {
	if _, believed := c.believed.Load(traitSecrets); believed && c.is(traitSecrets, "clear") && holdsMask(r.Attributes) {
		c.Disprove(traitSecrets)
	}
}

func holdsMask(v any) bool {
	switch v := v.(type) {
	case model.Secret:
		return masked(v.Reveal())
	case tree:
		for _, e := range v {
			if holdsMask(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsMask)
	}
	return false
}

// Learnt is what this run has seen of the server: worth remembering, so that no
// later run has to find it out at a price. A trait without a value is one that
// the server contradicts.
func (c *Client) Learnt() map[string]string {
	out := map[string]string{}
	c.disproved.Range(func(k, _ any) bool { out[k.(string)] = ""; return true })
	c.seen.Range(func(k, v any) bool { out[k.(string)] = v.(string); return true })
	return out
}

// clear tells that what a read shows at a secret path is the secret itself: it
// is known of the server, or a declared secret of the kind read back equal.
func (c *Client) clear(kind model.Kind) bool {
	_, proven := c.clearKinds.Load(kind)
	return proven || c.is(traitSecrets, "clear")
}

// ShowsSecrets tells that a declared secret of the kind was read back equal: what
// was planned is to be carried out by the same knowledge.
func (c *Client) ShowsSecrets(kind model.Kind) { c.clearKinds.Store(kind, true) }

// noteClear looks whether a secret that is declared was read as it is.
func (c *Client) noteClear(from, to *model.Resource) {
	if from != nil && readsBack(to.Attributes, from.Attributes) {
		c.ShowsSecrets(to.Key.Kind)
	}
}

func readsBack(declared, shown any) bool {
	switch d := declared.(type) {
	case model.Secret:
		s, ok := shown.(model.Secret)
		return ok && !d.Server() && d.Equal(s)
	case tree:
		s, _ := shown.(tree)
		for k, v := range d {
			if readsBack(v, s[k]) {
				return true
			}
		}
	}
	return false
}
