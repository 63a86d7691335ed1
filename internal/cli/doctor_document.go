package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/idpsync/idpsync/internal/config"
	"github.com/idpsync/idpsync/internal/remote"
	"github.com/idpsync/idpsync/internal/report"
)

// document puts together what a stranger may read and what is the owner's.
func (v *visit) document() *report.Doctor {
	t := v.pool.target
	doc := report.Doctor{
		Tool: thisBuild().tool(), Probed: v.probed,
		Target: report.DoctorTarget{
			Deployment: deployment(t.Sandbox != nil, t.Host), API: cmp.Or(t.API, remote.Auto),
			Fingerprint: fingerprint(v.pool.host(), v.cfg.UserPoolID),
			Owner:       report.Target{Name: t.Name, Host: v.pool.host(), UserPoolID: v.cfg.UserPoolID},
		},
		Scratch: report.DoctorScratch{Found: v.found.Leftovers, Removed: v.removed},
	}
	for _, c := range v.found.Checks {
		doc.Checks = append(doc.Checks, v.check(c))
	}
	doc.Checks = append(doc.Checks, v.checkPins()...)
	for _, name := range remote.Switches() {
		doc.Traits = append(doc.Traits, v.trait(name))
	}
	return report.NewDoctor(doc)
}

// contradicted lists the switches that the target pins to another value than the
// server showed. A pin outranks what was learnt, so a wrong one does harm.
func (v *visit) contradicted() []string {
	var out []string
	for _, name := range remote.Switches() {
		pin, found := v.pool.target.Traits[name], v.found.Traits[name]
		if pin != "" && found.Evidence != remote.Unknown && pin != found.Value {
			out = append(out, name)
		}
	}
	return out
}

func (v *visit) checkPins() []report.DoctorCheck {
	if len(v.pool.target.Traits) == 0 {
		return nil
	}
	c := report.DoctorCheck{Name: "traits", Status: string(remote.Passed)}
	if wrong := v.contradicted(); len(wrong) > 0 {
		c.Status = string(remote.Failed)
		c.Message = "the target pins another value than the server showed: " + strings.Join(wrong, ", ")
		c.Hint = "take these out of traits in " + config.ProjectFile + ": what doctor learns is remembered without them"
	}
	return []report.DoctorCheck{c}
}

// deployment tells the vendor's own services from others. Behind a loopback
// address is most likely a sandbox, and nobody can be sure.
func deployment(embedded bool, host string) string {
	u, err := url.Parse(host)
	switch {
	case embedded:
		return "sandbox"
	case err == nil && strings.HasSuffix("."+u.Hostname(), ".authing.cn"):
		return "authing"
	case err == nil && strings.HasSuffix("."+u.Hostname(), ".genauth.ai"):
		return "genauth"
	case err == nil && loopback(u.Hostname()):
		return "loopback"
	}
	return "private"
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// fingerprint tells two pools apart and nothing of either: an id of a pool has
// too many digits to be guessed.
func fingerprint(host, pool string) string {
	sum := sha256.Sum256([]byte("idpsync doctor\n" + host + "\n" + pool))
	return "sha256:" + hex.EncodeToString(sum[:8])
}

func (v *visit) check(c remote.Check) report.DoctorCheck {
	out := report.DoctorCheck{Name: c.Name, Status: string(c.Verdict), Message: c.Note}
	if c.Name == remote.CheckClock && c.Verdict != remote.Skipped {
		s := int(c.Skew.Seconds())
		out.SkewSeconds = &s
		if c.Verdict != remote.Passed {
			out.Hint = "set the clock of this machine: dates in files, tokens and signatures depend on it"
		}
	}
	if c.Err == nil {
		return out
	}
	err := c.Err
	if c.Name == remote.CheckCredentials {
		err = v.pool.nameTheKeys(err)
	}
	out.Message = cmp.Or(c.Note, c.Err.Error())
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		out.Hint = h.Hint()
	}
	var e *remote.Error
	if errors.As(err, &e) {
		out.HTTPStatus, out.StatusCode, out.APICode = e.HTTPStatus, e.StatusCode, onlyDigits(e.APICode)
	}
	return out
}

// onlyDigits keeps a code that is a number: anything else could be a name.
func onlyDigits(s string) string {
	if len(s) > 10 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

// trait says what this run found of a switch, else what the ledger remembers,
// else what the target pins.
func (v *visit) trait(name string) report.DoctorTrait {
	found := v.found.Traits[name]
	out := report.DoctorTrait{Name: name, Value: found.Value, Source: string(found.Evidence), Pinned: v.pool.target.Traits[name]}
	if found.Evidence != remote.Unknown {
		return out
	}
	switch {
	case v.known[name] != "":
		out.Value, out.Source = v.known[name], "ledger"
	case out.Pinned != "":
		out.Value, out.Source = out.Pinned, "pinned"
	default:
		out.Reason = found.Why
	}
	return out
}
