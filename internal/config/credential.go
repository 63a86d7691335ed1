package config

import (
	"slices"

	"github.com/idpsync/idpsync/internal/diagnostic"
)

// credentialKeys are the members of a target's credentials.
var credentialKeys = []string{"accessKeyId", "accessKeySecret", "userPoolSecret"}

func (d *decoder) credentials(n *node, at string, t *Target) {
	t.AccessKeyID = d.credential(n, at, "accessKeyId", DefaultAccessKeyID)
	t.AccessKeySecret = d.credential(n, at, "accessKeySecret", DefaultAccessKeySecret)
	t.UserPoolSecret = d.credential(n, at, "userPoolSecret", "")
}

// credential reads {env: NAME}; the id of an access key may stand there itself.
func (d *decoder) credential(n *node, at, name, fallback string) EnvRef {
	c := n.child(name)
	switch env := c.child("env"); {
	case c == nil:
		return EnvRef{Name: fallback}
	case c.kind == brokenNode || env.is(brokenNode):
		return EnvRef{}
	case c.is(textNode) && c.text != "" && name == "accessKeyId":
		return EnvRef{Value: c.text}
	case c.is(mapNode) && len(c.keys) == 1 && env.is(textNode) && envName().MatchString(env.text):
		return EnvRef{Name: env.text}
	}
	d.badCredential(c, joinPointer(at, name))
	return EnvRef{}
}

// badCredential complains about the first thing that does not belong into a
// credential. A secret may stand there, so its line is never shown.
func (d *decoder) badCredential(c *node, at string) {
	message := diagnostic.T("project.env", dotted(at))
	complaint := c.complaint("IDP0113", at, message)
	if c.is(textNode) && c.text != "" {
		complaint.Hint = diagnostic.T("project.env.hint")
	}
	if c.is(mapNode) {
		for i := range c.keys {
			if k := &c.keys[i]; k.name != "env" {
				complaint = k.complaint("IDP0113", joinPointer(at, k.name), message)
				break
			}
			complaint = c.items[i].complaint("IDP0113", joinPointer(at, "env"), message)
		}
	}
	complaint.Sensitive = true
	d.add(complaint)
}

// inCredential tells that a place of idpsync.yaml lies at or below a
// credential, of which credential says all there is to say.
func inCredential(pointer string) bool {
	parts := pointerParts(pointer)
	return len(parts) > 3 && parts[0] == "targets" && parts[2] == "credentials" && slices.Contains(credentialKeys, parts[3])
}
