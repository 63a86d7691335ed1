package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idpsync/idpsync/internal/model"
	"github.com/idpsync/idpsync/internal/plan"
)

// lockout (IDP0301) refuses a plan that leaves an application without a way to
// log in, or with a default login method that is not enabled. It looks at every
// application of the pool; one that is as broken before as after, and that the
// plan does not touch, is not this plan's doing.
func lockout(d Danger) []Refusal {
	v := newAfterlife(d.Plan)
	var out []Refusal
	for _, app := range v.applications() {
		after := v.after(app)
		if after == nil || exempt(after) {
			continue
		}
		trouble := v.trouble(after, v.buttonsAfter(app))
		if trouble == "" {
			continue
		}
		before := d.Plan.Actual.Get(app)
		if before != nil && !v.touched(app) && v.trouble(before, v.buttonsBefore(app)) != "" {
			continue
		}
		out = append(out, Refusal{Key: app, Message: fmt.Sprintf("%s would be left %s", app, trouble)})
	}
	return out
}

// exempt: nobody logs in to an API or to an MFA application through a login page.
func exempt(app *model.Resource) bool {
	t := app.Text("appType")
	return t == "api" || t == "mfa"
}

// afterlife tells how the pool looks when the plan is done.
type afterlife struct {
	p       *plan.Plan
	changes map[model.Key]*plan.Change
	before  map[model.Key][]model.Key // application -> connections enabled now
	later   map[model.Key][]model.Key // application -> connections enabled in the end
}

func newAfterlife(p *plan.Plan) *afterlife {
	v := &afterlife{p: p, changes: make(map[model.Key]*plan.Change, len(p.Changes)),
		before: map[model.Key][]model.Key{}, later: map[model.Key][]model.Key{}}
	for _, c := range p.Changes {
		v.changes[c.Key] = c
	}
	for r := range p.Actual.Of(model.Enablement) {
		app, conn, _ := r.Key.Ends()
		v.before[app] = append(v.before[app], conn)
		if c := v.changes[r.Key]; c == nil || c.Action != plan.Delete {
			v.keep(app, conn)
		}
	}
	for _, c := range p.Changes {
		if app, conn, ok := c.Key.Ends(); ok && c.Action == plan.Create && p.Actual.Get(c.Key) == nil {
			v.keep(app, conn)
		}
	}
	return v
}

// keep counts a button whose connection exists in the end.
func (v *afterlife) keep(app, conn model.Key) {
	if c := v.changes[conn]; c != nil && c.Action == plan.Delete {
		return
	}
	for _, end := range []model.Key{app, conn} {
		if c := v.changes[end]; c != nil && c.Action == plan.Replace && v.changes[model.EnablementKey(app.Name, conn.Name)] == nil {
			return // fell with what is replaced, and is not given back
		}
	}
	v.later[app] = append(v.later[app], conn)
}

func (v *afterlife) applications() []model.Key {
	var keys []model.Key
	for r := range v.p.Actual.Of(model.Application) {
		keys = append(keys, r.Key)
	}
	for _, c := range v.p.Changes {
		if c.Key.Kind == model.Application && c.Action == plan.Create {
			keys = append(keys, c.Key)
		}
	}
	slices.SortFunc(keys, model.Key.Compare)
	return keys
}

// after is the application with the plan's changes on top, or nil when it is deleted.
func (v *afterlife) after(k model.Key) *model.Resource {
	c, actual := v.changes[k], v.p.Actual.Get(k)
	switch {
	case c == nil:
		return actual
	case c.Action == plan.Delete:
		return nil
	case c.Action == plan.Update:
		return &model.Resource{Key: k, Attributes: overlay(actual.Attributes, c.To.Attributes), Refs: refsAfter(actual, c.To)}
	}
	return c.To
}

func overlay(base, top map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(top))
	for k, v := range base {
		out[k] = v
	}
	for k, v := range top {
		b, bok := out[k].(map[string]any)
		t, tok := v.(map[string]any)
		if bok && tok {
			out[k] = overlay(b, t)
		} else {
			out[k] = v
		}
	}
	return out
}

func refsAfter(actual, to *model.Resource) map[string]model.Key {
	refs := map[string]model.Key{}
	for _, r := range []*model.Resource{actual, to} {
		for path, k := range r.Refs {
			refs[path] = k
		}
	}
	return refs
}

func (v *afterlife) buttonsBefore(app model.Key) []model.Key { return v.before[app] }
func (v *afterlife) buttonsAfter(app model.Key) []model.Key  { return v.later[app] }

// touched tells whether the plan changes the application, one of its buttons or
// a connection behind one.
func (v *afterlife) touched(app model.Key) bool {
	if v.changes[app] != nil {
		return true
	}
	if len(v.before[app]) != len(v.later[app]) {
		return true
	}
	for _, conn := range v.before[app] {
		if v.changes[conn] != nil || v.changes[model.EnablementKey(app.Name, conn.Name)] != nil {
			return true
		}
	}
	return false
}

// serverBasics is what the server switches on when an application is created
// without a word about it (contract 5.1).
var serverBasics = []any{"EMAIL_CODE", "EMAIL_PASSWORD"}

// trouble says what is wrong with the ways to log in; "" when nothing is.
func (v *afterlife) trouble(app *model.Resource, buttons []model.Key) string {
	methods, declared := app.At("loginConfig", "enabledBasicLoginMethods")
	if !declared || methods == nil {
		methods = serverBasics
	}
	list, _ := methods.([]any)
	if len(list) == 0 && len(buttons) == 0 {
		return "without any way to log in"
	}
	return defaultTrouble(app, list, buttons)
}

func defaultTrouble(app *model.Resource, methods []any, buttons []model.Key) string {
	typ := app.Text("loginConfig", "defaultLoginMethod", "connectionType")
	qr := app.Text("loginConfig", "defaultLoginMethod", "qrcodeType")
	if want := basicFor(typ, qr); want != nil {
		if anyOf(methods, want) {
			return ""
		}
		return fmt.Sprintf("with the default login method %s, for which none of %s is enabled", typ, strings.Join(want, ", "))
	}
	path := map[string]string{"QRCODE": "qrcodeConnection", "LDAP": "ldapConnection", "AD": "adConnection"}[typ]
	if path == "" {
		return ""
	}
	handle := app.Text("loginConfig", "defaultLoginMethod", path)
	if handle == "" {
		if typ == "QRCODE" && qr != "" {
			return ""
		}
		return fmt.Sprintf("with the default login method %s, which names no connection", typ)
	}
	if slices.ContainsFunc(buttons, func(k model.Key) bool { return k.Name == handle }) {
		return ""
	}
	return fmt.Sprintf("with the default login method %s through connection %q, which is not enabled for it", typ, handle)
}
