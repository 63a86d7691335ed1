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
// application of the pool; what was as broken before is not this plan's doing,
// unless it touches an application that nobody can log in to.
func lockout(d Danger) []Refusal {
	v := newAfterlife(d.Plan)
	var out []Refusal
	for _, app := range v.applications() {
		trouble := v.troubleAfter(app)
		if trouble == "" {
			continue
		}
		before := v.troubleBefore(app)
		if before != "" && !v.touched(app) || before == trouble && trouble != noWay {
			continue
		}
		out = append(out, Refusal{Key: app, Message: fmt.Sprintf("%s would be left %s; give it a connection, or a method in loginConfig.enabledBasicLoginMethods", app, trouble)})
	}
	return out
}

// noWay is the worst that can be said of an application.
const noWay = "without any way to log in"

// troubleAfter judges an application as the plan leaves it. What a null brings
// about is not certain, since a server may ignore it: both outcomes must do.
func (v *afterlife) troubleAfter(app model.Key) string {
	for _, nulls := range []bool{true, false} {
		after := v.after(app, nulls)
		if after == nil || exempt(after) {
			continue
		}
		if t := v.trouble(after, v.later[app]); t != "" {
			return t
		}
	}
	return v.blindTrouble(app)
}

func (v *afterlife) troubleBefore(app model.Key) string {
	before := v.p.Actual.Get(app)
	if before == nil {
		return ""
	}
	return v.trouble(before, v.before[app])
}

// blindTrouble: where no read shows the basic methods (the V2 API), the last
// button may be the last way. The server's own methods (contract 5.1) are
// believed of an application whose document leaves them alone; nothing is known
// of one that no document declares, or whose methods the API has no name for.
func (v *afterlife) blindTrouble(app model.Key) string {
	before, after := v.p.Actual.Get(app), v.after(app, true)
	if before == nil || after == nil || exempt(after) || len(v.before[app]) == 0 || len(v.later[app]) > 0 {
		return ""
	}
	if _, shown := before.At("loginConfig"); shown && !slices.Contains(before.Hidden, "loginConfig") {
		return ""
	}
	methods := plan.At{Key: app, Path: "loginConfig.enabledBasicLoginMethods"}
	if v.p.Desired.Get(app) != nil && !slices.Contains(v.p.Unsupported, methods) {
		return ""
	}
	return "without a login button, and no read shows whether it has another way to log in"
}

// exempt: nobody logs in to an API or to an MFA application through a login page.
func exempt(app *model.Resource) bool {
	t := app.Text("appType")
	return t == "api" || t == "mfa"
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
		return noWay
	}
	return defaultTrouble(app, list, buttons)
}

// references are the keys that name the connection of a default login method.
var references = map[string]string{"QRCODE": "qrcodeConnection", "LDAP": "ldapConnection", "AD": "adConnection"}

func defaultTrouble(app *model.Resource, methods []any, buttons []model.Key) string {
	typ := app.Text("loginConfig", "defaultLoginMethod", "connectionType")
	qr := app.Text("loginConfig", "defaultLoginMethod", "qrcodeType")
	handle := app.Text("loginConfig", "defaultLoginMethod", references[typ])
	want := basicFor(typ, qr)
	switch {
	case want != nil && anyOf(methods, want):
		return ""
	case handle != "" && slices.ContainsFunc(buttons, func(k model.Key) bool { return k.Name == handle }):
		return ""
	case handle != "":
		return fmt.Sprintf("with the default login method %s through connection %q, which is not enabled for it", typ, handle)
	case want != nil:
		return fmt.Sprintf("with the default login method %s, for which none of %s is enabled", typ, strings.Join(want, ", "))
	case references[typ] == "" || typ == "QRCODE" && qr != "":
		return ""
	}
	return fmt.Sprintf("with the default login method %s, which names no connection", typ)
}
